//! The table of ONNX operators, translated to node kinds.

use super::call::Call;
use super::sizes::Size;
use super::tensors;
use super::{MAX_SHAPE_ELEMENTS, Reader};
use crate::einsum::explicit_equation;
use crate::graph::{
    Activation, Binary, Choice, Comparison, Dim, Function, MatrixFunction, Op, Operand, Reduction,
};
use gia_base::diag::Outcome;

/// Adds the nodes of a call.
pub(super) fn translate(reader: &mut Reader, call: &Call) -> Outcome<()> {
    match call.operator {
        // Layers with weights, normalisation, pooling
        "Conv" => reader.convolution(call),
        "Gemm" => reader.gemm(call),
        "MatMul" => {
            let factors = [reader.tensor(call, 0)?, reader.tensor(call, 1)?];
            reader.matrix_product(call, factors.map(Operand::Value))
        }
        "ConvTranspose" => reader.transposed_convolution(call),
        "Einsum" => {
            let all: Vec<usize> = (0..call.inputs()).collect();
            let operands = tensors(reader, call, &all)?;
            let equation = explicit_equation(
                &call.text("equation", ""),
                operands.len(),
                |operand| reader.rank(call, reader.tensor(call, operand)?),
                |what| call.wrong(&what),
            )?;
            reader.finish(call, Op::Einsum { equation }, operands)
        }
        "LSTM" | "GRU" | "RNN" => reader.recurrent(call),
        "InstanceNormalization" | "GroupNormalization" => reader.group_norm(call),
        "BatchNormalization" => reader.batch_norm(call),
        "LayerNormalization" => reader.layer_norm(call),
        "MaxPool" | "AveragePool" => reader.pool(call),
        "GlobalAveragePool" => reader.global_pool(call, Reduction::Mean),
        "GlobalMaxPool" => reader.global_pool(call, Reduction::Max),
        "ReduceMean" => reader.reduce(call, Reduction::Mean),
        "ReduceSum" => reader.reduce(call, Reduction::Sum),
        "ReduceMax" => reader.reduce(call, Reduction::Max),
        "ReduceMin" => reader.reduce(call, Reduction::Min),
        "ReduceProd" => reader.reduce(call, Reduction::Product),
        "ReduceLogSumExp" => reader.reduce(call, Reduction::LogSumExp),
        "ReduceL1" => reader.reduce_of(call, Some(Op::Activate(Activation::Abs)), None),
        "ReduceL2" => reader.reduce_of(call, Some(Op::Power), Some(Activation::Sqrt)),
        "ReduceSumSquare" => reader.reduce_of(call, Some(Op::Power), None),
        "ReduceLogSum" => reader.reduce_of(call, None, Some(Activation::Log)),

        // Element by element
        "Relu" => activate(reader, call, Activation::Relu),
        "Exp" => activate(reader, call, Activation::Exp),
        "Log" => activate(reader, call, Activation::Log),
        "Sigmoid" => activate(reader, call, Activation::Sigmoid),
        "Tanh" => activate(reader, call, Activation::Tanh),
        "Sqrt" => activate(reader, call, Activation::Sqrt),
        "Abs" => activate(reader, call, Activation::Abs),
        "Neg" => activate(reader, call, Activation::Negate),
        "Erf" => activate(reader, call, Activation::Erf),
        // Not an ONNX operator, but tf2onnx leaves it in Keras's GELU: 1 - erf.
        "Erfc" => {
            let operands = tensors(reader, call, &[0])?;
            let erf = Operand::Value(reader.step(call, Op::Activate(Activation::Erf), operands));
            let operands = vec![Operand::Number(1.0), erf];
            reader.finish(call, Op::Subtract { factor: 1.0 }, operands)
        }
        "Tan" => activate(reader, call, Activation::Tan),
        "Asin" => activate(reader, call, Activation::Asin),
        "Acos" => activate(reader, call, Activation::Acos),
        "Atan" => activate(reader, call, Activation::Atan),
        "Sinh" => activate(reader, call, Activation::Sinh),
        "Cosh" => activate(reader, call, Activation::Cosh),
        "Asinh" => activate(reader, call, Activation::Asinh),
        "Acosh" => activate(reader, call, Activation::Acosh),
        "Atanh" => activate(reader, call, Activation::Atanh),
        "IsInf" => {
            let x = Operand::Value(reader.tensor(call, 0)?);
            let signs = (
                call.int("detect_positive", 1) != 0,
                call.int("detect_negative", 1) != 0,
            );
            let bound = match signs {
                (true, true) => return activate(reader, call, Activation::IsInfinite),
                (true, false) => f64::INFINITY,
                (false, true) => f64::NEG_INFINITY,
                (false, false) => f64::NAN,
            };
            let operands = vec![x, Operand::Number(bound)];
            reader.finish(call, Op::Compare(Comparison::Equal), operands)
        }
        "Mod" => {
            let op = match call.int("fmod", 0) {
                0 => Binary::Remainder,
                _ => Binary::TruncatedRemainder,
            };
            binary(reader, call, Op::Binary(op))
        }
        "BitwiseAnd" => binary(reader, call, Op::Binary(Binary::BitAnd)),
        "BitwiseOr" => binary(reader, call, Op::Binary(Binary::BitOr)),
        "BitwiseXor" => binary(reader, call, Op::Binary(Binary::BitXor)),
        "Det" => {
            let operands = tensors(reader, call, &[0])?;
            let (kind, sizes) = (MatrixFunction::Determinant, Vec::new());
            reader.finish(
                call,
                Op::Function(Function::Matrix { kind, sizes }),
                operands,
            )
        }
        "Sin" => activate(reader, call, Activation::Sin),
        "Cos" => activate(reader, call, Activation::Cos),
        "Floor" => activate(reader, call, Activation::Floor),
        "Ceil" => activate(reader, call, Activation::Ceil),
        "Round" => activate(reader, call, Activation::Round),
        "Sign" => activate(reader, call, Activation::Sign),
        "Clip" => clip(reader, call),
        "PRelu" => {
            let slope = reader.tensor(call, 1)?;
            let x = Operand::Value(reader.tensor(call, 0)?);
            let is_above = Op::Compare(Comparison::Greater);
            let is_above = reader.step(call, is_above, vec![x, Operand::Number(0.0)]);
            let below = reader.step(call, Op::Multiply, vec![x, Operand::Value(slope)]);
            let operands = vec![Operand::Value(is_above), x, Operand::Value(below)];
            reader.finish(call, Op::Where, operands)
        }
        "Selu" => {
            let alpha = call.float("alpha", 1.673_263_192_176_818_8);
            let elu = Op::Activate(Activation::Elu { alpha });
            let operands = tensors(reader, call, &[0])?;
            let curved = Operand::Value(reader.step(call, elu, operands));
            let gamma = Operand::Number(call.float("gamma", 1.050_701_022_148_132_3));
            reader.finish(call, Op::Multiply, vec![curved, gamma])
        }
        "Celu" => {
            let alpha = Operand::Number(call.float("alpha", 1.0));
            let operands = vec![Operand::Value(reader.tensor(call, 0)?), alpha];
            let scaled = Operand::Value(reader.step(call, Op::Divide, operands));
            let elu = Op::Activate(Activation::Elu { alpha: 1.0 });
            let curved = Operand::Value(reader.step(call, elu, vec![scaled]));
            reader.finish(call, Op::Multiply, vec![curved, alpha])
        }
        "HardSigmoid" => {
            let (alpha, beta) = (call.float("alpha", 0.2), call.float("beta", 0.5));
            // PyTorch's, whose slope a file rounds to float32.
            if (alpha - 1.0 / 6.0).abs() < 1e-7 && beta == 0.5 {
                return activate(reader, call, Activation::HardSigmoid);
            }
            let line = affine(reader, call, alpha, beta)?;
            let (min, max) = (0.0, 1.0);
            reader.finish(
                call,
                Op::Activate(Activation::HardTanh { min, max }),
                vec![line],
            )
        }
        "HardSwish" => activate(reader, call, Activation::HardSwish),
        "Mish" => {
            let (beta, threshold) = (1.0, 20.0);
            let x = Operand::Value(reader.tensor(call, 0)?);
            let softplus = Op::Activate(Activation::Softplus { beta, threshold });
            let curved = Operand::Value(reader.step(call, softplus, vec![x]));
            let gate = reader.step(call, Op::Activate(Activation::Tanh), vec![curved]);
            reader.finish(call, Op::Multiply, vec![x, Operand::Value(gate)])
        }
        "Swish" => {
            let x = Operand::Value(reader.tensor(call, 0)?);
            let line = affine(reader, call, call.float("alpha", 1.0), 0.0)?;
            let gate = reader.step(call, Op::Activate(Activation::Sigmoid), vec![line]);
            reader.finish(call, Op::Multiply, vec![x, Operand::Value(gate)])
        }
        "Softsign" => {
            let x = Operand::Value(reader.tensor(call, 0)?);
            let size = Operand::Value(reader.step(call, Op::Activate(Activation::Abs), vec![x]));
            let below = reader.step(
                call,
                Op::Add { factor: 1.0 },
                vec![size, Operand::Number(1.0)],
            );
            reader.finish(call, Op::Divide, vec![x, Operand::Value(below)])
        }
        "ThresholdedRelu" => {
            let x = Operand::Value(reader.tensor(call, 0)?);
            let bound = Operand::Number(call.float("alpha", 1.0));
            let above = reader.step(call, Op::Compare(Comparison::Greater), vec![x, bound]);
            reader.finish(call, Op::Multiply, vec![x, Operand::Value(above)])
        }
        "Softplus" => {
            let (beta, threshold) = (1.0, 20.0);
            activate(reader, call, Activation::Softplus { beta, threshold })
        }
        "Elu" => {
            let alpha = call.float("alpha", 1.0);
            activate(reader, call, Activation::Elu { alpha })
        }
        "LeakyRelu" => {
            let slope = call.float("alpha", 0.01);
            activate(reader, call, Activation::LeakyRelu { slope })
        }
        "Gelu" => {
            let tanh = call.text("approximate", "none") == "tanh";
            activate(reader, call, Activation::Gelu { tanh })
        }
        "Softmax" | "LogSoftmax" => {
            let op = Op::Softmax {
                dim: call.int("axis", -1),
                log: call.operator == "LogSoftmax",
            };
            let operands = tensors(reader, call, &[0])?;
            reader.finish(call, op, operands)
        }
        "Add" => binary(reader, call, Op::Add { factor: 1.0 }),
        "Sub" => binary(reader, call, Op::Subtract { factor: 1.0 }),
        "Mul" => binary(reader, call, Op::Multiply),
        "Div" if reader.divides_integers(call) => {
            let operands = tensors(reader, call, &[0, 1])?;
            let quotient = reader.step(call, Op::Divide, operands);
            let operands = vec![Operand::Value(quotient)];
            reader.finish(call, Op::Activate(Activation::Trunc), operands)
        }
        "Div" => binary(reader, call, Op::Divide),
        "Pow" => binary(reader, call, Op::Power),
        "Reciprocal" => {
            let operands = vec![
                Operand::Number(1.0),
                Operand::Value(reader.tensor(call, 0)?),
            ];
            reader.finish(call, Op::Divide, operands)
        }
        "Max" => elementwise_extreme(reader, call, Op::Maximum),
        "Min" => elementwise_extreme(reader, call, Op::Minimum),
        "Greater" => binary(reader, call, Op::Compare(Comparison::Greater)),
        "GreaterOrEqual" => binary(reader, call, Op::Compare(Comparison::GreaterOrEqual)),
        "Less" => binary(reader, call, Op::Compare(Comparison::Less)),
        "LessOrEqual" => binary(reader, call, Op::Compare(Comparison::LessOrEqual)),
        "Equal" => binary(reader, call, Op::Compare(Comparison::Equal)),
        "Not" => {
            let operands = vec![
                Operand::Value(reader.tensor(call, 0)?),
                Operand::Number(0.0),
            ];
            reader.finish(call, Op::Compare(Comparison::Equal), operands)
        }
        // NaN is not equal to itself.
        "IsNaN" => {
            let operands = tensors(reader, call, &[0, 0])?;
            reader.finish(call, Op::Compare(Comparison::NotEqual), operands)
        }
        // Booleans are 1 and 0.
        "And" => binary(reader, call, Op::Multiply),
        "Or" => binary(reader, call, Op::Maximum),
        "Xor" => binary(reader, call, Op::Compare(Comparison::NotEqual)),
        "Where" => {
            let condition = Operand::Value(reader.tensor(call, 0)?);
            let (a, b) = (reader.operand(call, 1)?, reader.operand(call, 2)?);
            reader.finish(call, Op::Where, vec![condition, a, b])
        }
        "Sum" => combine_all(reader, call, false),
        "Mean" => combine_all(reader, call, true),
        "Identity" | "Dropout" => {
            if call.has_input(2) && reader.sizes_of(call, 2) != Some(&[Size::Fixed(0)]) {
                return Err(call.random("is in training mode: it drops numbers at random"));
            }
            reader.mark_unsupported(call, 1, "the mask of a dropout");
            let operands = tensors(reader, call, &[0])?;
            reader.finish(call, Op::Identity, operands)
        }
        "Cast" => cast(reader, call),
        "Constant" => constant(reader, call),

        // Rearranging
        "Range" => {
            let numbers = (0..3).map(|i| match reader.sizes_of(call, i) {
                Some(&[Size::Fixed(n)]) => Ok(n as f64),
                Some(&[Size::BatchMultiple(_)]) => {
                    Err(call.unknown("counts the sequences of a batch, which is not supported"))
                }
                _ => match reader.operand(call, i)? {
                    Operand::Number(n) => Ok(n),
                    _ => Err(call.unknown("has a range that is known only at run time")),
                },
            });
            let numbers: Vec<f64> = numbers.collect::<Outcome<_>>()?;
            let (start, step) = (numbers[0], numbers[2]);
            let count = ((numbers[1] - start) / step).ceil().max(0.0);
            if count.is_nan() {
                return Err(call.wrong("has a range with bounds that are not numbers"));
            }
            if count > Op::MAX_RANGE_COUNT as f64 {
                return Err(call.unknown("has a range that is longer than supported"));
            }
            let count = count as i64;
            let places: Vec<Size> = (0..count.min(MAX_SHAPE_ELEMENTS as i64 + 1))
                .map(|i| Size::Fixed((start + step * i as f64) as i64))
                .collect();
            let are_integers = (0..3).all(|i| {
                call.input(i).is_ok_and(|name| {
                    reader.known(name).sizes.is_some() && !reader.known(name).has_float_sizes
                })
            });
            if places.len() <= MAX_SHAPE_ELEMENTS && are_integers {
                reader.known_mut(call.output()?).sizes = Some(places);
            }
            reader.finish(call, Op::Range { start, step, count }, Vec::new())
        }
        "EyeLike" => {
            let id = reader.tensor(call, 0)?;
            let shape = reader.graph.values[id.0].shape.clone().unwrap_or_default();
            let &[Dim::Fixed(rows), Dim::Fixed(columns)] = shape.as_slice() else {
                return Err(call.unknown("makes a matrix whose size is known only at run time"));
            };
            let count = rows.saturating_mul(columns);
            if !(0..=Op::MAX_LITERAL_ELEMENTS).contains(&count) {
                return Err(call.unknown("has a constant that is larger than supported"));
            }
            let offset = call.int("k", 0);
            let is_one = |i: i64| (i % columns).checked_sub(i / columns) == Some(offset);
            let values = (0..count).map(|i| f64::from(u8::from(is_one(i)))).collect();
            let shape = vec![Some(rows), Some(columns)];
            reader.finish(call, Op::Literal { shape, values }, Vec::new())
        }
        "ConstantOfShape" => {
            let Some(sizes) = reader.sizes_of(call, 0).map(<[Size]>::to_vec) else {
                return Err(call.unknown("has a shape that is known only at run time"));
            };
            let value = match call.tensor("value") {
                None => 0.0,
                Some(tensor) => tensors::numbers(tensor)
                    .first()
                    .copied()
                    .or_else(|| tensors::whole_numbers(tensor)?.first().map(|n| *n as f64))
                    .ok_or_else(|| call.unknown("is not filled with a number"))?,
            };
            let shape: Vec<Option<i64>> = sizes.into_iter().map(Size::fixed).collect();
            let operands = reader.graph.batch_for(&shape).into_iter().collect();
            reader.finish(call, Op::Full { shape, value }, operands)
        }
        "Flatten" => reader.flatten(call),
        "Reshape" => reader.reshape(call),
        "Transpose" => reader.transpose(call),
        "Squeeze" => reader.squeeze(call),
        "Unsqueeze" => reader.unsqueeze(call),
        "Concat" => {
            let all: Vec<usize> = (0..call.inputs()).collect();
            let operands = tensors(reader, call, &all)?;
            let dim = call.int("axis", 0);
            reader.finish(call, Op::Concatenate { dim }, operands)
        }
        "Slice" => reader.slice(call),
        "Split" => reader.split(call),
        "SequenceConstruct" => reader.make_list(call),
        "SplitToSequence" => reader.split_to_list(call),
        "SequenceAt" => reader.list_member(call),
        "ConcatFromSequence" => reader.join_list(call),
        "SoftmaxCrossEntropyLoss" | "NegativeLogLikelihoodLoss" => reader.log_likelihood_loss(call),
        "Gather" => reader.gather(call),
        "GatherElements" => reader.gather_elements(call),
        "GatherND" => reader.gather_nd(call),
        "ArgMax" => reader.position(call, Choice::Max),
        "ArgMin" => reader.position(call, Choice::Min),
        "TopK" => reader.top_k(call),
        "DFT" => reader.fourier(call),
        "STFT" => reader.short_time_fourier(call),
        "GridSample" => reader.grid_sample(call),
        "Col2Im" => reader.columns_to_image(call),
        "ScatterElements" => reader.scatter_elements(call),
        "ScatterND" => reader.scatter_nd(call),
        "Loop" | "Scan" => Err(call.unknown("chooses at run time what it computes")),
        "CumSum" => reader.cumulative_sum(call),
        "OneHot" => reader.one_hot(call),
        "Trilu" => reader.triangle(call),
        "ReverseSequence" => reader.reverse_sequence(call),
        "Pad" => reader.pad(call),
        "Expand" => reader.expand(call),
        "Resize" => reader.resize(call),
        "Tile" => reader.tile(call),
        _ => Err(call.unknown("is not supported")),
    }
}

/// The first input times `factor`, plus `added`.
fn affine(reader: &mut Reader, call: &Call, factor: f64, added: f64) -> Outcome<Operand> {
    let x = Operand::Value(reader.tensor(call, 0)?);
    let scaled = reader.step(call, Op::Multiply, vec![x, Operand::Number(factor)]);
    let operands = vec![Operand::Value(scaled), Operand::Number(added)];
    Ok(Operand::Value(reader.step(
        call,
        Op::Add { factor: 1.0 },
        operands,
    )))
}

/// Clamps to bounds, each of which may be omitted or computed. If they cross, the upper one holds.
fn clip(reader: &mut Reader, call: &Call) -> Outcome<()> {
    let mut x = Operand::Value(reader.tensor(call, 0)?);
    for (index, op) in [(1, Op::Maximum), (2, Op::Minimum)] {
        if call.has_input(index) {
            let bound = reader.operand(call, index)?;
            x = Operand::Value(reader.step(call, op, vec![x, bound]));
        }
    }
    reader.finish(call, Op::Identity, vec![x])
}

/// The largest or smallest of all inputs.
fn elementwise_extreme(reader: &mut Reader, call: &Call, op: Op) -> Outcome<()> {
    let mut x = Operand::Value(reader.tensor(call, 0)?);
    for index in 1..call.inputs() {
        let next = Operand::Value(reader.tensor(call, index)?);
        x = Operand::Value(reader.step(call, op.clone(), vec![x, next]));
    }
    reader.finish(call, Op::Identity, vec![x])
}

fn tensors(reader: &Reader, call: &Call, inputs: &[usize]) -> Outcome<Vec<Operand>> {
    let all = inputs.iter();
    all.map(|&i| Ok(Operand::Value(reader.tensor(call, i)?)))
        .collect()
}

fn activate(reader: &mut Reader, call: &Call, activation: Activation) -> Outcome<()> {
    let operands = tensors(reader, call, &[0])?;
    reader.finish(call, Op::Activate(activation), operands)
}

fn binary(reader: &mut Reader, call: &Call, op: Op) -> Outcome<()> {
    let (a, b) = (reader.operand(call, 0)?, reader.operand(call, 1)?);
    let is_number = |operand: &Operand| matches!(operand, Operand::Number(_));
    let first_stays = matches!(op, Op::Power | Op::Maximum);
    let operands = match (is_number(&a), is_number(&b)) {
        // If both operands are numbers they stay tensors, and so does the base of a power.
        (true, true) => tensors(reader, call, &[0, 1])?,
        (true, false) if first_stays => vec![Operand::Value(reader.tensor(call, 0)?), b],
        _ => vec![a, b],
    };
    reader.finish(call, op, operands)
}

/// The sum or the mean of all inputs.
fn combine_all(reader: &mut Reader, call: &Call, mean: bool) -> Outcome<()> {
    let mut sum = reader.tensor(call, 0)?;
    for i in 1..call.inputs() {
        let next = reader.tensor(call, i)?;
        let operands = vec![Operand::Value(sum), Operand::Value(next)];
        sum = reader.step(call, Op::Add { factor: 1.0 }, operands);
    }
    let operand = Operand::Value(sum);
    match mean {
        true => {
            let count = Operand::Number(call.inputs() as f64);
            reader.finish(call, Op::Divide, vec![operand, count])
        }
        false => reader.finish(call, Op::Identity, vec![operand]),
    }
}

/// Converts the element type. Conversions between floating-point types do nothing, since all are computed in float32.
fn cast(reader: &mut Reader, call: &Call) -> Outcome<()> {
    const FLOATING: [i64; 4] = [1, 10, 11, 16];
    const WHOLE: [i64; 5] = [3, 5, 6, 7, 2];
    const TRUTH: i64 = 9;
    let operands = tensors(reader, call, &[0])?;
    match call.int("to", 0) {
        to if FLOATING.contains(&to) => reader.finish(call, Op::Identity, operands),
        to if WHOLE.contains(&to) => {
            // Truncates towards zero.
            let size = Op::Activate(Activation::Abs);
            let size = Operand::Value(reader.step(call, size, operands.clone()));
            let whole = Op::Activate(Activation::Floor);
            let whole = Operand::Value(reader.step(call, whole, vec![size]));
            let sign = Op::Activate(Activation::Sign);
            let sign = Operand::Value(reader.step(call, sign, operands));
            reader.finish(call, Op::Multiply, vec![whole, sign])
        }
        TRUTH => {
            let operands = vec![operands[0], Operand::Number(0.0)];
            reader.finish(call, Op::Compare(Comparison::NotEqual), operands)
        }
        _ => Err(call.unknown("converts to an element type that is not supported")),
    }
}

fn constant(reader: &mut Reader, call: &Call) -> Outcome<()> {
    if let Some(tensor) = call.tensor("value") {
        return reader.constant(call.output()?, tensor);
    }
    // Numbers in an attribute, which are few.
    let numbers = match (call.floats("value_floats"), call.ints("value_ints")) {
        (Some(floats), _) => floats,
        (None, Some(ints)) => {
            let sizes = ints.iter().map(|n| Size::Fixed(*n)).collect();
            reader.known_mut(call.output()?).sizes = Some(sizes);
            ints.iter().map(|n| *n as f64).collect()
        }
        (None, None) if call.has("value_float") => {
            return number(reader, call, call.float("value_float", 0.0));
        }
        (None, None) if call.has("value_int") => {
            let value = call.int("value_int", 0);
            let sizes = vec![Size::Fixed(value)];
            reader.known_mut(call.output()?).sizes = Some(sizes);
            return number(reader, call, value as f64);
        }
        (None, None) => return Err(call.unknown("does not hold numbers")),
    };
    let parts: Vec<Operand> = numbers
        .into_iter()
        .map(|value| {
            let shape = vec![Some(1)];
            Operand::Value(reader.step(call, Op::Full { shape, value }, Vec::new()))
        })
        .collect();
    reader.finish(call, Op::Concatenate { dim: 0 }, parts)
}

fn number(reader: &mut Reader, call: &Call, value: f64) -> Outcome<()> {
    let shape = Vec::new();
    reader.known_mut(call.output()?).number = Some(value);
    reader.finish(call, Op::Full { shape, value }, Vec::new())
}
