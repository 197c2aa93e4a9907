//! The table of ATen operators with one node each.

use super::arguments::{
    ValueLookup, batch_statistics, dropout, free_shape, number_or_tensor, optional, pair, sizes,
    tensor, unknown_operator,
};
use super::call::{Call, Size};
use super::fill::{arange, filled, like, linspace};
use crate::graph::{
    Activation, Comparison, Op, Operand, Padding, PaddingValue, PoolKind, Reduction,
};
use gia_base::diag::Outcome;

/// Whether a call only computes or compares sizes. Tensors depend on such a call only through their shapes.
pub fn is_size_arithmetic(target: &str) -> bool {
    let Some(name) = target.strip_prefix("torch.ops.") else {
        // Functions of Python work on sizes only, such as `_operator.mul` and `math.floor`.
        return true;
    };
    let name = name.strip_prefix("aten.").unwrap_or(name);
    name.starts_with("sym_") || name.starts_with("_assert")
}

/// The node kind of a call, with its operands in the order that the kind states.
pub fn translate(call: &Call, lookup: ValueLookup) -> Outcome<(Op, Vec<Operand>)> {
    let name = call.name();
    let t = |argument: &str| tensor(call, lookup, argument);
    let opt = |argument: &str| optional(call, lookup, argument);
    let on_self = |op: Op| Ok((op, vec![t("self")?]));
    let activate = |activation: Activation| on_self(Op::Activate(activation));

    let value = |argument: &str| number_or_tensor(call, lookup, argument);
    let compare = |comparison| Ok((Op::Compare(comparison), pair(call, lookup)?));

    match name {
        // Convolutions and dense layers
        "conv_transpose1d" | "conv_transpose2d.input" | "conv_transpose3d.input" => {
            let dims = match name {
                "conv_transpose1d" => 1,
                "conv_transpose2d.input" => 2,
                _ => 3,
            };
            let op = transposed(call, dims)?;
            Ok((op, vec![t("input")?, t("weight")?, opt("bias")?]))
        }
        "convolution" if call.flag("transposed", false)? => {
            let op = transposed(call, call.ints("stride", &[1])?.len())?;
            Ok((op, vec![t("input")?, t("weight")?, opt("bias")?]))
        }
        "conv1d" | "conv1d.padding" | "conv2d" | "conv2d.padding" | "conv3d" | "conv3d.padding"
        | "convolution" => {
            let dims = match name {
                "conv1d" | "conv1d.padding" => 1,
                "conv2d" | "conv2d.padding" => 2,
                "conv3d" | "conv3d.padding" => 3,
                _ => 0,
            };
            Ok((
                convolution(call, dims)?,
                vec![t("input")?, t("weight")?, opt("bias")?],
            ))
        }
        "linear" => Ok((Op::Linear, vec![t("input")?, t("weight")?, opt("bias")?])),
        "mm" | "bmm" => Ok((Op::MatMul, vec![t("self")?, t("mat2")?])),
        // Normalisation
        "batch_norm" | "_native_batch_norm_legit_no_training" => {
            if call.flag("training", false)? {
                return Err(batch_statistics(call));
            }
            let operands = vec![
                t("input")?,
                opt("weight")?,
                opt("bias")?,
                t("running_mean")?,
                t("running_var")?,
            ];
            Ok((
                Op::BatchNorm {
                    epsilon: call.number("eps", 1e-5)?,
                },
                operands,
            ))
        }
        "layer_norm" | "native_layer_norm" => {
            let op = Op::LayerNorm {
                shape: call.ints("normalized_shape", &[])?,
                epsilon: call.number("eps", 1e-5)?,
            };
            Ok((op, vec![t("input")?, opt("weight")?, opt("bias")?]))
        }

        "group_norm" => {
            let op = Op::GroupNorm {
                groups: call.int("num_groups", None)?,
                epsilon: call.number("eps", 1e-5)?,
            };
            Ok((op, vec![t("input")?, opt("weight")?, opt("bias")?]))
        }

        // Activations
        "relu" => activate(Activation::Relu),
        "exp" => activate(Activation::Exp),
        "log" => activate(Activation::Log),
        "sigmoid" => activate(Activation::Sigmoid),
        "tanh" => activate(Activation::Tanh),
        "softplus" => activate(Activation::Softplus {
            beta: call.number("beta", 1.0)?,
            threshold: call.number("threshold", 20.0)?,
        }),
        "gelu" => activate(Activation::Gelu {
            tanh: call.text("approximate", "none") == "tanh",
        }),
        "silu" => activate(Activation::Silu),
        "leaky_relu" => activate(Activation::LeakyRelu {
            slope: call.number("negative_slope", 0.01)?,
        }),
        "sqrt" => activate(Activation::Sqrt),
        "erf" => activate(Activation::Erf),
        "sin" => activate(Activation::Sin),
        "cos" => activate(Activation::Cos),
        "floor" => activate(Activation::Floor),
        "ceil" => activate(Activation::Ceil),
        "round" => activate(Activation::Round),
        "sign" => activate(Activation::Sign),
        "log1p" => activate(Activation::Log1p),
        "expm1" => activate(Activation::Expm1),
        "clamp" | "clamp_min" | "clamp_max" => activate(Activation::Clamp {
            min: call.number("min", f64::NEG_INFINITY)?,
            max: call.number("max", f64::INFINITY)?,
        }),
        "relu6" => activate(Activation::HardTanh { min: 0.0, max: 6.0 }),
        "hardsigmoid" => activate(Activation::HardSigmoid),
        "hardswish" => activate(Activation::HardSwish),
        "hardtanh" => activate(Activation::HardTanh {
            min: call.number("min_val", -1.0)?,
            max: call.number("max_val", 1.0)?,
        }),
        "abs" => activate(Activation::Abs),
        "neg" => activate(Activation::Negate),
        "softmax.int" | "_softmax" => on_self(Op::Softmax {
            dim: call.int("dim", None)?,
            log: false,
        }),
        "log_softmax.int" | "_log_softmax" => on_self(Op::Softmax {
            dim: call.int("dim", None)?,
            log: true,
        }),

        // Pooling and reductions
        "max_pool1d"
        | "max_pool2d"
        | "max_pool3d"
        | "max_pool1d_with_indices"
        | "max_pool2d_with_indices"
        | "max_pool3d_with_indices" => pool(call, lookup, PoolKind::Max),
        "avg_pool1d" | "avg_pool2d" | "avg_pool3d" => {
            let count_include_pad = call.flag("count_include_pad", true)?;
            pool(call, lookup, PoolKind::Average { count_include_pad })
        }
        "adaptive_max_pool1d" | "adaptive_max_pool2d" | "adaptive_max_pool3d" => {
            on_self(Op::AdaptivePool {
                kind: PoolKind::Max,
                output: call.ints("output_size", &[])?,
            })
        }
        "adaptive_avg_pool1d"
        | "adaptive_avg_pool2d"
        | "adaptive_avg_pool3d"
        | "_adaptive_avg_pool2d"
        | "_adaptive_avg_pool3d" => {
            let kind = PoolKind::Average {
                count_include_pad: true,
            };
            on_self(Op::AdaptivePool {
                kind,
                output: call.ints("output_size", &[])?,
            })
        }
        "mean.dim" => reduce(call, lookup, Reduction::Mean),
        "sum.dim_IntList" => reduce(call, lookup, Reduction::Sum),
        "mean" => reduce(call, lookup, Reduction::Mean),
        "sum" => reduce(call, lookup, Reduction::Sum),
        "amax" => reduce(call, lookup, Reduction::Max),
        "amin" => reduce(call, lookup, Reduction::Min),
        "logsumexp" => reduce(call, lookup, Reduction::LogSumExp),

        // Arithmetic
        "add.Tensor" | "add.Scalar" => Ok((
            Op::Add {
                factor: call.number("alpha", 1.0)?,
            },
            pair(call, lookup)?,
        )),
        "sub.Tensor" | "sub.Scalar" => Ok((
            Op::Subtract {
                factor: call.number("alpha", 1.0)?,
            },
            pair(call, lookup)?,
        )),
        "rsub.Scalar" => Ok((
            Op::Subtract {
                factor: call.number("alpha", 1.0)?,
            },
            vec![Operand::Number(call.number("other", f64::NAN)?), t("self")?],
        )),
        "mul.Tensor" | "mul.Scalar" => Ok((Op::Multiply, pair(call, lookup)?)),
        "div.Tensor" | "div.Scalar" => Ok((Op::Divide, pair(call, lookup)?)),
        "reciprocal" => Ok((Op::Divide, vec![Operand::Number(1.0), t("self")?])),
        "square" => Ok((Op::Power, vec![t("self")?, Operand::Number(2.0)])),
        "pow.Tensor_Scalar" | "pow.Tensor_Tensor" => {
            let exponent = match call.tensor("exponent") {
                Some(name) => Operand::Value(lookup(name)?),
                None => Operand::Number(call.number("exponent", f64::NAN)?),
            };
            Ok((Op::Power, vec![t("self")?, exponent]))
        }

        "gt.Scalar" | "gt.Tensor" => compare(Comparison::Greater),
        "ge.Scalar" | "ge.Tensor" => compare(Comparison::GreaterOrEqual),
        "lt.Scalar" | "lt.Tensor" => compare(Comparison::Less),
        "le.Scalar" | "le.Tensor" => compare(Comparison::LessOrEqual),
        "eq.Scalar" | "eq.Tensor" => compare(Comparison::Equal),
        "ne.Scalar" | "ne.Tensor" => compare(Comparison::NotEqual),
        "where.self" | "where.ScalarOther" | "where.ScalarSelf" => {
            let (a, b) = (value("self")?, value("other")?);
            Ok((Op::Where, vec![t("condition")?, a, b]))
        }
        "masked_fill.Scalar" | "masked_fill.Tensor" => {
            Ok((Op::Where, vec![t("mask")?, value("value")?, t("self")?]))
        }
        // NaN is not equal to itself.
        "isnan" => Ok((
            Op::Compare(Comparison::NotEqual),
            vec![t("self")?, t("self")?],
        )),
        "maximum" => Ok((Op::Maximum, vec![t("self")?, t("other")?])),
        "minimum" => Ok((Op::Minimum, vec![t("self")?, t("other")?])),
        "zeros" => Ok((filled(call, 0.0)?, Vec::new())),
        "ones" => Ok((filled(call, 1.0)?, Vec::new())),
        "full" => Ok((filled(call, call.number("fill_value", 0.0)?)?, Vec::new())),
        "zeros_like" | "new_zeros" => Ok((like(call, 0.0)?, Vec::new())),
        "ones_like" | "new_ones" => Ok((like(call, 1.0)?, Vec::new())),
        "full_like" | "new_full" => Ok((like(call, call.number("fill_value", 0.0)?)?, Vec::new())),
        "scalar_tensor" => {
            let (shape, value) = (Vec::new(), call.number("s", 0.0)?);
            Ok((Op::Full { shape, value }, Vec::new()))
        }
        "linspace" => Ok((linspace(call)?, Vec::new())),
        "arange" | "arange.start" | "arange.start_step" => Ok((arange(call)?, Vec::new())),

        // Indexing
        "embedding" => Ok((Op::Take { dim: 0 }, vec![t("weight")?, t("indices")?])),
        "index_select" => {
            let dim = call.int("dim", None)?;
            Ok((Op::Take { dim }, vec![t("self")?, t("index")?]))
        }
        "gather" => {
            let dim = call.int("dim", None)?;
            Ok((Op::TakeEach { dim }, vec![t("self")?, t("index")?]))
        }
        "cumsum" => on_self(Op::CumulativeSum {
            dim: call.int("dim", None)?,
        }),

        // Shape
        "flatten.using_ints" => on_self(Op::Flatten {
            start: call.int("start_dim", Some(0))?,
            end: call.int("end_dim", Some(-1))?,
        }),
        "reshape" => on_self(Op::Reshape {
            shape: free_shape(call, "shape", false)?,
        }),
        "view" | "_unsafe_view" => on_self(Op::Reshape {
            shape: free_shape(call, "size", false)?,
        }),
        "transpose.int" => on_self(Op::Transpose {
            a: call.int(call.either("dim0", "axis0"), None)?,
            b: call.int(call.either("dim1", "axis1"), None)?,
        }),
        "ravel" => on_self(Op::Flatten { start: 0, end: -1 }),
        "t" => on_self(Op::Transpose { a: 0, b: 1 }),
        "permute" => on_self(Op::Permute {
            dims: call.ints("dims", &[])?,
        }),
        "squeeze.dim" => on_self(Op::Squeeze {
            dims: vec![call.int("dim", None)?],
        }),
        "squeeze.dims" => on_self(Op::Squeeze {
            dims: call.ints("dim", &[])?,
        }),
        "unsqueeze" => on_self(Op::Unsqueeze {
            dim: call.int("dim", None)?,
        }),
        "expand" | "broadcast_to" => {
            let sizes = sizes(call, "size")?;
            let shape = sizes.into_iter().map(Size::fixed).collect();
            on_self(Op::Expand { shape })
        }
        "expand_as" => match call.makes {
            Some(made) => on_self(Op::Expand {
                shape: made.iter().map(|dim| dim.fixed()).collect(),
            }),
            None => Err(call.wrong("expands to a shape that is known only at run time")),
        },
        "slice.Tensor" => on_self(Op::Slice {
            dim: call.int("dim", Some(0))?,
            start: call.int("start", Some(0))?,
            end: call.int("end", Some(i64::MAX))?,
            step: call.int("step", Some(1))?,
        }),
        "narrow" => {
            let start = call.int("start", None)?;
            on_self(Op::Slice {
                dim: call.int("dim", None)?,
                start,
                end: start.saturating_add(call.int("length", None)?),
                step: 1,
            })
        }
        "select.int" => on_self(Op::Select {
            dim: call.int("dim", None)?,
            index: call.int("index", None)?,
        }),
        "cat" => {
            let operands = call
                .tensors("tensors")?
                .into_iter()
                .map(|n| Ok(Operand::Value(lookup(n)?)))
                .collect::<Outcome<_>>()?;
            Ok((
                Op::Concatenate {
                    dim: call.int("dim", Some(0))?,
                },
                operands,
            ))
        }
        "pad" | "constant_pad_nd" => {
            let filler = match call.text("mode", "constant") {
                "constant" => PaddingValue::Constant(call.number("value", 0.0)?),
                "reflect" => PaddingValue::Reflect,
                "replicate" => PaddingValue::Replicate,
                "circular" => PaddingValue::Circular,
                mode => {
                    return Err(call.wrong(format!("pads by \"{mode}\", which is not supported")));
                }
            };
            let pairs = call.ints("pad", &[])?;
            on_self(Op::Pad { pairs, filler })
        }
        "reflection_pad1d" | "reflection_pad2d" | "reflection_pad3d" | "replication_pad1d"
        | "replication_pad2d" | "replication_pad3d" => {
            let filler = match name.starts_with("reflection") {
                true => PaddingValue::Reflect,
                false => PaddingValue::Replicate,
            };
            let pairs = call.ints("padding", &[])?;
            on_self(Op::Pad { pairs, filler })
        }

        // Operators that do nothing in inference
        "native_dropout" if !call.flag("train", true)? => Ok((Op::Identity, vec![t("input")?])),
        "dropout" | "feature_dropout" | "alpha_dropout" | "feature_alpha_dropout" => {
            if call.flag("train", false)? && call.number("p", 0.5)? != 0.0 {
                return Err(dropout(call));
            }
            Ok((Op::Identity, vec![t("input")?]))
        }
        "clone" | "contiguous" | "alias" | "lift_fresh_copy" | "lift_fresh" | "lift" => {
            on_self(Op::Identity)
        }
        "detach" => on_self(Op::Detach),
        _ => Err(unknown_operator(call)),
    }
}

fn convolution(call: &Call, dims: usize) -> Outcome<Op> {
    // `convolution` states its stride for every spatial dimension, which gives their number.
    let dims = match dims {
        0 => call.ints("stride", &[1])?.len(),
        lookup => lookup,
    };
    let padding = match call
        .get("padding")
        .and_then(|json| json.get("as_string"))
        .and_then(|s| s.as_str())
    {
        Some("same") => Padding::Same,
        Some("valid") => Padding::Symmetric(vec![0; dims]),
        Some(other) => {
            return Err(call.wrong(format!("pads by \"{other}\", which is not supported")));
        }
        None => Padding::Symmetric(call.spatial("padding", 0, dims)?),
    };
    Ok(Op::Convolution {
        stride: call.spatial("stride", 1, dims)?,
        padding,
        dilation: call.spatial("dilation", 1, dims)?,
        groups: call.int("groups", Some(1))?,
    })
}

fn transposed(call: &Call, dims: usize) -> Outcome<Op> {
    Ok(Op::TransposedConvolution {
        stride: call.spatial("stride", 1, dims)?,
        padding: call.spatial("padding", 0, dims)?,
        output_padding: call.spatial("output_padding", 0, dims)?,
        dilation: call.spatial("dilation", 1, dims)?,
        groups: call.int("groups", Some(1))?,
    })
}

pub fn pool(call: &Call, lookup: ValueLookup, kind: PoolKind) -> Outcome<(Op, Vec<Operand>)> {
    let dims = match call.operator {
        name if name.contains("3d") => 3,
        name if name.contains("2d") => 2,
        _ => 1,
    };
    let kernel = call.spatial("kernel_size", 1, dims)?;
    let stride = match call.ints("stride", &[])?.as_slice() {
        [] => kernel.clone(),
        _ => call.spatial("stride", 1, dims)?,
    };
    let op = Op::Pool {
        kind,
        stride,
        padding: call.spatial("padding", 0, dims)?,
        dilation: call.spatial("dilation", 1, dims)?,
        ceil: call.flag("ceil_mode", false)?,
        kernel,
    };
    Ok((op, vec![tensor(call, lookup, "self")?]))
}

fn reduce(call: &Call, lookup: ValueLookup, kind: Reduction) -> Outcome<(Op, Vec<Operand>)> {
    let op = Op::Reduce {
        kind,
        dims: call.ints("dim", &[])?,
        keep: call.flag("keepdim", false)?,
    };
    Ok((op, vec![tensor(call, lookup, "self")?]))
}
