//! Analytic models: a formula computes their outputs from the sequence, so their ground truth is known.
//!
//! They stand in for a network while an experiment is designed: its findings can be compared with the known effects and
//! interactions. This module does not use libtorch.

mod additive;
mod thermodynamic;

use std::sync::Arc;

use gia_base::diag::Outcome;
use gia_domain::{Alphabet, Motif};

use super::{Declaration, Flanks, Input, Layout, Output, UnknownBase};
use additive::Additive;
use thermodynamic::Thermodynamic;
pub use thermodynamic::ThermodynamicParameters;

/// A model whose outputs are computed by a formula.
#[derive(Debug)]
pub struct AnalyticModel {
    kind: Kind,
    motifs: Vec<(Arc<Motif>, f64)>,
    /// Kind and parameters as text, for reports and for [`AnalyticModel::identity`].
    description: String,
}

#[derive(Debug)]
enum Kind {
    Additive(Additive),
    Thermodynamic(Thermodynamic),
}

impl AnalyticModel {
    /// An additive model: `base` plus a weight for each occurrence of a motif, on either strand.
    ///
    /// # Errors
    /// If a motif matches everywhere.
    pub fn additive(motifs: Vec<(Arc<Motif>, f64)>, base: f64) -> Outcome<AnalyticModel> {
        let description = format!("additive, base {base}");
        Ok(AnalyticModel {
            kind: Kind::Additive(Additive::new(&motifs, base)?),
            motifs,
            description,
        })
    }

    /// A model of proteins that bind their sites and each other in thermal equilibrium. Each motif comes with the
    /// binding energy of its best site, in kT.
    pub fn thermodynamic(
        motifs: Vec<(Arc<Motif>, f64)>,
        parameters: ThermodynamicParameters,
    ) -> AnalyticModel {
        let description = format!("thermodynamic, {parameters}");
        AnalyticModel {
            kind: Kind::Thermodynamic(Thermodynamic::new(&motifs, parameters)),
            motifs,
            description,
        }
    }

    /// Computes the outputs for one sequence of base codes, in the order of [`AnalyticModel::declaration`].
    pub fn predict(&self, bases: &[u8]) -> Vec<f64> {
        match &self.kind {
            Kind::Additive(model) => vec![model.predict(bases)],
            Kind::Thermodynamic(model) => model.predict(bases),
        }
    }

    /// Names of the outputs; the first is the default.
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

    /// A declaration as for a network. The model takes sequences of any length, which is declared as 0.
    pub fn declaration(&self) -> Declaration {
        let alphabet = self.alphabet();
        let tasks = self.outputs();
        let output = |tasks: Vec<String>, unit: Option<&str>, offset| Output {
            axes: Vec::new(),
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
            inputs: vec![Input::one_hot(false)],
            outputs,
            receptive_fields: Vec::new(),
            entry: None,
            sha256: None,
            other_precision: None,
            source: None,
            licence: None,
        }
    }

    /// Alphabet of the motifs; DNA if there are none.
    pub fn alphabet(&self) -> Alphabet {
        self.motifs
            .first()
            .map_or(Alphabet::Dna, |(motif, _)| motif.alphabet)
    }

    /// A description for reports: `additive, base 0: CTCF 2, PU1 1`.
    pub fn describe(&self) -> String {
        let motifs: Vec<String> = self
            .motifs
            .iter()
            .map(|(motif, value)| format!("{} {value}", motif.name))
            .collect();
        format!("{}: {}", self.description, motifs.join(", "))
    }

    /// SHA-256 of everything that the outputs depend on, in lower-case hex; used where a network has the hash of its
    /// file.
    pub fn identity(&self) -> String {
        let mut bytes = self.description.clone().into_bytes();
        for (motif, value) in &self.motifs {
            bytes.extend(value.to_le_bytes());
            for probability in motif.columns.as_flattened() {
                bytes.extend(probability.to_le_bytes());
            }
        }
        gia_base::file::sha256_of_bytes(&bytes)
    }
}
