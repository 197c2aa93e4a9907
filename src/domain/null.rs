//! Null models: random models of sequences.
//!
//! Each model has a file in this folder, with its parameters and their validation, its sampler, identity and description. To add one,
//! write that file, list it here, and declare its function in `stdlib/prelude.gia`.
//!
//! Invariant: a null model is validated when it is made, so that drawing from it cannot fail. Its probabilities sum to 1, and its parts
//! have the same length and alphabet.

mod constructor;
mod identity;
mod model;

mod conditioned;
mod hairpin;
mod iid;
mod markov;
mod mixture;
mod own_stream;
mod position_specific;
mod shuffled;
mod uniform;
mod without;

pub use conditioned::{Conditioned, ConditionedBackgrounds, Conditioning};
pub use constructor::{NullArguments, NullConstructor, NullRefusal, ParameterType};
pub use identity::IdentityHasher;
pub use model::{BaseProbabilities, Derived, Null, NullModel, Origin};
pub use own_stream::with_own_stream;
pub use without::without;

/// The functions of the language that make null models without predictions of a network, in the order of the prelude.
pub const NULL_CONSTRUCTORS: &[NullConstructor] = &[
    uniform::CONSTRUCTOR,
    iid::CONSTRUCTOR,
    markov::CONSTRUCTOR,
    position_specific::CONSTRUCTOR,
    shuffled::CONSTRUCTOR,
    mixture::CONSTRUCTOR,
    without::CONSTRUCTOR,
    hairpin::CONSTRUCTOR,
];
