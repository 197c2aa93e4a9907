//! `gia predict MODEL FASTA`

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::asked::{Asked, bases, note_precision};
use super::script::{self, print_out};
use super::{ErrorFormat, MachineArguments, Status, interrupt};
use crate::diag::{Diagnostic, Outcome};
use crate::domain::SequenceSet;
use crate::engine::{self, Predictions};
use crate::file::FileRecord;
use crate::plan::Model;
use crate::report::{OutputFile, ProgressBar};
use crate::result::PrecisionCheck;
use crate::source::Sources;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    asked: Asked,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<&'r PrecisionCheck>,
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
            Status::of_broken(&diagnostic)
        }
    }
}

fn predict(arguments: &Arguments) -> Outcome<String> {
    let stop = interrupt::listen();
    let json = arguments.json.as_ref().map(OutputFile::open).transpose()?;
    let (model, set) = arguments.asked.read()?;
    let sequences = bases(&set);
    let progress = ProgressBar::new(std::io::stderr().is_terminal()).until(stop);
    let predictions = engine::predict(&model, &sequences, &arguments.machine.options(), &progress)?;
    progress.finish();
    note_precision(&predictions.asked);
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
            sha256: predictions.asked.sha256.clone(),
        },
        sequences: FileRecord {
            path: set.path.display().to_string(),
            sha256: set.sha256.clone(),
        },
        device: &predictions.asked.device,
        libtorch: &predictions.asked.libtorch,
        precision: predictions.asked.precision.as_ref(),
        timing: predictions.asked.timing,
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
