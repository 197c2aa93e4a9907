//! Layers with weights or windows: convolutions, dense layers, normalisation, pooling, reductions.

use super::Reader;
use super::call::Call;
use crate::graph::{
    Activation, Dim, Op, Operand, Padding, PaddingValue, PoolKind, Reduction, ValueId,
};
use crate::vector_product::widened;
use gia_base::diag::Outcome;

/// Padding of the spatial dimensions.
enum Pads {
    /// The same on both sides of each dimension.
    Symmetric(Vec<i64>),
    /// Before and after, for each dimension.
    Asymmetric(Vec<(i64, i64)>),
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
        let Some(kernel) = kernel.filter(|kernel| matches!(kernel.len(), 1..=3)) else {
            return Err(call.unknown("does not have one to three spatial dimensions"));
        };
        let dims = kernel.len();
        let stride = call.spatial("strides", dims, 1)?;
        let dilation = call.spatial("dilations", dims, 1)?;
        let (x, padding) = match self.resolve_padding(call, x, &kernel, &stride, &dilation)? {
            Pads::Symmetric(pads) => (x, pads),
            Pads::Asymmetric(pads) => (self.padded(call, x, &pads, 0.0), vec![0; dims]),
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
        if !matches!(dims, 1..=3) {
            return Err(call.unknown("does not have one to three spatial dimensions"));
        }
        if call.has("output_shape")
            || !matches!(call.text("auto_pad", "NOTSET").as_str(), "NOTSET" | "VALID")
        {
            return Err(call.unknown("states an output shape instead of a padding"));
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
        // An asymmetric padding is cropped by a second node.
        let padding = if even { before.to_vec() } else { vec![0; dims] };
        let mut windows = added.iter().zip(stride.iter().zip(&dilation));
        if !windows.all(|(n, (s, d))| n < s || n < d) || (!even && added.iter().any(|n| *n != 0)) {
            return Err(
                call.unknown("has an output padding that is not below its stride or dilation, or follows an asymmetric padding")
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
        let filler = PaddingValue::Constant(0.0);
        self.finish(call, Op::Pad { pairs, filler }, vec![Operand::Value(whole)])
    }

    /// Instance norms and group norms.
    pub(super) fn group_norm(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let groups = match call.operator {
            "GroupNormalization" => call.int("num_groups", 1),
            _ => match self.shape(x).and_then(|shape| shape.get(1)) {
                Some(Dim::Fixed(channels)) => *channels,
                _ => {
                    return Err(
                        call.unknown("has a number of channels that is known only at run time")
                    );
                }
            },
        };
        let epsilon = call.float("epsilon", 1e-5);
        let operands = (0..3).map(|i| Ok(Operand::Value(self.tensor(call, i)?)));
        let operands = operands.collect::<Outcome<_>>()?;
        self.finish(call, Op::GroupNorm { groups, epsilon }, operands)
    }

    /// The padding of a call, by `pads` or by `auto_pad`.
    fn resolve_padding(
        &self,
        call: &Call,
        x: ValueId,
        kernel: &[i64],
        stride: &[i64],
        dilation: &[i64],
    ) -> Outcome<Pads> {
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
                pairs.ok_or_else(|| call.unknown("has a padding that is known only at run time"))?
            }
            other => return Err(call.wrong(&format!("has `auto_pad` of \"{other}\""))),
        };
        if pairs.iter().any(|(a, b)| *a < 0 || *b < 0) {
            return Err(call.unknown("has a negative padding"));
        }
        Ok(match pairs.iter().all(|(a, b)| a == b) {
            true => Pads::Symmetric(pairs.into_iter().map(|(a, _)| a).collect()),
            false => Pads::Asymmetric(pairs),
        })
    }

    /// Pads the spatial dimensions of a value.
    fn padded(&mut self, call: &Call, x: ValueId, pads: &[(i64, i64)], value: f64) -> ValueId {
        let pairs = pads.iter().rev().flat_map(|(a, b)| [*a, *b]).collect();
        self.step(
            call,
            Op::Pad {
                pairs,
                filler: PaddingValue::Constant(value),
            },
            vec![Operand::Value(x)],
        )
    }

    /// A product of matrices or vectors.
    pub(super) fn matrix_product(&mut self, call: &Call, mut factors: [Operand; 2]) -> Outcome<()> {
        let is_vector = |operand: &Operand| match operand {
            Operand::Value(id) => self.shape(*id).is_some_and(|shape| shape.len() == 1),
            Operand::Number(_) | Operand::Absent => false,
        };
        let is_vector = [is_vector(&factors[0]), is_vector(&factors[1])];
        let gone = widened(&mut factors, is_vector, |op, vector| {
            Operand::Value(self.step(call, op, vec![vector]))
        });
        if gone.is_empty() {
            return self.finish(call, Op::MatMul, factors.to_vec());
        }
        let product = Operand::Value(self.step(call, Op::MatMul, factors.to_vec()));
        self.finish(call, Op::Squeeze { dims: gone }, vec![product])
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
            let at = crate::graph::resolve_dim(axis, shape.len())?;
            shape[at..].iter().map(fixed).collect::<Option<Vec<i64>>>()
        });
        // If the shape of the input is unknown, the shape of the scale states the normalised dimensions.
        let of_scale = || {
            self.shape(scale)?
                .iter()
                .map(fixed)
                .collect::<Option<Vec<i64>>>()
        };
        let Some(shape) = over.or_else(of_scale) else {
            return Err(call.unknown("needs dimensions that are known only at run time"));
        };
        self.mark_unsupported(call, 1, "the mean of a layer norm");
        self.mark_unsupported(call, 2, "the inverse standard deviation of a layer norm");
        let epsilon = call.float("epsilon", 1e-5);
        let operands = vec![Operand::Value(x), Operand::Value(scale), bias];
        self.finish(call, Op::LayerNorm { shape, epsilon }, operands)
    }

    pub(super) fn pool(&mut self, call: &Call) -> Outcome<()> {
        self.mark_unsupported(call, 1, "the indices of the maxima");
        let x = self.tensor(call, 0)?;
        let Some(kernel) = call.ints("kernel_shape").map(<[i64]>::to_vec) else {
            return Err(call.wrong("lacks `kernel_shape`"));
        };
        let dims = kernel.len();
        if !matches!(dims, 1..=3) {
            return Err(call.unknown("does not have one to three spatial dimensions"));
        }
        let stride = call.spatial("strides", dims, 1)?;
        let dilation = call.spatial("dilations", dims, 1)?;
        let is_max = call.operator == "MaxPool";
        if !is_max && dilation.iter().any(|d| *d != 1) {
            return Err(call.unknown("is an average pooling with a dilation"));
        }
        let count_include_pad = call.int("count_include_pad", 0) != 0;
        let ceil = call.int("ceil_mode", 0) != 0;
        let sides = self.resolve_padding(call, x, &kernel, &stride, &dilation)?;
        // libtorch limits the padding to half a window.
        let fits = |pads: &[i64]| {
            pads.iter()
                .zip(&kernel)
                .all(|(pad, kernel)| pad.saturating_mul(2) <= *kernel)
        };
        let (x, padding) = match sides {
            Pads::Symmetric(pads) if fits(&pads) => (x, pads),
            _ if !is_max && !count_include_pad => {
                return Err(call.unknown(
                    "is an average pooling with asymmetric padding that is excluded from the mean",
                ));
            }
            _ if ceil => {
                return Err(call.unknown("has `ceil_mode` with a padding that is asymmetric or larger than half a window"));
            }
            sides => {
                let pads = match sides {
                    Pads::Symmetric(pads) => pads.into_iter().map(|pad| (pad, pad)).collect(),
                    Pads::Asymmetric(pads) => pads,
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

    pub(super) fn global_pool(&mut self, call: &Call, kind: Reduction) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let Some(rank) = self.shape(x).map(<[Dim]>::len) else {
            return Err(call.unknown("needs dimensions that are known only at run time"));
        };
        let dims = (2..rank as i64).collect();
        let op = Op::Reduce {
            kind,
            dims,
            keep: true,
        };
        self.finish(call, op, vec![Operand::Value(x)])
    }

    /// A sum of transformed elements, and a function of the sum.
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
            (None, true) => self.known_integers(call, 1)?,
            (None, false) => Vec::new(),
        };
        if dims.is_empty() && call.int("noop_with_empty_axes", 0) != 0 {
            return Ok((Op::Identity, vec![Operand::Value(x)]));
        }
        let keep = call.int("keepdims", 1) != 0;
        Ok((Op::Reduce { kind, dims, keep }, vec![Operand::Value(x)]))
    }
}
