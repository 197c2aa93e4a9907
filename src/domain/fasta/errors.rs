//! Diagnostics about FASTA files.

use std::path::Path;

use super::mark::Mark;
use crate::file::is_gzip;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// A byte in readable form, for messages.
pub(crate) fn shown(byte: u8) -> String {
    match byte {
        b' ' => "a blank".to_owned(),
        b'\t' => "a tab".to_owned(),
        0x21..=0x7e => format!("`{}`", char::from(byte)),
        _ => format!("the byte 0x{byte:02x}"),
    }
}

/// The diagnostic for a place where a file is not FASTA.
pub(crate) fn bad(path: &Path, at: Mark, what: &str) -> Box<Diagnostic> {
    Diagnostic::error(Code::BadFasta, format!("`{}`: {what}", at.in_file(path))).into()
}

/// The diagnostic for a byte in place of a base.
pub(crate) fn no_letter(path: &Path, at: Mark, what: &str) -> Box<Diagnostic> {
    Diagnostic::error(Code::UnknownBase, format!("`{}`: {what}", at.in_file(path))).into()
}

/// The diagnostic for a carriage return within a line.
pub(super) fn lone_carriage_return(path: &Path, at: Mark) -> Box<Diagnostic> {
    let what = "a carriage return ends this line without a line feed, as on classic Mac OS";
    bad(path, at, what)
        .help("`tr '\\r' '\\n' < old.fa > new.fa` gives each line a line feed")
        .into()
}

/// The diagnostic for a file whose first record has no heading; `first` is the byte in its place.
pub(super) fn no_heading(path: &Path, at: Mark, first: u8) -> Box<Diagnostic> {
    match first {
        b'@' => bad(path, at, "this is FASTQ, not FASTA")
            .help("`seqtk seq -A reads.fq > reads.fa` makes FASTA of it")
            .into(),
        _ => bad(
            path,
            at,
            "a FASTA file starts with a line `>name`, and this is none",
        ),
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
        "packed by bzip2; unpack it, or pack it by gzip"
    } else if start.starts_with(&[0xfd, b'7', b'z', b'X', b'Z']) {
        "packed by xz; unpack it, or pack it by gzip"
    } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        "packed by zstd; unpack it, or pack it by gzip"
    } else if is_gzip(start) {
        "packed by gzip twice; `gunzip` unpacks it once"
    } else {
        return Ok(());
    };
    let message = format!("`{}` is {format}", path.display());
    Err(Diagnostic::error(Code::BadFasta, message).into())
}
