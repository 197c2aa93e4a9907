//! Output files that appear under their name only when complete, and the folders created for them.
//!
//! Invariant: temporary files of a crashed process are removed by the next process that writes to the folder, and never while their
//! owner runs. The owner holds a lock on its file, which the system releases when the process ends.

use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

/// Prefix and suffix of the temporary names.
const PREFIX: &str = ".gia-";
const SUFFIX: &str = ".part";
/// Maximum number of attempts to create a file, because another process may remove it before it is locked.
const MAX_ATTEMPTS: usize = 10;

/// A file under a temporary name until [`AtomicFile::persist`]. Dropping it removes it.
#[derive(Debug)]
pub struct AtomicFile {
    written: NamedTempFile,
    _registration: Registration,
}

impl AtomicFile {
    /// Creates a file in a folder, and removes temporary files of ended processes there.
    pub fn in_folder(folder: &Path) -> io::Result<AtomicFile> {
        remove_abandoned(folder);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        if let Some(permissions) = new_file_permissions() {
            builder.permissions(permissions);
        }
        for _ in 0..MAX_ATTEMPTS {
            let written = builder.tempfile_in(folder)?;
            // On a file system without locks, temporary files are not cleaned up.
            let _ = written.as_file().lock();
            if written.path().exists() {
                let _registration = Registration::new(written.path());
                return Ok(AtomicFile {
                    written,
                    _registration,
                });
            }
        }
        Err(io::Error::other(
            "another process keeps removing its temporary files",
        ))
    }

    /// The open file, for writing.
    pub fn file(&mut self) -> &mut File {
        self.written.as_file_mut()
    }

    /// Renames the file to `end` atomically, replacing any file of that name.
    pub fn persist(self, end: &Path) -> io::Result<()> {
        let AtomicFile {
            written,
            _registration,
        } = self;
        written.persist(end).map(drop).map_err(|e| e.error)
    }
}

/// Creates a folder and those above it, unless they exist.
///
/// # Errors
/// If a file has that path, or a parent folder is not writable.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.exists() && !folder.is_dir() {
        return Err(io::Error::other("there is a file of that name"));
    }
    let missing = folder.ancestors().take_while(|folder| {
        let is_named = !folder.as_os_str().is_empty();
        is_named && !folder.exists()
    });
    let missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
    fs::create_dir_all(folder)?;
    registry().folders.extend(missing.into_iter().rev());
    Ok(())
}

/// Removes all temporary files, and empty folders created for them, for a process that fails or ends without unwinding.
pub fn remove_temporary_files() {
    // This thread may hold the lock already when memory runs out. The next process in the folder then cleans up.
    let Ok(mut registry) = REGISTRY.try_lock() else {
        return;
    };
    // Failures cannot be reported any more.
    for path in std::mem::take(&mut registry.files) {
        let _ = fs::remove_file(path);
    }
    for folder in std::mem::take(&mut registry.folders).iter().rev() {
        let _ = fs::remove_dir(folder);
    }
}

/// Temporary files and folders of this process.
#[derive(Default)]
struct Registry {
    files: Vec<PathBuf>,
    /// Created folders, each after its parents.
    folders: Vec<PathBuf>,
    /// Folders that were searched for files of ended processes.
    searched: HashSet<PathBuf>,
}

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lists a file in the registry until dropped.
#[derive(Debug)]
struct Registration(PathBuf);

impl Registration {
    fn new(path: &Path) -> Registration {
        registry().files.push(path.to_path_buf());
        Registration(path.to_path_buf())
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        registry().files.retain(|path| *path != self.0);
    }
}

/// Removes temporary files whose owner has ended. Searches each folder once per process.
fn remove_abandoned(folder: &Path) {
    if !registry().searched.insert(folder.to_path_buf()) {
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let is_ours = name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes());
        if is_ours
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && is_unlocked(&entry.path())
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether no process holds the lock of a file.
fn is_unlocked(path: &Path) -> bool {
    let file = File::options().write(true).open(path);
    file.is_ok_and(|file| file.try_lock().is_ok())
}

/// Permissions of an ordinary new file, before the user's umask. Temporary files would be private otherwise.
#[cfg(unix)]
fn new_file_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn new_file_permissions() -> Option<Permissions> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_ended_processes_are_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in [".gia-dead.part", ".gia-alive.part", ".gia-notes", "a.part"] {
            fs::write(at(name), "").expect("written");
        }
        let alive = File::open(at(".gia-alive.part")).expect("there");
        alive.lock().expect("locked");
        let mut own = AtomicFile::in_folder(folder.path()).expect("a file");
        assert!(!at(".gia-dead.part").exists());
        for name in [".gia-alive.part", ".gia-notes", "a.part"] {
            assert!(at(name).exists(), "{name}");
        }
        io::Write::write_all(own.file(), b"whole").expect("written");
        own.persist(&at("end")).expect("in its place");
        assert_eq!(fs::read(at("end")).expect("there"), b"whole");
    }
}
