//! The state of a session, and its changes by entries.
//!
//! Invariant: an entry that fails leaves no trace. Changes are made to a copy, which replaces the state once they have succeeded. All
//! output goes to the listener; nothing is printed here.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::session_script::{SessionScript, declared_name};
use super::stop_flag::StopFlag;
use super::value;
use super::{Ending, Output};
use gia_base::diag::{self, Code, Diagnostic, Format, Style};
use gia_base::source::{SourceId, Sources, Span};
use gia_check::{Answer, Description, Question, VisibleName, inspect};
use gia_design::Program;
use gia_engine::Options;
use gia_syntax::Entry;
use gia_syntax::tree::{Expr, File, Item, ItemKind};

/// Receives the output of a session.
pub type Listener<'l> = &'l mut dyn FnMut(Output);

/// Settings of a session.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Where and how networks run.
    pub options: Options,
    /// The folder that relative paths start from.
    pub folder: PathBuf,
    /// Whether to show a progress bar.
    pub progress: bool,
    /// Asks a run to end.
    pub stop: StopFlag,
}

/// A session: its declarations and their checked values.
pub struct Session {
    pub(super) setup: Setup,
    pub(super) script: SessionScript,
    pub(super) names: Rc<Vec<VisibleName>>,
    /// Style of the output.
    pub style: Style,
    /// Number of entries so far; messages name an entry by its number.
    entries: usize,
    /// Warnings that have been shown, by code and message.
    warned: Vec<(Code, String)>,
    /// Whether the user asked to leave.
    over: bool,
}

/// The checked session with the answer to a question about it, and the sources that both refer to.
pub(super) struct Inspection {
    pub sources: Sources,
    pub answer: Answer,
}

impl Inspection {
    pub fn has_errors(&self) -> bool {
        self.answer.checked.program.is_none()
    }
}

impl Session {
    /// An empty session.
    pub fn new(setup: Setup, style: Style) -> Session {
        let mut session = Session {
            setup,
            script: SessionScript::default(),
            names: Rc::default(),
            style,
            entries: 0,
            warned: Vec::new(),
            over: false,
        };
        session.reset();
        session
    }

    /// All names that an entry can use.
    pub fn names(&self) -> &[VisibleName] {
        &self.names
    }

    /// All names that an entry can use, shared with the line editor.
    pub fn shared_names(&self) -> Rc<Vec<VisibleName>> {
        Rc::clone(&self.names)
    }

    /// The folder that relative paths start from.
    pub fn folder(&self) -> &Path {
        &self.setup.folder
    }

    /// Whether the user asked to leave.
    pub fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn leave(&mut self) {
        self.over = true;
    }

    /// Resets to an empty session.
    pub fn reset(&mut self) {
        self.script = SessionScript::default();
        self.warned.clear();
        self.names = self
            .inspect(&self.script, Question::Whole)
            .answer
            .names
            .into();
    }

    /// Adds the declarations of a file, without running its experiments.
    pub fn load(&mut self, path: &Path, say: Listener) -> Ending {
        let full = self.setup.folder.join(path);
        let text = match gia_base::file::read_text(&full) {
            Ok(text) => text,
            Err(diagnostic) => {
                self.show_diagnostics(&[*diagnostic], &Sources::default(), say);
                return Ending::InvalidProgram;
            }
        };
        let mut sources = self.script.sources.clone();
        let folder = full.parent().unwrap_or(Path::new(""));
        let source = sources.add(path.display().to_string(), folder, &text);
        let (file, diagnostics) = gia_syntax::parse(source, &text);
        if !diagnostics.is_empty() {
            self.show_diagnostics(&diagnostics, &sources, say);
            return Ending::InvalidProgram;
        }
        self.declare(sources, source, file, false, say)
    }

    pub(super) fn declare(
        &mut self,
        sources: Sources,
        source: SourceId,
        file: File,
        run: bool,
        say: Listener,
    ) -> Ending {
        let items = file.items.clone();
        let mut script = self.script.with_sources(sources.clone());
        let replaced = script.add(source, file.clone(), false);
        let mut inspection = self.inspect(&script, Question::Whole);
        if inspection.has_errors() && !replaced.is_empty() {
            // At the position of the earlier declaration, names that are declared later are missing.
            let mut appended = self.script.with_sources(sources);
            appended.add(source, file, true);
            let moved = self.inspect(&appended, Question::Whole);
            if !moved.has_errors() {
                (script, inspection) = (appended, moved);
            }
        }
        for diagnostic in &mut inspection.answer.checked.diagnostics {
            let own = |name: &String| {
                diagnostic
                    .message
                    .starts_with(&format!("`{name}` is not declared"))
            };
            if diagnostic.code == Code::UnknownName && replaced.iter().any(own) {
                diagnostic.help = Some(
                    "the new declaration replaces the earlier one, so it cannot use it; choose another name"
                        .to_string(),
                );
            }
        }
        self.show_new_diagnostics(&inspection, say);
        if inspection.has_errors() {
            return Ending::InvalidProgram;
        }
        let before = (self.script.clone(), Rc::clone(&self.names));
        self.script = script;
        self.names = inspection.answer.names.into();
        match run {
            true => {
                for item in &items {
                    self.report_declared(item, &replaced, say);
                }
                self.run_all(&items, before, say)
            }
            false => {
                self.report_loaded(&items, &replaced, say);
                Ending::Success
            }
        }
    }

    /// Shows the value of an expression; runs an experiment.
    pub(super) fn evaluate(&mut self, sources: Sources, expr: &Expr, say: Listener) -> Ending {
        let script = self.script.with_sources(sources);
        let inspection = self.inspect(&script, Question::Value(expr));
        self.show_new_diagnostics(&inspection, say);
        let Some(program) = &inspection.answer.checked.program else {
            return Ending::InvalidProgram;
        };
        if !program.evaluations.is_empty() {
            return self
                .run_inspected(inspection, true, say)
                .unwrap_or_else(|broke| broke);
        }
        if !program.experiments.is_empty() {
            return self
                .run_inspected(inspection, false, say)
                .unwrap_or_else(|broke| broke);
        }
        if let Some(seen) = &inspection.answer.value {
            say(Output::Result(&value::page(None, seen, self.style)));
        }
        Ending::Success
    }

    /// Inspects the expression of a `:command`; None, with the error shown, if it does not check.
    pub(super) fn inspect_expression(
        &mut self,
        text: &str,
        say: Listener,
    ) -> Option<(Description, Program)> {
        let mut sources = self.script.sources.clone();
        let source = sources.add(self.next_name(), &self.setup.folder, text);
        let expr = match gia_syntax::entry(source, text) {
            Entry::Expression(expr) => expr,
            Entry::Wrong(diagnostics) => {
                self.show_diagnostics(&diagnostics, &sources, say);
                return None;
            }
            Entry::Nothing | Entry::Incomplete | Entry::Declarations(_) => {
                let whole = Span::new(source, 0, text.len());
                let diagnostic = Diagnostic::error(Code::Syntax, "expected an expression")
                    .at(whole, "not a complete expression");
                self.show_diagnostics(&[diagnostic], &sources, say);
                return None;
            }
        };
        let script = self.script.with_sources(sources);
        let inspection = self.inspect(&script, Question::Value(&expr));
        self.show_new_diagnostics(&inspection, say);
        Some((inspection.answer.value?, inspection.answer.checked.program?))
    }

    /// The script of the session as a program. It always checks.
    pub(super) fn whole_program(&self) -> Option<Program> {
        self.inspect(&self.script, Question::Whole)
            .answer
            .checked
            .program
    }

    pub(super) fn inspect(&self, script: &SessionScript, question: Question) -> Inspection {
        let mut sources = script.sources.clone();
        let answer = inspect(&script.file(), question, &mut sources);
        Inspection { sources, answer }
    }

    fn report_declared(&self, item: &Item, replaced: &[String], say: Listener) {
        let name = declared_name(item);
        let is_replaced = name.as_ref().is_some_and(|name| replaced.contains(name));
        let shown = match &item.kind {
            // Its table of results follows.
            ItemKind::Experiment { .. } => None,
            ItemKind::Use(_) | ItemKind::Expect(_) | ItemKind::Show { .. } => None,
            _ if self.is_experiment(item) => None,
            ItemKind::Set { .. } => None,
            _ => name.as_ref().and_then(|name| self.lookup(name)),
        };
        if let Some(named) = shown {
            let line = value::line(Some(&named.name), &named.value, self.style);
            say(Output::Result(&line));
        }
        if let (true, Some(name)) = (is_replaced, name) {
            let note = format!("`{name}` replaces the earlier declaration\n");
            say(Output::Result(&self.style.dim(&note)));
        }
    }

    fn report_loaded(&self, items: &[Item], replaced: &[String], say: Listener) {
        let mut text = diag::pluralize(items.len(), "declaration");
        let experiments: Vec<String> = items
            .iter()
            .filter(|item| {
                matches!(item.kind, ItemKind::Experiment { .. }) || self.is_experiment(item)
            })
            .filter_map(declared_name)
            .collect();
        if !experiments.is_empty() {
            text.push_str(&format!(
                "; enter its name to run an experiment: {}",
                experiments.join(", ")
            ));
        }
        if !replaced.is_empty() {
            text.push_str(&format!("; replaces {}", replaced.join(", ")));
        }
        let width = self.style.width.max(20);
        say(Output::Result(&format!(
            "{}\n",
            textwrap::fill(&text, diag::wrapping(width))
        )));
    }

    /// The declaration or function with this name.
    pub fn lookup(&self, name: &str) -> Option<&VisibleName> {
        self.names.iter().find(|named| named.name == name)
    }

    pub(super) fn next_name(&mut self) -> String {
        self.entries += 1;
        format!("entry {}", self.entries)
    }

    pub(super) fn show_diagnostics(
        &self,
        diagnostics: &[Diagnostic],
        sources: &Sources,
        say: Listener,
    ) {
        if !diagnostics.is_empty() {
            let text = diag::render(diagnostics, sources, Format::Human, self.style);
            say(Output::Diagnostic(&text));
        }
    }

    pub(super) fn show_error(&self, say: Listener, diagnostic: Diagnostic) -> Ending {
        self.show_diagnostics(&[diagnostic], &Sources::default(), say);
        Ending::InvalidProgram
    }

    /// Shows errors, and warnings that have not been shown before.
    fn show_new_diagnostics(&mut self, inspection: &Inspection, say: Listener) {
        let mut new = inspection.answer.checked.diagnostics.clone();
        new.retain(|diagnostic| {
            let warning = (diagnostic.code, diagnostic.message.clone());
            diagnostic.is_error() || !self.warned.contains(&warning)
        });
        self.show_diagnostics(&new, &inspection.sources, say);
        if !inspection.has_errors() {
            self.warned.extend(
                new.into_iter()
                    .map(|warning| (warning.code, warning.message)),
            );
        }
    }
}
