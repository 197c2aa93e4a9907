//! What several tests share.

pub mod command;
pub mod golden;
pub mod script;
pub mod tree;
