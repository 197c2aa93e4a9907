//! All integration tests in one program, since each program links the library anew.

mod architecture;
mod docs;
mod domain;
mod effects;
mod predict;
mod render;
mod report;
mod sequences;
#[cfg(feature = "shared-checks")]
mod shared;
mod stats;
mod support;
mod wire;
