//! All integration tests in one program, since each program links the library anew.

mod architecture;
mod coming_from;
mod devices;
mod diagnostics;
mod docs;
mod domain;
mod edits;
mod effects;
mod engine;
mod experiments;
mod filtered;
mod forged;
mod gradients;
mod inspected;
mod language;
mod model;
mod outputs;
mod partial;
mod plans;
mod predict;
mod properties;
mod render;
mod report;
mod runs;
mod sequences;
#[cfg(feature = "shared-checks")]
mod shared;
mod shown;
mod stats;
mod stdlib;
mod support;
mod syntax;
mod torchscript;
mod truth;
mod wire;
