//! Comparison of two maps.

use std::rc::Rc;
use std::sync::Arc;

use gia_base::diag::Code;
use gia_design::GroundTruth;
use gia_domain::Population;

use super::native::{Native, native};
use crate::Checker;
use crate::library::arguments::Argument;
use crate::library::parameter_types::Attribution;
use crate::library::parameters::parameters;
use crate::native_function::NativeResult;
use crate::value::{EvaluatedValue, EvaluationValue, MapValue, Value};

pub(super) const NATIVES: &[Native] = &[native!("compare_maps", TwoMaps, compare_maps)];

parameters! {
    struct TwoMaps {
        a: Attribution,
        b: Attribution,
    }
}

/// How alike two maps of the same sequences are.
fn compare_maps(_: &mut Checker, given: TwoMaps) -> NativeResult<Value> {
    let (one, one_sequences) = map_of_sequences(&given.a)?;
    let (other, other_sequences) = map_of_sequences(&given.b)?;
    if one_sequences.identity() != other_sequences.identity() {
        let message = format!(
            "this is a map of {}, and the other one of {}: maps of the same sequences are compared",
            other_sequences.describe(),
            one_sequences.describe()
        );
        return given.b.refuse(Code::TypeMismatch, message);
    }
    Ok(Value::Evaluation(Rc::new(EvaluationValue {
        of: EvaluatedValue::MapComparison([one, other]),
        ground_truth: GroundTruth::Unknown {
            sequences: one_sequences.clone(),
            given: one_sequences,
            shuffles: None,
        },
    })))
}

/// A map of contributions to a query, with its sequences.
fn map_of_sequences(
    argument: &Argument<Attribution>,
) -> NativeResult<(Rc<MapValue>, Arc<Population>)> {
    let Attribution(evaluation) = argument.required()?;
    match (&evaluation.of, &evaluation.ground_truth) {
        (EvaluatedValue::Map(map), GroundTruth::Unknown { sequences, .. }) => {
            Ok((map.clone(), sequences.clone()))
        }
        _ => argument.refuse(
            Code::TypeMismatch,
            "maps of one number for each base are compared, such as those of `deepshap(on: ..., of: ...)`",
        ),
    }
}
