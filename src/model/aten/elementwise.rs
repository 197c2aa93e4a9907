//! Functions of single numbers and of pairs of numbers.

use super::arguments::ElementType;
use super::build::Translation;
use crate::graph::{Activation, Binary, Comparison, Op, Operand, Reduction};
use gia_base::diag::Outcome;

/// Functions of one number with one node each.
fn activation(name: &str) -> Option<Activation> {
    Some(match name {
        "trunc" | "fix" => Activation::Trunc,
        "tan" => Activation::Tan,
        "asin" | "arcsin" => Activation::Asin,
        "acos" | "arccos" => Activation::Acos,
        "atan" | "arctan" => Activation::Atan,
        "sinh" => Activation::Sinh,
        "cosh" => Activation::Cosh,
        "asinh" | "arcsinh" => Activation::Asinh,
        "acosh" | "arccosh" => Activation::Acosh,
        "atanh" | "arctanh" => Activation::Atanh,
        "log2" => Activation::Log2,
        "log10" => Activation::Log10,
        "exp2" | "special_exp2" => Activation::Exp2,
        "rsqrt" => Activation::ReciprocalRoot,
        "erfc" | "special_erfc" => Activation::Erfc,
        "erfinv" | "special_erfinv" => Activation::Erfinv,
        "special_erfcx" => Activation::ScaledErfc,
        "special_log_ndtr" => Activation::LogNormalCdf,
        "i0" | "special_i0" => Activation::BesselI0,
        "special_i0e" => Activation::ScaledBesselI0,
        "special_i1" => Activation::BesselI1,
        "special_i1e" => Activation::ScaledBesselI1,
        "lgamma" | "special_gammaln" => Activation::LogGamma,
        "digamma" | "special_psi" | "special_digamma" => Activation::Digamma,
        "isinf" => Activation::IsInfinite,
        "sgn" => Activation::Sign,
        "special_expm1" => Activation::Expm1,
        "special_log1p" => Activation::Log1p,
        "special_erf" => Activation::Erf,
        "special_expit" => Activation::Sigmoid,
        "special_round" => Activation::Round,
        "absolute" => Activation::Abs,
        "negative" => Activation::Negate,
        "real" => Activation::Real,
        "imag" => Activation::Imaginary,
        "angle" => Activation::Angle,
        "_conj" | "conj" | "conj_physical" | "_conj_physical" => Activation::Conjugate,
        _ => return None,
    })
}

/// Functions of two numbers with one node each.
fn binary(name: &str) -> Option<Binary> {
    Some(match name {
        "atan2" | "arctan2" => Binary::Atan2,
        "fmod.Tensor" | "fmod.Scalar" => Binary::TruncatedRemainder,
        "remainder.Tensor" | "remainder.Scalar" | "remainder.Scalar_Tensor" => Binary::Remainder,
        "hypot" => Binary::Hypotenuse,
        "copysign.Tensor" | "copysign.Scalar" => Binary::CopySign,
        "xlogy.Tensor" | "xlogy.Scalar_Other" | "xlogy.Scalar_Self" | "special_xlogy" => {
            Binary::XLogY
        }
        "special_xlog1py" | "special_xlog1py.other_scalar" | "special_xlog1py.self_scalar" => {
            Binary::XLog1pY
        }
        "logaddexp" => Binary::LogAddExp,
        "bitwise_left_shift.Tensor" | "bitwise_left_shift.Tensor_Scalar" | "__lshift__.Scalar" => {
            Binary::ShiftLeft
        }
        "bitwise_right_shift.Tensor"
        | "bitwise_right_shift.Tensor_Scalar"
        | "__rshift__.Scalar" => Binary::ShiftRight,
        "bitwise_and.Scalar" | "__and__.Scalar" => Binary::BitAnd,
        "bitwise_or.Scalar" | "__or__.Scalar" => Binary::BitOr,
        "bitwise_xor.Scalar" | "__xor__.Scalar" => Binary::BitXor,
        _ => return None,
    })
}

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    if let Some(activation) = activation(name) {
        let x = t.input("self")?;
        return t.finish(Op::Activate(activation), vec![x]);
    }
    if let Some(binary) = binary(name) {
        let both = vec![t.value("self")?, t.value("other")?];
        return t.finish(Op::Binary(binary), both);
    }
    match name {
        "div.Tensor_mode" | "div.Scalar_mode" | "floor_divide" | "floor_divide.Scalar" => {
            let mode = match name.starts_with("floor") {
                true => "floor",
                false => t.call.text("rounding_mode", ""),
            };
            let both = vec![t.value("self")?, t.value("other")?];
            match mode {
                "floor" => {
                    let quotient = t.step(Op::Divide, both);
                    t.finish(Op::Activate(Activation::Floor), vec![quotient])
                }
                "trunc" => {
                    let quotient = t.step(Op::Divide, both);
                    t.finish(Op::Activate(Activation::Trunc), vec![quotient])
                }
                _ => t.finish(Op::Divide, both),
            }
        }
        // Of two booleans, the sum is a boolean.
        "add.Tensor" if t.made_type() == Some(ElementType::Boolean) => {
            let both = vec![t.value("self")?, t.value("other")?];
            t.finish(Op::Maximum, both)
        }
        "round.decimals" => {
            let (decimals, x) = (t.call.int("decimals", None)?, t.input("self")?);
            let power = Operand::Number(10f64.powi(decimals.unsigned_abs().min(64) as i32));
            // As PyTorch does: a negative number of decimals divides first.
            let (before, after) = match decimals < 0 {
                true => (Op::Divide, Op::Multiply),
                false => (Op::Multiply, Op::Divide),
            };
            let scaled = t.step(before, vec![x, power]);
            let rounded = t.activate(Activation::Round, scaled);
            t.finish(after, vec![rounded, power])
        }
        "isin.Tensor_Tensor" | "isin.Tensor_Scalar" | "isin.Scalar_Tensor" => is_in(t),
        "rsub.Tensor" => {
            let factor = t.call.number("alpha", 1.0)?;
            let both = vec![t.value("other")?, t.value("self")?];
            t.finish(Op::Subtract { factor }, both)
        }
        "pow.Scalar"
        | "float_power.Scalar"
        | "float_power.Tensor_Scalar"
        | "float_power.Tensor_Tensor" => {
            let both = vec![t.value("self")?, t.value("exponent")?];
            t.finish(Op::Power, both)
        }
        "max.other" => arithmetic(t, Op::Maximum),
        "min.other" => arithmetic(t, Op::Minimum),
        "fmax" => extremum(t, Comparison::GreaterOrEqual),
        "fmin" => extremum(t, Comparison::LessOrEqual),
        "complex" => {
            let both = vec![t.input("real")?, t.input("imag")?];
            t.finish(Op::Binary(Binary::Complex), both)
        }
        "polar" => {
            let both = vec![t.input("abs")?, t.input("angle")?];
            t.finish(Op::Binary(Binary::Polar), both)
        }
        "bitwise_and.Tensor" | "__and__.Tensor" => bits(t, Binary::BitAnd, Op::Multiply),
        "bitwise_or.Tensor" | "__or__.Tensor" => bits(t, Binary::BitOr, Op::Maximum),
        "bitwise_xor.Tensor" | "__xor__.Tensor" => {
            bits(t, Binary::BitXor, Op::Compare(Comparison::NotEqual))
        }
        "bitwise_not" if t.element_type("self") == Some(ElementType::Integer) => {
            let both = vec![Operand::Number(-1.0), t.input("self")?];
            t.finish(Op::Subtract { factor: 1.0 }, both)
        }
        "logical_and" | "logical_or" | "logical_xor" => {
            let mut both = Vec::new();
            for argument in ["self", "other"] {
                let x = t.input(argument)?;
                let is_boolean = t.element_type(argument) == Some(ElementType::Boolean);
                both.push(if is_boolean { x } else { truth(t, x) });
            }
            let op = match name {
                "logical_and" => Op::Multiply,
                "logical_or" => Op::Maximum,
                _ => Op::Compare(Comparison::NotEqual),
            };
            t.finish(op, both)
        }
        "isfinite" | "isneginf" | "isposinf" => {
            let x = t.input("self")?;
            let (op, x, bound) = match name {
                "isfinite" => (
                    Comparison::Less,
                    t.activate(Activation::Abs, x),
                    f64::INFINITY,
                ),
                "isneginf" => (Comparison::Equal, x, f64::NEG_INFINITY),
                _ => (Comparison::Equal, x, f64::INFINITY),
            };
            t.finish(Op::Compare(op), vec![x, Operand::Number(bound)])
        }
        "signbit" => {
            let x = t.input("self")?;
            t.finish(Op::Compare(Comparison::Less), vec![x, Operand::Number(0.0)])
        }
        "deg2rad" | "rad2deg" => {
            let degree = std::f64::consts::PI / 180.0;
            let factor = if name == "deg2rad" {
                degree
            } else {
                1.0 / degree
            };
            let x = t.input("self")?;
            t.finish(Op::Multiply, vec![x, Operand::Number(factor)])
        }
        "rrelu" => {
            if t.call.flag("training", false)? {
                return Err(super::arguments::random(t.call));
            }
            let (lower, upper) = (
                t.call.number("lower", 1.0 / 8.0)?,
                t.call.number("upper", 1.0 / 3.0)?,
            );
            let slope = 0.5 * (lower + upper);
            let x = t.input("self")?;
            t.finish(Op::Activate(Activation::LeakyRelu { slope }), vec![x])
        }
        "ldexp.Tensor" => {
            let (x, exponent) = (t.input("self")?, t.input("other")?);
            let scale = t.activate(Activation::Exp2, exponent);
            t.finish(Op::Multiply, vec![x, scale])
        }
        "isclose" => {
            let (relative, absolute) = (t.call.number("rtol", 1e-5)?, t.call.number("atol", 1e-8)?);
            let (x, other) = (t.input("self")?, t.input("other")?);
            let apart = t.step(Op::Subtract { factor: 1.0 }, vec![x, other]);
            let apart = t.activate(Activation::Abs, apart);
            let size = t.activate(Activation::Abs, other);
            let bound = t.step(Op::Multiply, vec![size, Operand::Number(relative)]);
            let bound = t.step(
                Op::Add { factor: 1.0 },
                vec![bound, Operand::Number(absolute)],
            );
            let near = t.step(Op::Compare(Comparison::LessOrEqual), vec![apart, bound]);
            // Equal infinities are close, although their difference is no number.
            let equal = t.step(Op::Compare(Comparison::Equal), vec![x, other]);
            t.finish(Op::Maximum, vec![near, equal])
        }
        "special_entr" => {
            let x = t.input("self")?;
            let product = t.step(Op::Binary(Binary::XLogY), vec![x, x]);
            let entropy = t.activate(Activation::Negate, product);
            let zero = Operand::Number(0.0);
            let outside = t.step(Op::Compare(Comparison::Less), vec![x, zero]);
            let none = Operand::Number(f64::NEG_INFINITY);
            t.finish(Op::Where, vec![outside, none, entropy])
        }
        "logical_not" | "bitwise_not" => {
            let operands = vec![t.input("self")?, Operand::Number(0.0)];
            t.finish(Op::Compare(Comparison::Equal), operands)
        }
        "sinc" => {
            let x = t.input("self")?;
            let zero = Operand::Number(0.0);
            let at_zero = t.step(Op::Compare(Comparison::Equal), vec![x, zero]);
            // Chosen before the division: the gradient of 0 / 0 is no number, whatever is chosen after it.
            let divisor = t.step(Op::Where, vec![at_zero, Operand::Number(1.0), x]);
            let pi = Operand::Number(std::f64::consts::PI);
            let angle = t.step(Op::Multiply, vec![divisor, pi]);
            let sine = t.activate(Activation::Sin, angle);
            let ratio = t.step(Op::Divide, vec![sine, angle]);
            t.finish(Op::Where, vec![at_zero, Operand::Number(1.0), ratio])
        }
        "special_ndtr" => {
            let x = t.input("self")?;
            let scale = Operand::Number(-std::f64::consts::FRAC_1_SQRT_2);
            let scaled = t.step(Op::Multiply, vec![x, scale]);
            let tails = t.activate(Activation::Erfc, scaled);
            t.finish(Op::Multiply, vec![tails, Operand::Number(0.5)])
        }
        "logaddexp2" => {
            let scale = |number| Operand::Number(number);
            let mut both = Vec::new();
            for argument in ["self", "other"] {
                let x = t.input(argument)?;
                both.push(t.step(Op::Multiply, vec![x, scale(std::f64::consts::LN_2)]));
            }
            let sum = t.step(Op::Binary(Binary::LogAddExp), both);
            t.finish(Op::Multiply, vec![sum, scale(std::f64::consts::LOG2_E)])
        }
        "heaviside" => {
            let (x, at_zero) = (t.input("self")?, t.value("values")?);
            let above = t.step(
                Op::Compare(Comparison::Greater),
                vec![x, Operand::Number(0.0)],
            );
            let zero = t.step(
                Op::Compare(Comparison::Equal),
                vec![x, Operand::Number(0.0)],
            );
            t.finish(Op::Where, vec![zero, at_zero, above])
        }
        "nan_to_num" => {
            let infinite = |argument: &str| match t.call.get(argument) {
                None => Ok(None),
                Some(_) => t.call.number(argument, 0.0).map(Some),
            };
            let op = Activation::NanToNum {
                nan: t.call.number("nan", 0.0)?,
                positive: infinite("posinf")?,
                negative: infinite("neginf")?,
            };
            let x = t.input("self")?;
            t.finish(Op::Activate(op), vec![x])
        }
        "frac" => {
            let x = t.input("self")?;
            let whole = t.activate(Activation::Trunc, x);
            t.finish(Op::Subtract { factor: 1.0 }, vec![x, whole])
        }
        "positive" => {
            let x = t.input("self")?;
            t.finish(Op::Identity, vec![x])
        }
        "elu" => {
            let (alpha, scale) = (t.call.number("alpha", 1.0)?, t.call.number("scale", 1.0)?);
            let inner = t.call.number("input_scale", 1.0)?;
            let x = t.input("self")?;
            if inner == 1.0 {
                let curved = t.activate(Activation::Elu { alpha }, x);
                return t.finish(Op::Multiply, vec![curved, Operand::Number(scale)]);
            }
            let above = t.activate(Activation::Relu, x);
            let below = t.activate(clamp(f64::NEG_INFINITY, 0.0), x);
            let below = t.step(Op::Multiply, vec![below, Operand::Number(inner)]);
            let below = t.activate(Activation::Expm1, below);
            let below = t.step(Op::Multiply, vec![below, Operand::Number(alpha * scale)]);
            let above = t.step(Op::Multiply, vec![above, Operand::Number(scale)]);
            t.finish(Op::Add { factor: 1.0 }, vec![above, below])
        }
        "celu" => {
            let alpha = Operand::Number(t.call.number("alpha", 1.0)?);
            let x = t.input("self")?;
            let scaled = t.step(Op::Divide, vec![x, alpha]);
            let curved = t.activate(Activation::Elu { alpha: 1.0 }, scaled);
            t.finish(Op::Multiply, vec![curved, alpha])
        }
        "log_sigmoid" | "log_sigmoid_forward" => {
            let x = t.input("self")?;
            let turned = t.activate(Activation::Negate, x);
            let (beta, threshold) = (1.0, 20.0);
            let soft = t.activate(Activation::Softplus { beta, threshold }, turned);
            t.finish(Op::Activate(Activation::Negate), vec![soft])
        }
        "logit" | "special_logit" => {
            let mut x = t.input("self")?;
            if t.call.get("eps").is_some() {
                let eps = t.call.number("eps", 0.0)?;
                x = t.activate(clamp(eps, 1.0 - eps), x);
            }
            let rest = t.step(Op::Subtract { factor: 1.0 }, vec![Operand::Number(1.0), x]);
            let odds = t.step(Op::Divide, vec![x, rest]);
            t.finish(Op::Activate(Activation::Log), vec![odds])
        }
        "hardshrink" | "softshrink" => {
            let bound = t.call.number("lambd", 0.5)?;
            let x = t.input("self")?;
            let size = t.activate(Activation::Abs, x);
            let outside = t.step(
                Op::Compare(Comparison::Greater),
                vec![size, Operand::Number(bound)],
            );
            let mut shrunk = x;
            if name == "softshrink" {
                let sign = t.activate(Activation::Sign, x);
                shrunk = t.step(Op::Subtract { factor: bound }, vec![x, sign]);
            }
            t.finish(Op::Where, vec![outside, shrunk, Operand::Number(0.0)])
        }
        "threshold" => {
            let bound = Operand::Number(t.call.number("threshold", 0.0)?);
            let below = Operand::Number(t.call.number("value", 0.0)?);
            let x = t.input("self")?;
            let above = t.step(Op::Compare(Comparison::Greater), vec![x, bound]);
            t.finish(Op::Where, vec![above, x, below])
        }
        "clip" => {
            let op = clamp(
                t.call.number("min", f64::NEG_INFINITY)?,
                t.call.number("max", f64::INFINITY)?,
            );
            let x = t.input("self")?;
            t.finish(Op::Activate(op), vec![x])
        }
        "clamp.Tensor" | "clip.Tensor" | "clamp_min.Tensor" | "clamp_max.Tensor" => {
            // At a bound, the gradient is that of the number. The upper bound goes before the lower one.
            let mut x = t.input("self")?;
            let bounds = [("min", Comparison::Less), ("max", Comparison::Greater)];
            for (argument, is_beyond) in bounds {
                if t.call.get(argument).is_some() {
                    let bound = t.input(argument)?;
                    let is_beyond = t.step(Op::Compare(is_beyond), vec![x, bound]);
                    x = t.step(Op::Where, vec![is_beyond, bound, x]);
                }
            }
            t.finish(Op::Identity, vec![x])
        }
        "lerp.Scalar" | "lerp.Tensor" => {
            let (start, end) = (t.input("self")?, t.input("end")?);
            let weight = t.value("weight")?;
            let way = t.step(Op::Subtract { factor: 1.0 }, vec![end, start]);
            let part = t.step(Op::Multiply, vec![way, weight]);
            t.finish(Op::Add { factor: 1.0 }, vec![start, part])
        }
        "addcmul" | "addcdiv" => {
            let op = if name == "addcmul" {
                Op::Multiply
            } else {
                Op::Divide
            };
            let factor = t.call.number("value", 1.0)?;
            let both = vec![t.input("tensor1")?, t.input("tensor2")?];
            let made = t.step(op, both);
            let x = t.input("self")?;
            t.finish(Op::Add { factor }, vec![x, made])
        }
        "where.Scalar" => {
            let operands = vec![t.input("condition")?, t.value("self")?, t.value("other")?];
            t.finish(Op::Where, operands)
        }
        _ => Ok(false),
    }
}

/// The first argument where it compares so with the second, or where the second is no number; else the second. Unlike a maximum, all of the
/// gradient of equal numbers goes to the first.
fn extremum(t: &mut Translation, comparison: Comparison) -> Outcome<bool> {
    let (first, second) = (t.input("self")?, t.input("other")?);
    let wins = t.step(Op::Compare(comparison), vec![first, second]);
    let is_no_number = Op::Compare(Comparison::NotEqual);
    let is_no_number = t.step(is_no_number, vec![second, second]);
    let wins = t.step(Op::Maximum, vec![wins, is_no_number]);
    t.finish(Op::Where, vec![wins, first, second])
}

fn clamp(min: f64, max: f64) -> Activation {
    Activation::Clamp { min, max }
}

/// An operation on the arguments `self` and `other`.
fn arithmetic(t: &mut Translation, op: Op) -> Outcome<bool> {
    let both = vec![t.value("self")?, t.value("other")?];
    t.finish(op, both)
}

/// 1 where a number is not zero, else 0.
fn truth(t: &mut Translation, x: Operand) -> Operand {
    t.step(
        Op::Compare(Comparison::NotEqual),
        vec![x, Operand::Number(0.0)],
    )
}

/// An operation on the bits of integers, or on booleans.
fn bits(t: &mut Translation, of_bits: Binary, of_booleans: Op) -> Outcome<bool> {
    let is_integer = t.element_type("self") == Some(ElementType::Integer)
        || t.element_type("other") == Some(ElementType::Integer);
    let both = vec![t.value("self")?, t.value("other")?];
    match is_integer {
        true => t.finish(Op::Binary(of_bits), both),
        false => t.finish(of_booleans, both),
    }
}

/// Whether each element equals one of the test elements.
fn is_in(t: &mut Translation) -> Outcome<bool> {
    let elements = t.value(t.call.either("elements", "element"))?;
    let mut among = t.value(t.call.either("test_elements", "test_element"))?;
    let inverted = t.call.flag("invert", false)?;
    let is_listed = matches!(among, Operand::Value(_)) && t.rank(among)? > 0;
    let mut x = elements;
    if is_listed {
        among = t.step(Op::Flatten { start: 0, end: -1 }, vec![among]);
        if matches!(x, Operand::Value(_)) {
            x = t.step(Op::Unsqueeze { dim: -1 }, vec![x]);
        }
    }
    let mut found = t.step(Op::Compare(Comparison::Equal), vec![x, among]);
    if is_listed {
        let any = Op::Reduce {
            kind: Reduction::Max,
            dims: vec![-1],
            keep: false,
        };
        found = t.step(any, vec![found]);
    }
    match inverted {
        true => t.finish(
            Op::Compare(Comparison::Equal),
            vec![found, Operand::Number(0.0)],
        ),
        false => t.finish(Op::Identity, vec![found]),
    }
}
