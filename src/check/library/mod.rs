//! The standard library: its texts in the language, and the native functions for declarations without a body in
//! `stdlib/prelude.gia`, by what they make.

mod analytic_models;
mod arguments;
mod attributions;
mod conditioned;
mod edits;
mod evaluations;
mod haplotypes;
mod influence_maps;
mod map_comparison;
mod matched;
mod models;
mod motif_lists;
mod motifs;
mod native;
mod nulls;
mod numbers;
mod parameter_types;
mod parameters;
mod predictions;
mod sequences;

pub(super) use models::ensemble_of;

use std::rc::Rc;

use self::native::Native;
use super::native_function::NativeFunction;
use super::scope::Scope;
use super::value::{Anchor, Position, Value};
use gia_base::source::SourceId;
use gia_domain::NULL_CONSTRUCTORS;
use gia_syntax::tree::ItemKind;

/// The text that declares and documents the names which every script sees.
pub const PRELUDE: &str = include_str!("../stdlib/prelude.gia");

const MODULES: &[(&str, &str)] = &[("syntax", include_str!("../stdlib/syntax.gia"))];

/// Functions of one subject.
type Natives = &'static [Native];

const NATIVES: [Natives; 17] = [
    models::NATIVES,
    conditioned::NATIVES,
    evaluations::NATIVES,
    predictions::NATIVES,
    attributions::NATIVES,
    influence_maps::NATIVES,
    map_comparison::NATIVES,
    sequences::NATIVES,
    haplotypes::NATIVES,
    matched::NATIVES,
    motifs::NATIVES,
    motif_lists::NATIVES,
    numbers::NATIVES,
    analytic_models::NATIVES,
    edits::writes::NATIVES,
    edits::regions::NATIVES,
    edits::whole::NATIVES,
];

fn natives() -> impl Iterator<Item = &'static Native> {
    NATIVES.iter().copied().flatten()
}

pub fn builtin(name: &str) -> Option<&'static dyn NativeFunction> {
    match natives().find(|native| native.name == name) {
        Some(native) => Some(native),
        None => Some(nulls::constructor(name)?),
    }
}

pub fn native_names() -> impl Iterator<Item = &'static str> {
    let nulls = NULL_CONSTRUCTORS.iter().map(|constructor| constructor.name);
    natives().map(|native| native.name).chain(nulls)
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

/// Whether a text is that of the prelude, perhaps of another version: a file that declares every native function without a body.
pub fn is_prelude(source: SourceId, text: &str) -> bool {
    // Files without the first of them need not be parsed.
    let is_named = |name: &str| text.contains(&format!("fn {name}("));
    if !native_names().all(is_named) {
        return false;
    }
    let (file, _) = gia_syntax::parse(source, text);
    let is_declared = |name: &str| {
        file.items.iter().any(|item| match &item.kind {
            ItemKind::Fn(function) => function.body.is_none() && function.name.text == name,
            _ => false,
        })
    };
    native_names().all(is_declared)
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
    scope.bind("variant", Value::Variant, None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use gia_base::source::Sources;
    use gia_syntax::tree;

    /// The functions that the prelude declares without a body.
    fn declared() -> Vec<tree::Fn> {
        let mut sources = Sources::default();
        let id = sources.add("prelude.gia", std::path::Path::new(""), PRELUDE);
        let (file, diagnostics) = gia_syntax::parse(id, PRELUDE);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let functions = file.items.into_iter().filter_map(|item| match item.kind {
            tree::ItemKind::Fn(function) if function.body.is_none() => Some(function),
            _ => None,
        });
        functions.collect()
    }

    #[test]
    fn native_functions_read_the_parameters_that_the_prelude_declares() {
        for function in declared() {
            let name = &function.name.text;
            let builtin = builtin(name).unwrap_or_else(|| panic!("`{name}` has no builtin"));
            assert!(
                builtin.accepts_parameters(&function),
                "`{name}`: {builtin:?}"
            );
        }
    }
}
