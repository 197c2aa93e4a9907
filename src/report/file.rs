//! Output files: checked before a run, written completely after it or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{AtomicFile, named_stream, resolve_links};

/// Size of the write buffer in bytes.
const BUFFER_BYTES: usize = 1 << 16;

/// A file that is known to be writable; only [`OutputFile::commit`] and its like write it.
///
/// Until then an earlier file at its path stays, and dropping this leaves nothing behind.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A temporary file beside the final one, renamed into its place when complete.
    Replace { written: AtomicFile, end: PathBuf },
    /// A pipe, a device, or an open stream of this program, which there is nothing to replace.
    Stream(File),
}

impl OutputFile {
    /// Checks that the path can be written, so that a run does not find out at its end.
    ///
    /// # Errors
    /// [`Code::WriteFailed`]: no such folder, no permission, a folder or a read-only file at the path.
    pub fn open(path: impl AsRef<Path>) -> Outcome<OutputFile> {
        let path = path.as_ref();
        let target = target(path).map_err(|error| cannot_write(path, &error))?;
        Ok(OutputFile {
            path: path.to_path_buf(),
            target,
        })
    }

    /// The path as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all bytes and moves the file into place atomically.
    ///
    /// # Errors
    /// [`Code::WriteFailed`], such as a full disk; an earlier file is then untouched.
    pub fn commit(self, bytes: &[u8]) -> Outcome<()> {
        let path = self.path.clone();
        self.commit_with(|file| {
            let written = file.write_all(bytes);
            written.map_err(|error| cannot_write(&path, &error))
        })
    }

    /// Lets `write` stream the content, and moves the file into place atomically; the content is never all in memory.
    ///
    /// # Errors
    /// Those of `write`, and [`Code::WriteFailed`]; an earlier file is then untouched.
    pub fn commit_with(
        self,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Outcome<()>,
    ) -> Outcome<()> {
        let OutputFile { path, target } = self;
        let failed = |error: io::Error| cannot_write(&path, &error);
        let stream = |file: &mut File| -> Outcome<()> {
            let mut buffered = BufWriter::with_capacity(BUFFER_BYTES, file);
            match write(&mut buffered) {
                Ok(()) => buffered.flush().map_err(failed),
                Err(diagnostic) => {
                    // A dropped writer would try again to write what it holds.
                    let _ = buffered.into_parts();
                    Err(diagnostic)
                }
            }
        };
        match target {
            Target::Stream(mut file) => stream(&mut file),
            Target::Replace { mut written, end } => {
                stream(written.file())?;
                written.file().sync_all().map_err(failed)?;
                written.persist(&end).map_err(failed)
            }
        }
    }
}

/// The error for a file or folder that cannot be written.
pub fn cannot_write(path: &Path, error: &io::Error) -> Box<Diagnostic> {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "its folder does not exist".to_string(),
        io::ErrorKind::InvalidInput => "its name is empty".to_string(),
        io::ErrorKind::NotADirectory => "a part of its path is not a folder".to_string(),
        io::ErrorKind::IsADirectory => "it is a folder".to_string(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_string(),
        io::ErrorKind::StorageFull => "the disk is full".to_string(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_string(),
        _ => error.to_string(),
    };
    Box::new(Diagnostic::error(
        Code::WriteFailed,
        format!("cannot write `{}`: {reason}", path.display()),
    ))
}

fn target(path: &Path) -> io::Result<Target> {
    if path.as_os_str().is_empty() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    if let Some(stream) = named_stream(path)? {
        return Ok(Target::Stream(stream));
    }
    // A link stays a link; what it leads to is replaced.
    let end = resolve_links(path)?;
    let earlier = match end.metadata() {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => {
            return Ok(Target::Stream(File::options().write(true).open(&end)?));
        }
        // A rename would put a new file in its place all the same.
        Ok(metadata) if metadata.permissions().readonly() => {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(metadata) => Some(metadata.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if end.file_name().is_none() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let folder = match end.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut written = AtomicFile::in_folder(folder)?;
    if let Some(earlier) = earlier {
        written.file().set_permissions(earlier)?;
    }
    Ok(Target::Replace { written, end })
}
