//! How often a motif occurs by chance.

use super::{BaseProbabilities, Motif, Origin, Population, Scanner, complement};

/// Maximum number of backgrounds, and of bases in them, for an estimate by sampling.
const MAX_SAMPLED_BACKGROUNDS: usize = 1000;
const MAX_SAMPLED_BASES: usize = 500_000;
/// Minimum number of backgrounds, for a reliable standard error.
const MIN_SAMPLED_BACKGROUNDS: usize = 50;

/// Seed of the sampled backgrounds, unlikely to be the seed of a run.
const SAMPLING_SEED: u64 = 0x9f3c_62d1_0b7e_584a;

/// An expected number of occurrences in one background.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedCount {
    /// Mean number of occurrences in a background, on both strands together.
    pub mean: f64,
    /// Standard error of the mean; None for an exact mean.
    pub error: Option<f64>,
}

/// The expected number of occurrences of a motif in one background of a null model, on both strands.
///
/// Exact for independent bases and a motif of IUPAC letters (a position where both strands match counts once), otherwise estimated from
/// a sample of backgrounds. For a conditioned null model, the number before conditioning.
///
/// None for a motif that matches everywhere, and for a set of sequences, which is not random.
pub fn expected_occurrences(population: &Population, motif: &Motif) -> Option<ExpectedCount> {
    let null = match population {
        Population::Null(null) => null,
        Population::Sequences { .. } => return None,
    };
    if let Origin::Conditioned(conditioned) = null.origin() {
        return expected_occurrences(&conditioned.source, motif);
    }
    let scanner = Scanner::new(motif).ok()?;
    let (length, width) = (population.length(), motif.width());
    let places = (length + 1).saturating_sub(width);
    if let Some(letters) = motif.letters() {
        let probabilities = null.base_probabilities();
        let at = |position: usize| -> Option<[f64; 4]> {
            match probabilities {
                BaseProbabilities::EveryPosition(bases) => Some(bases),
                BaseProbabilities::ByPosition(columns) => columns.get(position).copied(),
                BaseProbabilities::Dependent => None,
            }
        };
        let chance = |start: usize| -> Option<f64> {
            let (mut forward, mut reverse, mut both) = (1.0, 1.0, 1.0);
            for offset in 0..width {
                let p = at(start + offset)?;
                let other = letters[width - 1 - offset];
                let sum = |allowed: &dyn Fn(u8) -> bool| -> f64 {
                    (0..4)
                        .filter(|&b| allowed(b))
                        .map(|b| p[usize::from(b)])
                        .sum()
                };
                forward *= sum(&|base| letters[offset].contains(base));
                reverse *= sum(&|base| other.contains(complement(base)));
                both *=
                    sum(&|base| letters[offset].contains(base) && other.contains(complement(base)));
            }
            Some(forward + reverse - both)
        };
        let alike = !matches!(probabilities, BaseProbabilities::ByPosition(_));
        let exact = if alike && places > 0 {
            chance(0).map(|one| one * places as f64)
        } else {
            (0..places).map(chance).sum()
        };
        if let Some(mean) = exact {
            return Some(ExpectedCount { mean, error: None });
        }
    }
    Some(estimate(population, &scanner))
}

/// Estimates the mean and its standard error from sampled backgrounds.
fn estimate(population: &Population, scanner: &Scanner) -> ExpectedCount {
    let n = (MAX_SAMPLED_BASES / population.length().max(1))
        .clamp(MIN_SAMPLED_BACKGROUNDS, MAX_SAMPLED_BACKGROUNDS);
    let sampler = population.sampler(SAMPLING_SEED);
    let counts: Vec<f64> = (0..n)
        .map(|index| scanner.occurrences(&sampler.background(index)).len() as f64)
        .collect();
    let n = n as f64;
    let mean = counts.iter().sum::<f64>() / n;
    let squares: f64 = counts.iter().map(|count| (count - mean).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    // If all counts are equal, the standard error is 0, although the true mean may differ by about 1 / n.
    ExpectedCount {
        mean,
        error: Some(error.max(1.0 / n)),
    }
}
