//! Backgrounds that someone picks from another population, once it is known which.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Hairpin, Null};
use crate::domain::Population;

/// Some of the backgrounds of another population, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    pub of: Arc<Population>,
    /// A hash of what they are picked from and by.
    pub key: [u8; 32],
    /// By what they are picked, for reports.
    pub words: String,
    /// Which they are; none while nobody has looked.
    pub indices: Option<Arc<[u32]>>,
}

impl Chosen {
    /// Picked by something that `by` tells from everything else that may pick.
    pub fn new(of: Arc<Population>, by: &[u8], words: String) -> Chosen {
        let mut hasher = blake3::Hasher::new_derive_key("gia v1 chosen");
        hasher.update(&of.identity());
        hasher.update(by);
        Chosen {
            of,
            key: *hasher.finalize().as_bytes(),
            words,
            indices: None,
        }
    }
}

impl Population {
    /// Calls `visit` with the key of every choice that the population depends on.
    pub fn choices(&self, visit: &mut impl FnMut([u8; 32])) {
        let Population::Null(null) = self else {
            return;
        };
        match null {
            Null::Chosen(chosen) => {
                visit(chosen.key);
                chosen.of.choices(visit);
            }
            Null::Shuffled { of, .. }
            | Null::Without { of, .. }
            | Null::Hairpin(Hairpin { of, .. }) => of.choices(visit),
            Null::Mixture(parts) => parts.iter().for_each(|(_, of)| of.choices(visit)),
            Null::Uniform { .. }
            | Null::Iid { .. }
            | Null::Markov { .. }
            | Null::Profile { .. } => {}
        }
    }

    /// The population with every choice that is known made.
    pub fn settled(self: &Arc<Self>, made: &HashMap<[u8; 32], Arc<[u32]>>) -> Arc<Population> {
        let Population::Null(null) = &**self else {
            return self.clone();
        };
        let null = match null {
            Null::Chosen(chosen) => Null::Chosen(Chosen {
                of: chosen.of.settled(made),
                indices: made.get(&chosen.key).cloned().or(chosen.indices.clone()),
                ..chosen.clone()
            }),
            Null::Shuffled { of, preserving } => Null::Shuffled {
                of: of.settled(made),
                preserving: *preserving,
            },
            Null::Without { of, motif } => Null::Without {
                of: of.settled(made),
                motif: motif.clone(),
            },
            Null::Hairpin(hairpin) => Null::Hairpin(Hairpin {
                of: hairpin.of.settled(made),
                ..hairpin.clone()
            }),
            Null::Mixture(parts) => {
                let parts = parts.iter();
                Null::Mixture(parts.map(|(p, of)| (*p, of.settled(made))).collect())
            }
            Null::Uniform { .. }
            | Null::Iid { .. }
            | Null::Markov { .. }
            | Null::Profile { .. } => return self.clone(),
        };
        Arc::new(Population::Null(null))
    }
}
