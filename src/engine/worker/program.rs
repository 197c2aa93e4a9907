//! Finds the executable of the worker.

use std::path::PathBuf;

use gia_base::diag::{Code, Diagnostic, Outcome};

/// Name of the executable, in the folder of `gia`.
const PROGRAM_NAME: &str = "gia-worker";
/// Environment variable with the path of another executable.
const PATH_VARIABLE: &str = "GIA_WORKER";

/// The path in the environment variable, else the executable in the folder of this one or its parent (for tests).
pub fn find() -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os(PATH_VARIABLE) {
        return Ok(PathBuf::from(path));
    }
    let own = std::env::current_exe().unwrap_or_default();
    let folders = own.ancestors().skip(1).take(2);
    let beside = folders
        .map(|folder| folder.join(PROGRAM_NAME))
        .find(|path| path.is_file());
    beside.ok_or_else(|| {
        Box::new(
            Diagnostic::error(
                Code::WorkerFailed,
                format!(
                    "`{PROGRAM_NAME}` is not in the folder of `{}`",
                    own.display()
                ),
            )
            .help(format!(
                "install both programs together, or set {PATH_VARIABLE} to its path"
            )),
        )
    })
}
