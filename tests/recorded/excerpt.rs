//! What a page shows of a run beside what the run prints.

use crate::support::documents::Block;
use crate::{Group, trial};

/// Units of the last digit that two processors may be apart.
const UNITS: f64 = 2.0;

/// Whether a block shows what a run printed: it begins with the line of an experiment.
pub fn is_excerpt(block: &Block) -> bool {
    block.kind == "text" && block.text.starts_with("── ")
}

/// The first line of an excerpt that a run did not print behind the lines before it.
pub fn missing<'a>(shown: &'a str, told: &str) -> Option<&'a str> {
    let mut printed = told.lines();
    let mut lines = shown.lines().filter(|line| !line.trim().is_empty());
    lines.find(|line| !printed.any(|printed| alike(line, printed)))
}

/// An excerpt with the numbers that a run printed: each line becomes the next printed one that has the same words.
///
/// Panics where there is none: then the excerpt has to be chosen anew, by hand.
pub fn updated(shown: &str, told: &str) -> String {
    let mut printed = told.lines();
    let mut text = String::new();
    for line in shown.lines() {
        let now = match line.trim() {
            "" => Some(line),
            _ => printed.find(|printed| words(printed) == words(line)),
        };
        let now = now.unwrap_or_else(|| panic!("no line like this was printed:\n{line}\n{told}"));
        text.push_str(now);
        text.push('\n');
    }
    text
}

/// The pieces of a line, with every number the same.
fn words(line: &str) -> Vec<String> {
    let mut pieces = pieces(line);
    for piece in &mut pieces {
        if piece.starts_with(|c: char| c.is_ascii_digit()) {
            *piece = "0".to_string();
        }
    }
    // A minus sign goes with its number.
    pieces.retain(|piece| piece != "-");
    pieces
}

/// Whether two lines say the same, blanks aside, up to the last digit of their numbers.
fn alike(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (pieces(a).into_iter(), pieces(b).into_iter());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || near(&a, &b) => {}
            _ => return false,
        }
    }
}

/// Words, numbers and signs of a line; rules across the page, whose length follows the numbers, as one.
fn pieces(line: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut open = false;
    for c in line.chars() {
        let part = c.is_alphanumeric() || c == '.' || c == ',';
        match pieces.last_mut() {
            _ if c.is_whitespace() => {}
            Some(last) if part && open => last.push(c),
            Some(last) if c == '─' && last == "─" => {}
            _ => pieces.push(c.to_string()),
        }
        open = part;
    }
    pieces
}

fn near(a: &str, b: &str) -> bool {
    let number =
        |text: &str| -> Option<f64> { text.trim_matches(',').replace(',', "").parse().ok() };
    let digits = |text: &str| {
        text.split_once('.')
            .map_or(0, |(_, rest)| rest.trim_matches(',').len())
    };
    match (number(a), number(b)) {
        (Some(x), Some(y)) => {
            let unit = 0.1f64.powi(digits(a).min(digits(b)) as i32);
            (x - y).abs() <= UNITS * unit * (1.0 + 1e-9)
        }
        _ => false,
    }
}

/// The comparison itself, tried.
pub fn group() -> Group {
    let trials: [(&str, fn()); 2] = [
        (
            "comparison",
            numbers_may_differ_by_their_last_digits_and_words_not,
        ),
        ("update", an_update_takes_the_numbers_of_the_same_lines),
    ];
    Group {
        name: "excerpt",
        min_trials: 2,
        trials: trials
            .map(|(name, test)| trial(format!("excerpt/{name}"), test))
            .into(),
    }
}

fn an_update_takes_the_numbers_of_the_same_lines() {
    let shown = "── a ───\n\n  effect   14.94   [-0.5, 15.12]\n";
    let told = "── a ──────\nn = 3\n  other   1\n  effect   -15.01   [14.9, 15.2]\nseed: 0\n";
    assert_eq!(
        missing(shown, told),
        Some("  effect   14.94   [-0.5, 15.12]")
    );
    let now = updated(shown, told);
    assert_eq!(now, "── a ──────\n\n  effect   -15.01   [14.9, 15.2]\n");
    assert_eq!(missing(&now, told), None);
}

fn numbers_may_differ_by_their_last_digits_and_words_not() {
    assert!(alike(
        "  effect   14.94   [14.75, 15.12]",
        "effect 14.93 [14.75, 15.13]"
    ));
    assert!(alike("── a ──────", "── a ───"));
    assert!(alike("n = 1,000", "n = 1,001"));
    assert!(!alike("effect 14.94", "effect 14.90"));
    assert!(!alike("effect 14.94", "other 14.94"));
    assert!(!alike("effect 14.94", "effect 14.94 15"));
    assert!(!alike("effect 1.2", "effect -1.2"));
}
