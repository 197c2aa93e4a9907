//! Opening input files.
//!
//! Invariant: only regular files within the size limit of their kind are opened. Devices and pipes, which may never end, are refused
//! before a byte is read.

use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use super::unreadable;
use crate::diag::{Code, Diagnostic, Outcome, count};

/// The kind of an input file, which limits its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputKind {
    /// A script, or a module that one uses.
    Script,
    /// The TOML declaration beside a model file.
    Declaration,
    /// A model file, or a file of tensors beside one.
    Model,
    /// A data file that is read completely: regions, variants, motifs, measured values.
    Data,
    /// A FASTA file that is read completely.
    Sequences,
    /// A genome, of which only windows are read.
    Genome,
    /// A study that `gia run --json` wrote.
    Study,
    /// A registration that `gia check --register` wrote.
    Registration,
    /// A part of a run, which `gia merge` reads.
    Part,
}

impl InputKind {
    /// Maximum size of a file of this kind, in bytes.
    pub fn max_bytes(self) -> u64 {
        match self {
            InputKind::Script | InputKind::Declaration => 16 << 20,
            InputKind::Data | InputKind::Registration => 2 << 30,
            InputKind::Study => 8 << 30,
            InputKind::Model | InputKind::Sequences | InputKind::Part => 64 << 30,
            InputKind::Genome => 1 << 40,
        }
    }

    fn name(self) -> &'static str {
        match self {
            InputKind::Script => "a script",
            InputKind::Declaration => "a declaration",
            InputKind::Model => "a model file",
            InputKind::Data => "a data file",
            InputKind::Sequences => "a FASTA file",
            InputKind::Genome => "a genome",
            InputKind::Study => "a study",
            InputKind::Registration => "a registration",
            InputKind::Part => "a part of a run",
        }
    }
}

/// Opens a regular file; links are followed.
///
/// # Errors
/// [`Code::MissingFile`] for a path that does not exist, is not readable, or is a folder, a pipe, a socket or a device;
/// [`Code::FileTooLarge`] for a file that exceeds the size limit of its kind.
pub fn open_input(path: &Path, kind: InputKind) -> Outcome<(File, Metadata)> {
    // Checked before opening, because opening a pipe blocks until it has a writer.
    let before = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    check_regular(path, &before)?;
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    // Checked again, because the file may have been replaced in between.
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    check_regular(path, &metadata)?;
    if metadata.len() > kind.max_bytes() {
        return Err(too_large(path, kind, metadata.len()));
    }
    Ok((file, metadata))
}

/// Reads a regular file completely.
///
/// # Errors
/// Those of [`open_input`], and failures of reading.
pub fn read_input(path: &Path, kind: InputKind) -> Outcome<Vec<u8>> {
    let (file, metadata) = open_input(path, kind)?;
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // The stated size does not limit a file that grows, or one in /proc.
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
        true => diagnostic.help("write the output of the pipe to a file, and use that file"),
        false => diagnostic,
    }))
}

/// The diagnostic for a file of `size` bytes, which exceeds the limit of its kind.
pub fn too_large(path: &Path, kind: InputKind, size: u64) -> Box<Diagnostic> {
    let message = format!(
        "`{}` has {} bytes, but the limit for {} is {}",
        path.display(),
        count(size as usize),
        kind.name(),
        count(kind.max_bytes() as usize)
    );
    Box::new(Diagnostic::error(Code::FileTooLarge, message))
}
