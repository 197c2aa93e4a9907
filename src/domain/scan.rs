//! Occurrences of a motif in a sequence, on both strands.
//!
//! A motif of IUPAC letters occurs where every letter fits. A matrix occurs where its log-odds score is one that random
//! uniform sequence reaches at fewer places than the threshold says; the distribution of scores and the search are lightmotif's
//! (the distribution as in FIMO: Grant, Bailey and Noble, Bioinformatics 27:1017, 2011).
//!
//! Invariant: an unknown base fits nothing, and a place where both strands fit is one occurrence.

use lightmotif::abc::{Background, Nucleotide};
use lightmotif::dense::DenseMatrix;
use lightmotif::pwm::FrequencyMatrix;
use lightmotif::seq::StripedSequence;
use lightmotif::{Dna, EncodedSequence, ScoringMatrix};

use super::{BaseSet, Motif, Strand};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// P-value at which a matrix occurs: the probability that uniform random sequence reaches its score at one position of one
/// strand.
pub const P_VALUE: f64 = 1e-4;

/// Weight of uniform frequencies mixed into a matrix, so that no base is impossible: files round small probabilities to 0.
const PSEUDO: f64 = 0.01;

/// A motif prepared for finding.
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
pub struct Searched<'b> {
    bases: &'b [u8],
    /// Vectorized layout, made when a matrix first searches.
    striped: Option<StripedSequence<Dna>>,
}

impl<'b> Searched<'b> {
    /// Of base codes.
    pub fn new(bases: &'b [u8]) -> Self {
        Searched {
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

/// One occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// Its leftmost position, counted from 0.
    pub start: usize,
    /// [`Strand::Forward`] if both strands fit.
    pub strand: Strand,
}

impl Scanner {
    /// Fails for a motif that fits everywhere.
    pub fn new(motif: &Motif) -> Outcome<Scanner> {
        let kind = match motif.letters() {
            Some(letters) => {
                if letters.iter().all(|set| set.is_all()) {
                    return Err(fits_everywhere(motif));
                }
                let reverse = motif.reverse_complement().letters().unwrap_or_default();
                Kind::Letters([letters, reverse])
            }
            None => {
                let forward = scores(motif);
                let least = forward.to_score_distribution().score(P_VALUE);
                // A short matrix reaches no score that is rare enough: its best match is all that is taken for one.
                let least = least.min(forward.max_score());
                let reverse = forward.reverse_complement();
                Kind::Scores(Box::new([forward, reverse]), least)
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

    /// Every occurrence in a sequence of base codes, from left to right; they may overlap.
    pub fn occurrences(&self, bases: &[u8]) -> Vec<Occurrence> {
        self.occurrences_in(&mut Searched::new(bases))
    }

    /// The same in a sequence that other scanners search too.
    pub fn occurrences_in(&self, sequence: &mut Searched) -> Vec<Occurrence> {
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
            Kind::Scores(strands, least) => {
                if bases.len() < self.width {
                    return Vec::new();
                }
                let striped = sequence.striped(&strands[0]);
                let mut found = Vec::new();
                for (matrix, strand) in strands.iter().zip([Strand::Forward, Strand::Reverse]) {
                    let mut scanner = lightmotif::scan::Scanner::new(matrix, striped);
                    scanner.threshold(*least);
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

    /// Whether the motif occurs at all.
    pub fn occurs(&self, bases: &[u8]) -> bool {
        !self.occurrences(bases).is_empty()
    }
}

fn fits_everywhere(motif: &Motif) -> Box<Diagnostic> {
    let message = format!(
        "the motif `{}` fits everywhere: every base is allowed at each position",
        motif.name
    );
    Diagnostic::error(Code::ImpossibleSequence, message).into()
}

/// Logarithms, to the base 2, of how much more likely each base is in the motif than in uniform sequence.
fn scores(motif: &Motif) -> ScoringMatrix<Dna> {
    let mut frequencies = DenseMatrix::new(motif.width());
    for (row, column) in motif.columns.iter().enumerate() {
        for (code, &p) in column.iter().enumerate() {
            let mixed = (1.0 - PSEUDO) * p + PSEUDO / 4.0;
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
