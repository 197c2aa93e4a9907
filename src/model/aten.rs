//! Translates ATen operators, as `torch.export` writes them, to node kinds.
//!
//! A file names the arguments of a call and omits those that have their default, so each table entry states ATen's
//! defaults.

mod activations;
mod algebra;
mod aliases;
mod arguments;
mod arrange;
mod attention;
mod bags;
mod build;
mod call;
mod composed;
mod constants;
mod diagonals;
mod differences;
mod elementwise;
mod fill;
mod flips;
mod indexing;
mod joining;
mod losses;
mod matrices;
mod norm;
mod recurrent;
mod reduce;
mod resample;
mod scatter;
mod short_time;
mod spectral;
mod strided;
mod table;
mod windows;

pub use arguments::{ElementType, can_exceed_operands, converts};
pub use build::GraphBuilder;
pub use call::{BatchMultiples, Call};
pub use composed::compose;
pub use table::{is_size_arithmetic, translate};
