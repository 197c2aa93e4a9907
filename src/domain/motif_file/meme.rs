//! MEME's motif format, versions 4 and 5: <https://meme-suite.org/meme/doc/meme-format.html>.
//!
//! Concatenated files, as JASPAR distributes them, are read as one. Log-odds matrices, backgrounds and strands are ignored.

use std::iter::Peekable;

use super::SourceFile;
use crate::motif::{column_fault, sum_tolerance};
use crate::motif_names::by_factor;
use crate::{Alphabet, Motif};
use gia_base::diag::{Code, Outcome};

pub(super) fn is_version(line: &str) -> bool {
    line.trim_start().starts_with("MEME version")
}

/// A `MOTIF` line whose matrix has not been read yet.
struct Heading {
    line: usize,
    name: String,
    alternate: Option<String>,
    /// Line of its log-odds matrix.
    log_odds: Option<usize>,
}

/// All motifs of a text.
pub(crate) fn parse(text: &str, origin: &SourceFile) -> Outcome<Vec<Motif>> {
    let mut lines = (1..).zip(text.lines()).peekable();
    let mut alphabet = Alphabet::Dna;
    let mut heading: Option<Heading> = None;
    let mut motifs: Vec<Motif> = Vec::new();
    // Whether rows of numbers may belong to the matrix above.
    let mut follows_matrix = false;
    while let Some((number, line)) = lines.next() {
        if let Some(letters) = line.strip_prefix("ALPHABET") {
            alphabet = parse_alphabet(letters, number, origin)?;
        } else if line.split_whitespace().next() == Some("MOTIF") {
            follows_matrix = false;
            if let Some(open) = heading.replace(parse_heading(line, number, origin)?) {
                return Err(without_matrix(&open, origin));
            }
        } else if let Some(attributes) =
            line.trim_start().strip_prefix("letter-probability matrix:")
        {
            let Some(open) = heading.take() else {
                return Err(origin.at(number, "there is a matrix before the first `MOTIF` line"));
            };
            let columns = parse_matrix(attributes, number, &open.name, &mut lines, origin)?;
            // Sums were checked line by line, given the printed digits.
            let (name, alternate) = by_factor(open.name, open.alternate);
            let motif = Motif::from_counts(name, alternate, alphabet, columns)
                .map_err(|fault| origin.at(number, fault.message))?;
            motifs.push(motif);
            follows_matrix = true;
        } else if line.trim_start().starts_with("log-odds matrix:") {
            follows_matrix = false;
            if let Some(open) = &mut heading {
                open.log_odds = Some(number);
            }
        } else if follows_matrix
            && is_row(line)
            && let Some(motif) = motifs.last()
        {
            let words = line.split_whitespace();
            if words.filter(|word| word.parse::<f64>().is_ok()).count() == 4 {
                let what = format!(
                    "this row is separated from the matrix of the motif `{}` above",
                    motif.name
                );
                let help = "remove the lines between the rows of the matrix";
                return Err(Box::new(
                    origin.with(Code::BadMotifFile, number, what).help(help),
                ));
            }
        }
    }
    match heading {
        Some(open) => Err(without_matrix(&open, origin)),
        None => Ok(motifs),
    }
}

fn without_matrix(heading: &Heading, origin: &SourceFile) -> Box<gia_base::diag::Diagnostic> {
    let name = &heading.name;
    match heading.log_odds {
        Some(line) => {
            let what = format!(
                "the file has only log-odds for the motif `{name}`, but a motif needs probabilities"
            );
            let help = "use a file with a `letter-probability matrix:`";
            Box::new(origin.with(Code::LogOdds, line, what).help(help))
        }
        None => origin.at(
            heading.line,
            format!("the motif `{name}` has no letter-probability matrix"),
        ),
    }
}

/// After `ALPHABET`: `= ACGT`, or the name of an alphabet that the file goes on to define.
fn parse_alphabet(text: &str, number: usize, origin: &SourceFile) -> Outcome<Alphabet> {
    let letters = text.trim_start_matches(|c: char| c == '=' || c.is_whitespace());
    let letters = letters.trim_end();
    [Alphabet::Dna, Alphabet::Rna]
        .into_iter()
        .find(|known| {
            letters.eq_ignore_ascii_case(known.letters())
                || letters
                    .trim_start_matches('"')
                    .to_ascii_uppercase()
                    .starts_with(known.name())
        })
        .ok_or_else(|| {
            origin.at(
                number,
                format!("the alphabet `{letters}` is neither `ACGT` nor `ACGU`"),
            )
        })
}

/// `MOTIF accession [name]`. The `meme` program writes `MOTIF name MEME-1 width = ...`, older ones `MOTIF 1 width = ...`.
fn parse_heading(line: &str, number: usize, origin: &SourceFile) -> Outcome<Heading> {
    let mut words = line.split_whitespace().skip(1).peekable();
    let Some(name) = words.next() else {
        return Err(origin.at(number, "this `MOTIF` line has no motif name"));
    };
    let alternate = words.next().filter(|word| {
        let is_attribute =
            word.contains('=') || words.peek().is_some_and(|next| next.starts_with('='));
        !is_attribute
    });
    Ok(Heading {
        line: number,
        name: name.to_owned(),
        alternate: alternate.map(str::to_owned),
        log_odds: None,
    })
}

/// The number after `key=` among `alength= 4 w= 6 nsites= 20 E= 0`.
fn attribute<'a>(attributes: &'a str, key: &str) -> Option<&'a str> {
    let mut words = attributes
        .split(|c: char| c == '=' || c.is_whitespace())
        .filter(|word| !word.is_empty());
    words.by_ref().find(|word| *word == key)?;
    words.next()
}

/// Parses one row of probabilities per position: `w` rows or, without `w`, all rows up to the first other line.
fn parse_matrix<'a>(
    attributes: &str,
    start: usize,
    name: &str,
    lines: &mut Peekable<impl Iterator<Item = (usize, &'a str)>>,
    origin: &SourceFile,
) -> Outcome<Vec<[f64; 4]>> {
    if let Some(size) = attribute(attributes, "alength")
        && size != "4"
    {
        return Err(origin.at(
            start,
            format!("the motif `{name}` has an alphabet of {size} letters instead of 4"),
        ));
    }
    let width = match attribute(attributes, "w") {
        None => None,
        Some(word) => Some(word.parse::<usize>().map_err(|_| {
            origin.at(
                start,
                format!("the width `{word}` of the motif `{name}` is not a number"),
            )
        })?),
    };
    while lines.next_if(|(_, line)| line.trim().is_empty()).is_some() {}
    let mut rows = Vec::new();
    let mut last = start;
    while let Some((number, line)) = lines.next_if(|(_, line)| is_row(line)) {
        last = number;
        let row = rows.len() + 1;
        if width.is_some_and(|width| row > width) {
            return Err(origin.at(
                number,
                format!(
                    "the motif `{name}` has more rows than its width, {}",
                    row - 1
                ),
            ));
        }
        rows.push(parse_row(line, row, name).map_err(|fault| origin.at(number, fault))?);
    }
    match width {
        Some(width) if rows.len() < width => Err(origin.at(
            last,
            format!(
                "the motif `{name}` ends after {} of {width} rows",
                rows.len()
            ),
        )),
        _ => Ok(rows),
    }
}

/// Whether a line is meant as a row of numbers, well formed or not.
fn is_row(line: &str) -> bool {
    line.trim_start()
        .starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))
        && !line.trim_start().starts_with("--")
}

fn parse_row(line: &str, row: usize, name: &str) -> Result<[f64; 4], String> {
    let values = line
        .split_whitespace()
        .map(|word| {
            word.parse::<f64>()
                .map_err(|_| format!("`{word}` in row {row} of the motif `{name}` is not a number"))
        })
        .collect::<Result<Vec<f64>, String>>()?;
    let column: [f64; 4] = values.as_slice().try_into().map_err(|_| {
        format!(
            "row {row} of the motif `{name}` has {} numbers instead of 4",
            values.len()
        )
    })?;
    match column_fault(&column, Some(sum_tolerance(line))) {
        Some(fault) => Err(format!("row {row} of the motif `{name}`: {fault}")),
        None => Ok(column),
    }
}
