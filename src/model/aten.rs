//! The operator table: ATen names, as `torch.export` writes them, to node kinds.
//!
//! Arguments are named in the file and those at their defaults are left out, so each entry states ATen's defaults.

mod call;
mod table;

pub use call::Call;
pub use table::{is_size_arithmetic, translate};
