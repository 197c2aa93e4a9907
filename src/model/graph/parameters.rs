//! The choices that node kinds take as parameters.

use super::attribution::AttributionRule;

/// Padding of a convolution.
#[derive(Debug, Clone, PartialEq)]
pub enum Padding {
    /// The same on both sides, one number a spatial dimension.
    Symmetric(Vec<i64>),
    /// As much as keeps the length at stride 1; the odd one goes right.
    Same,
}

/// What a pooling makes of each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolKind {
    Max,
    Average { count_include_pad: bool },
}

/// What a reduction makes of the numbers along its dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    Sum,
    Mean,
    Max,
    Min,
    Product,
    /// The logarithm of the sum of exponentials.
    LogSumExp,
}

/// A comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
}

/// The cell of a recurrent layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Lstm,
    /// With the reset gate on what the recurrent weights and their bias have made of the state, as PyTorch has it.
    Gru,
    /// With the reset gate on the state, before the recurrent weights (Cho et al. 2014; Keras's `reset_after=False`).
    GruResetFirst,
    Tanh,
    Relu,
}

/// What a value is padded with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Filler {
    Constant(f64),
    /// What stands on the other side of the edge, mirrored, the edge itself once.
    Reflect,
    /// The edge again.
    Replicate,
    /// What stands at the other end.
    Circular,
}

/// A function of each number by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    Relu,
    Exp,
    Log,
    Sigmoid,
    Tanh,
    Softplus {
        beta: f64,
        threshold: f64,
    },
    Gelu {
        tanh: bool,
    },
    Silu,
    Elu {
        alpha: f64,
    },
    LeakyRelu {
        slope: f64,
    },
    Sqrt,
    Erf,
    Abs,
    Negate,
    Sin,
    Cos,
    Floor,
    Ceil,
    /// To the nearest whole number, halves to the even one.
    Round,
    Sign,
    Log1p,
    Expm1,
    /// Kept within two bounds, which may be infinite.
    Clamp {
        min: f64,
        max: f64,
    },
}

impl Activation {
    /// How contributions go back through it.
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
    /// How contributions go back through it.
    pub fn attribution(self) -> AttributionRule {
        match self {
            PoolKind::Max => AttributionRule::Extremum,
            PoolKind::Average { .. } => AttributionRule::Linear,
        }
    }
}
