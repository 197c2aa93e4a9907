//! The command `gia`: everything is in [`gia_cli`].

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: gia_base::diag::Allocator = gia_base::diag::Allocator;

fn main() -> ExitCode {
    gia_cli::main()
}
