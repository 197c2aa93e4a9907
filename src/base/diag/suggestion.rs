//! A mend that a program can make: texts that stand in place of others.

use super::Diagnostic;
use crate::source::{SourceId, Span};

/// One text in place of another; an empty span inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// None until the diagnostic has a place: what its first label covers.
    pub span: Option<Span>,
    pub text: String,
}

/// A mend of a script, said in words and as what is to be replaced. All replacements belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub words: String,
    pub replacements: Vec<Replacement>,
}

impl Suggestion {
    /// A text with the replacements in it that are about it; none where they overlap or reach past it.
    pub fn apply(&self, source: SourceId, text: &str) -> Option<String> {
        let mut here: Vec<(Span, &str)> = Vec::new();
        for replacement in &self.replacements {
            let span = replacement.span?;
            if span.source == source {
                here.push((span, &replacement.text));
            }
        }
        here.sort_by_key(|(span, _)| (span.start, span.end));
        let mut made = String::new();
        let mut at = 0;
        for (span, new) in here {
            made.push_str(text.get(at..span.start as usize)?);
            made.push_str(new);
            at = span.end as usize;
        }
        made.push_str(text.get(at..)?);
        Some(made)
    }
}

impl Diagnostic {
    /// Adds a mend: each span with the text that is to stand there. Its words are added to the help.
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

    /// Adds a mend that puts a text where the first label is, or will be.
    pub fn suggest_here(mut self, words: impl Into<String>, text: impl Into<String>) -> Self {
        let replacement = Replacement {
            span: self.span(),
            text: text.into(),
        };
        self.add_suggestion(words.into(), vec![replacement]);
        self
    }

    /// Asks whether another name was meant where the first label is, or will be.
    pub fn did_you_mean(self, name: &str) -> Self {
        self.suggest_here(format!("did you mean `{name}`?"), name)
    }

    /// The same of a text in quotes.
    pub fn did_you_mean_text(self, text: &str) -> Self {
        self.suggest_here(format!("did you mean \"{text}\"?"), format!("\"{text}\""))
    }

    /// Adds a place with a short text at the end of the labels, which takes suggestions with it that had none.
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
