//! The program `gia-worker`: everything is in [`gia_worker`].

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: gia_base::diag::Allocator = gia_base::diag::Allocator;

fn main() -> ExitCode {
    gia_worker::main()
}
