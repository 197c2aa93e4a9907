//! Values that are compared by the hash of what they were made from.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A shared value, compared by the hash of everything that decides what it does.
#[derive(Debug, Clone)]
pub struct Keyed<T> {
    /// BLAKE3 hash that equality and [`Hash`] compare in place of the value.
    pub key: [u8; 32],
    /// The value, shared by its clones.
    pub value: Arc<T>,
}

impl<T> PartialEq for Keyed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<T> Eq for Keyed<T> {}

impl<T> Hash for Keyed<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl Keyed<crate::Population> {
    /// A population, with [`Population::identity`](crate::Population::identity) as its key.
    pub fn population(value: Arc<crate::Population>) -> Self {
        Keyed {
            key: value.identity(),
            value,
        }
    }
}

impl Keyed<crate::Haplotype> {
    /// A haplotype, with a hash of what it changes as its key: names and paths do not count.
    pub fn haplotype(value: Arc<crate::Haplotype>) -> Self {
        Keyed {
            key: value.content_key(),
            value,
        }
    }
}

impl Keyed<crate::Motif> {
    /// A motif, with a hash of its probabilities as its key: names, alphabet and strand do not count.
    pub fn motif(value: Arc<crate::Motif>) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("gia v1 motif");
        for probability in value.columns.as_flattened() {
            hasher.update(&probability.to_le_bytes());
        }
        Keyed {
            key: *hasher.finalize().as_bytes(),
            value,
        }
    }
}
