//! Asks a Python where it would import PyTorch from.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Prints the folder of the package `torch` without importing it, which would take seconds.
const SPEC: &str = "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')";
/// How long a Python may take to answer. One that starts takes some tens of milliseconds, behind a shim some hundreds.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The folder of the package `torch` of a Python; none if it has none, does not start, or does not answer in time.
pub fn torch_folder(python: &Path) -> Option<PathBuf> {
    let answer = output_of(Command::new(python).args(["-I", "-c", SPEC]), TIME_LIMIT)?;
    let folder = answer.trim();
    (!folder.is_empty()).then(|| PathBuf::from(folder))
}

/// What a program prints; none if it fails, or does not end in time.
fn output_of(command: &mut Command, limit: Duration) -> Option<String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    // The thread may outlive this call: a process that the program started can keep the pipe open.
    thread::spawn(move || {
        let mut text = String::new();
        let is_text = stdout.read_to_string(&mut text).is_ok();
        // Nobody listens after the time limit.
        let _ = sender.send(is_text.then_some(text));
    });
    let text = receiver.recv_timeout(limit).ok().flatten();
    if text.is_none() {
        // It has ended, or does not answer.
        let _ = child.kill();
    }
    let has_succeeded = child.wait().is_ok_and(|status| status.success());
    text.filter(|_| has_succeeded)
}
