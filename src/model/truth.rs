//! Models whose truth is known: what they answer is worked out from the sequence by a formula.
//!
//! They stand in for a network while an experiment is designed: its effects and interactions are known, so what the design
//! would find can be compared with what is there. Nothing here knows libtorch.

mod additive;
mod thermodynamic;

use std::sync::Arc;

use gia_base::diag::Outcome;
use gia_domain::{Alphabet, Motif};

use super::{Declaration, Flanks, Input, Layout, Output, UnknownBase};
use additive::Additive;
pub use thermodynamic::Parameters;
use thermodynamic::Thermodynamic;

/// A model with a formula for its answer.
#[derive(Debug)]
pub struct Truth {
    kind: Kind,
    motifs: Vec<(Arc<Motif>, f64)>,
    /// What decides its answers, in words: for reports, and hashed for [`Truth::identity`].
    words: String,
}

#[derive(Debug)]
enum Kind {
    Additive(Additive),
    Thermodynamic(Thermodynamic),
}

impl Truth {
    /// `base` and, for every occurrence of a motif on either strand, its weight.
    ///
    /// Fails where a motif fits everywhere.
    pub fn additive(motifs: Vec<(Arc<Motif>, f64)>, base: f64) -> Outcome<Truth> {
        let words = format!("additive, base {base}");
        Ok(Truth {
            kind: Kind::Additive(Additive::new(&motifs, base)?),
            motifs,
            words,
        })
    }

    /// Proteins that bind their sites, and each other, in thermal equilibrium; each motif with the energy in kT that
    /// its best site gains.
    pub fn thermodynamic(motifs: Vec<(Arc<Motif>, f64)>, parameters: Parameters) -> Truth {
        let words = format!("thermodynamic, {parameters}");
        Truth {
            kind: Kind::Thermodynamic(Thermodynamic::new(&motifs, parameters)),
            motifs,
            words,
        }
    }

    /// Numbers for one sequence of base codes, one for each output.
    pub fn predict(&self, bases: &[u8]) -> Vec<f64> {
        match &self.kind {
            Kind::Additive(model) => vec![model.predict(bases)],
            Kind::Thermodynamic(model) => model.predict(bases),
        }
    }

    /// The names of its outputs; the first is the answer that is meant where none is named.
    fn outputs(&self) -> Vec<String> {
        match &self.kind {
            Kind::Additive(_) => vec!["sum".into()],
            Kind::Thermodynamic(_) => {
                let occupancies = self.motifs.iter().map(|(motif, _)| motif.name.clone());
                std::iter::once("expression".into())
                    .chain(occupancies)
                    .collect()
            }
        }
    }

    /// As of a network: its alphabet, its outputs and their unit; it takes every length, which is declared as 0.
    pub fn declaration(&self) -> Declaration {
        let alphabet = self.alphabet();
        let tasks = self.outputs();
        let output = |tasks: Vec<String>, unit: Option<&str>, offset| Output {
            name: None,
            shape: vec![tasks.len()],
            tasks,
            unit: unit.map(String::from),
            offset,
            before: None,
            track: None,
            opposite: Vec::new(),
        };
        let outputs = match &self.kind {
            Kind::Additive(_) => vec![output(tasks, None, 0)],
            Kind::Thermodynamic(_) => vec![
                output(tasks[..1].to_vec(), Some("log odds"), 0),
                output(tasks[1..].to_vec(), Some("proteins bound"), 1),
            ],
        };
        Declaration {
            length: 0,
            flanks: Flanks::default(),
            alphabet: alphabet.letters().into(),
            layout: Layout::ChannelsFirst,
            unknown: UnknownBase::Zeros,
            inputs: vec![Input::Sequence],
            outputs,
            reaches: Vec::new(),
            sha256: None,
            source: None,
            licence: None,
        }
    }

    pub fn alphabet(&self) -> Alphabet {
        self.motifs
            .first()
            .map_or(Alphabet::Dna, |(motif, _)| motif.alphabet)
    }

    /// For reports: `additive, base 0: CTCF 2, PU1 1`.
    pub fn describe(&self) -> String {
        let motifs: Vec<String> = self
            .motifs
            .iter()
            .map(|(motif, value)| format!("{} {value}", motif.name))
            .collect();
        format!("{}: {}", self.words, motifs.join(", "))
    }

    /// Hash of all that decides its answers, as the hash of a network's file: lower-case hex.
    pub fn identity(&self) -> String {
        let mut bytes = self.words.clone().into_bytes();
        for (motif, value) in &self.motifs {
            bytes.extend(value.to_le_bytes());
            for probability in motif.columns.as_flattened() {
                bytes.extend(probability.to_le_bytes());
            }
        }
        gia_base::file::sha256_of_bytes(&bytes)
    }
}
