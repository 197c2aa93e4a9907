//! What a page shows of a run beside what the run prints.

use crate::docs::Block;

/// Units of the last digit that two processors may be apart.
const UNITS: f64 = 2.0;

/// Whether a block shows what a run printed: it begins with the line of an experiment.
pub fn is_excerpt(block: &Block) -> bool {
    block.kind == "text" && block.text.starts_with("── ")
}

/// Panics unless the lines of the block stand in what a run printed, in their order.
pub fn compare(block: &Block, told: &str) {
    let mut lines = told.lines();
    for line in block.text.lines().filter(|line| !line.trim().is_empty()) {
        assert!(
            lines.any(|printed| alike(line, printed)),
            "{}: the run did not print this here:\n{line}\nbut:\n{told}",
            block.place()
        );
    }
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

#[test]
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
