//! `gia ism MODEL`: saturation mutagenesis of one sequence, or of those of a FASTA file, without a script.
//!
//! The command writes the script that a user would write, and runs it; `--script` keeps it.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::ism_source::{Record, Records, refuse_letters, with_own_help};
use super::outputs::OutputArguments;
use super::overwrites::CommandFiles;
use super::print;
use super::study::{self, shell_quoted};
use super::task::Task;
use super::{ErrorFormat, Execute, MachineArguments, Status, ValuesArguments, interrupt};
use crate::pipeline::{self, Script, SideOutputs};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};
use gia_base::source::Sources;
use gia_base::spelling::string_literal;
use gia_domain::{SequenceSet, UnknownBases};
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
    #[arg(long, value_name = "RECORD", requires = "fasta", conflicts_with_all = ["locus", "sequence"])]
    name: Option<String>,
    /// Genome of `--locus`: a FASTA file, plain or gzipped, or a 2bit file.
    #[arg(long, value_name = "PATH", requires = "locus", conflicts_with_all = ["fasta", "sequence"])]
    genome: Option<PathBuf>,
    /// Read the locus from the reverse strand.
    #[arg(long, requires = "locus", conflicts_with_all = ["fasta", "sequence"])]
    reverse: bool,
    /// Accept sequences with unknown bases (N), encoded as the model's declaration says.
    #[arg(long, conflicts_with = "sequence")]
    keep_unknown: bool,
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
            let diagnostic = with_own_help(*diagnostic);
            let all = std::slice::from_ref(&diagnostic);
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
        let said = attempt.diagnostics.iter().cloned().map(with_own_help);
        let said: Vec<Diagnostic> = said.collect();
        print::print_as(&said, attempt.sources(), self.error_format);
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
            hypothetical: false,
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
            string_literal(&path.display().to_string())
        };
        let declaration = Declaration::load(&self.model, &LoadArguments::default())?;
        let length = declaration.length;
        let mut text = format!("use syntax\n\nmodel net = load({})\n", path(&self.model));
        let rna = match declaration.alphabet_kind() {
            gia_domain::Alphabet::Dna => "",
            gia_domain::Alphabet::Rna => ", alphabet: \"rna\"",
        };
        let task = Task::find(
            &declaration,
            &self.model.display().to_string(),
            self.of.as_deref(),
        )?
        .query(&declaration);
        let (unknown, keep) = match self.keep_unknown {
            true => (UnknownBases::Keep, ", unknown: \"keep\""),
            false => (UnknownBases::Refuse, ""),
        };
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
                "locus({}, genome: {genome}, width: {length}bp{strand}{keep}{rna})",
                string_literal(locus)
            );
            experiment("ism", &on);
        } else if let Some(sequence) = &self.source.sequence {
            let alphabet = declaration.alphabet_kind();
            refuse_letters(sequence, &declaration, &self.model)?;
            let kind = match alphabet {
                gia_domain::Alphabet::Dna => "dna",
                gia_domain::Alphabet::Rna => "rna",
            };
            experiment("ism", &format!("{kind}{}", string_literal(sequence)));
        } else if let Some(fasta) = &self.source.fasta {
            let records = Records {
                path: fasta,
                alphabet: declaration.alphabet_kind(),
                width: length,
                unknown,
            };
            let fasta = path(fasta);
            let set = format!("fasta({fasta}, width: {length}bp{keep}{rna})");
            match &self.name {
                Some(name) => match records.record(name)? {
                    Record::OfSet => experiment("ism", &format!("{set}[{}]", string_literal(name))),
                    Record::Alone(region) => {
                        let region = string_literal(&region);
                        let width = format!("width: {length}bp{keep}{rna}");
                        experiment("ism", &format!("locus({region}, genome: {fasta}, {width})"));
                    }
                },
                None => self.each_record(&records.read()?, &set, &mut experiment)?,
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
        words.extend(self.keep_unknown.then(|| "--keep-unknown".to_string()));
        words.extend(self.machine.to_arguments());
        words.join(" ")
    }
}
