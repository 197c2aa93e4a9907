//! Occurrences of a motif in a sequence, on both strands.
//!
//! A motif of IUPAC letters occurs where every letter matches. A matrix occurs where its log-odds score has a p-value of at most
//! [`OCCURRENCE_P_VALUE`] in uniform random sequence. Score distribution and search are those of lightmotif (the distribution as in FIMO:
//! Grant, Bailey and Noble, Bioinformatics 27:1017, 2011).
//!
//! Invariant: an unknown base matches nothing. A position where both strands match is one occurrence.

use lightmotif::abc::{Background, Nucleotide};
use lightmotif::dense::DenseMatrix;
use lightmotif::pwm::FrequencyMatrix;
use lightmotif::seq::StripedSequence;
use lightmotif::{Dna, EncodedSequence, ScoringMatrix};

use super::{BaseSet, Motif, Strand};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// P-value threshold for occurrences of a matrix: the probability that uniform random sequence reaches the score at one position of one
/// strand.
pub const OCCURRENCE_P_VALUE: f64 = 1e-4;

/// Weight of uniform frequencies that are mixed into a matrix. Files round small probabilities to 0, which would make bases impossible.
const PSEUDO_WEIGHT: f64 = 0.01;

/// A motif prepared for searching.
#[derive(Debug, Clone)]
pub struct Scanner {
    width: usize,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// The letters of each strand.
    Letters([Vec<BaseSet>; 2]),
    /// The log-odds matrix of each strand, and the score threshold.
    Scores(Box<[ScoringMatrix<Dna>; 2]>, f32),
}

/// A sequence prepared for searching by any number of scanners.
#[derive(Debug, Clone)]
pub struct ScannedSequence<'b> {
    bases: &'b [u8],
    /// Vectorized layout for matrices, made on first use.
    striped: Option<StripedSequence<Dna>>,
}

impl<'b> ScannedSequence<'b> {
    /// Prepares a sequence of base codes.
    pub fn new(bases: &'b [u8]) -> Self {
        ScannedSequence {
            bases,
            striped: None,
        }
    }

    fn striped(&mut self, matrix: &ScoringMatrix<Dna>) -> &StripedSequence<Dna> {
        let bases = self.bases;
        let striped = self.striped.get_or_insert_with(|| {
            let letters = bases.iter().map(|&code| nucleotide(code)).collect();
            EncodedSequence::<Dna>::new(letters).to_striped()
        });
        striped.configure(matrix);
        striped
    }
}

/// An occurrence of a motif.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// Its leftmost position, from 0.
    pub start: usize,
    /// Its strand; [`Strand::Forward`] if both match.
    pub strand: Strand,
}

impl Scanner {
    /// Prepares a motif.
    ///
    /// # Errors
    /// [`Code::ImpossibleSequence`] for a motif that matches everywhere.
    pub fn new(motif: &Motif) -> Outcome<Scanner> {
        let kind = match motif.letters() {
            Some(letters) => {
                if letters.iter().all(|set| set.is_all()) {
                    return Err(matches_everywhere(motif));
                }
                let reverse = motif.reverse_complement().letters().unwrap_or_default();
                Kind::Letters([letters, reverse])
            }
            None => {
                let forward = log_odds(motif);
                let threshold = forward.to_score_distribution().score(OCCURRENCE_P_VALUE);
                // No score of a short matrix is rare enough; then only the best match counts.
                let threshold = threshold.min(forward.max_score());
                let reverse = forward.reverse_complement();
                Kind::Scores(Box::new([forward, reverse]), threshold)
            }
        };
        Ok(Scanner {
            width: motif.width(),
            kind,
        })
    }

    /// Width of an occurrence, in base pairs.
    pub fn width(&self) -> usize {
        self.width
    }

    /// All occurrences in a sequence of base codes, from left to right. They may overlap.
    pub fn occurrences(&self, bases: &[u8]) -> Vec<Occurrence> {
        self.occurrences_in(&mut ScannedSequence::new(bases))
    }

    /// Like [`Scanner::occurrences`], for a sequence that several scanners search.
    pub fn occurrences_in(&self, sequence: &mut ScannedSequence) -> Vec<Occurrence> {
        let bases = sequence.bases;
        let mut found: Vec<Occurrence> = match &self.kind {
            Kind::Letters(strands) => {
                let places = bases.windows(self.width.max(1)).enumerate();
                let fitting = places.filter_map(|(start, window)| {
                    let fits = |letters: &[BaseSet]| {
                        letters
                            .iter()
                            .zip(window)
                            .all(|(set, &code)| set.contains(code))
                    };
                    let strand = if fits(&strands[0]) {
                        Strand::Forward
                    } else if fits(&strands[1]) {
                        Strand::Reverse
                    } else {
                        return None;
                    };
                    Some(Occurrence { start, strand })
                });
                return fitting.collect();
            }
            Kind::Scores(strands, threshold) => {
                if bases.len() < self.width {
                    return Vec::new();
                }
                let striped = sequence.striped(&strands[0]);
                let mut found = Vec::new();
                for (matrix, strand) in strands.iter().zip([Strand::Forward, Strand::Reverse]) {
                    let mut scanner = lightmotif::scan::Scanner::new(matrix, striped);
                    scanner.threshold(*threshold);
                    found.extend(scanner.map(|hit| Occurrence {
                        start: hit.position(),
                        strand,
                    }));
                }
                found
            }
        };
        found.sort_by_key(|occurrence| (occurrence.start, occurrence.strand == Strand::Reverse));
        found.dedup_by_key(|occurrence| occurrence.start);
        found
    }

    /// Whether the motif occurs in a sequence of base codes.
    pub fn occurs(&self, bases: &[u8]) -> bool {
        !self.occurrences(bases).is_empty()
    }
}

fn matches_everywhere(motif: &Motif) -> Box<Diagnostic> {
    let message = format!(
        "the motif `{}` matches everywhere: it allows every base at each position",
        motif.name
    );
    Diagnostic::error(Code::ImpossibleSequence, message).into()
}

/// The log-odds matrix of a motif against uniform base frequencies, in bits.
fn log_odds(motif: &Motif) -> ScoringMatrix<Dna> {
    let mut frequencies = DenseMatrix::new(motif.width());
    for (row, column) in motif.columns.iter().enumerate() {
        for (code, &p) in column.iter().enumerate() {
            let mixed = (1.0 - PSEUDO_WEIGHT) * p + PSEUDO_WEIGHT / 4.0;
            frequencies[row][nucleotide(code as u8) as usize] = mixed as f32;
        }
    }
    FrequencyMatrix::<Dna>::new_unchecked(frequencies).to_scoring(Background::<Dna>::uniform())
}

fn nucleotide(code: u8) -> Nucleotide {
    match code {
        0 => Nucleotide::A,
        1 => Nucleotide::C,
        2 => Nucleotide::G,
        3 => Nucleotide::T,
        _ => Nucleotide::N,
    }
}
