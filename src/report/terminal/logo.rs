//! Sequence logos on a terminal: a stack of letters at each position, as high as the position's information in bits, and for discovered
//! motifs another as high as the contributions of the bases.
//!
//! Invariant: a row stands for the same fraction of a bit, or of the largest contribution, at every position.
//!
//! Schneider TD, Stephens RM (1990). Sequence logos: a new way to display consensus sequences. Nucleic Acids Research 18.
//! The background is uniform. There is no small-sample correction, since a motif does not record its sample size.

use gia_base::diag::{Style, count};
use gia_domain::Motif;

/// Height of a stack of two bits, in rows.
const ROWS: usize = 6;
/// Information of a position with a single letter, in bits.
const MAX_BITS: f64 = 2.0;
/// Width of the scale left of the stacks.
const MARGIN: usize = 8;
const MIN_WIDTH: usize = 10;

/// Number of rows of the contributions, above and below the line of zero.
const CONTRIBUTION_ROWS: f64 = 8.0;

/// Formats a motif as stacks of letters with the consensus below, and what is known of its contributions. A motif wider than the terminal
/// continues below.
pub fn logo(motif: &Motif, style: Style) -> String {
    let mut text = information(motif, style);
    if let Some(discovery) = &motif.discovery {
        let seqlets = discovery.seqlets.map(|n| format!(", {} seqlets", count(n)));
        let heading = format!("  contributions (CWM){}\n", seqlets.unwrap_or_default());
        text += &style.dim(&heading);
        text += &contributions(motif, &discovery.contributions, style);
    }
    text
}

/// Stacks of letters as high as the contributions of the bases: above the line of zero those that are positive, below it the others.
fn contributions(motif: &Motif, columns: &[[f64; 4]], style: Style) -> String {
    let letters: Vec<char> = motif.alphabet.letters().chars().collect();
    let total =
        |column: &[f64; 4], sign: f64| column.iter().map(|x| (sign * x).max(0.0)).sum::<f64>();
    let most = |sign: f64| columns.iter().map(|c| total(c, sign)).fold(0.0, f64::max);
    let (above, below) = (most(1.0), most(-1.0));
    let unit = (above + below) / CONTRIBUTION_ROWS;
    if !(unit > 0.0 && unit.is_finite()) {
        return format!("{:>6}  all 0\n", "");
    }
    let wide = style.width.saturating_sub(MARGIN).max(MIN_WIDTH);
    // What is less than half of a row is not seen.
    let rows = |most: f64| (most / unit).round() as usize;
    let mut text = String::new();
    for columns in columns.chunks(wide) {
        let mut line = |label: &str, row: Option<(f64, usize)>| {
            text.push_str(&style.dim(&format!("{label:>6}  ")));
            let mut cells = String::new();
            for column in columns {
                match row {
                    None => cells.push('─'),
                    Some((sign, row)) => {
                        let base = base_of_contributions(column, sign, (row as f64 + 0.5) * unit);
                        match base.and_then(|base| Some((base, letters.get(base)?))) {
                            Some((base, letter)) => cells += &coloured(base, *letter, style),
                            None => cells.push(' '),
                        }
                    }
                }
            }
            match row {
                None => text.push_str(&style.dim(&cells)),
                Some(_) => text.push_str(cells.trim_end()),
            }
            text.push('\n');
        };
        let label = |most: f64, row: usize| match row + 1 == rows(most) {
            true => most,
            false => 0.0,
        };
        let named = |x: f64| match x {
            0.0 => String::new(),
            x => two_digits(x),
        };
        for row in (0..rows(above)).rev() {
            line(&named(label(above, row)), Some((1.0, row)));
        }
        line("0", None);
        for row in 0..rows(below) {
            line(&named(-label(below, row)), Some((-1.0, row)));
        }
    }
    text
}

/// The base that a column shows so far from the line of zero: the smallest contribution of a sign lies at the line.
fn base_of_contributions(column: &[f64; 4], sign: f64, distance: f64) -> Option<usize> {
    let signed = column.map(|x| sign * x);
    let mut order = [0, 1, 2, 3];
    order.sort_by(|&a, &b| signed[a].total_cmp(&signed[b]));
    let mut reached = 0.0;
    order.into_iter().find(|&base| {
        reached += signed[base].max(0.0);
        distance < reached
    })
}

/// A number of a scale, in at most six columns.
fn two_digits(x: f64) -> String {
    match x.abs() {
        size if (0.01..100.0).contains(&size) => {
            let decimals = (1.0 - size.log10().floor()).clamp(0.0, 3.0) as usize;
            format!("{x:.decimals$}")
        }
        _ => format!("{x:.0e}"),
    }
}

fn information(motif: &Motif, style: Style) -> String {
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
