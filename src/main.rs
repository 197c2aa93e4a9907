//! The command `gia`: everything is in [`gia::cli`].

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: gia::diag::Allocator = gia::diag::Allocator;

fn main() -> ExitCode {
    gia::cli::main()
}
