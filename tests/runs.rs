//! Whole runs: scripts over networks whose effects are known exactly, how commands end, and runs that break.

mod analytic;
mod broken;
mod claim_names;
mod endings;
mod evaluations;
mod nulls;
mod parts;
mod predictions;
mod reports;
mod until;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::command::{gia_with, root};

/// Writes a script into a folder; `@MODELS@` in it is the folder of the networks.
fn script(folder: &Path, text: &str) -> PathBuf {
    let models = root().join("tests/models").display().to_string();
    let path = folder.join("script.gia");
    std::fs::write(&path, text.replace("@MODELS@", &models)).expect("written");
    path
}

/// How a command ended: status, standard output, standard error.
struct Ended {
    status: Option<i32>,
    out: String,
    said: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        Ended {
            status: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            said: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ended {
    #[track_caller]
    fn with(&self, status: i32, parts: &[&str]) {
        assert_eq!(self.status, Some(status), "{}{}", self.out, self.said);
        for part in parts {
            assert!(
                self.said.contains(part),
                "\"{part}\" is not in: {}",
                self.said
            );
        }
        assert!(!self.said.contains("panicked"), "{}", self.said);
    }
}

/// `gia COMMAND PATH ...` with diagnostics of one line.
fn command(command: &str, path: &Path, more: &[&str]) -> Ended {
    command_where(command, path, more, &[])
}

fn command_where(command: &str, path: &Path, more: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut arguments = vec![
        OsStr::new(command),
        path.as_os_str(),
        OsStr::new("--error-format=short"),
    ];
    arguments.extend(more.iter().map(OsStr::new));
    gia_with(arguments, variables).into()
}
