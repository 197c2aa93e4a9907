//! Metropolis steps over sequences: proposals of single-base changes, and their acceptance.
//!
//! Invariant: proposals and their acceptance thresholds depend only on the seed, the source population and the background.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::random::{Purpose, below_u32, stream};
use super::{Patch, UNKNOWN};

/// A change of one base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The position that changes, with its new base.
    pub patch: Patch,
    /// Uniform random number in [0, 1), in units of 2^-53, that decides on acceptance.
    chance: u64,
}

/// The proposals of one Metropolis chain, in order.
#[derive(Debug, Clone)]
pub struct MetropolisProposals {
    generator: ChaCha8Rng,
}

impl MetropolisProposals {
    /// The proposals of the chain that starts from background `index` of the population with this identity.
    pub fn new(seed: u64, population: &[u8; 32], index: u64) -> MetropolisProposals {
        MetropolisProposals {
            generator: stream(Purpose::Walk, seed, &[population], index),
        }
    }

    /// Proposes a different base at a position, both uniformly at random.
    pub fn propose(&mut self, bases: &[u8]) -> Proposal {
        let start = below_u32(&mut self.generator, bases.len() as u32) as usize;
        let here = bases[start];
        let base = if here == UNKNOWN {
            below_u32(&mut self.generator, 4) as u8
        } else {
            (here + 1 + below_u32(&mut self.generator, 3) as u8) & 3
        };
        Proposal {
            patch: Patch {
                start,
                bases: vec![base],
            },
            chance: self.generator.next_u64() >> 11,
        }
    }
}

impl Proposal {
    /// Whether the proposal is accepted if it changes the log density by `difference` (natural logarithm): Metropolis et al.,
    /// Journal of Chemical Physics 21:1087 (1953).
    pub fn is_accepted(&self, difference: f64) -> bool {
        let chance = self.chance as f64 / (1u64 << 53) as f64;
        difference >= 0.0 || chance < difference.exp()
    }
}
