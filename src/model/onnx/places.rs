//! Calls that take entries by their places, or put each at several.
//!
//! Invariant: an index is never moved to one that is there; what is out of range is refused, here where it is known and by the
//! run where it is not.

use super::Reader;
use super::call::Call;
use super::sizes::Size;
use crate::graph::place;
use crate::graph::{Comparison, Dim, Op, Operand, ValueId};
use crate::shapes::extent_of;
use gia_base::diag::Outcome;

/// Entries that are taken each for itself, which leaves the dimension to be followed.
const FEW: usize = 16;

impl Reader {
    /// Of one dimension, by a single index, a few, or a table of them.
    pub(super) fn gather(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let dim = call.int("axis", 0);
        let name = call.input(1)?;
        let table = self.ids.get(name).copied();
        let rank = table.and_then(|id| self.shape(id)).map(<[Dim]>::len);
        let known = self.whole(call, 1).ok();
        let extent = self.shape(x).and_then(|shape| {
            let at = place(dim, shape.len())?;
            shape[at].fixed()
        });
        let beyond = |extent: i64| {
            let mut indices = known.iter().flatten().copied();
            indices.find(|index| !(-extent..extent).contains(index))
        };
        if let Some(extent) = extent
            && let Some(index) = beyond(extent)
        {
            return Err(call.wrong(&format!("takes place {index} of {extent}")));
        }
        match (known.as_deref(), rank, table) {
            (Some(&[index]), Some(0), _) => {
                self.finish(call, Op::Select { dim, index }, vec![Operand::Value(x)])
            }
            (Some(indices), Some(1) | None, _) if (1..=FEW).contains(&indices.len()) => {
                self.each_for_itself(call, x, dim, indices)
            }
            (_, _, Some(table)) => {
                let operands = vec![Operand::Value(x), Operand::Value(table)];
                self.finish(call, Op::Take { dim }, operands)
            }
            _ => Err(call.unknown("takes by indices that are known only in the run")),
        }
    }

    /// In their order.
    fn each_for_itself(
        &mut self,
        call: &Call,
        x: ValueId,
        dim: i64,
        indices: &[i64],
    ) -> Outcome<()> {
        let parts: Vec<Operand> = indices
            .iter()
            .map(|&start| {
                let op = Op::Slice {
                    dim,
                    start,
                    end: if start == -1 {
                        i64::MAX
                    } else {
                        start.saturating_add(1)
                    },
                    step: 1,
                };
                Operand::Value(self.step(call, op, vec![Operand::Value(x)]))
            })
            .collect();
        self.finish(call, Op::Concatenate { dim }, parts)
    }

    /// Of one dimension, by an index for each entry of the result.
    pub(super) fn gather_elements(&mut self, call: &Call) -> Outcome<()> {
        let operands = vec![
            Operand::Value(self.tensor(call, 0)?),
            Operand::Value(self.tensor(call, 1)?),
        ];
        let dim = call.int("axis", 0);
        self.finish(call, Op::TakeEach { dim }, operands)
    }

    /// Of the first dimension, by a table of single indices.
    pub(super) fn gather_nd(&mut self, call: &Call) -> Outcome<()> {
        let (x, table) = (self.tensor(call, 0)?, self.tensor(call, 1)?);
        let single = self
            .shape(table)
            .is_some_and(|shape| shape.last() == Some(&Dim::Fixed(1)));
        if !single || call.int("batch_dims", 0) != 0 {
            return Err(call.unknown("takes by several tables of indices at once"));
        }
        let one = Op::Squeeze { dims: vec![-1] };
        let table = self.step(call, one, vec![Operand::Value(table)]);
        let operands = vec![Operand::Value(x), Operand::Value(table)];
        self.finish(call, Op::Take { dim: 0 }, operands)
    }

    /// Sums of all up to each place, which may be counted from the end, and leave out the place itself.
    pub(super) fn cumulative_sum(&mut self, call: &Call) -> Outcome<()> {
        let x = Operand::Value(self.tensor(call, 0)?);
        let &[dim] = self.whole(call, 1)?.as_slice() else {
            return Err(call.wrong("sums over something else than one dimension"));
        };
        let turn = Op::Flip { dims: vec![dim] };
        let backwards = call.int("reverse", 0) != 0;
        let mut sum = x;
        if backwards {
            sum = Operand::Value(self.step(call, turn.clone(), vec![sum]));
        }
        sum = Operand::Value(self.step(call, Op::CumulativeSum { dim }, vec![sum]));
        if backwards {
            sum = Operand::Value(self.step(call, turn, vec![sum]));
        }
        match call.int("exclusive", 0) {
            0 => self.finish(call, Op::Identity, vec![sum]),
            _ => self.finish(call, Op::Subtract { factor: 1.0 }, vec![sum, x]),
        }
    }

    /// What lies on one side of a diagonal of the last two dimensions, and 0 elsewhere.
    pub(super) fn triangle(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let diagonal = match call.has_input(1) {
            false => 0,
            true => match self.whole(call, 1)?.as_slice() {
                [diagonal] => *diagonal,
                _ => return Err(call.wrong("has several diagonals")),
            },
        };
        let extent = |dim| self.shape(x).and_then(|shape| extent_of(shape, dim));
        let (Some(rows), Some(columns)) = (extent(-2), extent(-1)) else {
            return Err(call.unknown("is over dimensions that are not known before the run"));
        };
        if rows.max(columns) > Op::MOST_PLACES {
            return Err(call.wrong("is larger than any network's"));
        }
        let mut count = |start, count| {
            let step = 1.0;
            Operand::Value(self.step(call, Op::Range { start, step, count }, Vec::new()))
        };
        // Column less row, from which the diagonal is taken off at the start.
        let (row, column) = (count(diagonal as f64, rows), count(0.0, columns));
        let row = Operand::Value(self.step(call, Op::Unsqueeze { dim: 1 }, vec![row]));
        let side = match call.int("upper", 1) {
            0 => Comparison::LessOrEqual,
            _ => Comparison::GreaterOrEqual,
        };
        let kept = self.step(call, Op::Compare(side), vec![column, row]);
        let chosen = vec![
            Operand::Value(kept),
            Operand::Value(x),
            Operand::Number(0.0),
        ];
        self.finish(call, Op::Where, chosen)
    }

    /// Sequences turned round, where each is turned as a whole.
    pub(super) fn reverse_sequence(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let dim = call.int("time_axis", 0);
        let length = self.shape(x).and_then(|shape| extent_of(shape, dim));
        let name = call.input(1)?;
        let turned = match self.everywhere.get(name) {
            Some(turned) => Some(*turned),
            None => match self.whole(call, 1)?.as_slice() {
                [first, others @ ..] if others.iter().all(|n| n == first) => Some(*first),
                _ => None,
            },
        };
        if length.is_none() || turned != length {
            return Err(call.unknown("turns a part of each sequence round"));
        }
        self.finish(call, Op::Flip { dims: vec![dim] }, vec![Operand::Value(x)])
    }

    /// Notes a size that a call repeats as often as the batch; false where it does something else.
    pub(super) fn repeats_a_size(&mut self, call: &Call) -> bool {
        let &[Size::Batches(1)] = self.sizes_of(call, 1).unwrap_or_default() else {
            return false;
        };
        let (&[Size::Fixed(size)], Ok(name)) =
            (self.sizes_of(call, 0).unwrap_or_default(), call.output())
        else {
            return false;
        };
        let is_repeat = call.operator == "Expand";
        if is_repeat {
            self.everywhere.insert(name.to_string(), size);
        }
        is_repeat
    }

    /// Each position several times over, as often as its dimension grows.
    pub(super) fn resize(&mut self, call: &Call) -> Outcome<()> {
        let mut x = self.tensor(call, 0)?;
        let place = call.text("coordinate_transformation_mode", "half_pixel");
        let nearest = call.text("nearest_mode", "round_prefer_floor");
        let repeats = match (place.as_str(), nearest.as_str()) {
            ("asymmetric", nearest) => nearest == "floor",
            ("half_pixel" | "pytorch_half_pixel", nearest) => nearest.starts_with("round_prefer"),
            _ => false,
        };
        if call.text("mode", "nearest") != "nearest" || !repeats {
            return Err(call.unknown("grows by something else than the nearest position again"));
        }
        let Some(shape) = self.shape(x).map(<[Dim]>::to_vec) else {
            return Err(call.unknown("is over dimensions that are not known before the run"));
        };
        let Some(times) = self.times(call, &shape) else {
            return Err(call.unknown("grows by something else than a whole number of times"));
        };
        for (dim, times) in times
            .into_iter()
            .enumerate()
            .filter(|(_, times)| *times != 1)
        {
            let (dim, rank) = (dim as i64, shape.len());
            let apart = self.step(
                call,
                Op::Unsqueeze { dim: dim + 1 },
                vec![Operand::Value(x)],
            );
            let mut grown = vec![Some(-1); rank + 1];
            grown[dim as usize + 1] = Some(times);
            let grown = Op::Expand { shape: grown };
            let grown = self.step(call, grown, vec![Operand::Value(apart)]);
            let (start, end) = (dim, dim + 1);
            x = self.step(
                call,
                Op::Flatten { start, end },
                vec![Operand::Value(grown)],
            );
        }
        self.finish(call, Op::Identity, vec![Operand::Value(x)])
    }

    /// How often each dimension is repeated; none where one is not by a whole number.
    fn times(&self, call: &Call, shape: &[Dim]) -> Option<Vec<i64>> {
        let whole = |scale: f64| (scale >= 1.0 && scale.fract() == 0.0).then_some(scale as i64);
        if !call.has_input(3) {
            let scales = self.lists.get(call.input(2).ok()?)?;
            let times: Vec<i64> = scales
                .iter()
                .map(|scale| whole(*scale))
                .collect::<Option<_>>()?;
            return (times.len() == shape.len()).then_some(times);
        }
        let sizes = self.sizes_of(call, 3)?;
        if sizes.len() != shape.len() {
            return None;
        }
        let times = sizes
            .iter()
            .zip(shape)
            .map(|(size, from)| match (size, from) {
                (Size::Fixed(grown), Dim::Fixed(from)) if *from > 0 && grown % from == 0 => {
                    Some(grown / from)
                }
                (Size::Batches(1), Dim::Free) => Some(1),
                _ => None,
            });
        times.collect()
    }
}
