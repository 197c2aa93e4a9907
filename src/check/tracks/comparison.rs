//! Numbers of two tracks: weighted means, distances, and a track beside itself under the control.

use std::rc::Rc;
use std::sync::Arc;

use super::query;
use crate::Checker;
use crate::budget::within_formula_limits;
use crate::value::{TrackValue, Value};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};
use gia_design::{Fold, FoldKind, Formula, OutputRef, Track};

impl Checker<'_> {
    /// `control` beside a track in `measure` stands for the same track under the control: `max(net["acceptor"] - control)`. Any other value
    /// is as it is.
    pub(crate) fn same_track_under_control(
        &mut self,
        left: &Value,
        right: Value,
    ) -> Outcome<Value> {
        match &right {
            Value::Contrast(arm) if arm.formula == Formula::Leaf(0) => {
                let Some(of) = self.as_track(left)? else {
                    return Ok(right);
                };
                let track = TrackValue {
                    track: under_control(&of)?,
                    ..(*of).clone()
                };
                Ok(Value::Track(Rc::new(track)))
            }
            _ => Ok(right),
        }
    }
}

/// The mean of a track, weighted by another of the same length.
pub fn weighted_mean(of: &TrackValue, weights: &TrackValue) -> Outcome<Value> {
    same_length("a weighted mean is", of.len(), weights.len())?;
    if let Track::Constants(weights) = &*weights.track
        && (weights.iter().any(|w| *w < 0.0) || weights.iter().sum::<f64>() <= 0.0)
    {
        return Err(Box::new(Diagnostic::error(
            Code::InvalidDistribution,
            "weights are not negative, and one at least is positive",
        )));
    }
    let fold = Fold {
        kind: FoldKind::WeightedMean,
        tracks: Box::new([of.track.clone(), weights.track.clone()]),
    };
    let formula = within_formula_limits(Formula::Fold(Arc::new(fold)))?;
    Ok(query(formula, of.unit.clone()))
}

/// The Jensen-Shannon distance of two tracks; of one to itself under the control if there is no other.
pub fn jensen_shannon(of: &TrackValue, other: Option<&TrackValue>) -> Outcome<Value> {
    let (track, other_logits) = match other {
        Some(other) => {
            same_length("`jsd` is", of.len(), other.len())?;
            (other.track.clone(), other.is_logits())
        }
        None => (under_control(of)?, of.is_logits()),
    };
    let fold = Fold {
        kind: FoldKind::JensenShannon {
            logits: [of.is_logits(), other_logits],
        },
        tracks: Box::new([of.track.clone(), track]),
    };
    Ok(query(
        within_formula_limits(Formula::Fold(Arc::new(fold)))?,
        None,
    ))
}

/// Refuses two tracks of different lengths.
pub(super) fn same_length(what: &str, left: usize, right: usize) -> Outcome<()> {
    if left == right {
        return Ok(());
    }
    Err(Box::new(
        Diagnostic::error(
            Code::TrackLengths,
            format!(
                "{what} of tracks of one length: the first has {}, the second {}",
                pluralize(left, "number"),
                pluralize(right, "number")
            ),
        )
        .help("take parts of one length: `[A..B]` of either"),
    ))
}

/// The same track of the same background under the control.
///
/// # Errors
/// One that is compared with the control already.
fn under_control(of: &TrackValue) -> Outcome<Arc<Track<OutputRef>>> {
    match of.track.reads_control() {
        false => Ok(Arc::new(Track::UnderControl(of.track.clone()))),
        true => Err(Box::new(Diagnostic::error(
            Code::Repeated,
            "this is compared with the control already",
        ))),
    }
}
