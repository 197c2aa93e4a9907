//! All integration tests in one program, since each program links the library anew.

mod architecture;
mod render;
mod report;
mod stats;
mod support;
