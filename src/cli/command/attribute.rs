//! `gia attribute MODEL FASTA --of TASK --npz PATH`

mod arrays;

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::arrays::Arrays;
use super::model_input::{ModelInput, bases, print_precision};
use super::overwrites::CommandFiles;
use super::print;
use super::task::Task;
use super::{ErrorFormat, Execute, MachineArguments, Status, interrupt};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};
use gia_domain::{SequenceSet, UNKNOWN};
use gia_engine::{Completeness, Options, ReferenceSampler, RunInfo};
use gia_plan::{Model, ReferenceSource, References};
use gia_report::{OutputFile, ProgressBar};

/// How contributions are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// DeepLIFT (Shrikumar et al. 2017), averaged over references (Lundberg and Lee 2017).
    Deepshap,
    /// The gradient with respect to the one-hot sequence.
    Saliency,
    /// The gradient less its mean over the bases (Majdandzic et al. 2023).
    GradientTimesInput,
    /// The gradient less that of the base that is there: a mutation's effect to first order.
    TaylorIsm,
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Method::Deepshap => "DeepSHAP",
            Method::Saliency => "saliency",
            Method::GradientTimesInput => "gradient times input",
            Method::TaylorIsm => "mutagenesis to first order",
        }
    }
}

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    input: ModelInput,
    /// Task to attribute, by name or number from 0; a profile is summed over its bins. May be omitted for a single output.
    #[arg(long, value_name = "TASK")]
    of: Option<String>,
    /// How contributions are computed.
    #[arg(long, value_enum, default_value = "deepshap")]
    method: Method,
    /// Number of references of each sequence: shuffles of it.
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    references: u32,
    /// Length of the k-mers whose counts the shuffles preserve.
    #[arg(long, value_name = "K", default_value = "2")]
    preserving: usize,
    /// Seed of the shuffles. Those of a sequence are the backgrounds of `shuffled(...)` of it in a script with this seed, and those that `deepshap(...)`
    /// compares it with there.
    #[arg(long, value_name = "SEED", default_value = "0")]
    seed: u64,
    /// Write the arrays to this file. Of shape (sequence, base, position), with bases in the order A, C, G, T: `one_hot`, `hypothetical` (what each
    /// base would contribute) and `contributions` (of the bases that are there). Also `predictions`; and of DeepSHAP `sd` (over references,
    /// by position), `references` (sequence, reference, position: 0 to 3 for A, C, G, T), and for each reference `differences` of the output and `excesses`, what the sum of contributions exceeds them by.
    #[arg(long, value_name = "PATH")]
    npz: PathBuf,
    /// Also write `ohe.npz` and `attr.npz` to this folder, as TF-MoDISco and finemo read them.
    #[arg(long, value_name = "FOLDER")]
    modisco: Option<PathBuf>,
    /// Format of errors and warnings.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
    #[command(flatten)]
    machine: MachineArguments,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        print::print_outcome(
            attribute(self).and_then(|(text, incomplete)| match incomplete {
                None => Ok(text),
                Some(diagnostic) => {
                    print::print_out(&text);
                    Err(Box::new(diagnostic))
                }
            }),
        )
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

/// What is printed, and the error if contributions do not add up. The arrays are written in either case.
fn attribute(arguments: &Arguments) -> Outcome<(String, Option<Diagnostic>)> {
    let stop = interrupt::listen();
    let mut files = CommandFiles::default();
    arguments.input.register(&mut files);
    files.add_option_output("npz", &arguments.npz);
    let folder = arguments.modisco.as_ref();
    let for_modisco = folder.map(|folder| [folder.join("ohe.npz"), folder.join("attr.npz")]);
    for path in for_modisco.iter().flatten() {
        files.add_option_output("modisco", path);
    }
    files.check()?;
    if let Some(folder) = folder {
        gia_engine::make_folder(folder)?;
    }
    let npz = OutputFile::open(&arguments.npz)?;
    let for_modisco = for_modisco
        .map(|[one_hot, contributions]| {
            Ok::<_, Box<Diagnostic>>((
                OutputFile::open(&one_hot)?,
                OutputFile::open(&contributions)?,
            ))
        })
        .transpose()?;
    let (model, set) = arguments.input.read()?;
    let task = Task::find(&model.declaration, &model.name, arguments.of.as_deref())?;
    let columns = task.columns();
    let sequences = bases(&set);
    let progress = ProgressBar::new(std::io::stderr().is_terminal()).stop_when(stop);
    let work = Work {
        arguments,
        model: &model,
        sequences: &sequences,
        columns: &columns,
        options: arguments.machine.options(),
        progress: &progress,
    };
    let (arrays, completeness, run_info) = work.run(set)?;
    progress.finish();
    print_precision(&run_info);
    arguments.input.warn_of_gradients(&model);
    npz.commit(&arrays.all(&arguments.npz)?)?;
    if let (Some((one_hot, contributions)), Some(folder)) = (for_modisco, folder) {
        one_hot.commit(&arrays.one_hot(folder)?)?;
        contributions.commit(&arrays.hypothetical(folder)?)?;
    }
    let what = pluralize(sequences.len(), "sequence");
    let mut text = format!("{} of {what}", arguments.method.name());
    if arguments.method == Method::Deepshap {
        let references = pluralize(arguments.references as usize, "shuffle");
        text += &format!(", each compared with {references} of its own");
    }
    text += &format!("\nwrote {}\n", arguments.npz.display());
    let incomplete = completeness.as_ref().and_then(|found| {
        text += &format!("{}\n", found.summary());
        found.incomplete(&format!("`{}`", model.name))
    });
    Ok((text, incomplete))
}

/// What is attributed, and with what.
struct Work<'w> {
    arguments: &'w Arguments,
    model: &'w Model,
    sequences: &'w [Vec<u8>],
    columns: &'w [usize],
    options: Options,
    progress: &'w ProgressBar,
}

impl Work<'_> {
    fn run(&self, set: SequenceSet) -> Outcome<(Arrays, Option<Completeness>, RunInfo)> {
        let length = self.model.declaration.length;
        if self.arguments.method == Method::Deepshap {
            let references = self.references(&set)?;
            let found = gia_engine::contributions(
                self.model,
                self.sequences,
                &references,
                self.columns,
                &self.options,
                self.progress,
            )?;
            let completeness = found.completeness.clone();
            let run_info = found.run_info.clone();
            let arrays = Arrays::of_contributions(self.sequences, &references, length, found);
            return Ok((arrays, Some(completeness), run_info));
        }
        let found = gia_engine::gradients(
            self.model,
            self.sequences,
            self.columns,
            &self.options,
            self.progress,
        )?;
        let run_info = found.run_info.clone();
        let arrays = Arrays::of_gradients(self.sequences, length, found, self.arguments.method);
        Ok((arrays, None, run_info))
    }

    /// The references of each sequence.
    fn references(&self, set: &SequenceSet) -> Outcome<Vec<Vec<Vec<u8>>>> {
        let references = References {
            source: ReferenceSource::Shuffles {
                preserving: self.arguments.preserving,
            },
            count: self.arguments.references as usize,
        };
        let unknown = set
            .sequences
            .iter()
            .find(|one| one.bases.contains(&UNKNOWN));
        if let Some(sequence) = unknown {
            let message = format!(
                "`{}` has an unknown base (N), which cannot be shuffled",
                sequence.name
            );
            let help = "leave out `--keep-unknown`, or use a method without references";
            let refused = Diagnostic::error(Code::UnknownBase, message);
            return Err(Box::new(refused.help(help)));
        }
        let sampler = ReferenceSampler::new(&references, set.alphabet, self.arguments.seed);
        let sequences = self.sequences.iter();
        sequences.map(|bases| sampler.of(bases)).collect()
    }
}
