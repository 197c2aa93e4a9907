//! The standard library: its texts in the language, and the native functions for declarations without a body in
//! `stdlib/prelude.gia`, by what they make.

mod arguments;
mod asked;
mod evaluations;
mod models;
mod motifs;
mod nulls;
mod numbers;
mod parameter_types;
mod parameters;
mod sequences;
mod truths;

pub(super) use arguments::{Arguments, Written};
pub(super) use models::ensemble_of;

use std::rc::Rc;

use self::arguments::NativeResult;
use self::parameters::Declared;
use super::Checker;
use super::scope::Scope;
use super::types::Type;
use super::value::{Anchor, Position, Value};
use gia_domain::{NULL_CONSTRUCTORS, NullConstructor};
use gia_syntax::tree;

/// The text that declares and documents the names which every script sees.
pub const PRELUDE: &str = include_str!("../stdlib/prelude.gia");

const MODULES: &[(&str, &str)] = &[("syntax", include_str!("../stdlib/syntax.gia"))];

/// A function that the prelude declares without a body.
pub struct Native {
    name: &'static str,
    /// Name and type of each parameter that it reads.
    parameters: fn() -> Vec<Declared>,
    call: fn(&mut Checker, &Arguments) -> NativeResult<Value>,
}

impl std::fmt::Debug for Native {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_tuple("Native").field(&self.name).finish()
    }
}

/// A [`Native`] by its name, the struct of its parameters and what it does.
macro_rules! native {
    ($name:literal, $parameters:ident, $function:expr) => {
        super::Native {
            name: $name,
            parameters: <$parameters as super::parameters::Parameters>::declared,
            call: |checker, arguments| {
                use super::parameters::Parameters;
                let function: fn(&mut Checker, $parameters) -> NativeResult<Value> = $function;
                function(checker, $parameters::read(arguments)?)
            },
        }
    };
}
use native;

/// What the interpreter does for a declaration without a body.
#[derive(Debug, Clone, Copy)]
pub enum Builtin {
    Native(&'static Native),
    Null(&'static NullConstructor),
}

impl Builtin {
    /// Whether it reads the parameters that a declaration names, each by its name and type.
    pub fn reads(self, declaration: &tree::Fn) -> bool {
        let declared = declaration.parameters.iter().map(|parameter| {
            let ty = Type::read(&parameter.ty).ok();
            (parameter.name.text.as_str(), ty)
        });
        let read = match self {
            Builtin::Native(native) => (native.parameters)(),
            Builtin::Null(constructor) => nulls::declared(constructor),
        };
        declared.eq(read.into_iter().map(|(name, ty)| (name, Some(ty))))
    }

    pub fn call(self, checker: &mut Checker, arguments: &Arguments) -> NativeResult<Value> {
        match self {
            Builtin::Native(native) => (native.call)(checker, arguments),
            Builtin::Null(constructor) => nulls::make(constructor, arguments),
        }
    }
}

/// Functions of one subject.
type Natives = &'static [Native];

const NATIVES: [Natives; 7] = [
    models::NATIVES,
    asked::NATIVES,
    evaluations::NATIVES,
    sequences::NATIVES,
    motifs::NATIVES,
    numbers::NATIVES,
    truths::NATIVES,
];

fn natives() -> impl Iterator<Item = &'static Native> {
    NATIVES.iter().copied().flatten()
}

pub fn builtin(name: &str) -> Option<Builtin> {
    let native = natives().find(|native| native.name == name);
    native
        .map(Builtin::Native)
        .or_else(|| nulls::constructor(name).map(Builtin::Null))
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

#[cfg(test)]
mod tests {
    use super::*;
    use gia_base::source::Sources;

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
            assert!(builtin.reads(&function), "`{name}`: {builtin:?}");
        }
    }

    #[test]
    fn the_prelude_declares_every_native_function() {
        let declared = declared();
        for name in native_names() {
            let known = declared.iter().any(|function| function.name.text == name);
            assert!(known, "`{name}` is not declared");
        }
    }
}
