//! The operator table: ATen names, as `torch.export` writes them, to node kinds.
//!
//! Arguments are named in the file and those at their defaults are left out, so each entry states ATen's defaults.

mod arguments;
mod attention;
mod build;
mod call;
mod composed;
mod filled;
mod norm;
mod recurrent;
mod table;

pub use build::Build;
pub use call::Call;
pub use composed::compose;
pub use table::{is_size_arithmetic, translate};
