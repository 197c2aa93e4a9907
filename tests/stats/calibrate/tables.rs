//! The tables of a calibration, whose rows are kept in a file so that an interrupted run can be resumed.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::percent;

/// Markdown tables under construction, and the file of the rows computed so far.
pub struct Tables {
    text: String,
    header: String,
    file: File,
    /// Values by table and row.
    computed: HashMap<(String, String), Vec<f64>>,
}

impl Tables {
    /// The file of computed rows: one JSON object a line, with the header of the table, the labels of the row and its values. Delete it to
    /// start anew, for example after a change of a method.
    pub fn default_path() -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("calibration.jsonl")
    }

    /// No tables yet, with the rows that a file holds; it is created if it does not exist. A line that an interrupted run left incomplete is
    /// ignored.
    pub fn open(path: &Path) -> Tables {
        let before = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => panic!("{} cannot be read: {error}", path.display()),
        };
        let computed = before.lines().filter_map(parse_row).collect();
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .expect("the file of rows can be written");
        if !before.is_empty() && !before.ends_with('\n') {
            writeln!(file).expect("a line is written");
        }
        Tables {
            text: String::new(),
            header: String::new(),
            file,
            computed,
        }
    }

    /// Starts a table with these column titles, separated by ` | `; titles may contain `\|`.
    pub fn start(&mut self, header: &str) {
        let columns = header.split(" | ").count();
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let _ = writeln!(self.text, "| {header} |\n|{}", "---|".repeat(columns));
        self.header = header.into();
    }

    /// The values of a row of the current table, computed unless the file has them.
    pub fn values(&mut self, row: &str, compute: impl FnOnce() -> Vec<f64>) -> Vec<f64> {
        let key = (self.header.clone(), row.to_string());
        if let Some(values) = self.computed.get(&key) {
            return values.clone();
        }
        let values = compute();
        let line = json!({ "table": key.0, "row": key.1, "values": values });
        // One write, so that no other row comes between.
        let line = format!("{line}\n");
        self.file
            .write_all(line.as_bytes())
            .expect("a row is written");
        self.computed.insert(key, values.clone());
        values
    }

    /// A row of labels and shares; the labels identify the row in its table.
    pub fn shares(&mut self, labels: &[&str], compute: impl FnOnce() -> Vec<f64>) -> Vec<f64> {
        let found = self.values(&labels.join(" | "), compute);
        let cells: Vec<String> = found.iter().map(|share| percent(*share)).collect();
        self.row(labels, &cells);
        found
    }

    /// Writes a row of cells.
    pub fn row(&mut self, labels: &[&str], cells: &[String]) {
        let labels = labels.iter().map(|label| label.to_string());
        let all: Vec<String> = labels.chain(cells.iter().cloned()).collect();
        let columns = self.header.split(" | ").count();
        assert_eq!(all.len(), columns, "cells of a row of: {}", self.header);
        let _ = writeln!(self.text, "| {} |", all.join(" | "));
    }

    /// Writes a paragraph, or a list item, after a table.
    pub fn paragraph(&mut self, text: &str) {
        let _ = writeln!(self.text, "\n{text}");
    }

    /// Everything written so far.
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn parse_row(line: &str) -> Option<((String, String), Vec<f64>)> {
    let row: Value = serde_json::from_str(line).ok()?;
    let values = row["values"].as_array()?.iter().map(Value::as_f64);
    let key = (row["table"].as_str()?.into(), row["row"].as_str()?.into());
    Some((key, values.collect::<Option<_>>()?))
}

#[test]
fn rows_are_computed_once() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rows_are_computed_once.jsonl");
    let _ = std::fs::remove_file(&path);
    let mut tables = Tables::open(&path);
    tables.start("a \\| b | n = 20");
    tables.shares(&["x"], || vec![0.25]);
    let whole = std::fs::read_to_string(&path).expect("the rows");
    // An interrupted run may have left half a line.
    std::fs::write(&path, format!("{whole}{}", &whole[..20])).expect("a write");
    let mut resumed = Tables::open(&path);
    resumed.start("a \\| b | n = 20");
    resumed.shares(&["x"], || panic!("the row is in the file"));
    assert_eq!(resumed.text(), tables.text());
    assert_eq!(
        resumed.text(),
        "| a \\| b | n = 20 |\n|---|---|\n| x | 25.0 % |\n"
    );
    resumed.shares(&["y"], || vec![0.5]);
    // A table with another header is another table.
    resumed.start("a \\| b | n = 30");
    assert_eq!(resumed.values("x", || vec![0.75]), [0.75]);
    let mut again = Tables::open(&path);
    again.start("a \\| b | n = 20");
    assert_eq!(
        again.values("y", || panic!("it follows half a line")),
        [0.5]
    );
}
