//! Parses the `.toml` file beside a model file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::encoding::{Layout, UnknownBase};
use super::flanks::TomlFlank;
use super::last_step::LastStep;
use super::python::NetworkKind;
use gia_base::diag::{Code, Diagnostic, Outcome, closest};
use gia_base::file::{InputKind, read_text_as};

/// The keys of the file. `performance`, `training` and `notes` are for human readers and are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeclarationFile {
    pub kind: Option<NetworkKind>,
    /// What Python imports.
    pub entry: Option<String>,
    pub length: Option<usize>,
    pub alphabet: Option<String>,
    pub layout: Option<Layout>,
    pub unknown: Option<UnknownBase>,
    pub tasks: Option<Vec<String>>,
    pub unit: Option<String>,
    pub before: Option<LastStep>,
    pub flanks: TomlFlanks,
    pub input: Vec<TomlInput>,
    pub output: Vec<TomlOutput>,
    pub sha256: Option<String>,
    pub source: Option<String>,
    pub licence: Option<String>,
}

/// One `[[input]]` table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TomlInput {
    /// For human readers; inputs are matched by their order.
    pub name: Option<String>,
    /// `sequence`, `reverse_complement` or `constant`. The default is `constant` if there is a value, else `sequence`.
    pub kind: Option<String>,
    /// Of a sequence: its first base in the network's sequence, in bp, if the input reads only a part.
    pub start: Option<usize>,
    /// Of a sequence: number of bases of that part. The default is what the graph states.
    pub length: Option<usize>,
    /// Of a sequence: what each channel holds, if these are not the four bases alone.
    pub channels: Option<Vec<TomlChannel>>,
    /// Of a sequence: the token of each base, and of `N`.
    pub tokens: Option<BTreeMap<String, u32>>,
    /// Of a sequence: a file with the words of a tokenizer.
    pub vocabulary: Option<PathBuf>,
    /// Number of bases of a word.
    pub k: Option<usize>,
    /// Distance in bp between the starts of neighbouring words. The default is 1.
    pub step: Option<usize>,
    /// The token of words with an unknown base.
    pub unknown_token: Option<TomlToken>,
    /// Tokens before the first word.
    pub start_tokens: Vec<TomlToken>,
    /// Tokens after the last.
    pub end_tokens: Vec<TomlToken>,
    /// Value of all elements of a constant input.
    pub value: Option<f32>,
    /// Value of each element of a constant input, in row-major order after the batch.
    pub values: Option<Vec<f32>>,
    /// Of a constant input: its sizes after the batch, where no graph states them.
    pub shape: Option<Vec<usize>>,
}

impl TomlInput {
    /// An input that receives sequences; `kind` is `sequence` or `reverse_complement`.
    pub fn of_kind(kind: &str) -> TomlInput {
        TomlInput {
            kind: Some(kind.to_string()),
            ..TomlInput::default()
        }
    }

    /// Whether it is the same for every sequence.
    pub fn is_constant(&self) -> bool {
        self.value.is_some() || self.values.is_some() || self.kind.as_deref() == Some("constant")
    }

    /// A key that is stated and describes how a sequence is encoded.
    pub fn sequence_key(&self) -> Option<&'static str> {
        let keys = [
            (self.start.is_some(), "start"),
            (self.length.is_some(), "length"),
            (self.channels.is_some(), "channels"),
            (self.tokens.is_some(), "tokens"),
            (self.vocabulary.is_some(), "vocabulary"),
        ];
        let key = keys.into_iter().find(|(is_stated, _)| *is_stated);
        key.map(|(_, key)| key).or_else(|| self.word_key())
    }

    /// A key that is stated and describes the words of a vocabulary.
    pub fn word_key(&self) -> Option<&'static str> {
        let keys = [
            (self.k.is_some(), "k"),
            (self.step.is_some(), "step"),
            (self.unknown_token.is_some(), "unknown_token"),
        ];
        let key = keys.into_iter().find(|(is_stated, _)| *is_stated);
        key.map(|(_, key)| key)
    }

    /// A constant input with one value everywhere.
    pub fn constant(value: f32) -> TomlInput {
        TomlInput {
            value: Some(value),
            ..TomlInput::default()
        }
    }
}

/// One channel of an input along the sequence.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum TomlChannel {
    /// A base, or `N`: 1 where the sequence has this letter.
    Letter(String),
    /// The same number everywhere.
    Number(f32),
    /// A number for each position.
    Numbers(Vec<f32>),
    /// A text file with a number for each position.
    File { file: PathBuf },
}

/// A token, by its number or by its word in the vocabulary.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum TomlToken {
    Number(u32),
    Word(String),
}

/// Fixed bases on both sides of each sequence.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TomlFlanks {
    pub left: Option<TomlFlank>,
    pub right: Option<TomlFlank>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TomlOutput {
    pub name: Option<String>,
    /// Shape after the batch, for a model without a graph.
    pub shape: Option<Vec<usize>>,
    pub tasks: Vec<String>,
    /// The dimensions after the batch, but for that of the bins, of an output with several.
    pub axis: Vec<TomlAxis>,
    pub unit: Option<String>,
    /// The last function of the output, if the output is taken before it.
    pub before: Option<LastStep>,
    /// Bin width in base pairs, for an output along the sequence.
    pub bin: Option<usize>,
    /// Start of the first bin in the input, in base pairs; below 0 where bins of tokens stand before the sequence. By default the bins are centred.
    pub start: Option<i64>,
    /// Whether tasks or bins are the first dimension after the batch. The default is the layout of the input.
    pub layout: Option<Layout>,
    /// For each task, its counterpart on the opposite strand.
    pub opposite: Vec<String>,
}

/// One `[[output.axis]]` table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TomlAxis {
    pub name: String,
    /// Names of its entries, in the order of the tensor; empty for entries that are numbered.
    pub entries: Vec<String>,
}

const KEYS: [&str; 18] = [
    "length",
    "alphabet",
    "layout",
    "unknown",
    "tasks",
    "unit",
    "before",
    "flanks",
    "input",
    "output",
    "kind",
    "entry",
    "sha256",
    "source",
    "licence",
    "performance",
    "training",
    "notes",
];

/// Rephrases an error of the TOML parser in the terms of a declaration; also returns a help text, if there is one.
fn describe_toml_error(message: &str) -> (String, Option<String>) {
    let message = message.lines().collect::<Vec<_>>().join(" ");
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if message.starts_with("unknown variant") || message.starts_with("unknown field") {
        let [wrong, known @ ..] = quoted.as_slice() else {
            return (message, None);
        };
        let key = message.starts_with("unknown field");
        let quote = |word: &&str| match key {
            true => format!("`{word}`"),
            false => format!("\"{word}\""),
        };
        let help = match closest(wrong, known.iter().copied()) {
            Some(close) => format!("did you mean {}?", quote(&close)),
            None => format!(
                "use one of {}",
                known.iter().map(quote).collect::<Vec<_>>().join(", ")
            ),
        };
        let wrong = quote(wrong);
        let what = match key {
            true => format!("the key {wrong} is unknown"),
            false => format!("{wrong} is not one of its values"),
        };
        return (what, Some(help));
    }
    let wanted = [
        ("expected usize", "expected a whole number, found "),
        (
            "expected u32",
            "expected a whole number from 0 to 4294967295, found ",
        ),
        ("expected a string", "expected a text in quotes, found "),
        ("expected a sequence", "expected a list in brackets, found "),
    ];
    for (expected, words) in wanted {
        let found = message
            .strip_suffix(expected)
            .and_then(|rest| rest.split_once(": "))
            .map(|(_, found)| found.trim_end_matches([',', ' ']));
        if let Some(found) = found {
            let is_table = found.starts_with("map") && expected == "expected a sequence";
            if is_table {
                let help = "write a table that can occur several times as `[[input]]`, `[[output]]` or `[[output.axis]]`";
                return (format!("{words}a table"), Some(help.to_string()));
            }
            let (kind, value) = found.split_once(' ').unwrap_or((found, ""));
            let found = match kind {
                "map" => "a table",
                "string" | "integer" | "boolean" => value.trim_matches('`'),
                _ => found.rsplit(' ').next().unwrap_or(found).trim_matches('`'),
            };
            return (format!("{words}{found}"), None);
        }
    }
    (message, None)
}

impl DeclarationFile {
    /// Path of a model file's declaration: the same name, ending in `.toml`.
    pub fn path_beside(model: &Path) -> PathBuf {
        model.with_extension("toml")
    }

    /// Reads the file; none if there is none.
    pub fn read(path: &Path) -> Outcome<Option<DeclarationFile>> {
        let shown = path.display();
        let is_missing = |error: std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
        if std::fs::metadata(path).is_err_and(is_missing) {
            return Ok(None);
        }
        let text = read_text_as(path, InputKind::Declaration)?;
        let wrong = |error: toml::de::Error| {
            let line = error.span().map_or(1, |span| {
                text[..span.start.min(text.len())].matches('\n').count() + 1
            });
            let (what, help) = describe_toml_error(error.message());
            let sides = text
                .lines()
                .nth(line - 1)
                .and_then(|line| line.split_once('='));
            let key = sides
                .map(|(key, _)| key.trim())
                .filter(|key| !key.is_empty());
            let key = key.map_or(String::new(), |key| format!(", `{key}`"));
            let what = match sides {
                Some((_, "")) => "the value after `=` is missing".to_string(),
                _ => what,
            };
            let diagnostic = Diagnostic::error(
                Code::BadDeclaration,
                format!("`{shown}:{line}`{key}: {what}"),
            );
            Box::new(match help {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            })
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
                    "keys are {}; write remarks for human readers under `[notes]`",
                    KEYS.join(", ")
                )),
            }));
        }
        let form: DeclarationFile = toml::from_str(&text).map_err(wrong)?;
        let is_hash =
            |hash: &String| hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if let Some(hash) = form.sha256.as_ref().filter(|hash| !is_hash(hash)) {
            return Err(Box::new(Diagnostic::error(
                Code::BadDeclaration,
                format!("`sha256` in `{shown}` is \"{hash}\", not 64 hexadecimal digits"),
            )));
        }
        Ok(Some(form))
    }
}
