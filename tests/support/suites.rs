//! `gia test`, run as a user would.

use std::process::Output;

use crate::support::command::gia_with;

/// Variables that tell `gia` where it runs; empty, whatever this machine has.
pub const NOWHERE: &[(&str, &str)] = &[("GITHUB_ACTIONS", ""), ("GITHUB_STEP_SUMMARY", "")];

pub struct Ended {
    pub status: Option<i32>,
    pub out: String,
    pub said: String,
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

pub fn suite(arguments: &[&str]) -> Ended {
    let arguments = [&["test"], arguments].concat();
    gia_with(&arguments, NOWHERE).into()
}

/// A file that a suite writes, beside how it ended.
pub fn written(option: &str, arguments: &[&str]) -> (Ended, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("written");
    let shown = path.display().to_string();
    let ended = suite(&[arguments, &[option, &shown]].concat());
    let text = std::fs::read_to_string(&path);
    (ended, text.expect("the file is written"))
}

/// A text without the times in it, which differ from run to run.
pub fn timeless(text: &str) -> String {
    let terminal = regex::Regex::new(r"  \d+\.\d s\n").expect("an expression");
    let attribute = regex::Regex::new(r#" time="[\d.]+""#).expect("an expression");
    let text = terminal.replace_all(text, "  0.0 s\n");
    attribute.replace_all(&text, r#" time="0""#).into_owned()
}
