//! All integration tests in one program, since each program links the library anew.

mod architecture;
mod domain;
mod effects;
mod engine;
mod predict;
mod render;
mod report;
mod sequences;
#[cfg(feature = "shared-checks")]
mod shared;
mod stats;
mod support;
mod wire;
