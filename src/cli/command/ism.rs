//! `gia ism MODEL`: saturation mutagenesis of one sequence, or of those of a FASTA file, without a script.
//!
//! The command writes the script that a user would write, and runs it; `--script` keeps it.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::outputs::OutputArguments;
use super::overwrites::CommandFiles;
use super::print;
use super::study::{self, shell_quoted};
use super::{ErrorFormat, Execute, MachineArguments, Status, ValuesArguments, interrupt};
use crate::pipeline::{self, Script, SideOutputs};
use gia_base::diag::{Code, Diagnostic, Outcome, closest, pluralize};
use gia_base::source::Sources;
use gia_domain::{FastaOptions, SequenceSet, UNKNOWN, UnknownBases};
use gia_model::{Declaration, LoadArguments};
use gia_report::{OutputFile, ProgressBar};

/// Name of the script in messages and in the study.
const SCRIPT_NAME: &str = "ism.gia";
/// Maximum number of sequences of a FASTA file that are mapped; each is an experiment.
const MAX_SEQUENCES: usize = 1000;

#[derive(Args)]
pub struct Arguments {
    /// Model file.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Of a FASTA file, the record with this name; without it all of them.
    #[arg(long, value_name = "RECORD", requires = "fasta")]
    name: Option<String>,
    /// Genome of `--locus`: a FASTA file, plain or gzipped, or a 2bit file.
    #[arg(long, value_name = "PATH", requires = "locus")]
    genome: Option<PathBuf>,
    /// Read the locus from the reverse strand.
    #[arg(long, requires = "locus")]
    reverse: bool,
    /// Task to read, by name or number from 0; a profile is summed over its bins. May be omitted for a single output.
    #[arg(long, value_name = "TASK")]
    of: Option<String>,
    /// Mutate only this many bases around the center [default: all].
    #[arg(long, value_name = "BP", value_parser = clap::value_parser!(u32).range(1..))]
    around: Option<u32>,
    /// Write the script that the command runs to this file.
    #[arg(long, value_name = "PATH")]
    script: Option<PathBuf>,
    #[command(flatten)]
    outputs: OutputArguments,
    #[command(flatten)]
    values: ValuesArguments,
    #[command(flatten)]
    machine: MachineArguments,
    /// Print no table; write only the requested files.
    #[arg(long, short)]
    quiet: bool,
    /// Format of errors and warnings.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
}

/// Where the sequence comes from: exactly one of these.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// Sequences. Of longer ones, the middle is taken.
    #[arg(value_name = "FASTA")]
    fasta: Option<PathBuf>,
    /// Region of `--genome` as browsers write it, counted from 1: chr1:5,000-5,249. Of another length than the model's input, as many
    /// bases around its middle are taken.
    #[arg(long, value_name = "REGION", requires = "genome")]
    locus: Option<String>,
    /// The bases themselves, as many as the model's input has.
    #[arg(long, value_name = "BASES")]
    sequence: Option<String>,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        let failed = |diagnostic: Box<Diagnostic>, sources: &Sources| {
            let all = std::slice::from_ref(&*diagnostic);
            print::print_as(all, sources, self.error_format);
            Status::of_error(&diagnostic)
        };
        let text = match self.script_text(Path::new("")) {
            Ok(text) => text,
            Err(diagnostic) => {
                failed(diagnostic, &Sources::default());
                return Status::InvalidProgram;
            }
        };
        let attempt = Script::of_text(SCRIPT_NAME, Path::new(""), &text);
        print::print_as(&attempt.diagnostics, attempt.sources(), self.error_format);
        let Ok(script) = attempt.script else {
            return Status::InvalidProgram;
        };
        self.run(&script)
            .unwrap_or_else(|diagnostic| failed(diagnostic, &script.sources))
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

impl Arguments {
    fn run(&self, script: &Script) -> Outcome<Status> {
        let started = Instant::now();
        let wanted = !self.quiet && std::io::stderr().is_terminal();
        let progress = ProgressBar::new(wanted).stop_when(interrupt::listen());
        let mut files = CommandFiles::default();
        files.add_model_inputs(&self.model);
        if let Some(fasta) = &self.source.fasta {
            files.add_input("the FASTA file", fasta);
        }
        if let Some(genome) = &self.genome {
            files.add_input("the genome", genome);
        }
        files.add_optional_output("script", self.script.as_ref());
        self.outputs.register(&mut files);
        self.values.register(&mut files);
        files.check()?;
        let kept = self.script.as_deref().map(OutputFile::open).transpose()?;
        let values = self.values.open(&script.program)?;
        let outputs = self.outputs.open()?;
        if let (Some(kept), Some(path)) = (kept, &self.script) {
            // Paths in a script start from its folder.
            let folder = path.parent().unwrap_or(Path::new(""));
            kept.commit(self.script_text(folder)?.as_bytes())?;
        }
        let side_outputs = SideOutputs {
            sequences: None,
            values,
        };
        let options = self.machine.options();
        let ran = pipeline::run_under_seeds(
            script,
            1,
            &options,
            &progress,
            side_outputs,
            self.reproducing_command(),
        )?;
        progress.finish();
        let (_, status) = study::write_and_print(ran, outputs, self.quiet);
        if !self.quiet {
            print::eprint_line(&format!("took {}", print::duration(started.elapsed())));
        }
        Ok(status)
    }

    /// The script as it stands in a folder: with paths as the command line has them in the current one, else with absolute ones.
    fn script_text(&self, folder: &Path) -> Outcome<String> {
        let path = |path: &Path| {
            let here = folder.as_os_str().is_empty() || folder == Path::new(".");
            let path = match here {
                true => path.to_path_buf(),
                false => std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()),
            };
            quoted(&path.display().to_string())
        };
        let declaration = Declaration::load(&self.model, &LoadArguments::default())?;
        let length = declaration.length;
        let mut text = format!("use syntax\n\nmodel net = load({})\n", path(&self.model));
        let rna = match declaration.alphabet_kind() {
            gia_domain::Alphabet::Dna => "",
            gia_domain::Alphabet::Rna => ", alphabet: \"rna\"",
        };
        let task = task(&declaration, &self.model, self.of.as_deref())?;
        let places = match self.around {
            None => String::new(),
            Some(around) if around as usize >= length => String::new(),
            Some(around) => {
                let start = length / 2 - around as usize / 2;
                format!(", places: {start}bp to {}bp", start + around as usize - 1)
            }
        };
        let mut experiment = |name: &str, on: &str| {
            let _ = writeln!(
                text,
                "experiment {name} = ism(on: {on}, of: {task}{places})"
            );
        };
        if let (Some(locus), Some(genome)) = (&self.source.locus, &self.genome) {
            let strand = if self.reverse { ", strand: \"-\"" } else { "" };
            let genome = path(genome);
            let on = format!(
                "locus({}, genome: {genome}, width: {length}bp{strand}{rna})",
                quoted(locus)
            );
            experiment("ism", &on);
        } else if let Some(sequence) = &self.source.sequence {
            let alphabet = declaration.alphabet_kind();
            refuse_letters(sequence, &declaration, &self.model)?;
            let kind = match alphabet {
                gia_domain::Alphabet::Dna => "dna",
                gia_domain::Alphabet::Rna => "rna",
            };
            experiment("ism", &format!("{kind}{}", quoted(sequence)));
        } else if let Some(fasta) = &self.source.fasta {
            let set = format!("fasta({}, width: {length}bp{rna})", path(fasta));
            match &self.name {
                Some(name) => experiment("ism", &format!("{set}[{}]", quoted(name))),
                None => {
                    let options = FastaOptions {
                        width: Some(length),
                        unknown: UnknownBases::Refuse,
                    };
                    let records =
                        SequenceSet::read_fasta(fasta, declaration.alphabet_kind(), options)?;
                    self.each_record(&records, &set, &mut experiment)?;
                }
            }
        }
        Ok(text)
    }

    /// An experiment for each record.
    fn each_record(
        &self,
        records: &SequenceSet,
        set: &str,
        experiment: &mut dyn FnMut(&str, &str),
    ) -> Outcome<()> {
        let count = records.sequences.len();
        if count > MAX_SEQUENCES {
            let message = format!(
                "{} are more than the {MAX_SEQUENCES} that are mapped one by one",
                pluralize(count, "sequence")
            );
            return Err(Diagnostic::error(Code::OutOfRange, message)
                .help("choose one with `--name`, or write a script with `variant_effect`, the mean over many")
                .into());
        }
        match count {
            1 => experiment("ism", &format!("{set}[0]")),
            _ => (0..count)
                .for_each(|i| experiment(&format!("ism_{}", i + 1), &format!("{set}[{i}]"))),
        }
        Ok(())
    }

    fn reproducing_command(&self) -> String {
        let path = |path: &Path| shell_quoted(&path.display().to_string());
        let mut words = vec!["gia ism".to_string(), path(&self.model)];
        words.extend(self.source.fasta.as_deref().map(path));
        let mut option = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| format!("--{name} {}", shell_quoted(&value))));
        };
        option("name", self.name.clone());
        option("locus", self.source.locus.clone());
        option(
            "genome",
            self.genome.as_ref().map(|path| path.display().to_string()),
        );
        option("sequence", self.source.sequence.clone());
        option("of", self.of.clone());
        option("around", self.around.map(|bp| bp.to_string()));
        words.extend(self.reverse.then(|| "--reverse".to_string()));
        words.extend(self.machine.to_arguments());
        words.join(" ")
    }
}

/// The query of a task: one number, or the sum of a profile.
fn task(declaration: &Declaration, model: &Path, task: Option<&str>) -> Outcome<String> {
    let all = declaration.columns();
    let Some(task) = task else {
        if all == 1 {
            return Ok("net".to_string());
        }
        let message = format!(
            "`{}` has {all} outputs, and no task was chosen",
            model.display()
        );
        let example = declaration.task_name(0).unwrap_or("0").to_string();
        return Err(Diagnostic::error(Code::UnknownTask, message)
            .help(format!("choose one, for example `--of {example}`"))
            .into());
    };
    if declaration.column(task).is_some() {
        return Ok(format!("net[{}]", quoted(task)));
    }
    if declaration.track_of(task).is_some() {
        return Ok(format!("sum(net[{}])", quoted(task)));
    }
    if let Some(column) = task.parse::<usize>().ok().filter(|column| *column < all) {
        return Ok(format!("net[{column}]"));
    }
    let names = declaration.outputs.iter().flat_map(|output| &output.tasks);
    let message = format!("`{}` has no task \"{task}\"", model.display());
    let diagnostic = Diagnostic::error(Code::UnknownTask, message);
    Err(Box::new(match closest(task, names.map(String::as_str)) {
        Some(close) => diagnostic.help(format!("did you mean `--of {close}`?")),
        None => diagnostic.help(format!(
            "it has {}, numbered from 0",
            pluralize(all, "output")
        )),
    }))
}

/// Refuses bases of `--sequence` that are not those of one input of the model.
fn refuse_letters(sequence: &str, declaration: &Declaration, model: &Path) -> Outcome<()> {
    let alphabet = declaration.alphabet_kind();
    let bad = sequence
        .chars()
        .position(|letter| alphabet.encode(letter).is_none_or(|base| base == UNKNOWN));
    if let Some(position) = bad {
        let letter = sequence.chars().nth(position).unwrap_or('?');
        let message = format!(
            "`{letter}` at position {} of `--sequence` is not a base of {}",
            position + 1,
            alphabet.name()
        );
        return Err(Diagnostic::error(Code::UnknownBase, message).into());
    }
    let (given, wanted) = (sequence.len(), declaration.length);
    if given != wanted && wanted != 0 {
        let message = format!(
            "`{}` takes sequences of {wanted} bp, and `--sequence` has {given} bp",
            model.display()
        );
        return Err(Diagnostic::error(Code::LengthMismatch, message).into());
    }
    Ok(())
}

/// A text as a script writes it.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\n', "\\n").replace('\t', "\\t"))
}
