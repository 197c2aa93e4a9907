//! An entry of a session: a `:command`, declarations or an expression.

use super::session::{Listener, Session};
use super::{Ending, command};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_syntax::Entry;

impl Session {
    /// Carries out one entry: declarations, an expression or a `:command`.
    pub fn enter(&mut self, text: &str, say: Listener) -> Ending {
        self.setup.stop.forget();
        if text.trim_start().starts_with(':') {
            return command::carry_out(self, text.trim(), say);
        }
        if let Some(line) = command::meant(self, text) {
            return command::carry_out(self, &line, say);
        }
        let mut sources = self.grown.sources.clone();
        let source = sources.add(self.next_name(), &self.setup.folder, text);
        match gia_syntax::entry(source, text) {
            Entry::Nothing => Ending::Supported,
            Entry::Incomplete => {
                let end = text.trim_end().len();
                let diagnostic = Diagnostic::error(Code::Syntax, "the entry ends too early")
                    .at(Span::new(source, end, end), "more is to come here");
                self.diagnose(&[diagnostic], &sources, say);
                Ending::WrongProgram
            }
            Entry::Wrong(diagnostics) => {
                self.diagnose(&diagnostics, &sources, say);
                Ending::WrongProgram
            }
            Entry::Declarations(file) => self.declare(sources, source, file, true, say),
            Entry::Expression(expr) => self.evaluate(sources, &expr, say),
        }
    }
}
