//! The state of a session, and what an entry does to it.
//!
//! Invariant: an entry that fails leaves no trace. What it would change is made aside and takes the place of the state once it
//! has worked. What is said goes to the listener; nothing is printed here.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::grown::{Grown, declared};
use super::stop::Stop;
use super::value;
use super::{Ending, Said};
use gia_base::diag::{self, Code, Diagnostic, Format, Style};
use gia_base::source::{SourceId, Sources, Span};
use gia_check::{Answer, Named, Question, Seen, ask};
use gia_design::Program;
use gia_engine::Options;
use gia_syntax::Entry;
use gia_syntax::tree::{Expr, File, Item, ItemKind};

/// Receives the output of a session.
pub type Listener<'l> = &'l mut dyn FnMut(Said);

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
    pub stop: Stop,
}

/// Declarations, and what they mean.
pub struct Session {
    pub(super) setup: Setup,
    pub(super) grown: Grown,
    pub(super) names: Rc<Vec<Named>>,
    /// Style of the output.
    pub style: Style,
    /// Entries so far, which messages call them by.
    entries: usize,
    /// Warnings that were shown, by code and message.
    warned: Vec<(Code, String)>,
    /// Whether the user asked to leave.
    over: bool,
}

/// Texts with a question about them answered.
pub(super) struct Asked {
    pub sources: Sources,
    pub answer: Answer,
}

impl Asked {
    pub fn has_errors(&self) -> bool {
        self.answer.checked.program.is_none()
    }
}

impl Session {
    /// An empty session.
    pub fn new(setup: Setup, style: Style) -> Session {
        let mut session = Session {
            setup,
            grown: Grown::default(),
            names: Rc::default(),
            style,
            entries: 0,
            warned: Vec::new(),
            over: false,
        };
        session.forget();
        session
    }

    /// Every name that is visible to an entry.
    pub fn names(&self) -> &[Named] {
        &self.names
    }

    /// The same, to be kept beside the session.
    pub fn shared_names(&self) -> Rc<Vec<Named>> {
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
    pub fn forget(&mut self) {
        self.grown = Grown::default();
        self.warned.clear();
        self.names = self.asked(&self.grown, Question::Whole).answer.names.into();
    }

    /// Takes the declarations of a file in, and runs none of its experiments.
    pub fn load(&mut self, path: &Path, say: Listener) -> Ending {
        let full = self.setup.folder.join(path);
        let text = match gia_base::file::read_text(&full) {
            Ok(text) => text,
            Err(diagnostic) => {
                self.diagnose(&[*diagnostic], &Sources::default(), say);
                return Ending::WrongProgram;
            }
        };
        let mut sources = self.grown.sources.clone();
        let folder = full.parent().unwrap_or(Path::new(""));
        let source = sources.add(path.display().to_string(), folder, &text);
        let (file, diagnostics) = gia_syntax::parse(source, &text);
        if !diagnostics.is_empty() {
            self.diagnose(&diagnostics, &sources, say);
            return Ending::WrongProgram;
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
        let mut grown = self.grown.among(sources.clone());
        let replaced = grown.take_in(source, file.clone(), false);
        let mut asked = self.asked(&grown, Question::Whole);
        if asked.has_errors() && !replaced.is_empty() {
            // In the place of the older one it may miss names that are declared below that.
            let mut behind = self.grown.among(sources);
            behind.take_in(source, file, true);
            let moved = self.asked(&behind, Question::Whole);
            if !moved.has_errors() {
                (grown, asked) = (behind, moved);
            }
        }
        for diagnostic in &mut asked.answer.checked.diagnostics {
            let own = |name: &String| {
                diagnostic
                    .message
                    .starts_with(&format!("`{name}` is not declared"))
            };
            if diagnostic.code == Code::UnknownName && replaced.iter().any(own) {
                diagnostic.help = Some(
                    "the earlier one gives way, so this cannot use it; choose another name"
                        .to_string(),
                );
            }
        }
        self.diagnose_new(&asked, say);
        if asked.has_errors() {
            return Ending::WrongProgram;
        }
        let before = (self.grown.clone(), Rc::clone(&self.names));
        self.grown = grown;
        self.names = asked.answer.names.into();
        match run {
            true => {
                for item in &items {
                    self.tell_declared(item, &replaced, say);
                }
                self.run_all(&items, before, say)
            }
            false => {
                self.tell_loaded(&items, &replaced, say);
                Ending::Supported
            }
        }
    }

    /// What an expression comes to; an experiment is run.
    pub(super) fn evaluate(&mut self, sources: Sources, expr: &Expr, say: Listener) -> Ending {
        let grown = self.grown.among(sources);
        let asked = self.asked(&grown, Question::Value(expr));
        self.diagnose_new(&asked, say);
        let Some(program) = &asked.answer.checked.program else {
            return Ending::WrongProgram;
        };
        if !program.experiments.is_empty() {
            return self
                .run_asked(asked, false, say)
                .unwrap_or_else(|broke| broke);
        }
        if let Some(seen) = &asked.answer.value {
            say(Said::Result(&value::page(None, seen, self.style)));
        }
        Ending::Supported
    }

    /// What an expression is, for a command.
    pub(super) fn look(&mut self, text: &str, say: Listener) -> Option<(Seen, Program)> {
        let mut sources = self.grown.sources.clone();
        let source = sources.add(self.next_name(), &self.setup.folder, text);
        let expr = match gia_syntax::entry(source, text) {
            Entry::Expression(expr) => expr,
            Entry::Wrong(diagnostics) => {
                self.diagnose(&diagnostics, &sources, say);
                return None;
            }
            Entry::Nothing | Entry::Incomplete | Entry::Declarations(_) => {
                let whole = Span::new(source, 0, text.len());
                let diagnostic = Diagnostic::error(Code::Syntax, "an expression is wanted here")
                    .at(whole, "this is none, or not all of one");
                self.diagnose(&[diagnostic], &sources, say);
                return None;
            }
        };
        let grown = self.grown.among(sources);
        let asked = self.asked(&grown, Question::Value(&expr));
        self.diagnose_new(&asked, say);
        Some((asked.answer.value?, asked.answer.checked.program?))
    }

    /// The whole script as a program; of a session every one checks.
    pub(super) fn whole(&self) -> Option<Program> {
        self.asked(&self.grown, Question::Whole)
            .answer
            .checked
            .program
    }

    pub(super) fn asked(&self, grown: &Grown, question: Question) -> Asked {
        let mut sources = grown.sources.clone();
        let answer = ask(&grown.file(), question, &mut sources);
        Asked { sources, answer }
    }

    fn tell_declared(&self, item: &Item, replaced: &[String], say: Listener) {
        let name = declared(item);
        let anew = name.as_ref().is_some_and(|name| replaced.contains(name));
        let shown = match &item.kind {
            // Its table is what there is to tell.
            ItemKind::Experiment { .. } => None,
            ItemKind::Use(_) | ItemKind::Show { .. } => None,
            _ if self.is_experiment(item) => None,
            ItemKind::Set { .. } => None,
            _ => name.as_ref().and_then(|name| self.known(name)),
        };
        if let Some(named) = shown {
            let line = value::line(Some(&named.name), &named.value, self.style);
            say(Said::Result(&line));
        }
        if let (true, Some(name)) = (anew, name) {
            let note = format!("`{name}` takes the place of the earlier one\n");
            say(Said::Result(&self.style.dim(&note)));
        }
    }

    fn tell_loaded(&self, items: &[Item], replaced: &[String], say: Listener) {
        let mut text = diag::counted(items.len(), "declaration");
        let experiments: Vec<String> = items
            .iter()
            .filter(|item| {
                matches!(item.kind, ItemKind::Experiment { .. }) || self.is_experiment(item)
            })
            .filter_map(declared)
            .collect();
        if !experiments.is_empty() {
            text.push_str(&format!(
                "; an experiment runs when it is named: {}",
                experiments.join(", ")
            ));
        }
        if !replaced.is_empty() {
            text.push_str(&format!("; takes the place of {}", replaced.join(", ")));
        }
        let width = self.style.width.max(20);
        say(Said::Result(&format!(
            "{}\n",
            textwrap::fill(&text, diag::wrapping(width))
        )));
    }

    /// What a name stands for.
    pub fn known(&self, name: &str) -> Option<&Named> {
        self.names.iter().find(|named| named.name == name)
    }

    pub(super) fn next_name(&mut self) -> String {
        self.entries += 1;
        format!("entry {}", self.entries)
    }

    pub(super) fn diagnose(&self, diagnostics: &[Diagnostic], sources: &Sources, say: Listener) {
        if !diagnostics.is_empty() {
            let text = diag::render(diagnostics, sources, Format::Human, self.style);
            say(Said::Diagnosis(&text));
        }
    }

    pub(super) fn refuse(&self, say: Listener, diagnostic: Diagnostic) -> Ending {
        self.diagnose(&[diagnostic], &Sources::default(), say);
        Ending::WrongProgram
    }

    /// Errors, and warnings that were not told before.
    fn diagnose_new(&mut self, asked: &Asked, say: Listener) {
        let mut new = asked.answer.checked.diagnostics.clone();
        new.retain(|diagnostic| {
            let known = (diagnostic.code, diagnostic.message.clone());
            diagnostic.is_error() || !self.warned.contains(&known)
        });
        self.diagnose(&new, &asked.sources, say);
        if !asked.has_errors() {
            self.warned.extend(
                new.into_iter()
                    .map(|warning| (warning.code, warning.message)),
            );
        }
    }
}
