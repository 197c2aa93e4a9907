//! A model and the sequences that it is asked about, as `gia predict` and `gia gradients` are given them.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::clashes::Files;
use super::print;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::{FastaOptions, SequenceSet, Unknown};
use gia_model::{Declaration, Given};
use gia_plan::{Model, ModelSource};

#[derive(Args)]
pub struct Asked {
    /// The model file, with its declaration beside it.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Sequences, each as many bp as the model's input, or longer with `--centre`.
    #[arg(value_name = "FASTA")]
    fasta: PathBuf,
    /// Take the central part of longer sequences: as many bp as the model's input.
    #[arg(long, visible_alias = "center")]
    centre: bool,
    /// Keep sequences that hold the unknown base N, fed as `unknown` of the model's declaration says; they are refused
    /// otherwise.
    #[arg(long)]
    keep_unknown: bool,
}

impl Asked {
    /// Notes what is read.
    pub fn note(&self, files: &mut Files) {
        files.reads_model(&self.model);
        files.reads("the FASTA file", &self.fasta);
    }

    /// The model as it is declared, and the sequences, which fit it.
    pub fn read(&self) -> Outcome<(Model, SequenceSet)> {
        let declaration = Arc::new(Declaration::load(&self.model, &Given::default())?);
        let unknown = if self.keep_unknown {
            Unknown::Keep
        } else {
            Unknown::Refuse
        };
        let options = FastaOptions {
            width: self.centre.then_some(declaration.length),
            unknown,
        };
        let set = SequenceSet::read_fasta(&self.fasta, declaration.alphabet_kind(), options)
            .map_err(|diagnostic| in_own_words(*diagnostic, declaration.length))?;
        refuse_other_lengths(self, &set, declaration.length)?;
        let name = self
            .model
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let written = self.model.display().to_string();
        let model = Model {
            name,
            source: ModelSource::File {
                path: self.model.clone(),
                written,
            },
            declaration,
        };
        Ok((model, set))
    }
}

/// The bases of each sequence.
pub fn bases(set: &SequenceSet) -> Vec<Vec<u8>> {
    let sequences = set.sequences.iter();
    sequences.map(|sequence| sequence.bases.clone()).collect()
}

/// Says on standard error how far what was computed in less than float32 is from it.
pub fn note_precision(asked: &gia_engine::Asked) {
    if let Some(check) = &asked.precision {
        print::tell(&check.to_string());
    }
}

/// What is wrong with the sequences, with the mend of this command in place of the language's.
fn in_own_words(diagnostic: Diagnostic, length: usize) -> Diagnostic {
    let help = match diagnostic.code {
        Code::UnknownBase if diagnostic.help.is_some() => {
            "`--keep-unknown` feeds N as the model's declaration says".to_string()
        }
        Code::BadFasta if diagnostic.help.is_some() => {
            format!("`--centre` takes the central {length} bp of each, if none is shorter")
        }
        _ => return diagnostic,
    };
    Diagnostic {
        help: Some(help),
        ..diagnostic
    }
}

/// All sequences of a set are equally long, but not always as long as the model's input.
fn refuse_other_lengths(asked: &Asked, set: &SequenceSet, length: usize) -> Outcome<()> {
    let Some(first) = set.sequences.first().filter(|s| s.bases.len() != length) else {
        return Ok(());
    };
    let diagnostic = Diagnostic::error(
        Code::LengthMismatch,
        format!(
            "`{}` takes sequences of {length} bp, those of `{}` have {} bp",
            asked.model.display(),
            asked.fasta.display(),
            first.bases.len()
        ),
    );
    Err(Box::new(if first.bases.len() > length {
        diagnostic.help(format!("`--centre` takes the central {length} bp of each"))
    } else {
        diagnostic
    }))
}
