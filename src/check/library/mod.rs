//! The standard library: texts in the language, and the functions that the interpreter supplies for declarations
//! without a body in `stdlib/prelude.gia`, by what they make.

mod arguments;
mod asked;
mod backgrounds;
mod evaluations;
mod models;
mod motifs;
mod numbers;
mod sequences;
mod truths;

pub(super) use models::ensemble_of;

use std::rc::Rc;

use super::Checker;
use super::scope::Scope;
use super::value::{Anchor, Position, Value};
use crate::diag::Outcome;
use crate::file::DataFile;

pub const PRELUDE: &str = include_str!("../../../stdlib/prelude.gia");

const MODULES: &[(&str, &str)] = &[("syntax", include_str!("../../../stdlib/syntax.gia"))];

/// What a function of the interpreter is given: one value a parameter, fitted to its type.
pub type Native = fn(&mut Checker, &[Value]) -> Outcome<Value>;
/// Functions of one subject, by name.
type Natives = &'static [(&'static str, Native)];

const NATIVES: [Natives; 8] = [
    models::NATIVES,
    backgrounds::NATIVES,
    asked::NATIVES,
    evaluations::NATIVES,
    sequences::NATIVES,
    motifs::NATIVES,
    numbers::NATIVES,
    truths::NATIVES,
];

fn natives() -> impl Iterator<Item = &'static (&'static str, Native)> {
    NATIVES.iter().copied().flatten()
}

pub fn native(name: &str) -> Option<Native> {
    natives()
        .find(|(known, _)| *known == name)
        .map(|(_, native)| *native)
}

pub fn native_names() -> impl Iterator<Item = &'static str> {
    natives().map(|(name, _)| *name)
}

pub fn module(name: &str) -> Option<&'static str> {
    MODULES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// Names and texts of all modules.
pub fn modules() -> impl Iterator<Item = (&'static str, &'static str)> {
    MODULES.iter().copied()
}

pub fn module_names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(name, _)| *name)
}

/// The module that declares a function of this name.
pub fn module_with(name: &str) -> Option<&'static str> {
    let declaration = format!("fn {name}(");
    MODULES
        .iter()
        .find(|(_, text)| text.lines().any(|line| line.starts_with(&declaration)))
        .map(|(name, _)| *name)
}

/// Names of the prelude that are values.
pub fn bind_constants(scope: &Scope) {
    let position = |anchor| Value::Position(Position { anchor, offset: 0 });
    scope.bind("start", position(Anchor::Start), None);
    scope.bind("center", position(Anchor::Center), None);
    scope.bind("end", position(Anchor::End), None);
    let letters = ["A", "C", "G", "T"].map(|letter| Value::Text(letter.into()));
    scope.bind("bases", Value::List(Rc::new(letters.into())), None);
    scope.bind("none", Value::None, None);
}

impl Checker<'_> {
    fn note_file(&mut self, path: &str, sha256: &str) {
        self.note_data(DataFile::hashed(path, sha256));
    }

    fn note_data(&mut self, file: DataFile) {
        if self.data.iter().all(|known| known.path != file.path) {
            self.data.push(file);
        }
    }
}
