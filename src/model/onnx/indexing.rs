//! Indexing, cumulative sums, triangles, reversal and nearest-neighbour resizing.
//!
//! Invariant: an index out of range is never clamped. It is an error here if the index is known, and at run time if
//! not.

use super::Reader;
use super::call::Call;
use super::sizes::Size;
use crate::graph::resolve_dim;
use crate::graph::{Comparison, Dim, Op, Operand, ValueId};
use crate::shapes::extent_of;
use gia_base::diag::Outcome;

/// Maximum number of constant indices that are translated to slices, through which incremental recomputation can follow
/// the dimension.
const MAX_GATHER_SLICES: usize = 16;

impl Reader {
    /// `Gather`: one dimension, by one index, a few constant indices, or a tensor of indices.
    pub(super) fn gather(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let dim = call.int("axis", 0);
        let name = call.input(1)?;
        let table = self.known(name).id;
        let rank = table.and_then(|id| self.shape(id)).map(<[Dim]>::len);
        let known = self.known_integers(call, 1).ok();
        let extent = self.shape(x).and_then(|shape| {
            let at = resolve_dim(dim, shape.len())?;
            shape[at].fixed()
        });
        let beyond = |extent: i64| {
            let mut indices = known.iter().flatten().copied();
            indices.find(|index| !(-extent..extent).contains(index))
        };
        if let Some(extent) = extent
            && let Some(index) = beyond(extent)
        {
            return Err(call.wrong(&format!(
                "selects index {index} of a dimension of size {extent}"
            )));
        }
        match (known.as_deref(), rank, table) {
            (Some(&[index]), Some(0), _) => {
                self.finish(call, Op::Select { dim, index }, vec![Operand::Value(x)])
            }
            (Some(indices), Some(1) | None, _)
                if (1..=MAX_GATHER_SLICES).contains(&indices.len()) =>
            {
                self.gather_by_slices(call, x, dim, indices)
            }
            (_, _, Some(table)) => {
                let operands = vec![Operand::Value(x), Operand::Value(table)];
                self.finish(call, Op::Take { dim }, operands)
            }
            _ => Err(call.unknown("has indices that are known only at run time")),
        }
    }

    /// Takes constant indices of a dimension as slices, in the given order.
    fn gather_by_slices(
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

    /// `GatherElements`: one dimension, by an index for each element of the result.
    pub(super) fn gather_elements(&mut self, call: &Call) -> Outcome<()> {
        let operands = vec![
            Operand::Value(self.tensor(call, 0)?),
            Operand::Value(self.tensor(call, 1)?),
        ];
        let dim = call.int("axis", 0);
        self.finish(call, Op::TakeEach { dim }, operands)
    }

    /// `GatherND`: the first dimension, by a tensor of single indices.
    pub(super) fn gather_nd(&mut self, call: &Call) -> Outcome<()> {
        let (x, table) = (self.tensor(call, 0)?, self.tensor(call, 1)?);
        let single = self
            .shape(table)
            .is_some_and(|shape| shape.last() == Some(&Dim::Fixed(1)));
        if call.int("batch_dims", 0) != 0 {
            return Err(call.unknown("indexes each sequence by a table of its own"));
        }
        if !single {
            return self.gather_at(call, x, table);
        }
        let one = Op::Squeeze { dims: vec![-1] };
        let table = self.step(call, one, vec![Operand::Value(table)]);
        let operands = vec![Operand::Value(x), Operand::Value(table)];
        self.finish(call, Op::Take { dim: 0 }, operands)
    }

    /// `CumSum`: a running sum, optionally from the end or without the element itself.
    pub(super) fn cumulative_sum(&mut self, call: &Call) -> Outcome<()> {
        let x = Operand::Value(self.tensor(call, 0)?);
        let &[dim] = self.known_integers(call, 1)?.as_slice() else {
            return Err(call.wrong("does not sum over exactly one dimension"));
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

    /// `OneHot`: one number at the place that an index names along a new dimension, another elsewhere. Indices below 0 count from the end.
    pub(super) fn one_hot(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let rank = self.rank(call, x)? as i64;
        let &[count] = self.known_integers(call, 1)?.as_slice() else {
            return Err(call.wrong("has more than one depth"));
        };
        if !(1..=Op::MAX_RANGE_COUNT).contains(&count) {
            return Err(call.wrong("has a depth that is not a number of classes"));
        }
        let &[elsewhere, there] = self.known_integers(call, 2)?.as_slice() else {
            return Err(call.wrong("does not write exactly two numbers"));
        };
        let axis = call.int("axis", -1);
        let axis = if axis < 0 { axis + rank + 1 } else { axis };
        if !(0..=rank).contains(&axis) {
            return Err(call.wrong("has an axis that its result lacks"));
        }
        let column = Op::Unsqueeze { dim: axis };
        let column = Operand::Value(self.step(call, column, vec![Operand::Value(x)]));
        let mut places = Vec::new();
        for start in [0, -count] {
            let (start, step) = (start as f64, 1.0);
            let mut numbers = self.step(call, Op::Range { start, step, count }, Vec::new());
            for _ in axis..rank {
                let along = Op::Unsqueeze { dim: -1 };
                numbers = self.step(call, along, vec![Operand::Value(numbers)]);
            }
            let operands = vec![column, Operand::Value(numbers)];
            let equal = self.step(call, Op::Compare(Comparison::Equal), operands);
            places.push(Operand::Value(equal));
        }
        let add = Op::Add { factor: 1.0 };
        if (elsewhere, there) == (0, 1) {
            return self.finish(call, add, places);
        }
        let hot = Operand::Value(self.step(call, add.clone(), places));
        let difference = Operand::Number(there as f64 - elsewhere as f64);
        let scaled = Operand::Value(self.step(call, Op::Multiply, vec![hot, difference]));
        let operands = vec![scaled, Operand::Number(elsewhere as f64)];
        self.finish(call, add, operands)
    }

    /// `Trilu`: the upper or lower triangle of the last two dimensions, with 0 elsewhere.
    pub(super) fn triangle(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let diagonal = match call.has_input(1) {
            false => 0,
            true => match self.known_integers(call, 1)?.as_slice() {
                [diagonal] => *diagonal,
                _ => return Err(call.wrong("has several diagonals")),
            },
        };
        let extent = |dim| self.shape(x).and_then(|shape| extent_of(shape, dim));
        let (Some(rows), Some(columns)) = (extent(-2), extent(-1)) else {
            return Err(call.unknown("needs dimensions that are known only at run time"));
        };
        if rows.max(columns) > Op::MAX_RANGE_COUNT {
            return Err(call.wrong("is larger than supported"));
        }
        let mut count = |start, count| {
            let step = 1.0;
            Operand::Value(self.step(call, Op::Range { start, step, count }, Vec::new()))
        };
        // The mask compares column - row with the diagonal, which the start of the row numbers accounts for.
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

    /// `ReverseSequence`, if it reverses each sequence completely.
    pub(super) fn reverse_sequence(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let dim = call.int("time_axis", 0);
        let length = self.shape(x).and_then(|shape| extent_of(shape, dim));
        let name = call.input(1)?;
        let turned = match self.known(name).batch_constant {
            Some(turned) => Some(turned),
            None => match self.known_integers(call, 1)?.as_slice() {
                [first, others @ ..] if others.iter().all(|n| n == first) => Some(*first),
                _ => None,
            },
        };
        if length.is_none() || turned != length {
            return Err(call.unknown("reverses only part of each sequence"));
        }
        self.finish(call, Op::Flip { dims: vec![dim] }, vec![Operand::Value(x)])
    }

    /// Records a call that repeats one size for each sequence of the batch; returns false for any other call.
    pub(super) fn records_repeated_size(&mut self, call: &Call) -> bool {
        let &[Size::BatchMultiple(1)] = self.sizes_of(call, 1).unwrap_or_default() else {
            return false;
        };
        let (&[Size::Fixed(size)], Ok(name)) =
            (self.sizes_of(call, 0).unwrap_or_default(), call.output())
        else {
            return false;
        };
        let is_repeat = call.operator == "Expand";
        if is_repeat {
            self.known_mut(name).batch_constant = Some(size);
        }
        is_repeat
    }

    /// `Resize`: nearest-neighbour upsampling by whole factors.
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
            return self.interpolate(call, x);
        }
        let Some(shape) = self.shape(x).map(<[Dim]>::to_vec) else {
            return Err(call.unknown("needs dimensions that are known only at run time"));
        };
        let Some(times) = self.times(call, &shape) else {
            return self.interpolate(call, x);
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

    /// Number of repetitions of each dimension; none if a factor is not a whole number.
    fn times(&self, call: &Call, shape: &[Dim]) -> Option<Vec<i64>> {
        let whole = |scale: f64| (scale >= 1.0 && scale.fract() == 0.0).then_some(scale as i64);
        if !call.has_input(3) {
            let scales = self.known(call.input(2).ok()?).elements.as_ref()?;
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
                (Size::BatchMultiple(1), Dim::Free) => Some(1),
                _ => None,
            });
        times.collect()
    }
}
