//! Four rows of numbers, one for each base.

use crate::Alphabet;

/// Rows read so far.
pub(super) struct Matrix {
    pub alphabet: Alphabet,
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
    /// Adds the row on a line: that of `base`, or of the letter that it begins with.
    pub fn add(&mut self, line: &str, base: Option<usize>, name: &str) -> Result<(), String> {
        let label = line.chars().next().filter(char::is_ascii_alphabetic);
        let (base, rest) = match (base, label) {
            (Some(base), _) => (base, line),
            (None, None) => {
                return Err(format!(
                    "this row of the motif `{name}` does not start with a base, but other rows do"
                ));
            }
            (None, Some(label)) => {
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
                // `A [ 1 2 ]`, `A | 1 2` and `A: 1 2` are equivalent.
                let rest = line[label.len_utf8()..].trim_start();
                (base, rest.strip_prefix(['|', ':']).unwrap_or(rest))
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
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(format!(
                "the row for `{letter}` of the motif `{name}` contains {value}, which is not a count"
            ));
        }
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
    pub fn columns(self) -> Vec<[f64; 4]> {
        let [a, c, g, t] = self.rows.map(Option::unwrap_or_default);
        a.into_iter()
            .zip(c)
            .zip(g.into_iter().zip(t))
            .map(|((a, c), (g, t))| [a, c, g, t])
            .collect()
    }
}

/// The text between brackets, or the whole text without brackets; None if one bracket is missing.
fn unbracketed(text: &str) -> Option<&str> {
    match (text.strip_prefix('['), text.strip_suffix(']')) {
        (Some(rest), _) => rest.strip_suffix(']'),
        (None, Some(_)) => None,
        (None, None) => Some(text),
    }
}
