//! How often a motif occurs by chance.

use super::{BaseProbabilities, Motif, Origin, Population, Scanner, complement};

/// Maximum number of backgrounds, and of bases in them, that are searched where there is no closed form.
const MOST_SEARCHED: usize = 1000;
const MOST_BASES: usize = 500_000;
/// Minimum number of backgrounds for a reliable standard error.
const FEWEST_SEARCHED: usize = 50;

/// Seed of the backgrounds that are searched, unlikely to be that of a run.
const SEED: u64 = 0x9f3c_62d1_0b7e_584a;

/// An expected number of occurrences in one background.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Mean number of occurrences in a background, on both strands together.
    pub mean: f64,
    /// Standard error of the mean; None for an exact mean.
    pub error: Option<f64>,
}

/// The expected number of occurrences of a motif in one background of a null model, on both strands.
///
/// Exact for independent bases and a motif of IUPAC letters (a place where both strands fit counts once). Otherwise estimated
/// from a sample of backgrounds that no run draws. For a conditioned null model, of the backgrounds before conditioning.
///
/// None for a motif that fits everywhere, and for a set of sequences, which is not random.
pub fn expected_occurrences(population: &Population, motif: &Motif) -> Option<Expected> {
    let null = match population {
        Population::Null(null) => null,
        Population::Sequences { .. } => return None,
    };
    if let Origin::Conditioned(conditioned) = null.origin() {
        return expected_occurrences(&conditioned.of, motif);
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
            return Some(Expected { mean, error: None });
        }
    }
    Some(estimated(population, &scanner))
}

/// The mean over backgrounds, and its standard error.
fn estimated(population: &Population, scanner: &Scanner) -> Expected {
    let n = (MOST_BASES / population.length().max(1)).clamp(FEWEST_SEARCHED, MOST_SEARCHED);
    let sampler = population.sampler(SEED);
    let counts: Vec<f64> = (0..n)
        .map(|index| scanner.occurrences(&sampler.background(index)).len() as f64)
        .collect();
    let n = n as f64;
    let mean = counts.iter().sum::<f64>() / n;
    let squares: f64 = counts.iter().map(|count| (count - mean).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    // Where none is found, or the same in all, there is still the chance of one in as many backgrounds.
    Expected {
        mean,
        error: Some(error.max(1.0 / n)),
    }
}
