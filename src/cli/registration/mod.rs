//! Preregistration: what a script claims and would compute, hashed before its run, and the comparison of a run with that.
//!
//! Invariant: a registration is made from the checked program, so layout, comments and names of variables change no hash but that of
//! the text.

mod compare;
mod describe;
mod file;
mod git;
mod time;

pub use compare::compare;
pub use describe::describe;
pub use file::{Registered, Registrations, Written, register};
