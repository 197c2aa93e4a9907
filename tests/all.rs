//! All tests of the public library and the built programs, in one binary to keep linking cheap.

mod domain;
