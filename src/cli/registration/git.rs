//! What git knows of a file.

use std::path::Path;
use std::process::{Command, Stdio};

use gia_study::Commit;

/// The commit that last changed a file; None without git, and for a file that is not committed or has been modified since.
pub fn commit_of_file(path: &Path) -> Option<Commit> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name()?;
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(arguments)
            .arg("--")
            .arg(name)
            .current_dir(folder)
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_string())
    };
    if !git(&["status", "--porcelain", "--ignored"])?.is_empty() {
        return None;
    }
    let text = git(&["log", "-1", "--format=%H %cI"])?;
    let (hash, date) = text.split_once(' ')?;
    Some(Commit {
        hash: hash.to_string(),
        date: date.to_string(),
    })
}
