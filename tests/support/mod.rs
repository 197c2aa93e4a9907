//! What several tests share.

pub mod allocation;
pub mod archive;
pub mod command;
pub mod diagnostics;
pub mod documents;
pub mod networks;
pub mod numbers;
pub mod onnx;
pub mod python;
pub mod script;
pub mod session;
pub mod studies;
pub mod suites;
pub mod two_bit;
pub mod values;
pub mod written;
