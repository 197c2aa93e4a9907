//! Reading and replacing files, and the hashes that results record.

mod atomic_file;
mod descriptor;
mod hashing;
mod identity;
mod input;
mod stamp;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub use input::{InputKind, open_input, read_input, too_large};
pub use stamp::{DataFile, Stamp, file_changed, remember_hash, sha256_of};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::diag::{Code, Diagnostic, Outcome};
pub use atomic_file::{AtomicFile, make_folder, remove_temporary_files};
pub use descriptor::{STANDARD_OUTPUT, named_stream};
pub use hashing::Sha256Writer;
pub use identity::{FileIdentity, resolve_links};

/// An input file and its hash, for provenance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Path as the user gave it.
    pub path: String,
    /// SHA-256 of the file on disk, lower-case hex.
    pub sha256: String,
}

/// A user folder, as in the XDG Base Directory Specification: the value of a variable if it is an absolute path, else a folder
/// below `$HOME`; None without `$HOME`.
pub fn xdg_folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let value = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    // The specification says to ignore relative paths.
    let named = value(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    named.or_else(|| Some(PathBuf::from(value("HOME")?).join(below_home)))
}

/// Reads a script.
pub fn read_text(path: &Path) -> Outcome<String> {
    read_text_as(path, InputKind::Script)
}

/// Reads a UTF-8 text file, with the size limit of its kind.
pub fn read_text_as(path: &Path, kind: InputKind) -> Outcome<String> {
    let name = path.display().to_string();
    text_of(read_input(path, kind)?, &name).map_err(|mut diagnostic| {
        if kind == InputKind::Declaration {
            diagnostic.code = Code::BadDeclaration;
        }
        diagnostic
    })
}

/// Decodes the bytes of a file as UTF-8; `name` is the name of the file in messages.
///
/// # Errors
/// [`Code::Syntax`] if they are not valid UTF-8.
pub fn text_of(bytes: Vec<u8>, name: &str) -> Outcome<String> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        Box::new(Diagnostic::error(
            Code::Syntax,
            format!("`{name}:{line}`: this is not text in UTF-8"),
        ))
    })
}

/// The diagnostic for a file that cannot be opened or read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    let shown = path.display();
    Box::new(Diagnostic::error(
        Code::MissingFile,
        match error.kind() {
            ErrorKind::NotFound => format!("there is no file `{shown}`"),
            ErrorKind::IsADirectory => format!("`{shown}` is a folder"),
            ErrorKind::PermissionDenied => format!("no permission to read `{shown}`"),
            _ => format!("cannot read `{shown}`: {error}"),
        },
    ))
}

/// SHA-256 of bytes in memory, as lower-case hex.
pub fn sha256_of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
