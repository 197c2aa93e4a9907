//! Fourier transforms, of a whole signal and of windows of it.

use super::Reader;
use super::call::Call;
use crate::graph::{Dim, Fourier, FourierScaling, Function, Op, Operand};
use gia_base::diag::Outcome;

impl Reader {
    /// `DFT`: complex numbers are pairs along the last dimension.
    pub(super) fn fourier(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let Some(shape) = self.shape(x).map(<[Dim]>::to_vec) else {
            return Err(call.unknown("has an input whose shape is known only at run time"));
        };
        let rank = shape.len() as i64;
        let axis = match call.has_input(2) {
            true => match self.known_integers(call, 2)?.as_slice() {
                &[axis] => axis,
                _ => return Err(call.wrong("has no axis")),
            },
            // Up to operator set 19 the axis is an attribute, by default the first after the batch.
            false => call.int("axis", if call.has("axis") { 1 } else { -2 }),
        };
        // The dimension in the value without the pairs.
        let dim = match axis {
            axis if axis < 0 => axis.checked_add(rank),
            axis => Some(axis),
        };
        let Some(dim) = dim.filter(|dim| (0..rank - 1).contains(dim)) else {
            return Err(call.wrong("transforms a dimension that its input does not have"));
        };
        let (inverse, one_sided) = (call.int("inverse", 0) != 0, call.int("onesided", 0) != 0);
        let own = shape[dim as usize].fixed();
        let length = match (call.has_input(1), own) {
            (true, _) => self.known_integers(call, 1)?.first().copied(),
            (false, Some(own)) if inverse && one_sided => Some((own - 1).saturating_mul(2)),
            (false, own) => own,
        };
        let Some(length) = length.filter(|length| *length > 0) else {
            return Err(call.unknown("transforms a signal whose length is known only at run time"));
        };
        let kind = match (inverse, one_sided) {
            (false, true) => Fourier::RealForward,
            (false, false) => Fourier::Forward,
            (true, true) => Fourier::RealInverse,
            (true, false) => Fourier::Inverse,
        };
        let is_real = shape.last() == Some(&Dim::Fixed(1));
        let to_numbers = match is_real {
            true => Op::Squeeze { dims: vec![-1] },
            false => Op::Function(Function::AsComplex),
        };
        if kind == Fourier::RealForward && !is_real {
            return Err(call.unknown("takes one half of the transform of complex numbers"));
        }
        let signal = self.step(call, to_numbers, vec![Operand::Value(x)]);
        let transform = Op::Function(Function::Fourier {
            kind,
            dim,
            length,
            scaling: FourierScaling::Backward,
        });
        let made = Operand::Value(self.step(call, transform, vec![Operand::Value(signal)]));
        let pairs = match kind {
            Fourier::RealInverse => Op::Unsqueeze { dim: -1 },
            Fourier::Forward | Fourier::Inverse | Fourier::RealForward => {
                Op::Function(Function::AsReal)
            }
        };
        self.finish(call, pairs, vec![made])
    }

    /// `STFT`: the transform of each window of a signal.
    pub(super) fn short_time_fourier(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let Some(&[_, Dim::Fixed(signal), Dim::Fixed(parts)]) = self.shape(x) else {
            return Err(call.unknown("has a signal whose shape is known only at run time"));
        };
        let &[distance] = self.known_integers(call, 1)?.as_slice() else {
            return Err(call.wrong("has no distance of windows"));
        };
        let window = match call.has_input(2) {
            true => Some(self.tensor(call, 2)?),
            false => None,
        };
        let of_window = window.and_then(|id| match self.shape(id) {
            Some(&[Dim::Fixed(width)]) => Some(width),
            _ => None,
        });
        let length = match call.has_input(3) {
            true => self.known_integers(call, 3)?.first().copied(),
            false => of_window,
        };
        let length = length.filter(|length| (1..=signal).contains(length));
        let Some(length) = length.filter(|length| of_window.is_none_or(|n| n == *length)) else {
            return Err(call.wrong("has windows that do not fit into its signal"));
        };
        if distance < 1 {
            return Err(call.wrong("has a distance of windows below 1"));
        }
        let count = (signal - length) / distance + 1;
        if count.saturating_mul(length) > Op::MAX_LITERAL_ELEMENTS {
            return Err(call.unknown("has more windows than are supported"));
        }
        let one_sided = call.int("onesided", 1) != 0;
        let to_numbers = match parts {
            1 => Op::Squeeze { dims: vec![-1] },
            _ if one_sided => {
                return Err(call.unknown("takes one half of the transform of complex numbers"));
            }
            _ => Op::Function(Function::AsComplex),
        };
        let numbers = self.step(call, to_numbers, vec![Operand::Value(x)]);
        let places = (0..count * length).map(|at| (at / length * distance + at % length) as f64);
        let places = Op::Literal {
            shape: vec![Some(count), Some(length)],
            values: places.collect(),
        };
        let places = self.step(call, places, Vec::new());
        let operands = [numbers, places].map(Operand::Value).to_vec();
        let mut frames = self.step(call, Op::Take { dim: 1 }, operands);
        if let Some(window) = window {
            let operands = [frames, window].map(Operand::Value).to_vec();
            frames = self.step(call, Op::Multiply, operands);
        }
        let transform = Op::Function(Function::Fourier {
            kind: match one_sided {
                true => Fourier::RealForward,
                false => Fourier::Forward,
            },
            dim: -1,
            length,
            scaling: FourierScaling::Backward,
        });
        let made = self.step(call, transform, vec![Operand::Value(frames)]);
        self.finish(
            call,
            Op::Function(Function::AsReal),
            vec![Operand::Value(made)],
        )
    }
}
