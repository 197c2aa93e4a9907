//! Fixes that an editor can apply, as text replacements.

use super::Diagnostic;
use crate::source::{SourceId, Span};

/// A replacement of a span by a text; an empty span inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Bytes to replace; None for the primary place of the diagnostic until that is known.
    pub span: Option<Span>,
    /// New contents of the span; empty to delete it.
    pub text: String,
}

/// A fix of a script, as a text and as replacements that are applied together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// Description of the fix, for example ``did you mean `uniform`?``; also part of the help of the diagnostic.
    pub words: String,
    /// Edits that make the fix, in any order and without overlaps.
    pub replacements: Vec<Replacement>,
}

impl Suggestion {
    /// Applies the replacements in one text; None if they overlap, reach past its end or have no place yet.
    pub fn apply(&self, source: SourceId, text: &str) -> Option<String> {
        let mut here: Vec<(Span, &str)> = Vec::new();
        for replacement in &self.replacements {
            let span = replacement.span?;
            if span.source == source {
                here.push((span, &replacement.text));
            }
        }
        here.sort_by_key(|(span, _)| (span.start, span.end));
        let mut fixed = String::new();
        let mut at = 0;
        for (span, new) in here {
            fixed.push_str(text.get(at..span.start as usize)?);
            fixed.push_str(new);
            at = span.end as usize;
        }
        fixed.push_str(text.get(at..)?);
        Some(fixed)
    }
}

impl Diagnostic {
    /// Adds a fix: each span with its new contents. Appends the description to the help.
    pub fn suggest(
        mut self,
        words: impl Into<String>,
        replacements: impl IntoIterator<Item = (Span, String)>,
    ) -> Self {
        let replacements = replacements.into_iter().map(|(span, text)| Replacement {
            span: Some(span),
            text,
        });
        self.add_suggestion(words.into(), replacements.collect());
        self
    }

    /// Adds a fix that replaces the primary place, which may be added later.
    pub fn suggest_here(mut self, words: impl Into<String>, text: impl Into<String>) -> Self {
        let replacement = Replacement {
            span: self.span(),
            text: text.into(),
        };
        self.add_suggestion(words.into(), vec![replacement]);
        self
    }

    /// Suggests another name for the primary place, which may be added later.
    pub fn did_you_mean(self, name: &str) -> Self {
        self.suggest_here(format!("did you mean `{name}`?"), name)
    }

    /// Suggests another text in quotes for the primary place, as [`Diagnostic::did_you_mean`] does for a name.
    pub fn did_you_mean_text(self, text: &str) -> Self {
        self.suggest_here(format!("did you mean \"{text}\"?"), format!("\"{text}\""))
    }

    /// Places the suggestions that have no span yet.
    pub(super) fn place_suggestions(&mut self, span: Span) {
        for suggestion in &mut self.suggestions {
            for replacement in &mut suggestion.replacements {
                replacement.span.get_or_insert(span);
            }
        }
    }

    fn add_suggestion(&mut self, words: String, replacements: Vec<Replacement>) {
        self.help = Some(match self.help.take() {
            Some(before) => format!("{before}; {words}"),
            None => words.clone(),
        });
        self.suggestions.push(Suggestion {
            words,
            replacements,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    #[test]
    fn replacements_stand_where_they_belong() {
        let source = SourceId(0);
        let diagnostic = Diagnostic::error(Code::OutOfRange, "wrong")
            .suggest(
                "write `a bp`",
                [
                    (Span::new(source, 4, 5), "two".to_string()),
                    (Span::new(source, 0, 3), "one".to_string()),
                    (Span::new(source, 6, 6), "!".to_string()),
                ],
            )
            .suggest_here("write `x`", "x")
            .at(Span::new(source, 1, 2), "here");
        let applied = |i: usize| diagnostic.suggestions[i].apply(source, "abc d ");
        assert_eq!(applied(0).as_deref(), Some("one two !"));
        assert_eq!(applied(1).as_deref(), Some("axc d "));
        assert_eq!(diagnostic.help.as_deref(), Some("write `a bp`; write `x`"));
    }
}
