//! Layers with weights or windows: convolutions, dense layers, normalisation, pooling, reductions.

use super::Reader;
use super::call::Call;
use crate::graph::{Activation, Dim, Filler, Op, Operand, Padding, PoolKind, Reduction, ValueId};
use gia_base::diag::Outcome;

/// What is added on both sides of each spatial dimension.
enum Sides {
    /// As much on both sides of each.
    Even(Vec<i64>),
    /// Before and after, of each.
    Uneven(Vec<(i64, i64)>),
}

impl Reader {
    pub(super) fn convolution(&mut self, call: &Call) -> Outcome<()> {
        let (x, weight) = (self.tensor(call, 0)?, self.tensor(call, 1)?);
        let bias = self.optional(call, 2)?;
        let kernel: Option<Vec<i64>> = self.shape(weight).map(|shape| {
            let spatial = shape.iter().skip(2);
            spatial
                .map(|dim| if let Dim::Fixed(n) = dim { *n } else { 0 })
                .collect()
        });
        let Some(kernel) = kernel.filter(|kernel| matches!(kernel.len(), 1 | 2)) else {
            return Err(call.unknown("has a weight that is not over one or two spatial dimensions"));
        };
        let dims = kernel.len();
        let stride = call.spatial("strides", dims, 1)?;
        let dilation = call.spatial("dilations", dims, 1)?;
        let (x, padding) = match self.sides(call, x, &kernel, &stride, &dilation)? {
            Sides::Even(pads) => (x, pads),
            Sides::Uneven(pads) => (self.padded(call, x, &pads, 0.0), vec![0; dims]),
        };
        let op = Op::Convolution {
            stride,
            padding: Padding::Symmetric(padding),
            dilation,
            groups: call.int("group", 1),
        };
        self.finish(
            call,
            op,
            vec![Operand::Value(x), Operand::Value(weight), bias],
        )
    }

    pub(super) fn transposed_convolution(&mut self, call: &Call) -> Outcome<()> {
        let (x, weight) = (self.tensor(call, 0)?, self.tensor(call, 1)?);
        let bias = self.optional(call, 2)?;
        let dims = self
            .shape(weight)
            .map_or(0, |shape| shape.len().saturating_sub(2));
        if !matches!(dims, 1 | 2) {
            return Err(call.unknown("has a weight that is not over one or two spatial dimensions"));
        }
        if call.has("output_shape")
            || !matches!(call.text("auto_pad", "NOTSET").as_str(), "NOTSET" | "VALID")
        {
            return Err(call.unknown("is padded to a shape rather than by a number"));
        }
        let pads = call.spatial("pads", 2 * dims, 0)?;
        let (before, after) = pads.split_at(dims);
        if pads.iter().any(|pad| *pad < 0) {
            return Err(call.unknown("has a negative padding"));
        }
        let (stride, dilation) = (
            call.spatial("strides", dims, 1)?,
            call.spatial("dilations", dims, 1)?,
        );
        let added = call.spatial("output_padding", dims, 0)?;
        let even = before == after;
        // Where they differ, nothing is taken off while it runs, and as much as is said on each side afterwards.
        let padding = if even { before.to_vec() } else { vec![0; dims] };
        let mut windows = added.iter().zip(stride.iter().zip(&dilation));
        if !windows.all(|(n, (s, d))| n < s || n < d) || (!even && added.iter().any(|n| *n != 0)) {
            return Err(
                call.unknown("adds more to its output than a stride, or after an uneven padding")
            );
        }
        let op = Op::TransposedConvolution {
            stride,
            padding,
            output_padding: added,
            dilation,
            groups: call.int("group", 1),
        };
        let operands = vec![Operand::Value(x), Operand::Value(weight), bias];
        if even {
            return self.finish(call, op, operands);
        }
        let whole = self.step(call, op, operands);
        let pairs = before.iter().zip(after).rev();
        let pairs = pairs
            .flat_map(|(before, after)| [-before, -after])
            .collect();
        let filler = Filler::Constant(0.0);
        self.finish(call, Op::Pad { pairs, filler }, vec![Operand::Value(whole)])
    }

    /// Norms over the positions of each channel, or of each group of them.
    pub(super) fn group_norm(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let groups = match call.operator {
            "GroupNormalization" => call.int("num_groups", 1),
            _ => match self.shape(x).and_then(|shape| shape.get(1)) {
                Some(Dim::Fixed(channels)) => *channels,
                _ => return Err(call.unknown("is over channels that are not known before the run")),
            },
        };
        let epsilon = call.float("epsilon", 1e-5);
        let operands = (0..3).map(|i| Ok(Operand::Value(self.tensor(call, i)?)));
        let operands = operands.collect::<Outcome<_>>()?;
        self.finish(call, Op::GroupNorm { groups, epsilon }, operands)
    }

    /// The padding of a call, by `pads` or by `auto_pad`.
    fn sides(
        &self,
        call: &Call,
        x: ValueId,
        kernel: &[i64],
        stride: &[i64],
        dilation: &[i64],
    ) -> Outcome<Sides> {
        let dims = kernel.len();
        let pairs: Vec<(i64, i64)> = match call.text("auto_pad", "NOTSET").as_str() {
            "NOTSET" => {
                let pads = call.spatial("pads", 2 * dims, 0)?;
                (0..dims).map(|i| (pads[i], pads[dims + i])).collect()
            }
            "VALID" => vec![(0, 0); dims],
            same @ ("SAME_UPPER" | "SAME_LOWER") => {
                let lengths = self.shape(x).and_then(|shape| shape.get(2..));
                let lengths = lengths.filter(|lengths| lengths.len() == dims);
                let pairs = lengths.and_then(|lengths| {
                    let each = lengths.iter().enumerate().map(|(i, length)| {
                        let Dim::Fixed(length) = *length else {
                            return None;
                        };
                        let windows = length
                            .checked_add(stride[i].checked_sub(1)?)?
                            .checked_div(stride[i])?;
                        let window = kernel[i]
                            .checked_sub(1)?
                            .checked_mul(dilation[i])?
                            .checked_add(1)?;
                        let starts = windows.checked_sub(1)?.checked_mul(stride[i])?;
                        let all = starts.checked_add(window)?.checked_sub(length)?.max(0);
                        let (less, more) = (all / 2, all - all / 2);
                        Some(if same == "SAME_UPPER" {
                            (less, more)
                        } else {
                            (more, less)
                        })
                    });
                    each.collect::<Option<Vec<_>>>()
                });
                pairs.ok_or_else(|| {
                    call.unknown("pads by a length that is not known before the run")
                })?
            }
            other => return Err(call.wrong(&format!("has `auto_pad` of \"{other}\""))),
        };
        if pairs.iter().any(|(a, b)| *a < 0 || *b < 0) {
            return Err(call.unknown("has a negative padding"));
        }
        Ok(match pairs.iter().all(|(a, b)| a == b) {
            true => Sides::Even(pairs.into_iter().map(|(a, _)| a).collect()),
            false => Sides::Uneven(pairs),
        })
    }

    /// The value with so much added on both sides of its spatial dimensions.
    fn padded(&mut self, call: &Call, x: ValueId, pads: &[(i64, i64)], value: f64) -> ValueId {
        let pairs = pads.iter().rev().flat_map(|(a, b)| [*a, *b]).collect();
        self.step(
            call,
            Op::Pad {
                pairs,
                filler: Filler::Constant(value),
            },
            vec![Operand::Value(x)],
        )
    }

    pub(super) fn gemm(&mut self, call: &Call) -> Outcome<()> {
        let (mut a, mut b) = (self.tensor(call, 0)?, self.tensor(call, 1)?);
        let c = self.optional(call, 2)?;
        let (alpha, beta) = (call.float("alpha", 1.0), call.float("beta", 1.0));
        let plain = alpha == 1.0 && (beta == 1.0 || c == Operand::Absent);
        if call.int("transA", 0) != 0 {
            a = self.step(call, Op::Transpose { a: 0, b: 1 }, vec![Operand::Value(a)]);
        }
        let turned = call.int("transB", 0) != 0;
        let is_row = |reader: &Reader| match c {
            Operand::Value(id) => reader.shape(id).is_some_and(|shape| shape.len() == 1),
            _ => true,
        };
        if plain && turned && is_row(self) {
            return self.finish(
                call,
                Op::Linear,
                vec![Operand::Value(a), Operand::Value(b), c],
            );
        }
        if turned {
            b = self.step(call, Op::Transpose { a: 0, b: 1 }, vec![Operand::Value(b)]);
        }
        let both = vec![Operand::Value(a), Operand::Value(b)];
        if c == Operand::Absent {
            let product = self.step(call, Op::MatMul, both);
            let factor = Operand::Number(alpha);
            return self.finish(call, Op::Multiply, vec![Operand::Value(product), factor]);
        }
        if plain {
            return self.finish(call, Op::AddMatMul, vec![c, both[0], both[1]]);
        }
        let product = self.step(call, Op::MatMul, both);
        let factor = Operand::Number(alpha);
        let product = self.step(call, Op::Multiply, vec![Operand::Value(product), factor]);
        self.finish(
            call,
            Op::Add { factor: beta },
            vec![Operand::Value(product), c],
        )
    }

    pub(super) fn batch_norm(&mut self, call: &Call) -> Outcome<()> {
        if call.int("training_mode", 0) != 0 {
            return Err(call.batch_statistics());
        }
        let operands = (0..5).map(|i| Ok(Operand::Value(self.tensor(call, i)?)));
        let operands = operands.collect::<Outcome<_>>()?;
        let epsilon = call.float("epsilon", 1e-5);
        self.finish(call, Op::BatchNorm { epsilon }, operands)
    }

    pub(super) fn layer_norm(&mut self, call: &Call) -> Outcome<()> {
        let (x, scale) = (self.tensor(call, 0)?, self.tensor(call, 1)?);
        let bias = self.optional(call, 2)?;
        let fixed = |dim: &Dim| dim.fixed();
        let axis = call.int("axis", -1);
        let over = self.shape(x).and_then(|shape| {
            let at = crate::graph::place(axis, shape.len())?;
            shape[at..].iter().map(fixed).collect::<Option<Vec<i64>>>()
        });
        // A scale for each number says as much where the shape is not known.
        let of_scale = || {
            self.shape(scale)?
                .iter()
                .map(fixed)
                .collect::<Option<Vec<i64>>>()
        };
        let Some(shape) = over.or_else(of_scale) else {
            return Err(call.unknown("is over dimensions that are not known before the run"));
        };
        self.withhold(call, 1, "the mean of a layer norm");
        self.withhold(call, 2, "the spread of a layer norm");
        let epsilon = call.float("epsilon", 1e-5);
        let operands = vec![Operand::Value(x), Operand::Value(scale), bias];
        self.finish(call, Op::LayerNorm { shape, epsilon }, operands)
    }

    pub(super) fn pool(&mut self, call: &Call) -> Outcome<()> {
        self.withhold(call, 1, "the places of the maxima");
        let x = self.tensor(call, 0)?;
        let Some(kernel) = call.ints("kernel_shape").map(<[i64]>::to_vec) else {
            return Err(call.wrong("lacks `kernel_shape`"));
        };
        let dims = kernel.len();
        if !matches!(dims, 1 | 2) {
            return Err(call.unknown("is not over one or two spatial dimensions"));
        }
        let stride = call.spatial("strides", dims, 1)?;
        let dilation = call.spatial("dilations", dims, 1)?;
        let is_max = call.operator == "MaxPool";
        if !is_max && dilation.iter().any(|d| *d != 1) {
            return Err(call.unknown("is a mean over places apart"));
        }
        let count_include_pad = call.int("count_include_pad", 0) != 0;
        let ceil = call.int("ceil_mode", 0) != 0;
        let sides = self.sides(call, x, &kernel, &stride, &dilation)?;
        // libtorch pads by at most half a window.
        let fits = |pads: &[i64]| {
            pads.iter()
                .zip(&kernel)
                .all(|(pad, kernel)| pad.saturating_mul(2) <= *kernel)
        };
        let (x, padding) = match sides {
            Sides::Even(pads) if fits(&pads) => (x, pads),
            _ if !is_max && !count_include_pad => {
                return Err(
                    call.unknown("is a mean with more padding on one side, which does not count")
                );
            }
            _ if ceil => {
                return Err(call.unknown("rounds the number of windows up and pads by more than half of one, or unevenly"));
            }
            sides => {
                let pads = match sides {
                    Sides::Even(pads) => pads.into_iter().map(|pad| (pad, pad)).collect(),
                    Sides::Uneven(pads) => pads,
                };
                let value = if is_max { f64::NEG_INFINITY } else { 0.0 };
                (self.padded(call, x, &pads, value), vec![0; dims])
            }
        };
        let op = Op::Pool {
            kind: match is_max {
                true => PoolKind::Max,
                false => PoolKind::Average { count_include_pad },
            },
            kernel,
            stride,
            padding,
            dilation,
            ceil,
        };
        self.finish(call, op, vec![Operand::Value(x)])
    }

    pub(super) fn global(&mut self, call: &Call, kind: Reduction) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let Some(rank) = self.shape(x).map(<[Dim]>::len) else {
            return Err(call.unknown("is over dimensions that are not known before the run"));
        };
        let dims = (2..rank as i64).collect();
        let op = Op::Reduce {
            kind,
            dims,
            keep: true,
        };
        self.finish(call, op, vec![Operand::Value(x)])
    }

    /// The sum of what is done to each number first, and what is done to it.
    pub(super) fn reduce_of(
        &mut self,
        call: &Call,
        first: Option<Op>,
        then: Option<Activation>,
    ) -> Outcome<()> {
        let mut x = self.tensor(call, 0)?;
        if let Some(op) = first {
            let mut operands = vec![Operand::Value(x)];
            if op == Op::Power {
                operands.push(Operand::Number(2.0));
            }
            x = self.step(call, op, operands);
        }
        let (op, operands) = self.reduction(call, x, Reduction::Sum)?;
        match then {
            None => self.finish(call, op, operands),
            Some(then) => {
                let sum = Operand::Value(self.step(call, op, operands));
                self.finish(call, Op::Activate(then), vec![sum])
            }
        }
    }

    pub(super) fn reduce(&mut self, call: &Call, kind: Reduction) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let (op, operands) = self.reduction(call, x, kind)?;
        self.finish(call, op, operands)
    }

    fn reduction(&self, call: &Call, x: ValueId, kind: Reduction) -> Outcome<(Op, Vec<Operand>)> {
        let dims = match (call.ints("axes"), call.has_input(1)) {
            (Some(axes), _) => axes.to_vec(),
            (None, true) => self.whole(call, 1)?,
            (None, false) => Vec::new(),
        };
        if dims.is_empty() && call.int("noop_with_empty_axes", 0) != 0 {
            return Ok((Op::Identity, vec![Operand::Value(x)]));
        }
        let keep = call.int("keepdims", 1) != 0;
        Ok((Op::Reduce { kind, dims, keep }, vec![Operand::Value(x)]))
    }
}
