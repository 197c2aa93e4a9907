//! Base and k-mer composition of sequences.

use super::UNKNOWN;

/// Maximum length of the counted k-mers.
pub const MAX_K: usize = 6;
/// Minimum mean count per distinct k-mer for a comparison of frequencies.
const MIN_MEAN_COUNT: u64 = 20;

/// Counts of k-mers of 1 to `MAX_K` bases on the forward strand of sequences. K-mers with an unknown base are not counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    /// Counts of the k-mers of length k at index k - 1, indexed by the k-mer in base 4, first base highest.
    counts: Vec<Vec<u64>>,
    /// GC content, 0 to 1, of each sequence with a known base.
    gc: Vec<f64>,
}

impl Default for Composition {
    fn default() -> Self {
        Composition {
            counts: (1..=MAX_K).map(|k| vec![0; 1 << (2 * k)]).collect(),
            gc: Vec::new(),
        }
    }
}

impl Composition {
    /// Counts a sequence of base codes.
    pub fn add(&mut self, bases: &[u8]) {
        let (mut word, mut known) = (0usize, 0);
        let mut strong = 0u64;
        let mut all = 0u64;
        for &base in bases {
            if base == UNKNOWN {
                known = 0;
                continue;
            }
            word = (word << 2 | usize::from(base)) & ((1 << (2 * MAX_K)) - 1);
            known = (known + 1).min(MAX_K);
            all += 1;
            strong += u64::from(base == 1 || base == 2);
            for k in 1..=known {
                self.counts[k - 1][word & ((1 << (2 * k)) - 1)] += 1;
            }
        }
        if all > 0 {
            self.gc.push(strong as f64 / all as f64);
        }
    }

    /// GC content, 0 to 1, of each sequence with a known base.
    pub fn gc(&self) -> &[f64] {
        &self.gc
    }

    /// The largest k for which both compositions have enough counts for [`Self::divergence`].
    pub fn comparable(&self, other: &Composition) -> usize {
        let often = |of: &Composition, k: usize| {
            let counted: u64 = of.counts[k - 1].iter().sum();
            counted >= MIN_MEAN_COUNT << (2 * k)
        };
        let both = |k: &usize| often(self, *k) && often(other, *k);
        (1..=MAX_K).take_while(both).last().unwrap_or(1)
    }

    /// Jensen-Shannon divergence between the k-mer frequencies, in bits: 0 if they are equal, 1 if no k-mer occurs in both (Lin,
    /// IEEE Transactions on Information Theory 37:145, 1991).
    pub fn divergence(&self, other: &Composition, k: usize) -> f64 {
        let (a, b) = (&self.counts[k - 1], &other.counts[k - 1]);
        let total = |counts: &[u64]| counts.iter().sum::<u64>().max(1) as f64;
        let (all_a, all_b) = (total(a), total(b));
        let part = |p: f64, middle: f64| {
            if p > 0.0 {
                p * (p / middle).log2()
            } else {
                0.0
            }
        };
        let terms = a.iter().zip(b).map(|(&a, &b)| {
            let (p, q) = (a as f64 / all_a, b as f64 / all_b);
            let middle = 0.5 * (p + q);
            0.5 * (part(p, middle) + part(q, middle))
        });
        terms.sum::<f64>().max(0.0)
    }
}
