//! Things that are equal when what they were made from is.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A shared thing and the hash of all that decides what it does.
#[derive(Debug, Clone)]
pub struct Keyed<T> {
    pub key: [u8; 32],
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
    pub fn population(value: Arc<crate::Population>) -> Self {
        Keyed {
            key: value.identity(),
            value,
        }
    }
}

impl Keyed<crate::Motif> {
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
