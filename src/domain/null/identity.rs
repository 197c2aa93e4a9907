//! The identity of a null model: a hash of everything that determines its draws.
//!
//! Invariant: random streams are addressed by identity. Changing what is hashed, or its order, changes all results.

use super::NullModel;
use crate::Population;

/// Hashes the parameters that determine the draws of a null model.
pub struct IdentityHasher<'a> {
    hasher: &'a mut blake3::Hasher,
}

impl<'a> IdentityHasher<'a> {
    /// Hashes all of a null model.
    pub(crate) fn hash(model: &dyn NullModel, hasher: &'a mut blake3::Hasher) {
        let mut identity = IdentityHasher { hasher };
        identity.bytes(model.kind().as_bytes());
        identity.bytes(b"\0");
        identity.bytes(model.alphabet().letters().as_bytes());
        identity.count(model.length());
        model.identify(&mut identity);
    }

    /// Raw bytes, without their length.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// A number of bases or of other things, as 8 bytes in little-endian order.
    pub(crate) fn count(&mut self, n: usize) {
        self.bytes(&(n as u64).to_le_bytes());
    }

    /// The bits of each number, in little-endian order.
    pub(crate) fn numbers(&mut self, numbers: &[f64]) {
        for number in numbers {
            self.bytes(&number.to_le_bytes());
        }
    }

    /// The identity of a population that the model is made from.
    pub(crate) fn population(&mut self, population: &Population) {
        self.bytes(&population.identity());
    }
}
