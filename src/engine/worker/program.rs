//! Where the worker's program is.

use std::path::PathBuf;

use gia_base::diag::{Code, Diagnostic, Outcome};

/// Name of the program, beside `gia`.
const PROGRAM: &str = "gia-worker";
/// Where to find it otherwise.
const VARIABLE: &str = "GIA_WORKER";
/// The program beside this one, or one folder up (where tests lie), or where the variable says.
pub fn find() -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE) {
        return Ok(PathBuf::from(path));
    }
    let own = std::env::current_exe().unwrap_or_default();
    let folders = own.ancestors().skip(1).take(2);
    let beside = folders
        .map(|folder| folder.join(PROGRAM))
        .find(|path| path.is_file());
    beside.ok_or_else(|| {
        Box::new(
            Diagnostic::error(
                Code::WorkerFailed,
                format!("`{PROGRAM}` is not beside `{}`", own.display()),
            )
            .help(format!(
                "install both programs together, or name it in {VARIABLE}"
            )),
        )
    })
}
