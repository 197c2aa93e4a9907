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
    /// Limits a number to an interval, whose ends may be infinite.
    Clamp {
        /// The lower bound.
        min: f64,
        /// The upper bound.
        max: f64,
    },
}

impl Activation {
    /// How contributions propagate back through it.
    pub fn attribution(self) -> AttributionRule {
        match self {
            Activation::Floor | Activation::Ceil | Activation::Round | Activation::Sign => {
                AttributionRule::Step
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
            | Activation::Clamp { .. } => AttributionRule::Secant,
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
