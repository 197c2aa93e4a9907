//! What sequences are made of: bases and k-mers.

use super::UNKNOWN;

/// Longest k-mers that are counted.
pub const LONGEST: usize = 6;
/// So many counted k-mers for each kind, at least, for their shares to be compared.
const ENOUGH: u64 = 20;

/// Counts of k-mers of 1 to `LONGEST` bases in some sequences, on the strand that is given. A k-mer with an unknown base is
/// not counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    /// Of k-mers of k bases at index k - 1, first base in the highest digit.
    counts: Vec<Vec<u64>>,
    /// Share of G and C in each sequence with a known base.
    gc: Vec<f64>,
}

impl Default for Composition {
    fn default() -> Self {
        Composition {
            counts: (1..=LONGEST).map(|k| vec![0; 1 << (2 * k)]).collect(),
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
            word = (word << 2 | usize::from(base)) & ((1 << (2 * LONGEST)) - 1);
            known = (known + 1).min(LONGEST);
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

    /// Share of G and C, sequence by sequence.
    pub fn gc(&self) -> &[f64] {
        &self.gc
    }

    /// The longest k whose k-mers were counted often enough in both for [`Self::divergence`] to mean something.
    pub fn comparable(&self, other: &Composition) -> usize {
        let often = |of: &Composition, k: usize| {
            let counted: u64 = of.counts[k - 1].iter().sum();
            counted >= ENOUGH << (2 * k)
        };
        let both = |k: &usize| often(self, *k) && often(other, *k);
        (1..=LONGEST).take_while(both).last().unwrap_or(1)
    }

    /// Jensen and Shannon's divergence between the shares of k-mers, in bits: 0 where they are equal, 1 where no k-mer is in
    /// both (Lin, IEEE Transactions on Information Theory 37:145, 1991).
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
