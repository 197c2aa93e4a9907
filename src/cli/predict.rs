//! `gia predict MODEL FASTA`

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::script::{self, print_out};
use super::{ErrorFormat, MachineArguments, Status};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::domain::{FastaOptions, SequenceSet, Unknown};
use crate::engine::{self, Predictions};
use crate::file::FileRecord;
use crate::model::{Declaration, Given};
use crate::plan::{Model, ModelSource};
use crate::report::{OutputFile, ProgressBar};
use crate::source::Sources;

#[derive(Args)]
pub struct Arguments {
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
    /// Write a JSON object instead of a table, to this file.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// How diagnostics are written.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
    #[command(flatten)]
    machine: MachineArguments,
}

/// The JSON form.
#[derive(Serialize)]
struct Report<'r> {
    schema: &'static str,
    model: FileRecord,
    sequences: FileRecord,
    device: &'r str,
    libtorch: &'r str,
    timing: engine::Timing,
    tasks: Vec<String>,
    predictions: Vec<Prediction<'r>>,
}

#[derive(Serialize)]
struct Prediction<'r> {
    sequence: &'r str,
    values: &'r [f32],
}

pub fn main(arguments: &Arguments) -> Status {
    match predict(arguments) {
        Ok(text) => {
            print_out(&text);
            Status::Supported
        }
        Err(diagnostic) => {
            print(arguments, &diagnostic);
            Status::RunBroke
        }
    }
}

fn predict(arguments: &Arguments) -> Outcome<String> {
    let json = arguments.json.as_ref().map(OutputFile::open).transpose()?;
    let declaration = Arc::new(Declaration::load(&arguments.model, &Given::default())?);
    let unknown = if arguments.keep_unknown {
        Unknown::Keep
    } else {
        Unknown::Refuse
    };
    let options = FastaOptions {
        width: arguments.centre.then_some(declaration.length),
        unknown,
    };
    let set = SequenceSet::read_fasta(&arguments.fasta, declaration.alphabet_kind(), options)
        .map_err(|diagnostic| in_own_words(*diagnostic, declaration.length))?;
    refuse_other_lengths(arguments, &set, declaration.length)?;
    let name = arguments
        .model
        .file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let written = arguments.model.display().to_string();
    let model = Model {
        name,
        source: ModelSource::File {
            path: arguments.model.clone(),
            written,
        },
        declaration,
    };
    let sequences: Vec<Vec<u8>> = set.sequences.iter().map(|s| s.bases.clone()).collect();
    let progress = ProgressBar::new(std::io::stderr().is_terminal());
    let predictions = engine::predict(&model, &sequences, &arguments.machine.options(), &progress)?;
    progress.finish();
    let tasks: Vec<String> = (0..predictions.columns)
        .map(|c| {
            model
                .declaration
                .task_name(c)
                .map_or_else(|| c.to_string(), String::from)
        })
        .collect();
    match json {
        Some(file) => {
            file.commit(report(&model, &set, &predictions, tasks).as_bytes())?;
            Ok(String::new())
        }
        None => Ok(table(&set, &predictions, &tasks)),
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
fn refuse_other_lengths(arguments: &Arguments, set: &SequenceSet, length: usize) -> Outcome<()> {
    let Some(first) = set.sequences.first().filter(|s| s.bases.len() != length) else {
        return Ok(());
    };
    let diagnostic = Diagnostic::error(
        Code::LengthMismatch,
        format!(
            "`{}` takes sequences of {length} bp, those of `{}` have {} bp",
            arguments.model.display(),
            arguments.fasta.display(),
            first.bases.len()
        ),
    );
    Err(Box::new(if first.bases.len() > length {
        diagnostic.help(format!("`--centre` takes the central {length} bp of each"))
    } else {
        diagnostic
    }))
}

fn report(
    model: &Model,
    set: &SequenceSet,
    predictions: &Predictions,
    tasks: Vec<String>,
) -> String {
    let rows = predictions.values.chunks(predictions.columns.max(1));
    let report = Report {
        schema: "gia-predictions/1",
        model: FileRecord {
            path: model.source.to_string(),
            sha256: predictions.sha256.clone(),
        },
        sequences: FileRecord {
            path: set.path.display().to_string(),
            sha256: set.sha256.clone(),
        },
        device: &predictions.device,
        libtorch: &predictions.libtorch,
        timing: predictions.timing,
        tasks,
        predictions: set
            .sequences
            .iter()
            .zip(rows)
            .map(|(sequence, values)| Prediction {
                sequence: &sequence.name,
                values,
            })
            .collect(),
    };
    // Strings and numbers alone: there is nothing in it that cannot be written.
    serde_json::to_string_pretty(&report).unwrap_or_default()
}

/// Tab-separated, one line a sequence.
fn table(set: &SequenceSet, predictions: &Predictions, tasks: &[String]) -> String {
    let mut text = format!("sequence\t{}\n", tasks.join("\t"));
    for (sequence, values) in set
        .sequences
        .iter()
        .zip(predictions.values.chunks(predictions.columns.max(1)))
    {
        let numbers: Vec<String> = values.iter().map(f32::to_string).collect();
        text.push_str(&format!("{}\t{}\n", sequence.name, numbers.join("\t")));
    }
    text
}

fn print(arguments: &Arguments, diagnostic: &Diagnostic) {
    script::print_as(
        std::slice::from_ref(diagnostic),
        &Sources::default(),
        arguments.error_format,
    );
}
