//! How contributions propagate back through a node.

/// How contributions propagate back through a node: the rule of DeepLIFT (Shrikumar, Greenside and Kundaje 2017), exact
/// for each class, so that contributions sum to the difference of the outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributionRule {
    /// Affine in the operands that depend on the sequence: the gradient itself.
    Linear,
    /// A function of one number: the slope of the line through input and reference.
    Secant,
    /// Piecewise constant: a secant, although the gradient is 0 wherever it exists.
    Step,
    /// A sum of products: each factor is weighted by the mean of the other.
    Product,
    /// One number divided by another.
    Quotient,
    /// One number raised to the power of another.
    Power,
    /// The largest or smallest of several numbers.
    Extremum,
    /// A softmax or the logarithm of one.
    Softmax,
    /// Numbers divided by their own standard deviation.
    Normalization,
    /// Scaled dot-product attention.
    Attention,
    /// A recurrent layer.
    Recurrent,
    /// Any other differentiable function: the gradient itself, which is not exact.
    Gradient,
    /// The position of a number among others, which has no gradient.
    Ranking,
    /// A boolean, which neither contributes nor has a gradient.
    Comparison,
    /// Nothing propagates back.
    Stopped,
}

impl AttributionRule {
    /// Whether the gradient is 0 wherever it exists.
    pub fn is_flat(self) -> bool {
        match self {
            AttributionRule::Step
            | AttributionRule::Comparison
            | AttributionRule::Ranking
            | AttributionRule::Stopped => true,
            AttributionRule::Linear
            | AttributionRule::Secant
            | AttributionRule::Product
            | AttributionRule::Quotient
            | AttributionRule::Power
            | AttributionRule::Extremum
            | AttributionRule::Softmax
            | AttributionRule::Normalization
            | AttributionRule::Attention
            | AttributionRule::Recurrent
            | AttributionRule::Gradient => false,
        }
    }
}
