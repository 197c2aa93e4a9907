//! Operators along some dimensions: sorting, positions of maxima, scattering and interpolation.

use super::Reader;
use super::call::Call;
use super::sizes::Size;
use crate::graph::{
    Choice, Dim, Function, Interpolation, Op, Operand, Returns, Scattering, ValueId,
};
use gia_base::diag::Outcome;

impl Reader {
    /// `ArgMax` and `ArgMin`: the first position of the largest or smallest number.
    pub(super) fn position(&mut self, call: &Call, choice: Choice) -> Outcome<()> {
        if call.int("select_last_index", 0) != 0 {
            return Err(call.unknown("returns the last of several positions"));
        }
        let function = Function::Pick {
            choice,
            dim: call.int("axis", 0),
            keep: call.int("keepdims", 1) != 0,
            returns: Returns::Indices,
        };
        let x = Operand::Value(self.tensor(call, 0)?);
        self.finish(call, Op::Function(function), vec![x])
    }

    pub(super) fn top_k(&mut self, call: &Call) -> Outcome<()> {
        let x = Operand::Value(self.tensor(call, 0)?);
        let &[count] = self.known_integers(call, 1)?.as_slice() else {
            return Err(call.wrong("has no number of elements"));
        };
        let (dim, largest) = (call.int("axis", -1), call.int("largest", 1) != 0);
        for (name, returns) in call
            .outputs()
            .iter()
            .zip([Returns::Values, Returns::Indices])
        {
            if name.is_empty() {
                continue;
            }
            let function = Function::TopK {
                dim,
                count,
                largest,
                returns,
            };
            self.emit(call, Op::Function(function), vec![x], name);
        }
        Ok(())
    }

    fn scattering(&self, call: &Call) -> Outcome<Scattering> {
        match call.text("reduction", "none").as_str() {
            "none" => Ok(Scattering::Replace),
            "add" => Ok(Scattering::Add),
            "mul" => Ok(Scattering::Multiply),
            "max" => Ok(Scattering::Max),
            "min" => Ok(Scattering::Min),
            other => Err(call.wrong(&format!("has the unknown reduction `{other}`"))),
        }
    }

    pub(super) fn scatter_elements(&mut self, call: &Call) -> Outcome<()> {
        let how = self.scattering(call)?;
        let dim = call.int("axis", 0);
        let (x, indices) = (self.tensor(call, 0)?, self.tensor(call, 1)?);
        let values = self.tensor(call, 2)?;
        let operands = [x, indices, values].map(Operand::Value).to_vec();
        self.finish(
            call,
            Op::Function(Function::Scatter {
                dim,
                how,
                with_self: true,
            }),
            operands,
        )
    }

    /// `ScatterND`: writes at indices of the first dimensions.
    pub(super) fn scatter_nd(&mut self, call: &Call) -> Outcome<()> {
        let add = match self.scattering(call)? {
            Scattering::Replace => false,
            Scattering::Add => true,
            Scattering::Multiply | Scattering::Max | Scattering::Min | Scattering::Mean => {
                return Err(call.unknown("multiplies or compares what it scatters"));
            }
        };
        let (x, table) = (self.tensor(call, 0)?, self.tensor(call, 1)?);
        let values = Operand::Value(self.tensor(call, 2)?);
        let indices = self.index_columns(call, table)?;
        let x = Operand::Value(x);
        let is_list = self.shape(table).is_some_and(|shape| shape.len() == 2);
        if let (&[indices], true) = (indices.as_slice(), is_list) {
            let function = Function::ScatterSlices { dim: 0, add };
            return self.finish(call, Op::Function(function), vec![x, indices, values]);
        }
        let dims = (0..indices.len() as i64).collect();
        let operands = [vec![x, values], indices].concat();
        self.finish(
            call,
            Op::Function(Function::ScatterAt { dims, add }),
            operands,
        )
    }

    /// `GatherND` with several indices for each element.
    pub(super) fn gather_at(&mut self, call: &Call, x: ValueId, table: ValueId) -> Outcome<()> {
        let indices = self.index_columns(call, table)?;
        let dims = (0..indices.len() as i64).collect();
        let operands = [vec![Operand::Value(x)], indices].concat();
        self.finish(call, Op::Index { dims }, operands)
    }

    /// The columns of a table of indices: one for each indexed dimension.
    fn index_columns(&mut self, call: &Call, table: ValueId) -> Outcome<Vec<Operand>> {
        const MAX_INDEXED: i64 = 16;
        let count = self.shape(table).and_then(|shape| shape.last()?.fixed());
        let Some(count) = count.filter(|count| (1..=MAX_INDEXED).contains(count)) else {
            return Err(call.unknown("has indices whose shape is known only at run time"));
        };
        let columns = (0..count).map(|index| {
            let column = Op::Select { dim: -1, index };
            Operand::Value(self.step(call, column, vec![Operand::Value(table)]))
        });
        Ok(columns.collect())
    }

    /// `Tile`, also by the batch size.
    pub(super) fn tile(&mut self, call: &Call) -> Outcome<()> {
        let mut x = Operand::Value(self.tensor(call, 0)?);
        let Some(sizes) = self.sizes_of(call, 1).map(<[Size]>::to_vec) else {
            return Err(call.unknown("repeats a number of times that is known only at run time"));
        };
        let rank = sizes.len();
        for (dim, size) in sizes.iter().enumerate() {
            match size {
                Size::Fixed(_) => {}
                Size::BatchMultiple(1) => {
                    // One repetition for each sequence, before the dimension's own elements.
                    let (start, end) = (dim as i64, dim as i64 + 1);
                    x = Operand::Value(self.step(call, Op::Unsqueeze { dim: start }, vec![x]));
                    let mut shape = vec![Some(-1); rank + 1];
                    shape[dim] = None;
                    let mut operands = vec![x];
                    operands.extend(self.graph.batch_for(&shape));
                    x = Operand::Value(self.step(call, Op::Expand { shape }, operands));
                    x = Operand::Value(self.step(call, Op::Flatten { start, end }, vec![x]));
                }
                Size::BatchMultiple(_) => {
                    return Err(call.unknown("repeats a multiple of the batch"));
                }
            }
        }
        let times = sizes.iter().map(|size| size.fixed().unwrap_or(1)).collect();
        self.finish(call, Op::Repeat { times }, vec![x])
    }

    /// `Resize` to any size. Only the dimensions after the channels change.
    pub(super) fn interpolate(&mut self, call: &Call, x: ValueId) -> Outcome<()> {
        let place = call.text("coordinate_transformation_mode", "half_pixel");
        let nearest = call.text("nearest_mode", "round_prefer_floor");
        let kind = match (
            call.text("mode", "nearest").as_str(),
            place.as_str(),
            nearest.as_str(),
        ) {
            ("nearest", "asymmetric", "floor") => Interpolation::Nearest,
            ("nearest", "half_pixel" | "pytorch_half_pixel", "round_prefer_ceil") => {
                Interpolation::NearestExact
            }
            ("linear", "half_pixel" | "pytorch_half_pixel" | "align_corners", _) => {
                Interpolation::Linear
            }
            ("cubic", "half_pixel" | "pytorch_half_pixel" | "align_corners", _)
                if call.float("cubic_coeff_a", -0.75) == -0.75
                    && call.int("exclude_outside", 0) == 0 =>
            {
                Interpolation::Cubic
            }
            _ => return Err(call.unknown("interpolates in a mode that is not supported")),
        };
        if call.int("antialias", 0) != 0 || call.has("axes") {
            return Err(call.unknown("interpolates in a mode that is not supported"));
        }
        let Some(shape) = self.shape(x).map(<[Dim]>::to_vec) else {
            return Err(call.unknown("needs dimensions that are known only at run time"));
        };
        let dims = shape.len().saturating_sub(2);
        let stated = match call.has_input(3) {
            true => None,
            false => call
                .input(2)
                .ok()
                .and_then(|name| self.known(name).elements.as_ref())
                .cloned(),
        };
        let (mut sizes, mut scales) = (Vec::new(), Vec::new());
        for (at, own) in shape.iter().enumerate() {
            let grown = match (&stated, self.sizes_of(call, 3), own) {
                (Some(factors), _, Dim::Fixed(own)) => factors
                    .get(at)
                    .map(|factor| ((*own as f64 * factor).floor() as i64, Some(*factor))),
                (Some(factors), _, Dim::Free) if factors.get(at) == Some(&1.0) => Some((1, None)),
                (None, Some(sizes), _) => {
                    sizes.get(at).map(|size| (size.fixed().unwrap_or(1), None))
                }
                _ => None,
            };
            let Some((size, scale)) = grown.filter(|(size, _)| *size > 0) else {
                return Err(call.unknown("has a size that is known only at run time"));
            };
            if at < 2 {
                let stays = own.fixed().is_none_or(|own| own == size);
                if !stays {
                    return Err(call.unknown("changes the number of sequences or channels"));
                }
                continue;
            }
            // PyTorch takes the middle of the dimension, ONNX its first number, and PyTorch's exporter writes this mode.
            if place == "pytorch_half_pixel" && size == 1 && own.fixed() != Some(1) {
                return Err(call.unknown(
                    "interpolates to a single number by `pytorch_half_pixel`, where PyTorch and ONNX differ",
                ));
            }
            sizes.push(size);
            scales.push(scale);
        }
        let fits = match kind {
            Interpolation::Cubic => dims == 2,
            Interpolation::Nearest | Interpolation::NearestExact | Interpolation::Linear => {
                (1..=3).contains(&dims)
            }
        };
        if !fits {
            return Err(call.unknown("interpolates a number of dimensions that is not supported"));
        }
        let align_corners = place == "align_corners";
        let function = Function::Interpolate {
            kind,
            sizes,
            scales,
            align_corners,
        };
        self.finish(call, Op::Function(function), vec![Operand::Value(x)])
    }
}
