//! Arithmetic with tracks, place by place.

use std::rc::Rc;

use super::comparison::same_length;
use super::track_value;
use crate::Checker;
use crate::operators::formula_op;
use crate::types::Type;
use crate::value::{TrackValue, Value};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{Formula, Track};
use gia_syntax::tree::BinaryOp;

impl Checker<'_> {
    /// Arithmetic with a track on one side at least; none if there is none.
    pub(crate) fn track_arithmetic(
        &mut self,
        op: BinaryOp,
        left: &Value,
        right: &Value,
    ) -> Outcome<Option<Value>> {
        let is_number = |value: &Value| {
            matches!(
                value,
                Value::Number(_) | Value::Query(_) | Value::Model(_) | Value::Head(_)
            )
        };
        let is_track = |value: &Value| matches!(value, Value::Track(_));
        let Some(arithmetic) = formula_op(op) else {
            return Ok(None);
        };
        if !(is_track(left) || is_number(left)) || !(is_track(right) || is_number(right)) {
            return Ok(None);
        }
        let tracks = (self.as_track(left)?, self.as_track(right)?);
        let unit_of = |value: &Value| match value {
            Value::Track(track) => Some(track.unit.clone()),
            Value::Query(query) => Some(query.unit.clone()),
            _ => None,
        };
        let count = match &tracks {
            (Some(left), Some(right)) => {
                same_length(&format!("`{}` is", op.symbol()), left.len(), right.len())?;
                left.len()
            }
            (Some(one), None) | (None, Some(one)) => one.len(),
            (None, None) => return Ok(None),
        };
        let mut operand = |track: &Option<Rc<TrackValue>>, value: &Value| match track {
            Some(track) => Ok((
                (*track.track).clone(),
                Some(track.unit.clone()),
                track.places,
            )),
            None => {
                let number = self.coerce(value.clone(), &Type::Quantity)?;
                let unit = unit_of(&number);
                let formula = match &number {
                    Value::Query(query) => (*query.formula).clone(),
                    Value::Number(number) => Formula::Constant(*number),
                    other => {
                        return Err(Box::new(Diagnostic::error(
                            Code::TypeMismatch,
                            format!("{} and a Track are not computed with", other.kind()),
                        )));
                    }
                };
                Ok((Track::Repeated(Box::new(formula), count), unit, None))
            }
        };
        let (a, a_unit, a_places) = operand(&tracks.0, left)?;
        let (b, b_unit, b_places) = operand(&tracks.1, right)?;
        let is_sum = matches!(op, BinaryOp::Add | BinaryOp::Subtract);
        let unit = match (a_unit, b_unit) {
            (Some(a), Some(b)) if is_sum && a == b => a,
            (Some(one), None) | (None, Some(one)) if is_sum => one,
            _ => None,
        };
        let places = match (&tracks, a_places, b_places) {
            ((Some(_), Some(_)), a, b) => a.filter(|_| a == b),
            (_, a, b) => a.or(b),
        };
        let track = Track::Binary(arithmetic, Box::new(a), Box::new(b));
        track_value(track, unit, places).map(Some)
    }
}
