//! `gia model inspect MODEL`, `gia model declare MODEL` and `gia model measure MODEL`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::measure;
use super::overwrites::CommandFiles;
use super::print;
use super::{ErrorFormat, Execute, Status, overseer};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{read_text, sha256_of};
use gia_engine::{Identity, Options, Runtime, Worker};
use gia_model::{
    Declaration, Graph, LastStep, Layout, LoadArguments, TomlInput, declaration_text, is_python,
    is_torchscript,
};
use gia_report::{NetworkDescription, OutputFile, network_page};

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Format of errors and warnings.
    #[arg(long, value_enum, default_value = "human", global = true)]
    error_format: ErrorFormat,
}

#[derive(Subcommand)]
enum Command {
    /// Show inputs, outputs, layers and operators.
    ///
    /// Layers are listed with their shapes and receptive fields.
    Inspect(Inspect),
    /// Write the declaration of a model.
    ///
    /// The declaration is a TOML file beside the model. It holds what the graph of the model tells, and what the options add.
    Declare(Declare),
    /// Find the fastest batch size on this machine.
    ///
    /// Later runs of the model on this machine use it.
    Measure(measure::Arguments),
}

#[derive(Args)]
struct Inspect {
    /// Model file.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Write the description to this file as JSON, instead of printing a table.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct Declare {
    /// Model file, or with `--entry` the declaration to write.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Input length in bp, if the graph accepts any.
    #[arg(long, value_name = "BP")]
    length: Option<usize>,
    /// Bases in the order of the input channels, for example ACGT.
    #[arg(long, value_name = "BASES")]
    alphabet: Option<String>,
    /// Input layout, if the graph accepts both: channels_first for (batch, 4, length), or channels_last for (batch, length, 4).
    #[arg(long, value_name = "LAYOUT", value_parser = layout)]
    layout: Option<Layout>,
    /// Names of the outputs, separated by commas.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        conflicts_with = "tasks_file"
    )]
    tasks: Option<Vec<String>>,
    /// Read the names of the outputs from this file, one per line.
    #[arg(long, value_name = "FILE")]
    tasks_file: Option<PathBuf>,
    /// Unit of the outputs, for example logit.
    #[arg(long)]
    unit: Option<String>,
    /// Read the outputs before the final activation function, for example sigmoid.
    #[arg(long, value_name = "FUNCTION", value_parser = last_step)]
    before: Option<LastStep>,
    /// What an input receives: sequence, reverse_complement, or a constant number. Repeat the option for each input, in the order of
    /// the graph.
    #[arg(long, value_name = "KIND", value_parser = input)]
    input: Vec<TomlInput>,
    /// What Python imports, as package.module:function, for a network that runs in Python. MODEL is then the declaration to write, and the
    /// module may lie in its folder.
    #[arg(long, value_name = "ENTRY", requires = "length")]
    entry: Option<String>,
    /// Run a network that is Python code once, to find its layout and outputs.
    #[arg(long, requires = "entry")]
    allow_python: bool,
    /// Overwrite an existing declaration.
    #[arg(long)]
    force: bool,
}

fn layout(text: &str) -> Result<Layout, String> {
    let known = [Layout::ChannelsFirst, Layout::ChannelsLast];
    let found = known.into_iter().find(|layout| layout.word() == text);
    found.ok_or_else(|| "the layout is channels_first or channels_last".to_string())
}

fn last_step(text: &str) -> Result<LastStep, String> {
    let found = LastStep::ALL.into_iter().find(|step| step.word() == text);
    found.ok_or_else(|| {
        let known = LastStep::ALL.map(LastStep::word);
        format!("the activation function is one of {}", known.join(", "))
    })
}

fn input(text: &str) -> Result<TomlInput, String> {
    match (text, text.parse()) {
        ("sequence" | "reverse_complement", _) => Ok(TomlInput::of_kind(text)),
        (_, Ok(value)) => Ok(TomlInput::constant(value)),
        _ => Err("an input receives sequence, reverse_complement, or a number".to_string()),
    }
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        let done = match &self.command {
            Command::Inspect(inspect) => self::inspect(inspect),
            Command::Declare(declare) => self::declare(declare),
            Command::Measure(measure) => measure::measure(measure),
        };
        print::print_outcome(done)
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

fn inspect(arguments: &Inspect) -> Outcome<String> {
    let mut files = CommandFiles::default();
    files.add_model_inputs(&arguments.model);
    files.add_optional_output("json", arguments.json.as_ref());
    files.check()?;
    let json = arguments.json.as_ref().map(OutputFile::open).transpose()?;
    // A model can be inspected before its declaration is complete.
    let declaration = match Declaration::load(&arguments.model, &LoadArguments::default()) {
        Ok(declaration) => Some(declaration),
        Err(diagnostic) if diagnostic.code == Code::IncompleteDeclaration => None,
        Err(diagnostic) => return Err(diagnostic),
    };
    let network = NetworkDescription::of(&arguments.model, declaration.as_ref())?;
    match json {
        Some(file) => {
            file.commit(network.to_json().as_bytes())?;
            Ok(String::new())
        }
        None => Ok(network_page(&network, print::stdout_style())),
    }
}

fn declare(arguments: &Declare) -> Outcome<String> {
    let path = Declaration::path_beside(&arguments.model);
    let mut files = CommandFiles::default();
    match arguments.entry {
        Some(_) => refuse_other_endings(&arguments.model)?,
        None => files.add_input("the model", &arguments.model),
    }
    if let Some(tasks) = &arguments.tasks_file {
        files.add_input("the file of `--tasks-file`", tasks);
    }
    files.add_own_output("the declaration", &path);
    files.check()?;
    if path.exists() && !arguments.force {
        return Err(Box::new(
            Diagnostic::error(
                Code::WriteFailed,
                format!("`{}` exists already", path.display()),
            )
            .help("edit it by hand, or overwrite it with `--force`"),
        ));
    }
    let tasks = match &arguments.tasks_file {
        None => arguments.tasks.clone(),
        Some(file) => {
            let text = read_text(file)?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            Some(lines.map(String::from).collect())
        }
    };
    let given = LoadArguments {
        length: arguments.length,
        alphabet: arguments.alphabet.clone(),
        layout: arguments.layout,
        tasks,
        unit: arguments.unit.clone(),
        before: arguments.before,
        ..LoadArguments::default()
    };
    let inputs = arguments.input.clone();
    let is_opaque = arguments.entry.is_some() || is_torchscript(&arguments.model);
    let mut identity = None;
    let (declaration, graph) = match is_opaque {
        true => {
            let (declaration, graph, found) = declare_by_running(arguments, &given, inputs)?;
            identity = found;
            (declaration, graph)
        }
        false => {
            let graph = Declaration::read_graph(&arguments.model, &given, &inputs)
                .map_err(|diagnostic| with_own_help(*diagnostic))?;
            let declaration = Declaration::from_graph(&graph, &arguments.model, &given, inputs)
                .map_err(|diagnostic| with_own_help(*diagnostic))?;
            (declaration, graph)
        }
    };
    let hash = match identity {
        Some(identity) => identity.sha256,
        None => sha256_of(&arguments.model)?,
    };
    let text = declaration_text(&declaration, &graph, &hash);
    OutputFile::open(&path)?.commit(text.as_bytes())?;
    Ok(format!("wrote {}\n\n{text}", path.display()))
}

/// Refuses a declaration of a network in Python that would not be read as one.
fn refuse_other_endings(path: &Path) -> Outcome<()> {
    if is_python(path) {
        return Ok(());
    }
    let message = format!("`{}` is not the name of a declaration", path.display());
    Err(Box::new(
        Diagnostic::error(Code::BadDeclaration, message)
            .help("with `--entry`, name the file to write, such as `net.toml`"),
    ))
}

/// Declares a model without a graph, whose layout and outputs are found by running it once. Also returns what identifies a network in
/// Python.
fn declare_by_running(
    arguments: &Declare,
    given: &LoadArguments,
    inputs: Vec<TomlInput>,
) -> Outcome<(Declaration, Graph, Option<Identity>)> {
    let path = &arguments.model;
    let declared = |layout, shapes: &[Vec<usize>]| {
        let tasks = given.tasks.clone().filter(|_| !shapes.is_empty());
        let given = LoadArguments {
            layout: Some(layout),
            tasks,
            ..given.clone()
        };
        let declared = match &arguments.entry {
            Some(entry) => Declaration::from_python(path, entry, &given, inputs.clone(), shapes),
            None => Declaration::from_torchscript(path, &given, inputs.clone(), shapes),
        };
        declared.map_err(|diagnostic| Box::new(with_own_help(*diagnostic)))
    };
    let layouts = match given.layout {
        Some(layout) => vec![layout],
        None => vec![Layout::ChannelsFirst, Layout::ChannelsLast],
    };
    let mut worker = None;
    let mut runs = Vec::new();
    let mut refused = None;
    for layout in layouts {
        let (declaration, _) = declared(layout, &[])?;
        let worker = match &mut worker {
            Some(worker) => worker,
            None => {
                let options = Options {
                    allow_python: arguments.allow_python,
                    overseer: overseer(),
                    ..Options::default()
                };
                worker.insert(Worker::start_for(options, Runtime::of(&declaration))?)
            }
        };
        match worker.inspect(path, &declaration) {
            Ok(loaded) => runs.push((layout, loaded)),
            Err(diagnostic) => refused = refused.or(Some(diagnostic)),
        }
    }
    match (runs.as_slice(), refused) {
        ([(layout, loaded)], _) => {
            let (declaration, graph) = declared(*layout, &loaded.shapes)?;
            Ok((declaration, graph, loaded.identity.clone()))
        }
        ([], Some(diagnostic)) => Err(diagnostic),
        _ => {
            let message = format!("`{}` runs in both layouts", path.display());
            let help = "choose one with `--layout channels_first` or `--layout channels_last`";
            Err(Box::new(
                Diagnostic::error(Code::IncompleteDeclaration, message).help(help),
            ))
        }
    }
}

/// Replaces help about what a declaration leaves open by help about the options of this command.
fn with_own_help(diagnostic: Diagnostic) -> Diagnostic {
    if diagnostic.code != Code::IncompleteDeclaration {
        return diagnostic;
    }
    let help = match &diagnostic.help {
        Some(help) if help.contains("length") => "give it with `--length`, in bp",
        Some(help) if help.contains("`[[input]]`") && help.contains("in the graph's order") => {
            "give `--input` once for each: sequence, reverse_complement, or a constant number"
        }
        Some(help) if help.contains("layout") => {
            "choose one with `--layout channels_first` or `--layout channels_last`"
        }
        _ => return diagnostic,
    };
    Diagnostic {
        help: Some(help.to_string()),
        ..diagnostic
    }
}
