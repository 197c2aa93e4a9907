//! Python with what the worker of networks in Python needs, if there is one.

use std::path::Path;
use std::process::{Command, Output};

use super::command::root;

/// A Python that has these libraries: the program that `GIA_PYTHON` names, or `python3`. Without one, says so and returns none.
pub fn python_with(libraries: &[&str]) -> Option<String> {
    let python = std::env::var("GIA_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let imports: Vec<String> = libraries
        .iter()
        .map(|name| format!("import {name}"))
        .collect();
    let found = Command::new(&python)
        .args(["-c", &imports.join("\n")])
        .output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    println!("skipped: {python} has not all of {}", libraries.join(", "));
    None
}

/// `gia` in a folder, with this Python and the package of the source tree.
pub fn gia_in(folder: &Path, python: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("GIA_PYTHON", python)
        .env("PYTHONPATH", root().join("python"))
        .output()
        .expect("the built program starts")
}
