//! The command `gia`: everything is in [`gia::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    gia::cli::main()
}
