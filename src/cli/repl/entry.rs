//! An entry of a session: a `:command`, declarations or an expression.

use super::session::{Listener, Session};
use super::{Ending, command};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_syntax::Entry;

impl Session {
    /// Evaluates one entry: declarations, an expression or a `:command`.
    pub fn enter(&mut self, text: &str, say: Listener) -> Ending {
        self.setup.stop.clear();
        if text.trim_start().starts_with(':') {
            return command::execute(self, text.trim(), say);
        }
        if let Some(line) = command::implied_command(self, text) {
            return command::execute(self, &line, say);
        }
        let mut sources = self.script.sources.clone();
        let source = sources.add(self.next_name(), &self.setup.folder, text);
        match gia_syntax::entry(source, text) {
            Entry::Nothing => Ending::Success,
            Entry::Incomplete => {
                let end = text.trim_end().len();
                let diagnostic = Diagnostic::error(Code::Syntax, "the entry is incomplete")
                    .at(Span::new(source, end, end), "expected more input here");
                self.show_diagnostics(&[diagnostic], &sources, say);
                Ending::InvalidProgram
            }
            Entry::Wrong(diagnostics) => {
                let diagnostics = gia_check::with_calls_for_phrases(diagnostics, text);
                self.show_diagnostics(&diagnostics, &sources, say);
                Ending::InvalidProgram
            }
            Entry::Declarations(file) => self.declare(sources, source, file, true, say),
            Entry::Expression(expr) => self.evaluate(sources, &expr, say),
        }
    }
}
