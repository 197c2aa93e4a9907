//! Motifs: from an IUPAC string, a sequence, or a matrix.
//!
//! Invariant: every column of a motif made here sums to 1. What a network or a scanner makes of a motif is not known
//! here, and neither are files: see [`super::MotifFile`].

use super::random::{Purpose, below_u32, stream};
use super::{Alphabet, BaseSet, Strand};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// How far the probabilities of a column may be from 1 in sum before they are taken for something else.
/// Files print few digits, so the sum is rarely exact.
pub const SUM_TOLERANCE: f64 = 1e-2;

/// How far four probabilities of two digits may be from 1 in sum: each is off by up to half a hundredth. The last term is the
/// dust of binary fractions.
pub(super) const ROUNDED_SUM: f64 = 4.0 * 0.005 + 1e-9;

/// How far printed probabilities of a line may be from 1 in sum: what rounding them to their digits can do, for two digits and more.
/// One digit would allow sums that are plainly wrong.
pub(super) fn sum_tolerance(line: &str) -> f64 {
    let digits = |word: &str| word.split_once('.').map_or(0, |(_, digits)| digits.len());
    match line.split_whitespace().map(digits).max() {
        Some(2) => ROUNDED_SUM,
        _ => SUM_TOLERANCE,
    }
}

/// Two probabilities of a column are equal when they differ relatively by less than this.
const TIE: f64 = 1e-9;

/// A motif: for each position, the probability of each base.
#[derive(Debug, Clone, PartialEq)]
pub struct Motif {
    /// Name in reports: the accession, or the letters it was written as.
    pub name: String,
    /// Name of the transcription factor if the file gives one, for example `CTCF`.
    pub alternate: Option<String>,
    /// Whether letters of the motif are written as DNA or RNA.
    pub alphabet: Alphabet,
    /// Each column sums to 1, in the order of the base codes.
    pub columns: Vec<[f64; 4]>,
    /// [`Strand::Reverse`] if this is the reverse complement of the motif that was read or written.
    pub strand: Strand,
    /// Name of the motif on the other strand if this name was derived from it: `CTCF` for `rc(CTCF)`.
    pub turned_from: Option<String>,
    /// Whether embedding writes an instance drawn from the columns, another one for each background, instead of the consensus.
    pub drawn: bool,
}

impl Motif {
    /// A motif from IUPAC letters: a letter of several bases is a column that gives each the same probability.
    ///
    /// Fails on an empty text and on a letter that is none of the alphabet's IUPAC letters.
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
            turned_from: None,
            drawn: false,
        })
    }

    /// A motif that is exactly this sequence, named by its letters; an unknown base is any of the four.
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
            turned_from: None,
            drawn: false,
        }
    }

    /// A motif from counts, one column a position in the order of the base codes; each column is divided by its sum.
    ///
    /// Fails where there is no column, a count is negative or not finite, or a column sums to zero.
    pub fn from_counts(
        name: impl Into<String>,
        alternate: Option<String>,
        alphabet: Alphabet,
        columns: Vec<[f64; 4]>,
    ) -> Outcome<Motif> {
        Motif::normalised(name.into(), alternate, alphabet, columns, None)
    }

    /// A motif from probabilities, one column a position in the order of the base codes. Sums that are off by
    /// rounding, at most [`SUM_TOLERANCE`], are mended.
    ///
    /// Fails where there is no column, a probability is negative or not finite, or a column's sum is further from 1.
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
            let message = format!("the motif `{name}` has no position");
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
            turned_from: None,
            drawn: false,
        })
    }

    /// Number of positions, in base pairs.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The motif under another name.
    pub fn renamed(&self, name: impl Into<String>) -> Motif {
        Motif {
            name: name.into(),
            turned_from: None,
            ..self.clone()
        }
    }

    /// The motif as it reads on the other strand, named `rc(NAME)`; of such a motif, the original.
    pub fn reverse_complement(&self) -> Motif {
        let (name, turned_from) = match &self.turned_from {
            Some(original) => (original.clone(), None),
            None => (format!("rc({})", self.name), Some(self.name.clone())),
        };
        let columns = self.columns.iter().rev();
        Motif {
            name,
            turned_from,
            strand: self.strand.other(),
            columns: columns.map(|&[a, c, g, t]| [t, g, c, a]).collect(),
            ..self.clone()
        }
    }

    /// The motif with its positions in another order, one that reads differently; `number` picks which.
    ///
    /// Fails where every order reads the same.
    pub fn scrambled(&self, number: u64) -> Outcome<Motif> {
        let mut generator = stream(Purpose::Scramble, number, &[], 0);
        let same = |a: &[f64; 4], b: &[f64; 4]| a == b;
        if self
            .columns
            .iter()
            .all(|column| same(column, &self.columns[0]))
        {
            let message = format!(
                "every order of the positions of `{}` reads the same",
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
            ..self.renamed(format!("scrambled({})", self.name))
        })
    }

    /// What embedding writes: at each position the most probable base or, where several are equally probable,
    /// that set of bases, one of which is drawn for each background. A set of all four leaves the background's base.
    ///
    /// Equally probable means a relative difference below 1e-9.
    pub fn consensus(&self) -> Vec<BaseSet> {
        self.columns
            .iter()
            .map(|column| {
                let most = column.iter().copied().fold(0.0, f64::max);
                let tied = |value: f64| most - value <= TIE * most;
                let bits = (0..4)
                    .filter(|&i| tied(column[i]))
                    .fold(0, |bits, i| bits | 1 << i);
                BaseSet(bits)
            })
            .collect()
    }

    /// The set of bases at each position, where every column allows some bases alike and the others not at all, as
    /// columns made from IUPAC letters do; None for any other matrix.
    pub fn letters(&self) -> Option<Vec<BaseSet>> {
        let even = |column: &[f64; 4]| {
            let most = column.iter().copied().fold(0.0, f64::max);
            column.iter().all(|&p| p == 0.0 || most - p <= TIE * most)
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

/// The same probability for each base of a set.
fn even_column(set: BaseSet) -> [f64; 4] {
    let share = 1.0 / set.len() as f64;
    std::array::from_fn(|i| if set.contains(i as u8) { share } else { 0.0 })
}

/// Why a column cannot be one of a motif: a value that is no count or probability, all zeros or, with a tolerance,
/// a sum too far from 1.
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
            // Six digits are what files print; more would be noise of the sum.
            let sum = (sum * 1e6).round() / 1e6;
            Some(format!("the probabilities sum to {sum} and not to 1"))
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
            format!("`{letter}`, letter {position} of `{text}`, belongs to {foreign}, and the motif is {name}"),
        )
        .help(format!("{name} has `{own}` in its place"))
    } else {
        Diagnostic::error(
            Code::UnknownBase,
            format!(
                "`{letter}`, letter {position} of `{text}`, is no IUPAC letter of {}",
                alphabet.name()
            ),
        )
        .help(format!(
            "the letters are {} and, for several bases, R Y S W K M B D H V N",
            alphabet
                .letters()
                .chars()
                .map(String::from)
                .collect::<Vec<_>>()
                .join(" ")
        ))
    }
}
