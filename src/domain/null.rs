//! Null models: random models of sequences, alone and derived from each other.
//!
//! Each model has a file in this folder with its parameters, their validation, its sampler, its identity and its
//! description. To add one, write that file, list it here, and declare its function in `stdlib/prelude.gia`.
//!
//! Invariant: a null model can be drawn from. Its probabilities sum to 1, the lengths and alphabets of its parts agree, and the
//! populations that it is derived from have what it needs of them.

mod constructor;
mod identity;
mod model;

mod conditioned;
mod hairpin;
mod iid;
mod markov;
mod mixture;
mod position_specific;
mod shuffled;
mod uniform;
mod without;

pub use conditioned::{Conditioned, Conditioning, Made};
pub use constructor::{NullArguments, NullConstructor, NullRefusal, ParameterType};
pub use identity::IdentityHasher;
pub use model::{BaseProbabilities, Derived, Null, NullModel, Origin};
pub use without::without;

/// The functions of the language that make null models without asking a network, in the order of the prelude.
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
