//! The checker: resolves names, types, units and shapes, and turns a syntax tree into a [`gia_design::Program`] of values.
//!
//! Checking is evaluation: nothing in the language depends on the predictions of a model, so every expression is evaluated
//! here, at every grid point, and what cannot be evaluated is a diagnostic. No weights are read and no libtorch is needed;
//! data files, motif files and the declarations and graphs of models are read.

mod arm_calls;
mod budget;
mod call;
mod call_stack;
mod combined_claims;
mod describe;
pub mod doc;
mod experiment;
mod expression;
mod free_vars;
mod heads;
mod input_files;
mod inspect;
mod library;
mod model_mismatch;
mod models;
mod modules;
mod name_errors;
mod native_function;
mod operators;
mod parts;
mod phrase;
mod populations;
mod program;
mod query_band;
mod scope;
mod show;
mod tracks;
mod types;
mod unit_errors;
mod value;

use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use budget::Budget;
use call_stack::CallStack;
pub use describe::{Description, DescriptionTopic};
use experiment::ExperimentScope;
use gia_base::diag::{Diagnostic, Sink};
use gia_base::file::DataFile;
use gia_base::source::{SourceId, Sources, Span};
use gia_model::LoadArguments;
use input_files::InputFiles;
pub use inspect::{Answer, Question, VisibleName, inspect};
use scope::Scope;

/// Names of the native functions; `stdlib/prelude.gia` declares and documents each.
pub fn native_names() -> impl Iterator<Item = &'static str> {
    library::native_names()
}

/// Names of the modules of the standard library, as `use` takes them.
pub fn module_names() -> impl Iterator<Item = &'static str> {
    library::module_names()
}

/// The names that `set` accepts.
pub const SETTINGS: [&str; 7] = [
    "seed",
    "level",
    "fdr",
    "correction",
    "interval",
    "family",
    "streams",
];

pub use library::PRELUDE;

/// Names and texts of the modules of the standard library.
pub fn modules() -> impl Iterator<Item = (&'static str, &'static str)> {
    library::modules()
}

/// The result of checking a script.
#[derive(Debug)]
pub struct Checked {
    /// The checked program; none if there is an error.
    pub program: Option<gia_design::Program>,
    /// Errors and warnings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Data files that the check read.
    pub data: Vec<DataFile>,
    /// Files and folders that the script and the files it uses name, whether they exist or not.
    pub named_files: Vec<PathBuf>,
}

/// Adds to the syntax errors of an entry at a prompt the calls that were meant by phrases in it: `let a = disrupt M`.
pub fn with_calls_for_phrases(errors: Vec<Diagnostic>, text: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    let checker = Checker::new(&mut sources);
    let file = gia_syntax::tree::File::default();
    let errors = errors.into_iter();
    errors
        .map(|error| checker.with_call_for_phrase(error, text, &file))
        .collect()
}

/// Checks the script `main`, which must be in `sources` already. The files that it uses are added to `sources`.
pub fn check(main: SourceId, sources: &mut Sources) -> Checked {
    check_with_models(main, sources, &[])
}

/// As [`check`], with model files that the caller gives by name: each takes the place of the model that the script declares by this name, and
/// is declared without that if the script does not.
pub fn check_with_models(
    main: SourceId,
    sources: &mut Sources,
    models: &[(String, PathBuf)],
) -> Checked {
    let mut checker = Checker::new(sources);
    checker.give_models(models);
    let program = checker.program(main);
    checker.finish(program)
}

/// Evaluation failed, and a diagnostic says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ErrorReported;

type EvalResult<T> = Result<T, ErrorReported>;

/// State of one check.
struct Checker<'a> {
    sources: &'a mut Sources,
    sink: NotedDiagnostics,
    prelude: Rc<Scope>,
    models: Vec<gia_design::Model>,
    selections: Vec<gia_design::Selection>,
    evaluations: Vec<gia_design::Evaluation>,
    /// Models already loaded, by file and arguments.
    model_keys: Vec<(PathBuf, LoadArguments)>,
    /// Models that the caller gives in place of those that the script declares, by name.
    given_models: HashMap<String, usize>,
    /// `show` statements, which are resolved once the experiments are laid out.
    to_show: Vec<show::PendingShow>,
    /// Claims outside experiments, which are resolved once the experiments are laid out.
    to_claim: Vec<combined_claims::PendingClaim>,
    /// The first name that each population was bound to, by [`gia_domain::Population::identity`].
    population_names: HashMap<[u8; 32], String>,
    files: InputFiles,
    modules: HashMap<String, Rc<Scope>>,
    /// The chain of `use` statements that led to the file being read, to detect cycles.
    reading: Vec<String>,
    /// Remaining resource limits of the evaluation.
    budget: Budget,
    calls: CallStack,
    /// Depth of the expression that is being evaluated.
    nesting: usize,
    /// Whether a module could not be read, so that an unknown name may be one of its names.
    names_missing: bool,
    /// Where the file being read declares its names, to detect a use above the declaration.
    declared_below: HashMap<String, Span>,
    /// The settings that the script has made so far, with the span of each name.
    settings_made: Vec<(String, Span)>,
    /// The seed that the script has set so far.
    seed: u64,
    /// The first call that drew by the seed while the script was read.
    drew_by_seed: Option<Span>,
    /// The state of the experiment that is being checked; none outside of one.
    experiment: Option<ExperimentScope>,
}

impl Checker<'_> {
    /// The seed, for a call that draws by it while the script is read. No statement may set another one below.
    fn draw_by_seed(&mut self, call: Span) -> u64 {
        self.drew_by_seed.get_or_insert(call);
        self.seed
    }
}

impl<'a> Checker<'a> {
    fn new(sources: &'a mut Sources) -> Self {
        let mut checker = Checker {
            sources,
            sink: NotedDiagnostics::default(),
            prelude: Rc::default(),
            models: Vec::new(),
            selections: Vec::new(),
            evaluations: Vec::new(),
            model_keys: Vec::new(),
            given_models: HashMap::new(),
            to_show: Vec::new(),
            to_claim: Vec::new(),
            population_names: HashMap::new(),
            files: InputFiles::default(),
            modules: HashMap::new(),
            reading: Vec::new(),
            budget: Budget::default(),
            calls: CallStack::default(),
            nesting: 0,
            names_missing: false,
            declared_below: HashMap::new(),
            settings_made: Vec::new(),
            seed: gia_design::Settings::default().seed,
            drew_by_seed: None,
            experiment: None,
        };
        checker.prelude = checker.read_prelude();
        checker
    }

    /// Ends the check: the program, unless there are errors, with all diagnostics in order.
    fn finish(self, program: gia_design::Program) -> Checked {
        let has_errors = self.sink.has_errors();
        let (data, named_files) = self.files.into_parts();
        let mut diagnostics = self.sink.into_vec();
        diagnostics.sort_by_key(|d| d.span().map(|s| (s.source, s.start)));
        Checked {
            program: (!has_errors).then_some(program),
            diagnostics,
            data,
            named_files,
        }
    }
}

/// A diagnostic sink that adds the place of the caller to errors inside a function.
#[derive(Default)]
struct NotedDiagnostics {
    sink: Sink,
}

impl NotedDiagnostics {
    fn push(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }

    fn has_errors(&self) -> bool {
        self.sink.has_errors()
    }

    fn errors(&self) -> usize {
        self.sink.errors()
    }

    fn into_vec(self) -> Vec<Diagnostic> {
        self.sink.into_vec()
    }

    /// Adds a label to every diagnostic from index `first` on that is about another file than `span`.
    fn note_place(&mut self, first: usize, span: Span, text: &str) {
        for diagnostic in self.sink.since_mut(first) {
            let elsewhere = diagnostic
                .span()
                .is_some_and(|place| place.source != span.source);
            if elsewhere && diagnostic.labels.iter().all(|label| label.span != span) {
                diagnostic.labels.push(gia_base::diag::Label {
                    span,
                    text: text.to_string(),
                });
            }
        }
    }

    /// Number of diagnostics so far.
    fn len(&self) -> usize {
        self.sink.len()
    }

    /// The diagnostics from index `first` on.
    fn since_mut(&mut self, first: usize) -> &mut [Diagnostic] {
        self.sink.since_mut(first)
    }

    /// Adds the place of a call to the newest diagnostic, unless it is named there already.
    fn note_caller(&mut self, span: Span, function: &str) {
        if let Some(last) = self.sink.last_mut()
            && last.labels.iter().all(|label| label.span != span)
            && last.labels.len() < 6
        {
            let label = format!("in this call of `{function}`");
            last.labels
                .push(gia_base::diag::Label { span, text: label });
        }
    }

    /// Adds the step that uses an edit to the newest diagnostic, unless that lies in the step.
    fn note_step(&mut self, step: Span) {
        let within = |span: Span| {
            span.source == step.source && span.start >= step.start && span.end <= step.end
        };
        if let Some(last) = self.sink.last_mut()
            && !last.labels.iter().any(|label| within(label.span))
        {
            let text = "in this step".to_string();
            last.labels.push(gia_base::diag::Label { span: step, text });
        }
    }
}
