//! Diagnostics about FASTA files.

use std::path::Path;

use super::file_position::FilePosition;
use crate::file::is_gzip;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// A byte in readable form, for messages.
pub(crate) fn printable(byte: u8) -> String {
    match byte {
        b' ' => "a blank".to_owned(),
        b'\t' => "a tab".to_owned(),
        0x21..=0x7e => format!("`{}`", char::from(byte)),
        _ => format!("the byte 0x{byte:02x}"),
    }
}

/// The diagnostic for a place at which a file is not FASTA.
pub(crate) fn bad(path: &Path, at: FilePosition, what: &str) -> Box<Diagnostic> {
    Diagnostic::error(Code::BadFasta, format!("`{}`: {what}", at.in_file(path))).into()
}

/// The diagnostic for a byte in place of a base.
pub(crate) fn no_letter(path: &Path, at: FilePosition, what: &str) -> Box<Diagnostic> {
    Diagnostic::error(Code::UnknownBase, format!("`{}`: {what}", at.in_file(path))).into()
}

/// The diagnostic for a carriage return within a line.
pub(super) fn lone_carriage_return(path: &Path, at: FilePosition) -> Box<Diagnostic> {
    let what = "this line ends with a carriage return only, as on classic Mac OS";
    bad(path, at, what)
        .help("convert it with `tr '\\r' '\\n' < old.fa > new.fa`")
        .into()
}

/// The diagnostic for a file whose first record has no heading; `first` is the byte in its place.
pub(super) fn no_heading(path: &Path, at: FilePosition, first: u8) -> Box<Diagnostic> {
    match first {
        b'@' => bad(path, at, "this is FASTQ, not FASTA")
            .help("convert it with `seqtk seq -A reads.fq > reads.fa`")
            .into(),
        _ => bad(path, at, "a FASTA file must start with a line `>name`"),
    }
}

/// The diagnostic for a file without records; `what` is `is empty` or `holds no record`.
pub(super) fn no_record(path: &Path, what: &str) -> Box<Diagnostic> {
    Diagnostic::error(Code::BadFasta, format!("`{}` {what}", path.display())).into()
}

/// Refuses a file whose first bytes belong to another format.
pub(super) fn refuse_other_formats(path: &Path, start: &[u8]) -> Outcome<()> {
    let format = if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        "UTF-16 text; save it as UTF-8"
    } else if start.starts_with(b"PK\x03\x04") {
        "a zip archive; unpack it"
    } else if start.starts_with(b"BZh") {
        "compressed with bzip2; decompress it, or use gzip"
    } else if start.starts_with(&[0xfd, b'7', b'z', b'X', b'Z']) {
        "compressed with xz; decompress it, or use gzip"
    } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        "compressed with zstd; decompress it, or use gzip"
    } else if is_gzip(start) {
        "compressed with gzip twice; decompress it once with `gunzip`"
    } else {
        return Ok(());
    };
    let message = format!("`{}` is {format}", path.display());
    Err(Diagnostic::error(Code::BadFasta, message).into())
}
