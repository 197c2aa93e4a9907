//! Texts of diagnostics that quote a source are cut to what a person reads: a name or a line may be a megabyte long.

use crate::diag::Diagnostic;

/// Characters of one message, label or help.
const LONGEST: usize = 800;

/// Characters of one quotation in a text that is too long, and of them those at its end.
const LONGEST_QUOTED: usize = 80;
const END_OF_QUOTED: usize = 20;

/// The diagnostic with every text cut to a length that can be read.
pub fn clipped(diagnostic: &Diagnostic) -> Diagnostic {
    let mut clipped = diagnostic.clone();
    clip(&mut clipped.message);
    for label in &mut clipped.labels {
        clip(&mut label.text);
    }
    if let Some(help) = &mut clipped.help {
        clip(help);
    }
    for suggestion in &mut clipped.suggestions {
        clip(&mut suggestion.words);
    }
    clipped
}

fn clip(text: &mut String) {
    if text.chars().nth(LONGEST).is_none() {
        return;
    }
    // What stands between two backticks, or two quotes, is quoted.
    let parts: Vec<String> = text
        .split('`')
        .enumerate()
        .map(|(i, part)| match i % 2 {
            0 => part.to_string(),
            _ => middle_cut(part),
        })
        .collect();
    *text = parts.join("`");
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
}

/// The head and the end of a text that is too long.
fn middle_cut(text: &str) -> String {
    let length = text.chars().count();
    if length <= LONGEST_QUOTED {
        return text.to_string();
    }
    let head: String = text.chars().take(LONGEST_QUOTED - END_OF_QUOTED).collect();
    let end: String = text.chars().skip(length - END_OF_QUOTED).collect();
    format!("{head}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    #[test]
    fn a_long_name_is_cut_in_its_middle() {
        let name = format!("start{}end", "x".repeat(1_000_000));
        let whole = Diagnostic::error(Code::UnknownName, format!("`{name}` is not declared"))
            .help(format!("did you mean {}?", "é".repeat(5000)));
        let cut = clipped(&whole);
        assert!(cut.message.starts_with("`startxx"));
        assert!(cut.message.ends_with("xxend` is not declared"));
        assert!(cut.message.len() < 150, "{}", cut.message);
        assert_eq!(cut.help.map(|help| help.chars().count()), Some(LONGEST + 1));
        let short = Diagnostic::error(Code::UnknownName, "`x` is not declared");
        assert_eq!(clipped(&short), short);
    }
}
