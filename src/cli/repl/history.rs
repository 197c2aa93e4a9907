//! The history file, which keeps entries from one session to the next.
//!
//! Invariant: an unreadable or unwritable history is ignored. Only its owner can read the file.

use std::path::PathBuf;

use gia_base::file::xdg_folder;

/// Path of the file, in the XDG state directory; none without a home directory.
pub fn path() -> Option<PathBuf> {
    let state = xdg_folder("XDG_STATE_HOME", ".local/state")?;
    Some(state.join("gia/history"))
}

/// Creates the folder of the file, accessible to its owner only.
pub fn prepare(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    if let Some(folder) = path.parent() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true).mode(0o600).open(path)?;
    Ok(())
}
