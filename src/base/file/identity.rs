//! Whether two paths lead to the same file.

use std::io;
use std::path::{Component, Path, PathBuf};

/// Maximum number of symbolic links followed from one path; the limit of Linux.
const MOST_LINKS: usize = 40;

/// A file, existing or not: equal for two paths that lead to one file by links, hard links, `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Device and inode number of an existing file.
    There(u64, u64),
    /// Path of a file that does not exist: the real path of the nearest existing folder, and the rest.
    Missing(PathBuf),
}

impl Identity {
    /// The file that a path leads to; None if the path cannot be resolved.
    pub fn of(path: &Path) -> Option<Identity> {
        use std::os::unix::fs::MetadataExt;
        let end = resolved(path).ok()?;
        match end.metadata() {
            Ok(metadata) => Some(Identity::There(metadata.dev(), metadata.ino())),
            Err(_) => Some(Identity::Missing(end)),
        }
    }
}

/// Resolves symbolic links, including a last one whose target does not exist.
///
/// # Errors
/// For a loop of links, a part that is not a folder, or missing permission.
pub fn resolved(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        match path.canonicalize() {
            Ok(end) => return Ok(end),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        // A pipe has no path but the one that it is reached by.
        if path.exists() {
            return Ok(path);
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
            _ => PathBuf::from("."),
        };
        match path.read_link() {
            Ok(target) => path = folder.join(target),
            Err(_) => return Ok(below_what_is_there(&path)),
        }
    }
    Err(io::Error::from_raw_os_error(libc::ELOOP))
}

/// The path with its existing folders resolved.
fn below_what_is_there(path: &Path) -> PathBuf {
    let is_plain = |part: &Component| matches!(part, Component::Normal(_));
    let mut missing = Vec::new();
    let mut there = path;
    loop {
        let folder = match there.as_os_str().is_empty() {
            true => Path::new("."),
            false => there,
        };
        if let Ok(real) = folder.canonicalize() {
            let mut end = real;
            missing.iter().rev().for_each(|part| end.push(part));
            return end;
        }
        match (
            there.components().next_back().filter(is_plain),
            there.parent(),
        ) {
            (Some(part), Some(above)) => {
                missing.push(part.as_os_str().to_os_string());
                there = above;
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
    fn one_file_is_one_by_any_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("below")).expect("made");
        fs::write(at("a"), "a").expect("written");
        fs::write(at("b"), "a").expect("written");
        fs::hard_link(at("a"), at("hard")).expect("linked");
        symlink("a", at("soft")).expect("linked");
        symlink("../new", at("below/dangling")).expect("linked");
        symlink("round", at("round")).expect("linked");
        let of = |name: &str| Identity::of(&at(name));
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
