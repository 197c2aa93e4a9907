//! Wraps text to the width of a terminal, at blanks only.

use textwrap::{Options, WordSeparator, WordSplitter};

/// Options for wrapping: break at blanks, never at a hyphen, so that `3.8e-7` and `--json` stay whole.
pub fn wrapping<'a>(width: usize) -> Options<'a> {
    Options::new(width)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
}

/// Wraps each line that is too wide. Continuation lines are indented by two more columns than the line.
pub fn wrap_lines(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (content, end) = match line.strip_suffix('\n') {
            Some(content) => (content, "\n"),
            None => (line, ""),
        };
        if textwrap::core::display_width(content) <= width {
            out.push_str(content);
        } else {
            let own = content.len() - content.trim_start_matches(' ').len();
            // Ignores an indent that leaves no room for text.
            let own = if own + 2 < width / 2 { own } else { 0 };
            let (first, rest) = (" ".repeat(own), " ".repeat(own + 2));
            let options = wrapping(width.max(20))
                .initial_indent(&first)
                .subsequent_indent(&rest);
            out.push_str(&textwrap::fill(content.trim_start_matches(' '), options));
        }
        out.push_str(end);
    }
    out
}

/// Wraps the signature of a function between its parameters, never within one.
pub fn wrap_signature(signature: &str, width: usize) -> String {
    const JOINT: &str = "\u{a0}";
    let joined = signature
        .replace(' ', JOINT)
        .replace(&format!(",{JOINT}"), ", ")
        .replace(&format!("{JOINT}->"), " ->");
    wrap_lines(&joined, width).replace(JOINT, " ")
}

/// Wraps a line of a script behind commas, where the language lets a call or a list go on in the next line.
pub fn wrap_example(line: &str, width: usize) -> String {
    const JOINT: &str = "\u{a0}";
    let joined = line.replace(' ', JOINT).replace(&format!(",{JOINT}"), ", ");
    wrap_lines(&joined, width).replace(JOINT, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_broken() {
        let text = "  a line with 3.8e-7 and --very-long-option in it\nshort\n";
        let wide = wrap_lines(text, 24);
        assert!(wide.lines().all(|line| line.len() <= 24), "{wide}");
        assert!(wide.contains("--very-long-option"), "{wide}");
        assert_eq!(wrap_lines("", 20), "");
    }

    #[test]
    fn a_signature_breaks_between_parameters() {
        let text =
            "fn iid(length: Length, gc: Number = none, alphabet: Text = \"dna\") -> Population";
        assert_eq!(
            wrap_signature(text, 50),
            "fn iid(length: Length, gc: Number = none,\n  alphabet: Text = \"dna\") -> Population"
        );
        assert_eq!(wrap_signature(text, 100), text);
        let example = "experiment e = ism(on: peaks[0], of: net[\"CTCF\"], places: 40bp to 60bp)";
        assert_eq!(
            wrap_example(example, 60),
            "experiment e = ism(on: peaks[0], of: net[\"CTCF\"],\n  places: 40bp to 60bp)"
        );
        assert_eq!(wrap_example(example, 80), example);
    }
}
