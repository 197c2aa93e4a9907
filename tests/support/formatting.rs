//! What formatting must keep of a text.

use gia_base::source::SourceId;
use gia_syntax::format::{Unformatted, format};

use super::tree;

pub const HERE: SourceId = SourceId(0);

/// The formatted text of one that parses.
#[track_caller]
pub fn formatted(text: &str) -> String {
    match format(HERE, text) {
        Ok(formatted) => formatted,
        Err(Unformatted::Wrong(found)) => panic!("{:?} in\n{text}", found[0].message),
        Err(Unformatted::Changed) => panic!("the meaning changed of\n{text}"),
    }
}

/// Comments in order, each without the blanks around it.
fn comments(text: &str) -> Vec<String> {
    let comment = |line: &str| {
        let mut quoted = false;
        let mut escaped = false;
        for (at, c) in line.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                '#' if !quoted => return Some(line[at..].trim().to_string()),
                _ => {}
            }
        }
        None
    };
    text.lines().filter_map(comment).collect()
}

/// The tree as the tests write it: by other code than the formatter's own comparison.
fn meaning(text: &str) -> String {
    tree::show(&gia_syntax::parse(HERE, text).0)
}

/// Panics unless formatting keeps the meaning and the comments of a text, and formatting again changes nothing.
#[track_caller]
pub fn keeps_meaning(text: &str) {
    let once = formatted(text);
    assert_eq!(meaning(text), meaning(&once), "what is meant by\n{text}");
    assert_eq!(comments(text), comments(&once), "the comments of\n{text}");
    assert_eq!(once, formatted(&once), "formatted again:\n{text}");
    for line in once.lines() {
        assert_eq!(
            line.trim_end(),
            line,
            "a blank at the end of a line of\n{once}"
        );
    }
    assert!(!once.contains("\n\n\n"), "two empty lines in\n{once}");
}
