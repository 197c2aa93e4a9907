//! Motifs: from an IUPAC string, a sequence, or a matrix.
//!
//! Invariant: every column of a motif sums to 1. [`super::MotifFile`] reads motifs from files.

use std::ops::Range;
use std::sync::Arc;

use super::random::{Purpose, below_u32, stream};
use super::{Alphabet, BaseSet, Strand};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Maximum deviation from 1 of the sum of a column of probabilities. Files print few digits, so sums are rarely exact.
pub const SUM_TOLERANCE: f64 = 1e-2;

/// Maximum deviation from 1 of the sum of four probabilities of two digits: each is off by up to 0.005. The last term allows for
/// floating-point rounding.
pub(super) const TWO_DIGIT_SUM_TOLERANCE: f64 = 4.0 * 0.005 + 1e-9;

/// Maximum deviation from 1 of the sum of the probabilities printed on a line, given their number of digits. Probabilities of one digit
/// get no wider tolerance, because it would accept sums that are plainly wrong.
pub(super) fn sum_tolerance(line: &str) -> f64 {
    let digits = |word: &str| word.split_once('.').map_or(0, |(_, digits)| digits.len());
    match line.split_whitespace().map(digits).max() {
        Some(2) => TWO_DIGIT_SUM_TOLERANCE,
        _ => SUM_TOLERANCE,
    }
}

/// Maximum relative difference of two probabilities that count as equal.
const TIE_TOLERANCE: f64 = 1e-9;

/// What the discovery of a motif from contributions of bases knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovery {
    /// Mean contributions of the bases at each position of the motif (the CWM), in the order of the base codes and the unit of the
    /// contributions.
    pub contributions: Vec<[f64; 4]>,
    /// Number of subsequences that the motif was made from, if known.
    pub seqlets: Option<u64>,
}

/// A motif: for each position, the probability of each base.
#[derive(Debug, Clone, PartialEq)]
pub struct Motif {
    /// Name in reports: the transcription factor if a file or collection gives it, else its identifier there, or the letters it was
    /// made from.
    pub name: String,
    /// Another name by which it is known: its identifier in a file or collection, for example `MA0139.2`, if the name is another.
    pub alternate: Option<String>,
    /// The alphabet of its letters.
    pub alphabet: Alphabet,
    /// Base probabilities of each position, in the order of the base codes. Each column sums to 1.
    pub columns: Vec<[f64; 4]>,
    /// [`Strand::Reverse`] if this is the reverse complement of the motif that was read or written.
    pub strand: Strand,
    /// Name of the motif on the other strand if this name was derived from it: `CTCF` for `rc(CTCF)`.
    pub reverse_of: Option<String>,
    /// What motif discovery knows of it; none if it was not discovered, or was changed since.
    pub discovery: Option<Arc<Discovery>>,
    /// Whether embedding writes an instance drawn from the columns for each background, instead of the consensus.
    pub drawn: bool,
}

impl Motif {
    /// A motif from IUPAC letters. The bases of an ambiguous letter get equal probabilities.
    ///
    /// # Errors
    /// An empty text, or a letter that is not an IUPAC letter of the alphabet.
    pub fn from_iupac(text: &str, alphabet: Alphabet) -> Outcome<Motif> {
        if text.is_empty() {
            return Err(Diagnostic::error(Code::Empty, "a motif needs at least one letter").into());
        }
        let mut columns = Vec::with_capacity(text.len());
        for (index, letter) in text.chars().enumerate() {
            match BaseSet::from_iupac(letter, alphabet) {
                Some(set) => columns.push(even_column(set)),
                None => return Err(bad_letter(text, index, letter, alphabet).into()),
            }
        }
        Ok(Motif {
            name: text.to_owned(),
            alternate: None,
            alphabet,
            columns,
            strand: Strand::Forward,
            reverse_of: None,
            discovery: None,
            drawn: false,
        })
    }

    /// A motif that is exactly this sequence, named by its letters. An unknown base matches all four.
    pub fn from_bases(bases: &[u8], alphabet: Alphabet) -> Motif {
        Motif {
            name: alphabet.decode_all(bases),
            alternate: None,
            alphabet,
            columns: bases
                .iter()
                .map(|&code| even_column(BaseSet::only(code)))
                .collect(),
            strand: Strand::Forward,
            reverse_of: None,
            discovery: None,
            drawn: false,
        }
    }

    /// A motif from counts, one column per position in the order of the base codes. Each column is divided by its sum.
    ///
    /// # Errors
    /// No column, a count that is negative or not finite, or a column of zeros.
    pub fn from_counts(
        name: impl Into<String>,
        alternate: Option<String>,
        alphabet: Alphabet,
        columns: Vec<[f64; 4]>,
    ) -> Outcome<Motif> {
        Motif::normalised(name.into(), alternate, alphabet, columns, None)
    }

    /// A motif from probabilities, one column per position in the order of the base codes. Columns whose sum is within
    /// [`SUM_TOLERANCE`] of 1 are normalised.
    ///
    /// # Errors
    /// No column, a probability that is negative or not finite, or a column whose sum is further from 1.
    pub fn from_probabilities(
        name: impl Into<String>,
        alternate: Option<String>,
        alphabet: Alphabet,
        columns: Vec<[f64; 4]>,
    ) -> Outcome<Motif> {
        Motif::normalised(
            name.into(),
            alternate,
            alphabet,
            columns,
            Some(SUM_TOLERANCE),
        )
    }

    fn normalised(
        name: String,
        alternate: Option<String>,
        alphabet: Alphabet,
        mut columns: Vec<[f64; 4]>,
        tolerance: Option<f64>,
    ) -> Outcome<Motif> {
        if columns.is_empty() {
            let message = format!("the motif `{name}` has no positions");
            return Err(Diagnostic::error(Code::Empty, message).into());
        }
        for (index, column) in columns.iter_mut().enumerate() {
            if let Some(fault) = column_fault(column, tolerance) {
                let position = index + 1;
                let message = format!("position {position} of the motif `{name}`: {fault}");
                return Err(Diagnostic::error(Code::InvalidDistribution, message).into());
            }
            let sum: f64 = column.iter().sum();
            for value in column.iter_mut() {
                *value /= sum;
            }
        }
        Ok(Motif {
            name,
            alternate,
            alphabet,
            columns,
            strand: Strand::Forward,
            reverse_of: None,
            discovery: None,
            drawn: false,
        })
    }

    /// Number of positions, in base pairs.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Whether the two are the same motif under whatever names: the same probabilities, and embedding writes the same. Their
    /// occurrences are then the same too, since the threshold of a match follows from the probabilities.
    pub fn is_same_as(&self, other: &Motif) -> bool {
        self.alphabet == other.alphabet
            && self.columns == other.columns
            && self.drawn == other.drawn
    }

    /// The motif under another name; it keeps its alternate one.
    pub fn renamed(&self, name: impl Into<String>) -> Motif {
        Motif {
            name: name.into(),
            reverse_of: None,
            ..self.clone()
        }
    }

    /// The motif as one that was made from it by a function: `draw(CTCF)`, also known as `draw(MA0139.2)`.
    pub fn derived(&self, function: &str) -> Motif {
        let call = |name: &str| format!("{function}({name})");
        Motif {
            alternate: self.alternate.as_deref().map(call),
            ..self.renamed(call(&self.name))
        }
    }

    /// The reverse complement, named `rc(NAME)`. The reverse complement of `rc(NAME)` is named `NAME`.
    pub fn reverse_complement(&self) -> Motif {
        let (name, reverse_of) = match &self.reverse_of {
            Some(original) => (original.clone(), None),
            None => (format!("rc({})", self.name), Some(self.name.clone())),
        };
        let other = |id: &str| match id.strip_prefix("rc(").and_then(|id| id.strip_suffix(')')) {
            Some(forward) => forward.to_owned(),
            None => format!("rc({id})"),
        };
        let columns = self.columns.iter().rev();
        Motif {
            name,
            reverse_of,
            alternate: self.alternate.as_deref().map(other),
            discovery: self.discovery.as_deref().map(|of| {
                let turned = of.contributions.iter().rev();
                Arc::new(Discovery {
                    contributions: turned.map(|&[a, c, g, t]| [t, g, c, a]).collect(),
                    seqlets: of.seqlets,
                })
            }),
            strand: self.strand.other(),
            columns: columns.map(|&[a, c, g, t]| [t, g, c, a]).collect(),
            ..self.clone()
        }
    }

    /// The motif with its positions in a random order that differs from the original; `number` selects the order.
    ///
    /// # Errors
    /// [`Code::ImpossibleSequence`] if all positions are equal.
    pub fn scrambled(&self, number: u64) -> Outcome<Motif> {
        let mut generator = stream(Purpose::Scramble, number, &[], 0);
        let same = |a: &[f64; 4], b: &[f64; 4]| a == b;
        if self
            .columns
            .iter()
            .all(|column| same(column, &self.columns[0]))
        {
            let message = format!(
                "all positions of `{}` are equal, so no other order differs",
                self.name
            );
            return Err(Diagnostic::error(Code::ImpossibleSequence, message).into());
        }
        let mut columns = self.columns.clone();
        while columns == self.columns {
            for i in (1..columns.len()).rev() {
                columns.swap(i, below_u32(&mut generator, i as u32 + 1) as usize);
            }
        }
        Ok(Motif {
            columns,
            discovery: None,
            ..self.derived("scrambled")
        })
    }

    /// The part of a discovered motif from the first to the last position whose contributions, summed over the bases without their signs,
    /// reach `share` of the largest such sum, as `modisco report` trims with a share of 0.3. Other motifs stay whole.
    pub fn trimmed(&self, share: f64) -> Motif {
        let Some(discovery) = &self.discovery else {
            return self.clone();
        };
        let kept = span_of_contributions(&discovery.contributions, share);
        let part = |columns: &[[f64; 4]]| columns.get(kept.clone()).unwrap_or(columns).to_vec();
        Motif {
            columns: part(&self.columns),
            discovery: Some(Arc::new(Discovery {
                contributions: part(&discovery.contributions),
                seqlets: discovery.seqlets,
            })),
            ..self.clone()
        }
    }

    /// The most probable bases of each position. Embedding writes the base or, if several are equally probable (within a relative
    /// difference of 1e-9), draws one of them for each background. A set of all four keeps the base of the background.
    pub fn consensus(&self) -> Vec<BaseSet> {
        self.columns
            .iter()
            .map(|column| {
                let max = column.iter().copied().fold(0.0, f64::max);
                let tied = |value: f64| max - value <= TIE_TOLERANCE * max;
                let bits = (0..4)
                    .filter(|&i| tied(column[i]))
                    .fold(0, |bits, i| bits | 1 << i);
                BaseSet(bits)
            })
            .collect()
    }

    /// The set of bases of each position, if every column gives some bases equal probabilities and all others zero, as columns from
    /// IUPAC letters do; None for any other matrix.
    pub fn letters(&self) -> Option<Vec<BaseSet>> {
        let even = |column: &[f64; 4]| {
            let max = column.iter().copied().fold(0.0, f64::max);
            column
                .iter()
                .all(|&p| p == 0.0 || max - p <= TIE_TOLERANCE * max)
        };
        self.columns.iter().all(even).then(|| self.consensus())
    }

    /// The consensus in IUPAC letters.
    pub fn consensus_text(&self) -> String {
        self.consensus()
            .iter()
            .map(|set| set.to_iupac(self.alphabet))
            .collect()
    }
}

fn span_of_contributions(contributions: &[[f64; 4]], share: f64) -> Range<usize> {
    let sums = contributions
        .iter()
        .map(|column| column.iter().map(|value| value.abs()).sum::<f64>());
    let threshold = share * sums.clone().fold(0.0, f64::max);
    let reach = |sum: f64| sum >= threshold;
    let start = sums.clone().position(reach).unwrap_or(0);
    let end = sums
        .clone()
        .rposition(reach)
        .map_or(sums.len(), |last| last + 1);
    start..end
}

/// A column with equal probabilities for the bases of a set.
fn even_column(set: BaseSet) -> [f64; 4] {
    let share = 1.0 / set.len() as f64;
    std::array::from_fn(|i| if set.contains(i as u8) { share } else { 0.0 })
}

/// Why a column is not valid: a value that is not a count or probability, all zeros, or, with a tolerance, a sum too far from 1.
pub(super) fn column_fault(column: &[f64; 4], tolerance: Option<f64>) -> Option<String> {
    if let Some(value) = column.iter().find(|v| !v.is_finite() || **v < 0.0) {
        return Some(match tolerance {
            Some(_) => format!("{value} is not a probability"),
            None => format!("{value} is not a count"),
        });
    }
    let sum: f64 = column.iter().sum();
    match tolerance {
        Some(tolerance) if (sum - 1.0).abs() > tolerance => {
            // Files print up to six digits; more would be rounding errors of the sum.
            let sum = (sum * 1e6).round() / 1e6;
            Some(format!("the probabilities sum to {sum}, not to 1"))
        }
        None if sum == 0.0 => Some("the counts are all zero".to_owned()),
        None if !sum.is_finite() => Some("the counts are too large".to_owned()),
        _ => None,
    }
}

fn bad_letter(text: &str, index: usize, letter: char, alphabet: Alphabet) -> Diagnostic {
    let other = match alphabet {
        Alphabet::Dna => Alphabet::Rna,
        Alphabet::Rna => Alphabet::Dna,
    };
    let position = index + 1;
    if BaseSet::from_iupac(letter, other).is_some() {
        let (name, own, foreign) = (alphabet.name(), alphabet.decode(3), other.name());
        Diagnostic::error(
            Code::AlphabetMismatch,
            format!("`{letter}`, letter {position} of `{text}`, is a letter of {foreign}, but the motif is {name}"),
        )
        .help(format!("use `{own}` in {name}"))
    } else {
        Diagnostic::error(
            Code::UnknownBase,
            format!(
                "`{letter}`, letter {position} of `{text}`, is not an IUPAC letter of {}",
                alphabet.name()
            ),
        )
        .help(format!(
            "use {}, or R Y S W K M B D H V N for several bases",
            alphabet
                .letters()
                .chars()
                .map(String::from)
                .collect::<Vec<_>>()
                .join(" ")
        ))
    }
}
