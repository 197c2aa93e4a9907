//! All integration tests in one program, since each program links the library anew.

mod architecture;
mod effects;
mod domain;
mod render;
mod report;
#[cfg(feature = "shared-checks")]
mod shared;
mod stats;
mod support;
