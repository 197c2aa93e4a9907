//! Parameters of node kinds.

use super::attribution::AttributionRule;

/// Padding of a convolution.
#[derive(Debug, Clone, PartialEq)]
pub enum Padding {
    /// Equal padding on both sides, one entry for each spatial dimension.
    Symmetric(Vec<i64>),
    /// Padding that keeps the length at stride 1; an odd position goes to the right.
    Same,
}

/// How pooling reduces each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolKind {
    /// The largest number.
    Max,
    /// The arithmetic mean.
    Average {
        /// Whether the divisor counts the padding that a window covers.
        count_include_pad: bool,
    },
}

/// How a reduction combines the elements along its dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// The sum of the numbers.
    Sum,
    /// The arithmetic mean.
    Mean,
    /// The largest number.
    Max,
    /// The smallest number.
    Min,
    /// The product of the numbers.
    Product,
    /// The logarithm of the sum of exponentials.
    LogSumExp,
}

/// A comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// a > b
    Greater,
    /// a >= b
    GreaterOrEqual,
    /// a < b
    Less,
    /// a <= b
    LessOrEqual,
    /// a = b
    Equal,
    /// a != b
    NotEqual,
}

/// The cell of a recurrent layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Long short-term memory (Hochreiter and Schmidhuber 1997), with forget gates and without peepholes.
    Lstm,
    /// A gated recurrent unit whose reset gate applies after the recurrent weights and their bias, as in PyTorch.
    Gru,
    /// A gated recurrent unit whose reset gate applies to the state, before the recurrent weights (Cho et al. 2014;
    /// Keras's `reset_after=False`).
    GruResetFirst,
    /// A simple recurrent cell with the hyperbolic tangent (Elman 1990).
    Tanh,
    /// A simple recurrent cell with a rectifier.
    Relu,
}

/// What a recurrent layer returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecurrentResult {
    /// The hidden state at each step, directions side by side.
    States,
    /// The cell state of an LSTM after the last step: (directions, batch, hidden).
    LastCell,
}

/// A function of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// The angle of the point (b, a).
    Atan2,
    /// The remainder of a / b with the sign of a.
    TruncatedRemainder,
    /// The remainder of a / b with the sign of b.
    Remainder,
    /// The length of the hypotenuse of a triangle with these legs.
    Hypotenuse,
    /// The size of a with the sign of b.
    CopySign,
    /// a log(b), and 0 where a is 0.
    XLogY,
    /// a log(1 + b), and 0 where a is 0.
    XLog1pY,
    /// log(exp(a) + exp(b))
    LogAddExp,
    /// The bits that both integers have.
    BitAnd,
    /// The bits that one of two integers has.
    BitOr,
    /// The bits that exactly one of two integers has.
    BitXor,
    /// An integer shifted left by b bits.
    ShiftLeft,
    /// An integer shifted right by b bits.
    ShiftRight,
    /// The complex number a + bi.
    Complex,
    /// The complex number of size a and angle b.
    Polar,
}

impl Binary {
    /// How contributions propagate back through it.
    pub fn attribution(self) -> AttributionRule {
        match self {
            Binary::BitAnd
            | Binary::BitOr
            | Binary::BitXor
            | Binary::ShiftLeft
            | Binary::ShiftRight => AttributionRule::Step,
            Binary::Complex => AttributionRule::Linear,
            Binary::Atan2
            | Binary::TruncatedRemainder
            | Binary::Remainder
            | Binary::Hypotenuse
            | Binary::CopySign
            | Binary::XLogY
            | Binary::XLog1pY
            | Binary::LogAddExp
            | Binary::Polar => AttributionRule::Gradient,
        }
    }
}

/// Padding value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PaddingValue {
    /// This number everywhere.
    Constant(f64),
    /// The elements inside the edge, mirrored, without repeating the edge.
    Reflect,
    /// The element at the edge, repeated.
    Replicate,
    /// The elements at the opposite end.
    Circular,
}

/// An elementwise function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// max(x, 0)
    Relu,
    /// e to the power of x.
    Exp,
    /// The natural logarithm.
    Log,
    /// 1 / (1 + exp(-x))
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// log(1 + exp(beta x)) / beta
    Softplus {
        /// Sharpness of the bend at 0.
        beta: f64,
        /// Above this value of beta x, the function is x, for numerical stability.
        threshold: f64,
    },
    /// x times the normal distribution function of x (Hendrycks and Gimpel 2016).
    Gelu {
        /// Whether the function is approximated by a hyperbolic tangent.
        tanh: bool,
    },
    /// x sigmoid(x), also known as Swish.
    Silu,
    /// x above 0, and alpha (exp(x) - 1) below.
    Elu {
        /// The function approaches -alpha for large negative x.
        alpha: f64,
    },
    /// x above 0, and x times a slope below.
    LeakyRelu {
        /// The slope below 0.
        slope: f64,
    },
    /// The square root.
    Sqrt,
    /// The Gauss error function.
    Erf,
    /// The absolute value.
    Abs,
    /// -x
    Negate,
    /// The sine of an angle in radians.
    Sin,
    /// The cosine of an angle in radians.
    Cos,
    /// The next whole number at or below x.
    Floor,
    /// The next whole number at or above x.
    Ceil,
    /// Rounds to the nearest integer, halves to the even one.
    Round,
    /// The sign: -1, 0 or 1.
    Sign,
    /// log(1 + x), accurate near 0.
    Log1p,
    /// exp(x) - 1, accurate near 0.
    Expm1,
    /// The next whole number towards zero.
    Trunc,
    /// The tangent of an angle in radians.
    Tan,
    /// The angle with this sine.
    Asin,
    /// The angle with this cosine.
    Acos,
    /// The angle with this tangent.
    Atan,
    /// The hyperbolic sine.
    Sinh,
    /// The hyperbolic cosine.
    Cosh,
    /// The inverse of the hyperbolic sine.
    Asinh,
    /// The inverse of the hyperbolic cosine.
    Acosh,
    /// The inverse of the hyperbolic tangent.
    Atanh,
    /// The logarithm to base 2.
    Log2,
    /// The logarithm to base 10.
    Log10,
    /// 2 to the power of x.
    Exp2,
    /// One over the square root.
    ReciprocalRoot,
    /// 1 minus the Gauss error function.
    Erfc,
    /// The inverse of the Gauss error function.
    Erfinv,
    /// `exp(x^2)` times 1 minus the Gauss error function.
    ScaledErfc,
    /// The logarithm of the cumulative distribution function of the standard normal distribution.
    LogNormalCdf,
    /// The modified Bessel function of the first kind, of order 0.
    BesselI0,
    /// `BesselI0` times `exp(-|x|)`.
    ScaledBesselI0,
    /// The modified Bessel function of the first kind, of order 1.
    BesselI1,
    /// `BesselI1` times `exp(-|x|)`.
    ScaledBesselI1,
    /// The logarithm of the absolute value of the gamma function.
    LogGamma,
    /// The derivative of `LogGamma`.
    Digamma,
    /// 1 where x is infinite, else 0.
    IsInfinite,
    /// Replaces what is not finite.
    NanToNum {
        /// Replaces NaN.
        nan: f64,
        /// Replaces infinity; the largest float32 if none.
        positive: Option<f64>,
        /// Replaces minus infinity; the smallest float32 if none.
        negative: Option<f64>,
    },
    /// The real part of a complex number.
    Real,
    /// The imaginary part of a complex number.
    Imaginary,
    /// The angle of a complex number.
    Angle,
    /// The complex conjugate.
    Conjugate,
    /// An integer as it is. One outside this range, which its type or float32 cannot hold, ends the pass with an error.
    Whole {
        /// The smallest integer.
        min: f64,
        /// The largest integer.
        max: f64,
    },
    /// Limits a number to an interval, whose ends may be infinite. At an end the gradient is that of the number.
    Clamp {
        /// The lower bound.
        min: f64,
        /// The upper bound.
        max: f64,
    },
    /// As [`Activation::Clamp`], but at an end the gradient is 0, as of PyTorch's `hardtanh` and `relu6`.
    HardTanh {
        /// The lower bound.
        min: f64,
        /// The upper bound.
        max: f64,
    },
    /// The line `x / 6 + 1 / 2`, limited to 0 to 1.
    HardSigmoid,
    /// A number times its [`Activation::HardSigmoid`].
    HardSwish,
}

impl Activation {
    /// How contributions propagate back through it.
    pub fn attribution(self) -> AttributionRule {
        match self {
            Activation::Floor
            | Activation::Ceil
            | Activation::Round
            | Activation::Sign
            | Activation::Trunc
            | Activation::Whole { .. }
            | Activation::IsInfinite => AttributionRule::Step,
            Activation::Real | Activation::Imaginary | Activation::Conjugate => {
                AttributionRule::Linear
            }
            Activation::Relu
            | Activation::Exp
            | Activation::Log
            | Activation::Sigmoid
            | Activation::Tanh
            | Activation::Softplus { .. }
            | Activation::Gelu { .. }
            | Activation::Silu
            | Activation::Elu { .. }
            | Activation::LeakyRelu { .. }
            | Activation::Sqrt
            | Activation::Erf
            | Activation::Abs
            | Activation::Negate
            | Activation::Sin
            | Activation::Cos
            | Activation::Log1p
            | Activation::Expm1
            | Activation::Tan
            | Activation::Asin
            | Activation::Acos
            | Activation::Atan
            | Activation::Sinh
            | Activation::Cosh
            | Activation::Asinh
            | Activation::Acosh
            | Activation::Atanh
            | Activation::Log2
            | Activation::Log10
            | Activation::Exp2
            | Activation::ReciprocalRoot
            | Activation::Erfc
            | Activation::Erfinv
            | Activation::ScaledErfc
            | Activation::LogNormalCdf
            | Activation::BesselI0
            | Activation::ScaledBesselI0
            | Activation::BesselI1
            | Activation::ScaledBesselI1
            | Activation::LogGamma
            | Activation::Digamma
            | Activation::NanToNum { .. }
            | Activation::Angle
            | Activation::Clamp { .. }
            | Activation::HardTanh { .. }
            | Activation::HardSigmoid
            | Activation::HardSwish => AttributionRule::Secant,
        }
    }
}

impl PoolKind {
    /// How contributions propagate back through it.
    pub fn attribution(self) -> AttributionRule {
        match self {
            PoolKind::Max => AttributionRule::Extremum,
            PoolKind::Average { .. } => AttributionRule::Linear,
        }
    }
}
