//! Native functions as their modules list them.

use super::parameters::Declared;
use crate::Checker;
use crate::native_function::{Arguments, NativeFunction, NativeResult};
use crate::types::Type;
use crate::value::Value;
use gia_syntax::tree;

/// A function that the prelude declares without a body.
pub struct Native {
    pub name: &'static str,
    /// Name and type of each parameter that it reads.
    pub parameters: fn() -> Vec<Declared>,
    pub call: fn(&mut Checker, &Arguments) -> NativeResult<Value>,
}

impl NativeFunction for Native {
    fn accepts_parameters(&self, declaration: &tree::Fn) -> bool {
        declares(declaration, (self.parameters)())
    }

    fn call(&self, checker: &mut Checker, arguments: &Arguments) -> NativeResult<Value> {
        (self.call)(checker, arguments)
    }
}

impl std::fmt::Debug for Native {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_tuple("Native").field(&self.name).finish()
    }
}

/// A [`Native`] by its name, the struct of its parameters and what it does.
macro_rules! native {
    ($name:literal, $parameters:ident, $function:expr) => {
        super::native::Native {
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
pub(super) use native;

/// Whether a declaration names these parameters, each by its name and type.
pub fn declares(declaration: &tree::Fn, read: Vec<Declared>) -> bool {
    let declared = declaration.parameters.iter().map(|parameter| {
        let ty = Type::parse_type(&parameter.ty).ok();
        (parameter.name.text.as_str(), ty)
    });
    declared.eq(read.into_iter().map(|(name, ty)| (name, Some(ty))))
}
