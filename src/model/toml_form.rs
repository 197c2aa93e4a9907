//! The `.toml` file beside a model file, as it is written.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::declaration::{Layout, UnknownBase};
use crate::diag::{Code, Diagnostic, Outcome, closest};

/// Keys of the file; `performance`, `training` and `notes` are for readers alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TomlForm {
    pub length: Option<usize>,
    pub alphabet: Option<String>,
    pub layout: Option<Layout>,
    pub unknown: Option<UnknownBase>,
    pub tasks: Option<Vec<String>>,
    pub unit: Option<String>,
    pub output: Vec<TomlOutput>,
    pub sha256: Option<String>,
    pub source: Option<String>,
    pub licence: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TomlOutput {
    pub name: Option<String>,
    pub tasks: Vec<String>,
    pub unit: Option<String>,
}

const KEYS: [&str; 13] = [
    "length",
    "alphabet",
    "layout",
    "unknown",
    "tasks",
    "unit",
    "output",
    "sha256",
    "source",
    "licence",
    "performance",
    "training",
    "notes",
];

impl TomlForm {
    /// The file that declares a model: the same name, ending in `.toml`.
    pub fn path_beside(model: &Path) -> PathBuf {
        model.with_extension("toml")
    }

    /// Reads the file if it is there.
    pub fn read(path: &Path) -> Outcome<Option<TomlForm>> {
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Box::new(Diagnostic::error(
                    Code::BadDeclaration,
                    format!("`{shown}` cannot be read: {error}"),
                )));
            }
        };
        let wrong = |error: toml::de::Error| {
            let line = error.span().map_or(1, |span| {
                text[..span.start.min(text.len())].matches('\n').count() + 1
            });
            let what = error.message().lines().collect::<Vec<_>>().join(" ");
            Box::new(Diagnostic::error(
                Code::BadDeclaration,
                format!("`{shown}`, line {line}: {what}"),
            ))
        };
        let table: toml::Table = toml::from_str(&text).map_err(wrong)?;
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let diagnostic = Diagnostic::error(
                Code::BadDeclaration,
                format!("`{shown}` has an unknown key `{key}`"),
            );
            return Err(Box::new(match closest(key, KEYS) {
                Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
                None => diagnostic.help(format!(
                    "keys are {}; what is only to be read by people stands under `[notes]`",
                    KEYS.join(", ")
                )),
            }));
        }
        toml::from_str(&text).map(Some).map_err(wrong)
    }
}
