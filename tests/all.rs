//! All integration tests in one program, since each program links the library anew.

mod stats;
