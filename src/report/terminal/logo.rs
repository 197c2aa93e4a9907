//! Sequence logos on a terminal: a stack of letters at each position, as high as the position's information in bits.
//!
//! Invariant: a row stands for the same fraction of a bit at every position.
//!
//! Schneider TD, Stephens RM (1990). Sequence logos: a new way to display consensus sequences. Nucleic Acids Research 18.
//! The background is uniform. There is no small-sample correction, since a motif does not record its sample size.

use gia_base::diag::Style;
use gia_domain::Motif;

/// Height of a stack of two bits, in rows.
const ROWS: usize = 6;
/// Information of a position with a single letter, in bits.
const MAX_BITS: f64 = 2.0;
/// Width of the scale left of the stacks.
const MARGIN: usize = 8;
const MIN_WIDTH: usize = 10;

/// Formats a motif as stacks of letters with the consensus below. A motif wider than the terminal continues below.
pub fn logo(motif: &Motif, style: Style) -> String {
    let consensus: Vec<char> = motif.consensus_text().chars().collect();
    let letters: Vec<char> = motif.alphabet.letters().chars().collect();
    let wide = style.width.saturating_sub(MARGIN).max(MIN_WIDTH);
    let mut text = String::new();
    for (part, columns) in motif.columns.chunks(wide).enumerate() {
        if part > 0 {
            text.push('\n');
        }
        let stacks: Vec<[Option<usize>; ROWS]> = columns.iter().map(stack).collect();
        for row in (0..ROWS).rev() {
            let label = match row + 1 {
                ROWS => "2 bits",
                half if half == ROWS / 2 => "1 bit",
                _ => "",
            };
            let mut line = format!("{label:>6}  ");
            for stack in &stacks {
                match stack[row].and_then(|base| Some((base, letters.get(base)?))) {
                    Some((base, letter)) => line.push_str(&coloured(base, *letter, style)),
                    None => line.push(' '),
                }
            }
            text.push_str(&style.dim(&line[..MARGIN]));
            text.push_str(line[MARGIN..].trim_end());
            text.push('\n');
        }
        let below = part * wide;
        let shown: String = consensus.iter().skip(below).take(columns.len()).collect();
        let first = format!("{:>6}  ", below + 1);
        text.push_str(&style.dim(&first));
        text.push_str(&style.bold(&shown));
        text.push('\n');
    }
    text
}

/// The base that each row of a position shows, from the bottom up: the rarest is lowest.
fn stack(column: &[f64; 4]) -> [Option<usize>; ROWS] {
    let entropy: f64 = column
        .iter()
        .filter(|p| **p > 0.0)
        .map(|p| -p * p.log2())
        .sum();
    let rows = (MAX_BITS - entropy).max(0.0) / MAX_BITS * ROWS as f64;
    let mut order = [0, 1, 2, 3];
    order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
    let mut shown = [None; ROWS];
    for (row, cell) in shown.iter_mut().enumerate() {
        let middle = row as f64 + 0.5;
        let mut top = 0.0;
        *cell = order.into_iter().find(|&base| {
            top += column[base] * rows;
            middle < top
        });
    }
    shown
}

/// The usual colours of logos: A green, C blue, G yellow, T and U red.
fn coloured(base: usize, letter: char, style: Style) -> String {
    let letter = letter.to_string();
    match base {
        0 => style.green(&letter),
        1 => style.blue(&letter),
        2 => style.yellow(&letter),
        _ => style.red(&letter),
    }
}
