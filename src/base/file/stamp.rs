//! Detects whether a file has changed since it was read, and caches hashes of unchanged files.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::{FileRecord, InputKind, hex, open_input, unreadable};
use crate::diag::{Code, Diagnostic, Outcome};

/// Identity, size and modification times of a file. If a stamp is settled, an equal stamp means equal contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    /// Modification time of the contents, in seconds and nanoseconds since 1970.
    modified: (i64, i64),
    /// Change time of contents, owner or mode, which no program can set back.
    changed: (i64, i64),
}

/// Age in seconds before a stamp is trusted. Clocks of file systems are coarse, so a younger file can change again without a change of
/// its stamp.
const SETTLING_SECS: i64 = 2;

impl Stamp {
    /// The stamp of the file that has this metadata.
    pub fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Size of the file, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether the contents were modified no later than those of another file.
    pub fn is_no_newer_than(&self, other: &Stamp) -> bool {
        self.modified <= other.modified
    }

    /// Whether results may be cached under this stamp: a later change of the file gives another stamp.
    pub fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs() as i64);
        self.modified.0.max(self.changed.0) + SETTLING_SECS < now
    }

    /// Checks that an open file still has this stamp.
    ///
    /// # Errors
    /// [`Code::FileChanged`] if it has not.
    pub fn check_unchanged(&self, file: &File, path: &Path) -> Outcome<()> {
        let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
        match Stamp::of(&metadata) == *self {
            true => Ok(()),
            false => Err(file_changed(path)),
        }
    }
}

/// The diagnostic for a file that was modified while it was in use.
pub fn file_changed(path: &Path) -> Box<Diagnostic> {
    let message = format!("`{}` changed while it was in use", path.display());
    Box::new(Diagnostic::error(Code::FileChanged, message).help("run the command again"))
}

/// Maximum number of cached hashes.
const MAX_HASHES: usize = 4096;

static HASHES: LazyLock<Mutex<HashMap<Stamp, String>>> = LazyLock::new(Mutex::default);

/// SHA-256 of a file as lower-case hex, cached within the process until the file changes.
pub fn sha256_of(path: &Path) -> Outcome<String> {
    Ok(sha256_and_stamp(path)?.0)
}

fn sha256_and_stamp(path: &Path) -> Outcome<(String, Stamp)> {
    let refused = |error: std::io::Error| unreadable(path, &error);
    let (mut file, metadata) = open_input(path, InputKind::Genome)?;
    let stamp = Stamp::of(&metadata);
    if let Some(hash) = cached_hash(&stamp) {
        return Ok((hash, stamp));
    }
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).map_err(refused)? {
            0 => break,
            n => hasher.update(&buffer[..n]),
        }
    }
    let hash = hex(&hasher.finalize());
    stamp.check_unchanged(&file, path)?;
    remember_hash(stamp, &hash);
    Ok((hash, stamp))
}

fn cached_hash(stamp: &Stamp) -> Option<String> {
    let hashes = HASHES.lock().unwrap_or_else(PoisonError::into_inner);
    hashes.get(stamp).cloned()
}

/// Caches a hash that was computed while a file was read for another purpose; does nothing for a stamp that is not settled.
pub fn remember_hash(stamp: Stamp, hash: &str) {
    if !stamp.is_settled() {
        return;
    }
    let mut hashes = HASHES.lock().unwrap_or_else(PoisonError::into_inner);
    if hashes.len() >= MAX_HASHES {
        hashes.clear();
    }
    hashes.insert(stamp, hash.to_string());
}

/// A data file that a script names. Its hash may be computed later: a genome is large, and checking reads little of it.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// The path in the script.
    pub path: String,
    contents: Contents,
}

#[derive(Debug, Clone)]
enum Contents {
    Hashed(String),
    Stamped { full: PathBuf, stamp: Stamp },
}

impl DataFile {
    /// A file whose hash is known.
    pub fn hashed(path: &str, sha256: &str) -> DataFile {
        DataFile {
            path: path.to_string(),
            contents: Contents::Hashed(sha256.to_string()),
        }
    }

    /// A file that had this stamp when it was read.
    pub fn stamped(path: &str, full: &Path, stamp: Stamp) -> DataFile {
        let full = full.to_path_buf();
        DataFile {
            path: path.to_string(),
            contents: Contents::Stamped { full, stamp },
        }
    }

    /// Path and hash; reads the file if its hash is not known.
    ///
    /// # Errors
    /// [`Code::FileChanged`] if the file has changed since it was read; otherwise as [`sha256_of`].
    pub fn record(&self) -> Outcome<FileRecord> {
        let sha256 = match &self.contents {
            Contents::Hashed(sha256) => sha256.clone(),
            Contents::Stamped { full, stamp } => {
                let (sha256, found) = sha256_and_stamp(full)?;
                if found != *stamp {
                    return Err(file_changed(full));
                }
                sha256
            }
        };
        Ok(FileRecord {
            path: self.path.clone(),
            sha256,
        })
    }
}
