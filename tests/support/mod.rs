//! What several tests share.

pub mod allocation;
pub mod archive;
pub mod command;
pub mod golden;
pub mod onnx;
pub mod script;
pub mod tree;
pub mod two_bit;
pub mod written;
