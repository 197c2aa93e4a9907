//! The model and sequences that `gia predict` and `gia gradients` take.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::overwrites::CommandFiles;
use super::print;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::{FastaOptions, SequenceSet, UnknownBases};
use gia_model::{Declaration, LoadArguments, is_onnx};
use gia_plan::{Model, ModelSource};

/// A model, and sequences to run it on.
#[derive(Args)]
pub struct ModelInput {
    /// Model file.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Sequences, as long as the model's input.
    #[arg(value_name = "FASTA")]
    fasta: PathBuf,
    /// Crop longer sequences to the length of the model's input, around their center.
    #[arg(long)]
    center: bool,
    /// Accept sequences with unknown bases (N), encoded as the model's declaration says.
    #[arg(long)]
    keep_unknown: bool,
}

impl ModelInput {
    /// What a user should know before trusting the numbers of the model.
    pub fn warning(&self, model: &Model) -> Option<Diagnostic> {
        let written = self.model.display().to_string();
        model.declaration.precision_warning(&written)
    }

    /// Prints what a user should know before trusting gradients of the model, and what is computed from them.
    pub fn warn_of_gradients(&self, model: &Model) {
        let lost = is_onnx(&self.model).then(|| lost_by_onnx(&model.name));
        let warnings: Vec<Diagnostic> = lost.into_iter().chain(self.warning(model)).collect();
        print::print_diagnostics(&warnings);
    }

    /// Registers the input files.
    pub fn register(&self, files: &mut CommandFiles) {
        files.add_model_inputs(&self.model);
        files.add_input("the FASTA file", &self.fasta);
    }

    /// Reads the declaration of the model and the sequences, and checks that the sequences fit the model.
    pub fn read(&self) -> Outcome<(Model, SequenceSet)> {
        let declaration = Arc::new(Declaration::load(&self.model, &LoadArguments::default())?);
        let unknown = if self.keep_unknown {
            UnknownBases::Keep
        } else {
            UnknownBases::Refuse
        };
        let options = FastaOptions {
            width: self.center.then_some(declaration.length),
            unknown,
        };
        let set = SequenceSet::read_fasta(&self.fasta, declaration.alphabet_kind(), options)
            .map_err(|diagnostic| with_own_help(*diagnostic, declaration.length))?;
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

/// Prints the deviation from float32 to standard error, if a lower precision was used.
pub fn print_precision(predicted: &gia_engine::RunInfo) {
    if let Some(check) = &predicted.precision {
        print::eprint_line(&check.to_string());
    }
}

/// Replaces help about functions of the language by help about the options of this command.
fn with_own_help(diagnostic: Diagnostic, length: usize) -> Diagnostic {
    let help = match diagnostic.code {
        Code::UnknownBase if diagnostic.help.is_some() => {
            "accept them with `--keep-unknown`".to_string()
        }
        Code::BadFasta if diagnostic.help.is_some() => {
            format!("if none is shorter than {length} bp, crop them with `--center`")
        }
        _ => return diagnostic,
    };
    Diagnostic {
        help: Some(help),
        ..diagnostic
    }
}

/// Checks that the sequences, which are equally long, are as long as the model's input.
fn refuse_other_lengths(input: &ModelInput, set: &SequenceSet, length: usize) -> Outcome<()> {
    let Some(first) = set.sequences.first().filter(|s| s.bases.len() != length) else {
        return Ok(());
    };
    let diagnostic = Diagnostic::error(
        Code::LengthMismatch,
        format!(
            "`{}` takes sequences of {length} bp, but those of `{}` have {} bp",
            input.model.display(),
            input.fasta.display(),
            first.bases.len()
        ),
    );
    Err(Box::new(if first.bases.len() > length {
        diagnostic.help(format!("crop them to {length} bp with `--center`"))
    } else {
        diagnostic
    }))
}

/// Warning: the network's file is ONNX, whose gradients need not be those of the network that was exported.
fn lost_by_onnx(name: &str) -> Diagnostic {
    let message = format!(
        "`{name}` is ONNX, which keeps neither `detach` nor which of several equal maxima has the gradient"
    );
    Diagnostic::warning(Code::OnnxGradients, message)
        .help("if the network is PyTorch's, export it as `.pt2`, which keeps both")
}
