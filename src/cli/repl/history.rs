//! Where entries are remembered from one session to the next.
//!
//! Invariant: a history that cannot be read or written is no reason to stop; the file is its owner's alone.

use std::path::PathBuf;

use gia_base::file::xdg_folder;

/// The file, by the XDG rule for state that lasts; none where there is no home.
pub fn path() -> Option<PathBuf> {
    let state = xdg_folder("XDG_STATE_HOME", ".local/state")?;
    Some(state.join("gia/history"))
}

/// Makes the folder of the file, for its owner alone.
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
