//! The built programs, run as a user would.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// `gia`, in the root of the tree.
pub fn gia<I, S>(arguments: I) -> Output
where
    I: IntoIterator<Item = S>,
    S: AsRef<std::ffi::OsStr>,
{
    gia_with(arguments, &[])
}

/// `gia`, with more variables in its environment.
pub fn gia_with<I, S>(arguments: I, variables: &[(&str, &str)]) -> Output
where
    I: IntoIterator<Item = S>,
    S: AsRef<std::ffi::OsStr>,
{
    Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(root())
        .env("NO_COLOR", "1")
        .output()
        .expect("the built program starts")
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a script with more arguments and reads its JSON. Claims may fail; the run may not.
pub fn study(script: &Path, more: &[&str]) -> serde_json::Value {
    let folder = tempfile::tempdir().expect("a folder for the results");
    let json = folder.path().join("study.json");
    let mut arguments: Vec<PathBuf> = vec![
        "run".into(),
        script.into(),
        "--quiet".into(),
        "--json".into(),
        json.clone(),
    ];
    arguments.extend(more.iter().map(PathBuf::from));
    let output = gia(&arguments);
    let status = output.status.code();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        matches!(status, Some(0 | 1)),
        "{} ended with {status:?}: {said}",
        script.display()
    );
    let text = std::fs::read_to_string(&json).expect("the results are written");
    serde_json::from_str(&text).expect("the results are JSON")
}
