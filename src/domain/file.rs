//! Reading a data file whole.
//!
//! Invariant: the hash is that of the bytes on disk, whatever they are unpacked to. Formats are not known here.

use std::io::{ErrorKind, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::diag::{Code, Diagnostic, Outcome};
use crate::file::{sha256_of_bytes, unreadable};

/// First bytes of every gzip member, RFC 1952.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file's contents, unpacked where it is gzip.
pub(super) struct Contents {
    pub bytes: Vec<u8>,
    /// Of the file as it lies on disk, lower-case hex.
    pub sha256: String,
}

/// Reads a file, plain or gzip as its first bytes say. Damaged gzip data is reported under `damaged`.
pub(super) fn read(path: &Path, damaged: Code) -> Outcome<Contents> {
    let shown = path.display();
    let raw = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    let sha256 = sha256_of_bytes(&raw);
    let bytes = if raw.starts_with(&GZIP) {
        let mut unpacked = Vec::new();
        MultiGzDecoder::new(raw.as_slice())
            .read_to_end(&mut unpacked)
            .map_err(|error| {
                let what = match error.kind() {
                    ErrorKind::UnexpectedEof => "cut off".to_owned(),
                    _ => format!("damaged: {error}"),
                };
                Diagnostic::error(damaged, format!("the gzip data of `{shown}` is {what}"))
            })?;
        unpacked
    } else {
        raw
    };
    Ok(Contents { bytes, sha256 })
}
