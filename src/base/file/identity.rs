//! The identity of a file, by which two paths to the same file are recognized.

use std::io;
use std::path::{Component, Path, PathBuf};

/// Maximum number of symbolic links followed from one path; the limit of Linux.
const MAX_LINKS: usize = 40;

/// A file, existing or not: equal for two paths that lead to one file by links, hard links, `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FileIdentity {
    /// Device and inode number of an existing file.
    Existing(u64, u64),
    /// Path of a file that does not exist: the real path of the nearest existing folder, and the rest.
    Missing(PathBuf),
}

impl FileIdentity {
    /// The file that a path leads to; None if the path cannot be resolved.
    pub fn of(path: &Path) -> Option<FileIdentity> {
        use std::os::unix::fs::MetadataExt;
        let end = resolve_links(path).ok()?;
        match end.metadata() {
            Ok(metadata) => Some(FileIdentity::Existing(metadata.dev(), metadata.ino())),
            Err(_) => Some(FileIdentity::Missing(end)),
        }
    }
}

/// Resolves symbolic links, including a last one whose target does not exist.
///
/// # Errors
/// For a loop of links, a part that is not a folder, or missing permission.
pub fn resolve_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        match path.canonicalize() {
            Ok(end) => return Ok(end),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        // A pipe under /proc exists, but has no canonical path.
        if path.exists() {
            return Ok(path);
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        match path.read_link() {
            Ok(target) => path = folder.join(target),
            Err(_) => return Ok(resolve_existing_part(&path)),
        }
    }
    Err(io::Error::from_raw_os_error(libc::ELOOP))
}

/// Resolves the folders of a path that exist, and appends the rest.
fn resolve_existing_part(path: &Path) -> PathBuf {
    let is_plain = |part: &Component| matches!(part, Component::Normal(_));
    let mut missing = Vec::new();
    let mut existing = path;
    loop {
        let folder = match existing.as_os_str().is_empty() {
            true => Path::new("."),
            false => existing,
        };
        if let Ok(real) = folder.canonicalize() {
            let mut end = real;
            missing.iter().rev().for_each(|part| end.push(part));
            return end;
        }
        match (
            existing.components().next_back().filter(is_plain),
            existing.parent(),
        ) {
            (Some(part), Some(above)) => {
                missing.push(part.as_os_str().to_os_string());
                existing = above;
            }
            _ => return path.to_path_buf(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn all_paths_to_a_file_have_one_identity() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("below")).expect("made");
        fs::write(at("a"), "a").expect("written");
        fs::write(at("b"), "a").expect("written");
        fs::hard_link(at("a"), at("hard")).expect("linked");
        symlink("a", at("soft")).expect("linked");
        symlink("../new", at("below/dangling")).expect("linked");
        symlink("round", at("round")).expect("linked");
        let of = |name: &str| FileIdentity::of(&at(name));
        assert!(of("a").is_some() && of("a") != of("b"));
        for same in ["./a", "below/../a", "hard", "soft"] {
            assert_eq!(of(same), of("a"), "{same}");
        }
        assert_eq!(of("new"), of("below/dangling"));
        assert_eq!(of("x/y"), of("./x/y"));
        assert_ne!(of("x/y"), of("x/z"));
        assert_eq!(of("round"), None);
    }
}
