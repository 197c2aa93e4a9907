//! Backgrounds that are made from another population's by asking a model, which only a run can.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Hairpin, Null};
use crate::domain::Population;

/// Backgrounds made from those of another population.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    pub of: Arc<Population>,
    /// The word that names the kind of null model in the language.
    pub kind: &'static str,
    /// A hash of what they are made from and by.
    pub key: [u8; 32],
    /// By what they are made, for reports.
    pub words: String,
    /// What they are; none while nobody has looked.
    pub made: Option<Made>,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// Some of the other population's backgrounds, in its order.
    Picked(Arc<[u32]>),
    /// Sequences that started as them, one code a base.
    Walked(Arc<[Vec<u8>]>),
}

impl Chosen {
    /// Made by something that `by` tells from everything else that may make them.
    pub fn new(kind: &'static str, of: Arc<Population>, by: &[u8], words: String) -> Chosen {
        let mut hasher = blake3::Hasher::new_derive_key("gia v1 chosen");
        hasher.update(&of.identity());
        hasher.update(by);
        Chosen {
            of,
            kind,
            key: *hasher.finalize().as_bytes(),
            words,
            made: None,
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

    /// Whether what its backgrounds are, or some of what they are made of, only a run can tell.
    pub fn awaits_a_model(&self) -> bool {
        let mut awaits = false;
        self.choices(&mut |_| awaits = true);
        awaits
    }

    /// The population with every choice that is known made.
    pub fn settled(self: &Arc<Self>, made: &HashMap<[u8; 32], Made>) -> Arc<Population> {
        let Population::Null(null) = &**self else {
            return self.clone();
        };
        let null = match null {
            Null::Chosen(chosen) => Null::Chosen(Chosen {
                of: chosen.of.settled(made),
                made: made.get(&chosen.key).or(chosen.made.as_ref()).cloned(),
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
