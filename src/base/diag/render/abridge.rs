//! Shortens the texts of diagnostics that quote a source, whose names and lines may be a megabyte long.

use crate::diag::Diagnostic;

/// Maximum length of a word in a message, in characters. Longer words are cut.
const MAX_WORD_CHARS: usize = 120;
/// Characters kept at the start and at the end of a cut word.
const WORD_HEAD_CHARS: usize = 70;
const WORD_TAIL_CHARS: usize = 20;
/// Maximum length of a message, in bytes. Longer messages are cut.
const MAX_MESSAGE_BYTES: usize = 1500;
const ELLIPSIS: &str = "…";

/// The diagnostic with all texts cut to a readable length.
pub fn abridged(diagnostic: &Diagnostic) -> Diagnostic {
    let mut abridged = diagnostic.clone();
    abridged.message = shortened(&diagnostic.message);
    for label in &mut abridged.labels {
        label.text = shortened(&label.text);
    }
    abridged.help = diagnostic.help.as_deref().map(shortened);
    for suggestion in &mut abridged.suggestions {
        suggestion.words = shortened(&suggestion.words);
    }
    abridged
}

/// Cuts very long words of a message in the middle, and a very long message at its end.
fn shortened(message: &str) -> String {
    let mut out = String::new();
    for piece in message.split_inclusive(char::is_whitespace) {
        if out.len() > MAX_MESSAGE_BYTES {
            out.push_str(ELLIPSIS);
            break;
        }
        let word = piece.trim_end_matches(char::is_whitespace);
        let mut letters = word.char_indices();
        if letters.nth(MAX_WORD_CHARS).is_none() {
            out.push_str(piece);
            continue;
        }
        let head: String = word.chars().take(WORD_HEAD_CHARS).collect();
        let tail: Vec<char> = word.chars().rev().take(WORD_TAIL_CHARS).collect();
        out.push_str(&head);
        out.push_str(ELLIPSIS);
        out.extend(tail.iter().rev());
        out.push_str(&piece[word.len()..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    #[test]
    fn every_text_is_cut() {
        let name = format!("start{}end", "x".repeat(1_000_000));
        let whole = Diagnostic::error(Code::UnknownName, format!("`{name}` is not declared"))
            .help(format!("did you mean {}?", "é".repeat(5000)));
        let cut = abridged(&whole);
        assert!(cut.message.starts_with("`startxx"));
        assert!(cut.message.ends_with("xxend` is not declared"));
        assert!(cut.message.len() < 150, "{}", cut.message);
        assert!(cut.help.is_some_and(|help| help.chars().count() < 150));
        let short = Diagnostic::error(Code::UnknownName, "`x` is not declared");
        assert_eq!(abridged(&short), short);
    }

    #[test]
    fn long_words_are_cut() {
        let message = format!("`{}` is not declared", "A".repeat(1_000_000));
        let short = shortened(&message);
        assert!(
            short.len() < 150 && short.ends_with("A` is not declared"),
            "{short}"
        );
        assert_eq!(shortened("as it is, all of it\n"), "as it is, all of it\n");
        assert!(shortened(&"a b c ".repeat(100_000)).len() < 2000);
    }
}
