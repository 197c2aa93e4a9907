//! `gia gradients MODEL FASTA --of TASK --npz PATH`

use std::io::{Cursor, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use ndarray::{Array1, Array3};
use ndarray_npy::{NpzWriter, WriteNpzError};

use super::model_input::{ModelInput, bases, print_precision};
use super::overwrites::CommandFiles;
use super::print::{self, print_out};
use super::task::Task;
use super::{ErrorFormat, Execute, MachineArguments, Status, interrupt};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};
use gia_base::source::Sources;
use gia_engine::Gradients;
use gia_model::{Declaration, is_onnx};
use gia_report::{OutputFile, ProgressBar};

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    input: ModelInput,
    /// Task to differentiate, by name or number from 0; a profile is summed over its bins. May be omitted for a single output.
    #[arg(long, value_name = "TASK")]
    of: Option<String>,
    /// Write the arrays to this file: `gradients` and `one_hot` of shape (sequence, base, position), with bases in the order A, C,
    /// G, T, and `predictions`.
    #[arg(long, value_name = "PATH")]
    npz: PathBuf,
    /// Format of errors and warnings.
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
                Status::Success
            }
            Err(diagnostic) => {
                let all = std::slice::from_ref(&*diagnostic);
                print::print_as(all, &Sources::default(), self.error_format);
                Status::of_error(&diagnostic)
            }
        }
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

fn gradients(arguments: &Arguments) -> Outcome<String> {
    let stop = interrupt::listen();
    let mut files = CommandFiles::default();
    arguments.input.register(&mut files);
    files.add_option_output("npz", &arguments.npz);
    files.check()?;
    let npz = OutputFile::open(&arguments.npz)?;
    let (model, set) = arguments.input.read()?;
    let task = Task::find(&model.declaration, &model.name, arguments.of.as_deref())?;
    let columns = task.columns();
    let sequences = bases(&set);
    let progress = ProgressBar::new(std::io::stderr().is_terminal()).stop_when(stop);
    let options = arguments.machine.options();
    let found = gia_engine::gradients(&model, &sequences, &columns, &options, &progress)?;
    progress.finish();
    print_precision(&found.run_info);
    let lost = is_onnx(arguments.input.path()).then(|| lost_by_onnx(&model.name));
    let warnings: Vec<Diagnostic> = lost
        .into_iter()
        .chain(arguments.input.warning(&model))
        .collect();
    print::print_as(&warnings, &Sources::default(), arguments.error_format);
    let bytes = arrays(&model.declaration, &sequences, found).map_err(|error| {
        let message = format!("cannot write `{}`: {error}", arguments.npz.display());
        Diagnostic::error(Code::WriteFailed, message)
    })?;
    npz.commit(&bytes)?;
    let what = pluralize(sequences.len(), "sequence");
    Ok(format!(
        "wrote gradients of {what} to {}\n",
        arguments.npz.display()
    ))
}

/// Warning: the network's file is ONNX, whose gradients need not be those of the network that was exported.
pub(super) fn lost_by_onnx(name: &str) -> Diagnostic {
    let message = format!(
        "`{name}` is ONNX, which keeps neither `detach` nor which of several equal maxima has the gradient"
    );
    Diagnostic::warning(Code::OnnxGradients, message)
        .help("if the network is PyTorch's, export it as `.pt2`, which keeps both")
}

/// Serializes the arrays as one `.npz` file.
fn arrays(
    declaration: &Declaration,
    sequences: &[Vec<u8>],
    found: Gradients,
) -> Result<Vec<u8>, WriteNpzError> {
    let (count, length) = (sequences.len(), declaration.length);
    let one_hot = Array3::from_shape_fn((count, 4, length), |(sequence, base, position)| {
        f32::from(usize::from(sequences[sequence][position]) == base)
    });
    // The engine returns count x 4 x length numbers, so the shape always fits.
    let gradients = Array3::from_shape_vec((count, 4, length), found.gradients).unwrap_or_default();
    let mut file = Cursor::new(Vec::new());
    let mut npz = NpzWriter::new(&mut file);
    npz.add_array("gradients", &gradients)?;
    npz.add_array("one_hot", &one_hot)?;
    npz.add_array("predictions", &Array1::from_vec(found.values))?;
    npz.finish()?;
    Ok(file.into_inner())
}
