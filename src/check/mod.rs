//! Names, types, units and shapes: from the tree to a [`hir::Program`] in which everything is a value.

pub mod hir;
