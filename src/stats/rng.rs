//! Random numbers of the statistics: independent streams, addressed by the seed and their purpose.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The generator for a purpose, named by eight bytes, and for one of its draws, numbered below 65,536.
pub fn random_generator(seed: u64, name: &[u8; 8], draw: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(u64::from_le_bytes(*name) ^ draw << 48);
    generator
}

/// Indices of a bootstrap resample: `n` numbers below `n`, each equally likely.
pub fn resample_indices(generator: &mut ChaCha8Rng, n: usize) -> impl Iterator<Item = usize> {
    let n = n as u64;
    (0..n).map(move |_| ((u64::from(generator.next_u32()) * n) >> 32) as usize)
}
