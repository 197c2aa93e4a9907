//! JASPAR's formats of count matrices: <https://jaspar.elixir.no/docs/>.
//!
//! A `>accession name` line and four rows of counts, either `A [ 1 2 3 ]` in any order or bare numbers for A, C, G
//! and T.

use super::Origin;
use crate::diag::Outcome;
use crate::domain::{Alphabet, Motif};

/// All motifs of a text.
pub(super) fn parse(text: &str, origin: &Origin) -> Outcome<Vec<Motif>> {
    let mut lines = (1..)
        .zip(text.lines())
        .map(|(number, line): (usize, &str)| (number, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    let mut motifs = Vec::new();
    while let Some((start, line)) = lines.next() {
        let Some(heading) = line.strip_prefix('>') else {
            return Err(origin.at(start, "this line belongs to no motif"));
        };
        let (name, alternate) = match heading.trim().split_once(char::is_whitespace) {
            Some((name, alternate)) => (name, Some(alternate.trim().to_owned())),
            None => (heading.trim(), None),
        };
        if name.is_empty() {
            return Err(origin.at(start, "this `>` line names no motif"));
        }
        let mut matrix = Matrix::default();
        let mut last = start;
        for read in 0..4 {
            let Some((number, row)) = lines.next_if(|(_, line)| !line.starts_with('>')) else {
                return Err(origin.at(
                    last,
                    format!("the motif `{name}` ends after {read} of 4 rows"),
                ));
            };
            last = number;
            matrix
                .add(row, read, name)
                .map_err(|fault| origin.at(number, fault))?;
        }
        let motif = Motif::from_counts(name, alternate, matrix.alphabet, matrix.columns())
            .map_err(|fault| origin.at(start, fault.message))?;
        motifs.push(motif);
    }
    Ok(motifs)
}

/// Rows read so far.
struct Matrix {
    alphabet: Alphabet,
    rows: [Option<Vec<f64>>; 4],
}

impl Default for Matrix {
    fn default() -> Self {
        Matrix {
            alphabet: Alphabet::Dna,
            rows: Default::default(),
        }
    }
}

impl Matrix {
    /// Adds the row on a line; an unlabelled one is that of base `read`.
    fn add(&mut self, line: &str, read: usize, name: &str) -> Result<(), String> {
        let (base, rest) = match line.chars().next().filter(char::is_ascii_alphabetic) {
            None => (read, line),
            Some(label) => {
                let base = match label.to_ascii_uppercase() {
                    'A' => 0,
                    'C' => 1,
                    'G' => 2,
                    'T' => 3,
                    'U' => {
                        self.alphabet = Alphabet::Rna;
                        3
                    }
                    _ => return Err(format!("`{label}` in the motif `{name}` is not a base")),
                };
                (base, &line[label.len_utf8()..])
            }
        };
        let values = unbracketed(rest.trim())
            .ok_or_else(|| format!("a row of the motif `{name}` is cut off before its `]`"))?
            .split_whitespace()
            .map(|word| {
                word.parse::<f64>()
                    .map_err(|_| format!("`{word}` in the motif `{name}` is not a number"))
            })
            .collect::<Result<Vec<f64>, String>>()?;
        let letter = self.alphabet.decode(base as u8);
        if self.rows[base].is_some() {
            return Err(format!("the motif `{name}` has two rows for `{letter}`"));
        }
        if let Some(other) = self.rows.iter().flatten().next()
            && other.len() != values.len()
        {
            return Err(format!(
                "the row for `{letter}` of the motif `{name}` has {} numbers, an earlier one {}",
                values.len(),
                other.len()
            ));
        }
        self.rows[base] = Some(values);
        Ok(())
    }

    /// One column a position. Four rows were added, each of another base.
    fn columns(self) -> Vec<[f64; 4]> {
        let [a, c, g, t] = self.rows.map(Option::unwrap_or_default);
        a.into_iter()
            .zip(c)
            .zip(g.into_iter().zip(t))
            .map(|((a, c), (g, t))| [a, c, g, t])
            .collect()
    }
}

/// The text between brackets, or all of it where there are none; None where one is missing.
fn unbracketed(text: &str) -> Option<&str> {
    match (text.strip_prefix('['), text.strip_suffix(']')) {
        (Some(rest), _) => rest.strip_suffix(']'),
        (None, Some(_)) => None,
        (None, None) => Some(text),
    }
}
