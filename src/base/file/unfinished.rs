//! Output files that appear under their name only when complete, and the folders made for them.
//!
//! Invariant: whatever temporary files a program leaves behind, the next program that writes to the folder removes; and no
//! program removes the file of one that still runs. The owner holds a lock on its file, which the system releases at its end.

use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

/// Prefix and suffix of the temporary names.
const PREFIX: &str = ".gia-";
const SUFFIX: &str = ".part";
/// Attempts at creating a file that another program removes before it is locked.
const TRIES: usize = 10;

/// A file under a temporary name. Dropping it removes it.
#[derive(Debug)]
pub struct Unfinished {
    written: NamedTempFile,
    _noted: Noted,
}

impl Unfinished {
    /// Creates a file in a folder, and removes those that ended programs have left there.
    pub fn in_folder(folder: &Path) -> io::Result<Unfinished> {
        remove_abandoned(folder);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        if let Some(permissions) = new_file_permissions() {
            builder.permissions(permissions);
        }
        for _ in 0..TRIES {
            let written = builder.tempfile_in(folder)?;
            // Where a file system has no locks, nobody removes what others have left.
            let _ = written.as_file().lock();
            if written.path().exists() {
                let _noted = Noted::of(written.path());
                return Ok(Unfinished { written, _noted });
            }
        }
        Err(io::Error::other("another program removes its files"))
    }

    /// The open file, for writing.
    pub fn file(&mut self) -> &mut File {
        self.written.as_file_mut()
    }

    /// Renames the file to `end` atomically, replacing any file of that name.
    pub fn persist(self, end: &Path) -> io::Result<()> {
        let Unfinished { written, _noted } = self;
        written.persist(end).map(drop).map_err(|e| e.error)
    }
}

/// Creates a folder and those above it, unless they exist.
///
/// # Errors
/// If a file has that path, or a folder above it cannot be written.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.exists() && !folder.is_dir() {
        return Err(io::Error::other("it is a file, and a folder is needed"));
    }
    let missing = folder.ancestors().take_while(|folder| {
        let is_named = !folder.as_os_str().is_empty();
        is_named && !folder.exists()
    });
    let missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
    fs::create_dir_all(folder)?;
    unfinished().folders.extend(missing.into_iter().rev());
    Ok(())
}

/// Removes all unfinished files, and empty folders made for them: for a program that fails or ends without unwinding.
pub fn remove_unfinished() {
    // Where this thread holds the lock already, as when memory ends, the next program in the folder cleans up.
    let Ok(mut unfinished) = ALL.try_lock() else {
        return;
    };
    // Nobody is left to tell where one cannot be removed.
    for path in std::mem::take(&mut unfinished.files) {
        let _ = fs::remove_file(path);
    }
    for folder in std::mem::take(&mut unfinished.folders).iter().rev() {
        let _ = fs::remove_dir(folder);
    }
}

#[derive(Default)]
struct All {
    files: Vec<PathBuf>,
    /// Folders that were created, each after those above it.
    folders: Vec<PathBuf>,
    /// Folders that were searched for files of ended programs.
    searched: HashSet<PathBuf>,
}

static ALL: LazyLock<Mutex<All>> = LazyLock::new(Mutex::default);

fn unfinished() -> MutexGuard<'static, All> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lists a file as unfinished until dropped.
#[derive(Debug)]
struct Noted(PathBuf);

impl Noted {
    fn of(path: &Path) -> Noted {
        unfinished().files.push(path.to_path_buf());
        Noted(path.to_path_buf())
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        unfinished().files.retain(|path| *path != self.0);
    }
}

/// Removes temporary files whose owner has ended. Searches each folder once.
fn remove_abandoned(folder: &Path) {
    if !unfinished().searched.insert(folder.to_path_buf()) {
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let is_ours = name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes());
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) && is_free(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether no program holds the lock of a file.
fn is_free(path: &Path) -> bool {
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
    fn what_the_dead_have_left_goes_and_what_the_living_write_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in [".gia-dead.part", ".gia-alive.part", ".gia-notes", "a.part"] {
            fs::write(at(name), "").expect("written");
        }
        let alive = File::open(at(".gia-alive.part")).expect("there");
        alive.lock().expect("locked");
        let mut own = Unfinished::in_folder(folder.path()).expect("a file");
        assert!(!at(".gia-dead.part").exists());
        for name in [".gia-alive.part", ".gia-notes", "a.part"] {
            assert!(at(name).exists(), "{name}");
        }
        io::Write::write_all(own.file(), b"whole").expect("written");
        own.persist(&at("end")).expect("in its place");
        assert_eq!(fs::read(at("end")).expect("there"), b"whole");
    }
}
