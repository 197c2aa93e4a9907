//! `gia predict MODEL FASTA`

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::model_input::{ModelInput, bases, print_precision};
use super::outputs::WriteErrors;
use super::overwrites::CommandFiles;
use super::print::{print_diagnostics, print_exact};
use super::{ErrorFormat, Execute, MachineArguments, Status, interrupt};
use gia_base::diag::{Outcome, escape_control};
use gia_base::file::FileRecord;
use gia_domain::SequenceSet;
use gia_engine::Predictions;
use gia_plan::Model;
use gia_report::{OutputFile, ProgressBar};
use gia_study::{PrecisionCheck, PythonNetwork};

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    input: ModelInput,
    /// Write the predictions to this file as JSON, instead of printing a table.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// Format of errors and warnings.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
    #[command(flatten)]
    machine: MachineArguments,
}

/// The JSON output.
#[derive(Serialize)]
struct Report<'r> {
    schema: &'static str,
    model: FileRecord,
    sequences: FileRecord,
    device: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    libtorch: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    python: Option<&'r PythonNetwork>,
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
                let status = Status::of_error(&diagnostic);
                print_diagnostics(&[*diagnostic]);
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
    let mut files = CommandFiles::default();
    arguments.input.register(&mut files);
    files.add_optional_output("json", arguments.json.as_ref());
    files.check()?;
    let json = arguments.json.as_ref().map(OutputFile::open).transpose()?;
    let (model, set) = arguments.input.read()?;
    let sequences = bases(&set);
    let progress = ProgressBar::new(std::io::stderr().is_terminal()).stop_when(stop);
    let predictions =
        gia_engine::predict(&model, &sequences, &arguments.machine.options(), &progress)?;
    progress.finish();
    print_precision(&predictions.run_info);
    let warnings: Vec<_> = arguments.input.warning(&model).into_iter().collect();
    print_diagnostics(&warnings);
    let tasks: Vec<String> = (0..predictions.columns)
        .map(|c| {
            model
                .declaration
                .task_name(c)
                .map_or_else(|| c.to_string(), String::from)
        })
        .collect();
    let mut failed = WriteErrors::default();
    let is_written = json.is_some_and(|file| {
        let text = report(&model, &set, &predictions, &tasks);
        failed.collect(file.commit(text.as_bytes())).is_some()
    });
    // If the file cannot be written, the predictions are printed, so that they are not lost.
    if !is_written {
        print_exact(&table(&set, &predictions, &tasks));
    }
    print_diagnostics(&failed.0);
    Ok(match failed.0.is_empty() {
        true => Status::Success,
        false => Status::RunFailed,
    })
}

fn report(model: &Model, set: &SequenceSet, predictions: &Predictions, tasks: &[String]) -> String {
    let rows = predictions.values.chunks(predictions.columns.max(1));
    let report = Report {
        schema: "gia-predictions/1",
        model: FileRecord {
            path: model.source.to_string(),
            sha256: predictions.run_info.sha256.clone(),
        },
        sequences: FileRecord {
            path: set.path.display().to_string(),
            sha256: set.sha256.clone(),
        },
        device: &predictions.run_info.device,
        libtorch: predictions.run_info.libtorch.as_deref(),
        python: predictions.run_info.python.as_ref(),
        precision: predictions.run_info.precision.as_ref(),
        timing: predictions.run_info.timing,
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
    // Strings and numbers always serialize.
    serde_json::to_string_pretty(&report).unwrap_or_default()
}

/// The predictions as a tab-separated table with a header, one line per sequence; control characters in names are escaped.
fn table(set: &SequenceSet, predictions: &Predictions, tasks: &[String]) -> String {
    let mut text = format!(
        "sequence\t{}\n",
        tasks
            .iter()
            .map(|task| escape_control(task))
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
            escape_control(&sequence.name),
            numbers.join("\t")
        ));
    }
    text
}
