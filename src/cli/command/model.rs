//! `gia model inspect FILE`, `gia model declare FILE` and `gia model measure FILE`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::clashes::Files;
use super::measure;
use super::print::{self, print_out};
use super::{ErrorFormat, Execute, Status, overseer};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{read_text, sha256_of};
use gia_base::source::Sources;
use gia_engine::{Options, Worker};
use gia_model::{
    Declaration, Given, Graph, LastStep, Layout, TomlInput, declaration_text, is_torchscript,
};
use gia_report::{Network, OutputFile, network_page};

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// How diagnostics are written.
    #[arg(long, value_enum, default_value = "human", global = true)]
    error_format: ErrorFormat,
}

#[derive(Subcommand)]
enum Command {
    /// Show what a model file holds: inputs, outputs, layers with their shapes and receptive fields, operators.
    Inspect(Inspect),
    /// Write the declaration beside a model file: what its graph tells, and what you say.
    Declare(Declare),
    /// Find the fastest number of sequences in a forward pass on this machine, and remember it for this model.
    Measure(measure::Arguments),
}

#[derive(Args)]
struct Inspect {
    /// The model file.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Write a JSON object instead of a table, to this file.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct Declare {
    /// The model file.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Input length in bp, where the graph leaves it free.
    #[arg(long, value_name = "BP")]
    length: Option<usize>,
    /// The bases in the order of the channels.
    #[arg(long, value_name = "BASES")]
    alphabet: Option<String>,
    /// channels_first, (batch, 4, length), or channels_last, (batch, length, 4); where the graph fits both.
    #[arg(long, value_name = "LAYOUT", value_parser = layout)]
    layout: Option<Layout>,
    /// Names of the outputs, with commas between them.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        conflicts_with = "tasks_file"
    )]
    tasks: Option<Vec<String>>,
    /// Names of the outputs, one a line of this file.
    #[arg(long, value_name = "FILE")]
    tasks_file: Option<PathBuf>,
    /// Scale of the outputs, such as logit.
    #[arg(long)]
    unit: Option<String>,
    /// Take the outputs before the function that they go through last, such as sigmoid.
    #[arg(long, value_name = "FUNCTION", value_parser = last_step)]
    before: Option<LastStep>,
    /// What an input is given: sequence, reverse_complement, or a number that stays the same. Once for each of several
    /// inputs, in the graph's order.
    #[arg(long, value_name = "KIND", value_parser = input)]
    input: Vec<TomlInput>,
    /// Write anew a declaration that is there, keeping nothing of it.
    #[arg(long)]
    force: bool,
}

fn layout(text: &str) -> Result<Layout, String> {
    let known = [Layout::ChannelsFirst, Layout::ChannelsLast];
    let found = known.into_iter().find(|layout| layout.word() == text);
    found.ok_or_else(|| "layouts are channels_first and channels_last".to_string())
}

fn last_step(text: &str) -> Result<LastStep, String> {
    let found = LastStep::ALL.into_iter().find(|step| step.word() == text);
    found.ok_or_else(|| {
        let known = LastStep::ALL.map(LastStep::word);
        format!("functions that stand last are {}", known.join(", "))
    })
}

fn input(text: &str) -> Result<TomlInput, String> {
    match (text, text.parse()) {
        ("sequence" | "reverse_complement", _) => Ok(TomlInput::of_kind(text)),
        (_, Ok(value)) => Ok(TomlInput::constant(value)),
        _ => Err("an input is given sequence, reverse_complement, or a number".to_string()),
    }
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        let done = match &self.command {
            Command::Inspect(inspect) => self::inspect(inspect),
            Command::Declare(declare) => self::declare(declare),
            Command::Measure(measure) => measure::measure(measure),
        };
        match done {
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

fn inspect(arguments: &Inspect) -> Outcome<String> {
    let mut files = Files::default();
    files.reads_model(&arguments.model);
    files.writes_if("json", arguments.json.as_ref());
    files.check()?;
    let json = arguments.json.as_ref().map(OutputFile::open).transpose()?;
    // What is still to be declared keeps nobody from looking.
    let declaration = match Declaration::load(&arguments.model, &Given::default()) {
        Ok(declaration) => Some(declaration),
        Err(diagnostic) if diagnostic.code == Code::Incomplete => None,
        Err(diagnostic) => return Err(diagnostic),
    };
    let network = Network::of(&arguments.model, declaration.as_ref())?;
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
    let mut files = Files::default();
    files.reads("the model", &arguments.model);
    if let Some(tasks) = &arguments.tasks_file {
        files.reads("the file of `--tasks-file`", tasks);
    }
    files.writes_own("the declaration", &path);
    files.check()?;
    if path.exists() && !arguments.force {
        return Err(Box::new(
            Diagnostic::error(
                Code::Write,
                format!("`{}` is there already", path.display()),
            )
            .help("mend it by hand, or write it anew with `--force`"),
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
    let given = Given {
        length: arguments.length,
        alphabet: arguments.alphabet.clone(),
        layout: arguments.layout,
        tasks,
        unit: arguments.unit.clone(),
        before: arguments.before,
        ..Given::default()
    };
    let inputs = arguments.input.clone();
    let (declaration, graph) = match is_torchscript(&arguments.model) {
        true => looked_at(&arguments.model, &given, inputs)?,
        false => {
            let graph = Graph::read(&arguments.model)?;
            let declaration = Declaration::of(&graph, &arguments.model, &given, inputs)
                .map_err(|diagnostic| in_own_words(*diagnostic))?;
            (declaration, graph)
        }
    };
    let hash = sha256_of(&arguments.model)?;
    let text = declaration_text(&declaration, &graph, &hash);
    OutputFile::open(&path)?.commit(text.as_bytes())?;
    Ok(format!("wrote {}\n\n{text}", path.display()))
}

/// What TorchScript takes and gives, found by running it once.
fn looked_at(path: &Path, given: &Given, inputs: Vec<TomlInput>) -> Outcome<(Declaration, Graph)> {
    let declared = |layout, shapes: &[Vec<usize>]| {
        let tasks = given.tasks.clone().filter(|_| !shapes.is_empty());
        let given = Given {
            layout: Some(layout),
            tasks,
            ..given.clone()
        };
        Declaration::of_torchscript(path, &given, inputs.clone(), shapes)
            .map_err(|diagnostic| Box::new(in_own_words(*diagnostic)))
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
            None => worker.insert(Worker::start(Options {
                overseer: overseer(),
                ..Options::default()
            })?),
        };
        match worker.shapes(path, &declaration) {
            Ok(shapes) => runs.push((layout, shapes)),
            Err(diagnostic) => refused = refused.or(Some(diagnostic)),
        }
    }
    match (runs.as_slice(), refused) {
        ([(layout, shapes)], _) => declared(*layout, shapes),
        ([], Some(diagnostic)) => Err(diagnostic),
        _ => {
            let message = format!("`{}` runs in either layout", path.display());
            let help = "`--layout channels_first` or `--layout channels_last` says it";
            Err(Box::new(
                Diagnostic::error(Code::Incomplete, message).help(help),
            ))
        }
    }
}

/// With this command's options in place of what `load` and the declaration would say.
fn in_own_words(diagnostic: Diagnostic) -> Diagnostic {
    let help = match &diagnostic.help {
        Some(help) if help.contains("length") => "`--length` says it, in bp",
        Some(help) if help.contains("[[input]]") => {
            "`--input` says it, once for each: sequence, reverse_complement, or a number that stays the same"
        }
        Some(help) if help.contains("layout") => {
            "`--layout channels_first` or `--layout channels_last` says it"
        }
        _ => return diagnostic,
    };
    Diagnostic {
        help: Some(help.to_string()),
        ..diagnostic
    }
}
