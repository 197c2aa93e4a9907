//! `gia-worker`: runs networks on libtorch for `gia`, which talks to it over standard input and output.
//!
//! The only program of this package that links libtorch, and the only folder that names `tch`. It knows models,
//! sequences as bytes and the wire; scripts, plans and statistics it does not know.

mod allocator;
mod device;
mod errors;
mod evaluate;
mod fold;
mod keep;
mod kernels;
mod lanes;
mod measure;
mod memory;
mod network;
mod onehot;
mod optimise;
mod orphan;
mod partial;
mod predictor;
mod program;
mod script;
mod serve;
mod sizes;
mod weights;

use std::process::ExitCode;

// The crate is linked for the place of libtorch that its build script hands on.
use torch_sys as _;

/// The argument that selects the mode in which operators are tested.
const EVALUATE: &str = "evaluate";

/// The program `gia-worker`: answers requests of `gia` over a pipe, or runs operators for their tests.
#[expect(
    clippy::print_stderr,
    reason = "this is the program; `gia` shows what its worker writes there"
)]
pub fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    if let Some(argument) = argument.as_deref().filter(|argument| *argument != EVALUATE) {
        eprintln!(
            "gia-worker takes no arguments (`{argument}`): `gia` starts it and speaks to it over a pipe"
        );
        return ExitCode::from(2);
    }
    allocator::keep_large_blocks();
    if argument.is_none() {
        orphan::end_with_the_pipe();
    }
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let done = match argument {
        Some(_) => evaluate::evaluate(input, output),
        None => serve::serve(input, output).map_err(std::io::Error::other),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gia-worker: {error}");
            ExitCode::from(3)
        }
    }
}
