//! Parameters of the native functions: a struct for each list of them, read by name from the arguments of a call.
//!
//! The prelude declares what a native function takes; the struct says what its code reads. A test holds the two against
//! each other, by names and types, so that neither can change alone.

use super::arguments::Argument;
use super::parameter_types::ParameterType;
use crate::native_function::{Arguments, NativeResult};
use crate::types::Type;

/// Name and type of a parameter.
pub type Declared = (&'static str, Type);

/// The parameter list of a native function; [`parameters!`] implements it.
pub trait Parameters: Sized {
    /// All parameters, in the order of the prelude.
    fn declared() -> Vec<Declared>;

    /// The arguments of a call.
    fn read(arguments: &Arguments) -> NativeResult<Self>;
}

/// Declares the parameters of a native function: `struct Markov { order: f64, like: Sequences, length: Length }`.
macro_rules! parameters {
    ($(#[$attribute:meta])* struct $name:ident { $($parameter:ident: $type:ty),* $(,)? }) => {
        $(#[$attribute])*
        struct $name {
            $($parameter: $crate::library::arguments::Argument<$type>),*
        }

        impl $crate::library::parameters::Parameters for $name {
            fn declared() -> Vec<$crate::library::parameters::Declared> {
                #[allow(unused_imports, reason = "a function without parameters needs neither")]
                use $crate::library::{parameter_types::ParameterType, parameters::parameter_name};
                vec![$((parameter_name(stringify!($parameter)), <$type>::in_the_language())),*]
            }

            #[allow(unused_variables, reason = "a function without parameters reads nothing")]
            fn read(
                arguments: &$crate::native_function::Arguments,
            ) -> $crate::native_function::NativeResult<Self> {
                #[allow(unused_imports, reason = "a function without parameters needs none")]
                use $crate::library::parameters::parameter_name;
                Ok($name {
                    $($parameter: arguments.get(parameter_name(stringify!($parameter)))?),*
                })
            }
        }
    };
}
pub(super) use parameters;

/// The name in the language of a field, which may be a keyword of Rust.
pub fn parameter_name(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// An argument read by its parameter's name.
impl Arguments<'_> {
    pub fn get<T: ParameterType>(&self, name: &'static str) -> NativeResult<Argument<T>> {
        let (value, location) = self.named(name)?;
        Ok(Argument::new(name, T::from_value(value), location))
    }
}
