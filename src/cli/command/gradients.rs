//! `gia gradients MODEL FASTA --of TASK --npz PATH`

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use ndarray::{Array1, Array3};

use super::model_input::{ModelInput, bases, print_precision};
use super::overwrites::CommandFiles;
use super::print;
use super::task::Task;
use super::{ErrorFormat, Execute, MachineArguments, Status, interrupt};
use gia_base::diag::{Outcome, pluralize};
use gia_engine::Gradients;
use gia_model::Declaration;
use gia_report::{OutputFile, ProgressBar, npz};

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
        print::print_outcome(gradients(self))
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
    arguments.input.warn_of_gradients(&model);
    let bytes = arrays(&model.declaration, &sequences, found, &arguments.npz)?;
    npz.commit(&bytes)?;
    let what = pluralize(sequences.len(), "sequence");
    Ok(format!(
        "wrote gradients of {what} to {}\n",
        arguments.npz.display()
    ))
}

/// Serializes the arrays as one `.npz` file.
fn arrays(
    declaration: &Declaration,
    sequences: &[Vec<u8>],
    found: Gradients,
    path: &Path,
) -> Outcome<Vec<u8>> {
    let one_hot = npz::one_hot(sequences, declaration.length);
    // The engine returns as many numbers, so the shape always fits.
    let gradients = Array3::from_shape_vec(one_hot.raw_dim(), found.gradients).unwrap_or_default();
    npz::bytes(path, |npz| {
        npz.add_array("gradients", &gradients)?;
        npz.add_array("one_hot", &one_hot)?;
        npz.add_array("predictions", &Array1::from_vec(found.values))
    })
}
