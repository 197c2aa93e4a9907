//! Files by path and hash, as they are recorded in declarations and results.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::diag::{Code, Diagnostic, Outcome};

/// A file that something was read from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileRecord {
    pub path: String,
    pub sha256: String,
}

/// A folder of the user's, by the XDG rule: the one that a variable names, or else this one below the home; none where there is
/// no home.
pub fn xdg_folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let value = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    // What is not absolute is ignored, as the rule says.
    let named = value(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    named.or_else(|| Some(PathBuf::from(value("HOME")?).join(below_home)))
}

/// A text file, whole.
pub fn read_text(path: &Path) -> Outcome<String> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        Box::new(Diagnostic::error(
            Code::Syntax,
            format!("`{}` is not UTF-8 text (line {line})", path.display()),
        ))
    })
}

/// Why a file could not be opened or read.
pub fn unreadable(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    let shown = path.display();
    Box::new(Diagnostic::error(
        Code::MissingFile,
        match error.kind() {
            ErrorKind::NotFound => format!("there is no file `{shown}`"),
            ErrorKind::IsADirectory => format!("`{shown}` is a folder"),
            ErrorKind::PermissionDenied => format!("there is no permission to read `{shown}`"),
            _ => format!("`{shown}` cannot be read: {error}"),
        },
    ))
}

/// SHA-256 of a file, read in pieces, as lower-case hex.
pub fn sha256_of(path: &Path) -> Outcome<String> {
    let refused = |error: std::io::Error| unreadable(path, &error);
    let mut file = std::fs::File::open(path).map_err(refused)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece).map_err(refused)? {
            0 => return Ok(hex(&hasher.finalize())),
            n => hasher.update(&piece[..n]),
        }
    }
}

/// SHA-256 of bytes in memory, as lower-case hex.
pub fn sha256_of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
