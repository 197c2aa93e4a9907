//! `gia-worker`: runs networks on libtorch for `gia`, which talks to it over standard input and output.
//!
//! Only this program links libtorch, and only this crate uses `tch`. It handles models, sequences and the protocol of `gia_wire`,
//! but not scripts, plans or statistics.

mod activation_cache;
mod allocator;
mod attribution;
mod batch_sizes;
mod device;
mod errors;
mod evaluate;
mod fold;
mod incremental;
mod kernels;
mod memory;
mod network;
mod onehot;
mod optimise;
mod orphan;
mod predictor;
mod program;
mod script;
mod serve;
mod thread_pool;
mod tune;
mod weights;

use std::process::ExitCode;

// Linked for the path of libtorch that its build script passes on.
use torch_sys as _;

/// The argument that selects the mode for operator tests, see [`evaluate`].
const EVALUATE: &str = "evaluate";

/// Entry point of `gia-worker`: answers requests of `gia` over a pipe, or runs operators for their tests.
#[expect(
    clippy::print_stderr,
    reason = "this is the program; `gia` shows what its worker writes there"
)]
pub fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    if let Some(argument) = argument.as_deref().filter(|argument| *argument != EVALUATE) {
        eprintln!(
            "unexpected argument `{argument}`: gia-worker takes none; it is started by `gia`, which communicates with it over a pipe"
        );
        return ExitCode::from(2);
    }
    allocator::keep_large_blocks();
    if argument.is_none() {
        orphan::exit_when_orphaned();
    }
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let result = match argument {
        Some(_) => evaluate::evaluate(input, output),
        None => serve::serve(input, output).map_err(std::io::Error::other),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gia-worker: {error}");
            ExitCode::from(3)
        }
    }
}
