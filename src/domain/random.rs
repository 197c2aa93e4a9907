//! Addressed random streams: each draw has a stream of its own.
//!
//! Invariant: a stream depends only on its purpose, the seed, the identity of its source and the index, never on earlier draws.
//! Changing anything here changes all results.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The purpose of a stream. Different purposes have different streams for equal seeds and identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Background,
    Order,
    Edit,
    Scramble,
    Walk,
    Match,
}

impl Purpose {
    fn context(self) -> &'static str {
        match self {
            Purpose::Background => "gia v1 background",
            Purpose::Order => "gia v1 order",
            Purpose::Edit => "gia v1 edit",
            Purpose::Scramble => "gia v1 scramble",
            Purpose::Walk => "gia v1 walk",
            Purpose::Match => "gia v1 match",
        }
    }
}

/// The generator of stream `index`. Its key is the BLAKE3 hash of purpose, seed and identity.
pub(super) fn stream(purpose: Purpose, seed: u64, identity: &[&[u8]], index: u64) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new_derive_key(purpose.context());
    hasher.update(&seed.to_le_bytes());
    for part in identity {
        hasher.update(part);
    }
    let mut generator = ChaCha8Rng::from_seed(*hasher.finalize().as_bytes());
    generator.set_stream(index);
    generator
}

/// An unbiased uniform random number below `n`: Lemire, ACM Transactions on Modeling and Computer Simulation 29:3 (2019).
pub(super) fn below(generator: &mut ChaCha8Rng, n: u64) -> u64 {
    loop {
        let product = u128::from(generator.next_u64()) * u128::from(n);
        let low = product as u64;
        if low >= n || low >= n.wrapping_neg() % n {
            return (product >> 64) as u64;
        }
    }
}

/// Like [`below`], from 32-bit words.
pub(super) fn below_u32(generator: &mut ChaCha8Rng, n: u32) -> u32 {
    loop {
        let product = u64::from(generator.next_u32()) * u64::from(n);
        let low = product as u32;
        if low >= n || low >= n.wrapping_neg() % n {
            return (product >> 32) as u32;
        }
    }
}
