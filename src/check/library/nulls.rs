//! The functions that make null models: one for each of [`NULL_CONSTRUCTORS`], which reads its arguments by name.

use std::rc::Rc;
use std::sync::Arc;

use super::arguments::Argument;
use super::native::declares;
use super::parameter_types::{Length, List, ParameterType, Sequences};
use super::parameters::Declared;
use crate::Checker;
use crate::native_function::{Arguments, NativeFunction, NativeResult, Refusal, refused};
use crate::types::Type;
use crate::value::{Position, Value};
use gia_base::diag::{Code, Outcome};
use gia_domain::{
    Alphabet, Motif, NULL_CONSTRUCTORS, NullArguments, NullConstructor, NullRefusal, Population,
    SequenceSet,
};
use gia_syntax::tree;

pub(super) fn constructor(name: &str) -> Option<&'static NullConstructor> {
    NULL_CONSTRUCTORS
        .iter()
        .find(|constructor| constructor.name == name)
}

/// Name and type in the language of each parameter.
fn declared(constructor: &NullConstructor) -> Vec<Declared> {
    let parameters = constructor.parameters.iter();
    parameters
        .map(|(name, ty)| (*name, in_the_language(*ty)))
        .collect()
}

fn in_the_language(ty: gia_domain::ParameterType) -> Type {
    match ty {
        gia_domain::ParameterType::Text => Rc::<str>::in_the_language(),
        gia_domain::ParameterType::Number => f64::in_the_language(),
        gia_domain::ParameterType::Numbers => List::<f64>::in_the_language(),
        gia_domain::ParameterType::Length => Length::in_the_language(),
        gia_domain::ParameterType::Position => Position::in_the_language(),
        gia_domain::ParameterType::Motif => Arc::<Motif>::in_the_language(),
        gia_domain::ParameterType::Sequences => Sequences::in_the_language(),
        gia_domain::ParameterType::Null => Arc::<Population>::in_the_language(),
        gia_domain::ParameterType::Nulls => List::<Arc<Population>>::in_the_language(),
    }
}

impl NativeFunction for NullConstructor {
    fn accepts_parameters(&self, declaration: &tree::Fn) -> bool {
        declares(declaration, declared(self))
    }

    /// Makes a null model of the arguments of a call.
    fn call(&self, _: &mut Checker, arguments: &Arguments) -> NativeResult<Value> {
        match (self.make)(arguments) {
            Ok(population) => Ok(Value::Population(Arc::new(population))),
            Err(NullRefusal {
                parameter,
                diagnostic,
            }) => {
                let location = parameter.and_then(|name| Some(arguments.named(name).ok()?.1));
                Err(Refusal {
                    diagnostic,
                    argument: location.and_then(|location| Some(location.argument?.span)),
                })
            }
        }
    }
}

/// The population that an argument gives.
pub(super) fn population_of(given: Option<&Arc<Population>>) -> Outcome<Arc<Population>> {
    match given {
        Some(population) => Ok(population.clone()),
        None => refused(
            Code::TypeMismatch,
            format!("{} is no source of backgrounds", Value::None.kind()),
        ),
    }
}

/// A refusal that is laid at an argument names its parameter.
fn name_parameter<T>(parameter: &'static str, result: NativeResult<T>) -> Result<T, NullRefusal> {
    result.map_err(|refusal| NullRefusal {
        parameter: refusal.argument.map(|_| parameter),
        diagnostic: refusal.diagnostic,
    })
}

impl Arguments<'_> {
    /// A parameter that the constructor does not declare has no value; a test compares its parameters with the prelude.
    fn parameter_value<T: ParameterType>(&self, parameter: &'static str) -> Option<T> {
        T::from_value(self.named(parameter).ok()?.0)
    }

    fn argument<T: ParameterType>(
        &self,
        parameter: &'static str,
    ) -> Result<Argument<T>, NullRefusal> {
        name_parameter(parameter, self.get(parameter))
    }
}

impl NullArguments for Arguments<'_> {
    fn number(&self, parameter: &'static str) -> Option<f64> {
        self.parameter_value(parameter)
    }

    fn with_percent_sign(&self, parameter: &'static str) -> Option<String> {
        let argument: Argument<f64> = self.get(parameter).ok()?;
        argument.without_percent_sign()
    }

    fn numbers(&self, parameter: &'static str) -> Option<Vec<f64>> {
        let numbers: List<f64> = self.parameter_value(parameter)?;
        Some(numbers.iter().flatten().collect())
    }

    fn whole_number(&self, parameter: &'static str) -> Result<usize, NullRefusal> {
        name_parameter(parameter, self.argument::<f64>(parameter)?.whole_number())
    }

    fn base_pairs(&self, parameter: &'static str) -> Option<i64> {
        let Length(bp) = self.parameter_value(parameter)?;
        Some(bp)
    }

    fn length(&self, parameter: &'static str) -> Result<Option<usize>, NullRefusal> {
        name_parameter(parameter, self.argument::<Length>(parameter)?.length())
    }

    fn required_length(&self, parameter: &'static str) -> Result<usize, NullRefusal> {
        let length: Argument<Length> = self.argument(parameter)?;
        name_parameter(parameter, length.required_length())
    }

    fn alphabet(&self, parameter: &'static str) -> Result<Alphabet, NullRefusal> {
        name_parameter(parameter, self.argument::<Rc<str>>(parameter)?.alphabet())
    }

    fn start(
        &self,
        parameter: &'static str,
        width: usize,
        length: usize,
    ) -> Result<i64, NullRefusal> {
        match self.parameter_value::<Position>(parameter) {
            Some(place) => Ok(place.start_of(width as i64, length as i64)),
            None => refused(Code::MissingArgument, format!("`{parameter}` is needed")),
        }
    }

    fn motif(&self, parameter: &'static str) -> Result<Arc<Motif>, NullRefusal> {
        match self.parameter_value(parameter) {
            Some(motif) => Ok(motif),
            None => refused(Code::TypeMismatch, "a motif is needed"),
        }
    }

    fn population(&self, parameter: &'static str) -> Result<Arc<Population>, NullRefusal> {
        Ok(population_of(self.parameter_value(parameter).as_ref())?)
    }

    fn populations(&self, parameter: &'static str) -> Result<Vec<Arc<Population>>, NullRefusal> {
        let Some(items) = self.parameter_value::<List<Arc<Population>>>(parameter) else {
            return refused(
                Code::TypeMismatch,
                "a mixture is made of a list of populations",
            );
        };
        let populations = items.iter().map(|item| population_of(item.as_ref()));
        Ok(populations.collect::<Outcome<Vec<_>>>()?)
    }

    fn sequences(&self, parameter: &'static str) -> Result<Arc<SequenceSet>, NullRefusal> {
        match self.parameter_value(parameter) {
            Some(Sequences(population)) => match &*population {
                Population::Sequences { set, .. } => Ok(set.clone()),
                Population::Null(_) => NullRefusal::blame(
                    parameter,
                    refused(Code::TypeMismatch, "a null model is fitted to sequences"),
                ),
            },
            None => refused(Code::MissingArgument, format!("`{parameter}` is needed")),
        }
    }
}
