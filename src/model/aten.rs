//! Translates ATen operators, as `torch.export` writes them, to node kinds.
//!
//! A file names the arguments of a call and omits those that have their default, so each table entry states ATen's
//! defaults.

mod arguments;
mod attention;
mod build;
mod call;
mod composed;
mod fill;
mod norm;
mod recurrent;
mod table;

pub use build::GraphBuilder;
pub use call::Call;
pub use composed::compose;
pub use table::{is_size_arithmetic, translate};
