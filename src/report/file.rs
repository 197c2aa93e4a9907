//! Output files: tried before a run, written whole after it or not at all.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use crate::diag::{Code, Diagnostic, Outcome};

/// A file that can be written, and is written by [`OutputFile::commit`] alone.
///
/// Until then what was at its path stays there, and dropping it leaves nothing behind.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A file beside the final one, which takes its place by a rename.
    Replace {
        written: NamedTempFile,
        end: PathBuf,
        noted: Noted,
    },
    /// A pipe or a device: there is nothing to replace.
    Stream(File),
}

impl OutputFile {
    /// Makes sure that the path can be written, so that a run need not end to find that it cannot.
    ///
    /// # Errors
    /// [`Code::Write`]: no such folder, no permission, a folder or a read-only file at the path.
    pub fn open(path: impl AsRef<Path>) -> Outcome<OutputFile> {
        let path = path.as_ref();
        let target = target(path).map_err(|error| refused(path, &error))?;
        Ok(OutputFile {
            path: path.to_path_buf(),
            target,
        })
    }

    /// As the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all bytes and puts the file in its place in one step.
    ///
    /// # Errors
    /// [`Code::Write`], such as a full disk; an earlier file is then untouched.
    pub fn commit(self, bytes: &[u8]) -> Outcome<()> {
        let OutputFile { path, target } = self;
        let result = match target {
            Target::Stream(mut file) => file.write_all(bytes).and_then(|()| file.flush()),
            Target::Replace {
                mut written,
                end,
                noted,
            } => {
                let done = written
                    .write_all(bytes)
                    .and_then(|()| written.as_file().sync_all())
                    .and_then(|()| written.persist(&end).map(drop).map_err(|e| e.error));
                drop(noted);
                done
            }
        };
        result.map_err(|error| refused(&path, &error))
    }
}

fn refused(path: &Path, error: &io::Error) -> Box<Diagnostic> {
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
        Code::Write,
        format!("cannot write `{}`: {reason}", path.display()),
    ))
}

fn target(path: &Path) -> io::Result<Target> {
    if path.as_os_str().is_empty() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // A link stays a link; what it leads to is replaced.
    let end = match path.canonicalize() {
        Ok(end) => end,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_path_buf(),
        Err(error) => return Err(error),
    };
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
    if end.file_name().is_none() || end.as_os_str().to_string_lossy().ends_with('/') {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let folder = match end.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".gia-").suffix(".part");
    let new = new_file_permissions();
    if let Some(new) = new {
        builder.permissions(new);
    }
    let written = builder.tempfile_in(folder)?;
    if let Some(earlier) = earlier {
        written.as_file().set_permissions(earlier)?;
    }
    let noted = Noted::of(written.path());
    Ok(Target::Replace {
        written,
        end,
        noted,
    })
}

/// Files that take their place later, by their temporary names.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a file among the unfinished ones while it lives.
#[derive(Debug)]
struct Noted(PathBuf);

impl Noted {
    fn of(path: &Path) -> Noted {
        unfinished().push(path.to_path_buf());
        Noted(path.to_path_buf())
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        unfinished().retain(|path| *path != self.0);
    }
}

/// Takes away what was not finished, for a program that ends without unwinding.
pub fn remove_unfinished() {
    for path in unfinished().iter() {
        // Nobody is left to tell where it cannot be removed.
        let _ = std::fs::remove_file(path);
    }
}

/// What any program asks for a new file; the user's mask takes away from it. Temporary files are private otherwise.
#[cfg(unix)]
fn new_file_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn new_file_permissions() -> Option<Permissions> {
    None
}
