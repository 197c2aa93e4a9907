//! Paths that name an open stream of this program: `-`, `/dev/stdout`, `/dev/fd/1`, `/proc/self/fd/2`.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

/// Maximum number of symbolic links followed from one path.
const MAX_LINKS: usize = 40;
/// What names the standard output wherever an output file is named. A file of this name is `./-`.
pub const STANDARD_OUTPUT: &str = "-";

/// The open stream that a path names; None for any other path.
///
/// If the stream leads to a file, output is appended: the file belongs to whoever opened it, and replacing it would lose what
/// others wrote.
///
/// # Errors
/// If the descriptor cannot be opened for writing.
pub fn named_stream(path: &Path) -> io::Result<Option<File>> {
    let Some(number) = named_descriptor(path) else {
        return Ok(None);
    };
    let owned = match number {
        1 => io::stdout().as_fd().try_clone_to_owned()?,
        2 => io::stderr().as_fd().try_clone_to_owned()?,
        _ => return File::options().append(true).open(path).map(Some),
    };
    Ok(Some(File::from(owned)))
}

/// The number of the descriptor that a path leads to by links.
fn named_descriptor(path: &Path) -> Option<u32> {
    if path.as_os_str() == STANDARD_OUTPUT {
        return Some(1);
    }
    let own = Path::new("/proc/self").canonicalize().ok()?.join("fd");
    let mut path = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        let folder = path.parent()?.to_path_buf();
        if folder.canonicalize().is_ok_and(|folder| folder == own) {
            return path.file_name()?.to_str()?.parse().ok();
        }
        path = folder.join(path.read_link().ok()?);
    }
    None
}
