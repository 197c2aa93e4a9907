//! What stands in brackets behind a track: a place, a region, or a number.

use crate::Checker;
use crate::value::{Places, TrackValue, Value};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};
use gia_design::OutputRef;

impl Checker<'_> {
    /// One place or neighbouring places of a track, by number or by position.
    pub(crate) fn index_track(&mut self, track: &TrackValue, at: &Value) -> Outcome<Value> {
        let count = track.len();
        if let Value::Number(n) = at {
            let index = (*n >= 0.0 && n.fract() == 0.0).then_some(*n as usize);
            return index.and_then(|index| track.at(index)).ok_or_else(|| {
                Box::new(Diagnostic::error(
                    Code::NoSuchItem,
                    format!(
                        "the track has {}, counted from 0; there is no number {n}",
                        pluralize(count, "number")
                    ),
                ))
            });
        }
        let is_place = matches!(
            at,
            Value::Region { .. } | Value::Position(_) | Value::Length(_)
        );
        let Some(Places::Sequence { start, bin }) = track.places.filter(|_| is_place) else {
            return Err(Box::new(Diagnostic::error(
                Code::TypeMismatch,
                match is_place {
                    true => "the numbers of this track are not at known positions of the sequence"
                        .to_string(),
                    false => format!(
                        "a Track is indexed with a number, a position or a region, not with {}",
                        at.kind()
                    ),
                },
            )));
        };
        let length = self.track_sequence_length(track);
        let end = start + (count * bin) as i64;
        let outside = |written: String| {
            Box::new(Diagnostic::error(
                Code::DoesNotFit,
                format!(
                    "{written} is not inside the track, which covers {start}bp..{end}bp of the sequence"
                ),
            ))
        };
        let along = gia_model::Track {
            bins: count,
            bin,
            start,
            layout: gia_model::Layout::ChannelsFirst,
        };
        match at {
            Value::Region {
                start: from,
                end: to,
            } => {
                let (from, to) = (from.start_of(0, length), to.start_of(0, length));
                let bins = along.bins_in(from, to);
                if bins.is_empty() || from < start || to > end {
                    return Err(outside(format!("{from}bp..{to}bp")));
                }
                track.part(bins.start, bins.len())
            }
            other => {
                let at = match other {
                    Value::Position(position) => position.start_of(0, length),
                    Value::Length(offset) => *offset,
                    _ => 0,
                };
                let inside = at >= start && at < end;
                let number = inside
                    .then(|| track.at((at - start) as usize / bin))
                    .flatten();
                number.ok_or_else(|| outside(format!("{at}bp")))
            }
        }
    }

    /// The length of the sequences that a track is of.
    fn track_sequence_length(&self, track: &TrackValue) -> i64 {
        let mut model = None;
        track.track.leaves(&mut |read: OutputRef| {
            model.get_or_insert(read.model);
        });
        let model = model.and_then(|model| self.models.get(model));
        model.map_or(0, |model| model.declaration.length as i64)
    }
}
