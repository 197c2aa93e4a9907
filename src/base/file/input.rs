//! Opening input files.
//!
//! Invariant: what is opened is a regular file, of a size that its kind allows. A device or a pipe, which may never end, is
//! refused before a byte of it is read.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use super::unreadable;
use crate::diag::{Code, Diagnostic, Outcome, count};

/// What a file is read as, which bounds its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputKind {
    /// A script, or a module that one uses.
    Script,
    /// The TOML declaration beside a model file.
    Declaration,
    /// A model file, or a file of tensors beside one.
    Model,
    /// A data file that is read whole: regions, variants, motifs, measured values.
    Data,
    /// A FASTA file of which every record is read.
    Sequences,
    /// A genome, of which only windows are read.
    Genome,
    /// A study that `gia run --json` wrote.
    Study,
    /// A part of a run, which `gia merge` reads.
    Part,
}

impl InputKind {
    /// The largest file of this kind that is read, in bytes.
    pub fn max_bytes(self) -> u64 {
        match self {
            InputKind::Script | InputKind::Declaration => 16 << 20,
            InputKind::Data => 2 << 30,
            InputKind::Study => 8 << 30,
            InputKind::Model | InputKind::Sequences | InputKind::Part => 64 << 30,
            InputKind::Genome => 1 << 40,
        }
    }

    fn words(self) -> &'static str {
        match self {
            InputKind::Script => "a script",
            InputKind::Declaration => "a declaration",
            InputKind::Model => "a model file",
            InputKind::Data => "a data file",
            InputKind::Sequences => "a FASTA file",
            InputKind::Genome => "a genome",
            InputKind::Study => "a study",
            InputKind::Part => "a part of a run",
        }
    }
}

/// Opens a regular file; links are followed.
///
/// # Errors
/// [`Code::MissingFile`] where there is none, it may not be read, or it is a folder, a pipe, a socket or a device;
/// [`Code::FileTooLarge`] where it is larger than its kind allows.
pub fn open_input(path: &Path, kind: InputKind) -> Outcome<(File, Metadata)> {
    // Opening a pipe waits for its writer, so what it is must be known before.
    let before = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    check_regular(path, &before)?;
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    // Another file may have taken its place in between.
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    check_regular(path, &metadata)?;
    if metadata.len() > kind.max_bytes() {
        return Err(too_large(path, kind, metadata.len()));
    }
    Ok((file, metadata))
}

/// Reads a regular file whole.
///
/// # Errors
/// As [`open_input`], and where reading fails.
pub fn read_input(path: &Path, kind: InputKind) -> Outcome<Vec<u8>> {
    let (file, metadata) = open_input(path, kind)?;
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // The stated size does not bind a file that grows, or one of /proc.
    file.take(kind.max_bytes() + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    match bytes.len() as u64 {
        size if size > kind.max_bytes() => Err(too_large(path, kind, size)),
        _ => Ok(bytes),
    }
}

fn check_regular(path: &Path, metadata: &Metadata) -> Outcome<()> {
    let file_type = metadata.file_type();
    let what = if file_type.is_file() {
        return Ok(());
    } else if file_type.is_dir() {
        "a folder"
    } else if file_type.is_fifo() {
        "a named pipe, not a file"
    } else if file_type.is_socket() {
        "a socket, not a file"
    } else if file_type.is_char_device() {
        "a character device, not a file"
    } else if file_type.is_block_device() {
        "a block device, not a file"
    } else {
        "not a regular file"
    };
    let message = format!("`{}` is {what}", path.display());
    let diagnostic = Diagnostic::error(Code::MissingFile, message);
    Err(Box::new(match file_type.is_fifo() {
        true => diagnostic.help("write what comes through the pipe to a file, and name that file"),
        false => diagnostic,
    }))
}

/// The diagnostic for a file of `size` bytes, larger than its kind allows.
pub fn too_large(path: &Path, kind: InputKind, size: u64) -> Box<Diagnostic> {
    let message = format!(
        "`{}` has {} bytes, and {} has at most {}",
        path.display(),
        count(size as usize),
        kind.words(),
        count(kind.max_bytes() as usize)
    );
    Box::new(Diagnostic::error(Code::FileTooLarge, message))
}
