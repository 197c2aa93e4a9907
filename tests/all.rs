//! All integration tests in one program, since each program links the library anew.

mod architecture;
mod domain;
mod render;
mod report;
mod support;
