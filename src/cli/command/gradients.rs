//! `gia gradients MODEL FASTA --of TASK --npz PATH`

use std::io::{Cursor, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use ndarray::{Array1, Array3};
use ndarray_npy::{NpzWriter, WriteNpzError};

use super::asked::{Asked, bases, note_precision};
use super::clashes::Files;
use super::print::{self, print_out};
use super::{ErrorFormat, Execute, MachineArguments, Status, interrupt};
use gia_base::diag::{Code, Diagnostic, Outcome, closest, counted};
use gia_base::source::Sources;
use gia_engine::Gradients;
use gia_model::Declaration;
use gia_plan::Model;
use gia_report::{OutputFile, ProgressBar};

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    asked: Asked,
    /// The task, by name or by number counted from 0; one along the sequence is added up. Needed where there are several.
    #[arg(long, value_name = "TASK")]
    of: Option<String>,
    /// Where NumPy arrays are written: `gradients` and `one_hot`, (sequence, 4, position) with the bases in the order A, C, G,
    /// T, and `predictions`.
    #[arg(long, value_name = "PATH")]
    npz: PathBuf,
    /// How diagnostics are written.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
    #[command(flatten)]
    machine: MachineArguments,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        match gradients(self) {
            Ok(text) => {
                print_out(&text);
                Status::Supported
            }
            Err(diagnostic) => {
                let all = std::slice::from_ref(&*diagnostic);
                print::print_as(all, &Sources::default(), self.error_format);
                Status::of_broken(&diagnostic)
            }
        }
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

fn gradients(arguments: &Arguments) -> Outcome<String> {
    let stop = interrupt::listen();
    let mut files = Files::default();
    arguments.asked.note(&mut files);
    files.writes("npz", &arguments.npz);
    files.check()?;
    let npz = OutputFile::open(&arguments.npz)?;
    let (model, set) = arguments.asked.read()?;
    let columns = columns(&model, arguments.of.as_deref())?;
    let sequences = bases(&set);
    let progress = ProgressBar::new(std::io::stderr().is_terminal()).until(stop);
    let options = arguments.machine.options();
    let found = gia_engine::gradients(&model, &sequences, &columns, &options, &progress)?;
    progress.finish();
    note_precision(&found.asked);
    let bytes = arrays(&model.declaration, &sequences, found).map_err(|error| {
        let message = format!("`{}` cannot be written: {error}", arguments.npz.display());
        Diagnostic::error(Code::Write, message)
    })?;
    npz.commit(&bytes)?;
    let what = counted(sequences.len(), "sequence");
    Ok(format!(
        "wrote gradients of {what} to {}\n",
        arguments.npz.display()
    ))
}

/// The columns that are added up for a task.
fn columns(model: &Model, task: Option<&str>) -> Outcome<Vec<usize>> {
    let declaration = &model.declaration;
    let (name, all) = (&model.name, declaration.columns());
    let Some(task) = task else {
        return match all {
            1 => Ok(vec![0]),
            _ => Err(Box::new(
                Diagnostic::error(
                    Code::UnknownTask,
                    format!("`{name}` has {all} outputs; say which is meant"),
                )
                .help(format!(
                    "`--of {}`",
                    declaration.task_name(0).unwrap_or("0")
                )),
            )),
        };
    };
    if let Some(column) = declaration.column(task) {
        return Ok(vec![column]);
    }
    if let Some((output, task)) = declaration.track_of(task) {
        let output = &declaration.outputs[output];
        let bins = output.track.iter().flat_map(|track| {
            let bins = 0..track.bins;
            bins.map(|bin| output.column_at(track, task, bin))
        });
        return Ok(bins.collect());
    }
    if let Some(column) = task.parse().ok().filter(|column| *column < all) {
        return Ok(vec![column]);
    }
    let names = declaration.outputs.iter().flat_map(|output| &output.tasks);
    let diagnostic = Diagnostic::error(
        Code::UnknownTask,
        format!("`{name}` has no task \"{task}\""),
    );
    Err(Box::new(match closest(task, names.map(String::as_str)) {
        Some(close) => diagnostic.help(format!("did you mean \"{close}\"?")),
        None => diagnostic.help(format!("it has {}, counted from 0", counted(all, "output"))),
    }))
}

/// The arrays as one `.npz` file.
fn arrays(
    declaration: &Declaration,
    sequences: &[Vec<u8>],
    found: Gradients,
) -> Result<Vec<u8>, WriteNpzError> {
    let (count, length) = (sequences.len(), declaration.length);
    let one_hot = Array3::from_shape_fn((count, 4, length), |(sequence, base, position)| {
        f32::from(usize::from(sequences[sequence][position]) == base)
    });
    // As many numbers as sequences, bases and positions.
    let gradients = Array3::from_shape_vec((count, 4, length), found.gradients).unwrap_or_default();
    let mut file = Cursor::new(Vec::new());
    let mut npz = NpzWriter::new(&mut file);
    npz.add_array("gradients", &gradients)?;
    npz.add_array("one_hot", &one_hot)?;
    npz.add_array("predictions", &Array1::from_vec(found.values))?;
    npz.finish()?;
    Ok(file.into_inner())
}
