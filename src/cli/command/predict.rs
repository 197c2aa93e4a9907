//! `gia predict MODEL FASTA`

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::asked::{Asked, bases, note_precision};
use super::clashes::Files;
use super::outputs::Failed;
use super::print::{print_exact, print_plain};
use super::{ErrorFormat, Execute, MachineArguments, Status, interrupt};
use gia_base::diag::{Outcome, escaped};
use gia_base::file::FileRecord;
use gia_domain::SequenceSet;
use gia_engine::Predictions;
use gia_plan::Model;
use gia_report::{OutputFile, ProgressBar};
use gia_study::PrecisionCheck;

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
    timing: gia_engine::Timing,
    tasks: &'r [String],
    predictions: Vec<Prediction<'r>>,
}

#[derive(Serialize)]
struct Prediction<'r> {
    sequence: &'r str,
    values: &'r [f32],
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        match predict(self) {
            Ok(status) => status,
            Err(diagnostic) => {
                let status = Status::of_broken(&diagnostic);
                print_plain(&[*diagnostic]);
                status
            }
        }
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

fn predict(arguments: &Arguments) -> Outcome<Status> {
    let stop = interrupt::listen();
    let mut files = Files::default();
    arguments.asked.note(&mut files);
    files.writes_if("json", arguments.json.as_ref());
    files.check()?;
    let json = arguments.json.as_ref().map(OutputFile::open).transpose()?;
    let (model, set) = arguments.asked.read()?;
    let sequences = bases(&set);
    let progress = ProgressBar::new(std::io::stderr().is_terminal()).until(stop);
    let predictions =
        gia_engine::predict(&model, &sequences, &arguments.machine.options(), &progress)?;
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
    let mut failed = Failed::default();
    let is_written = json.is_some_and(|file| {
        let text = report(&model, &set, &predictions, &tasks);
        failed.take(file.commit(text.as_bytes())).is_some()
    });
    // Hours of passes are not lost for a full disk.
    if !is_written {
        print_exact(&table(&set, &predictions, &tasks));
    }
    print_plain(&failed.0);
    Ok(match failed.0.is_empty() {
        true => Status::Supported,
        false => Status::RunBroke,
    })
}

fn report(model: &Model, set: &SequenceSet, predictions: &Predictions, tasks: &[String]) -> String {
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

/// Tab-separated, one line a sequence; control characters of names are escaped.
fn table(set: &SequenceSet, predictions: &Predictions, tasks: &[String]) -> String {
    let mut text = format!(
        "sequence\t{}\n",
        tasks
            .iter()
            .map(|task| escaped(task))
            .collect::<Vec<_>>()
            .join("\t")
    );
    for (sequence, values) in set
        .sequences
        .iter()
        .zip(predictions.values.chunks(predictions.columns.max(1)))
    {
        let numbers: Vec<String> = values.iter().map(f32::to_string).collect();
        text.push_str(&format!(
            "{}\t{}\n",
            escaped(&sequence.name),
            numbers.join("\t")
        ));
    }
    text
}
