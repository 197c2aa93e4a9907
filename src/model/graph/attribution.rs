//! How contributions go back through a node.

/// How contributions go back through a node: the rule of DeepLIFT (Shrikumar, Greenside and Kundaje 2017), exact for each
/// class, so that contributions sum to the difference of the outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributionRule {
    /// Affine in what depends on the sequence: the gradient itself.
    Linear,
    /// A function of one number: the slope of the line through input and reference.
    Secant,
    /// Piecewise constant: a secant, and a gradient of 0 wherever there is one.
    Step,
    /// A sum of products: each factor counts with the mean of the other.
    Product,
    Quotient,
    Power,
    /// The largest or smallest of several numbers.
    Extremum,
    /// A softmax or the logarithm of one.
    Softmax,
    /// Numbers divided by their own deviation.
    Normalization,
    Attention,
    Recurrent,
    /// Truth, which neither contributes nor has a gradient.
    Comparison,
    /// Nothing goes back.
    Stopped,
}

impl AttributionRule {
    /// Whether the gradient is 0 wherever there is one.
    pub fn is_flat(self) -> bool {
        match self {
            AttributionRule::Step | AttributionRule::Comparison | AttributionRule::Stopped => true,
            AttributionRule::Linear
            | AttributionRule::Secant
            | AttributionRule::Product
            | AttributionRule::Quotient
            | AttributionRule::Power
            | AttributionRule::Extremum
            | AttributionRule::Softmax
            | AttributionRule::Normalization
            | AttributionRule::Attention
            | AttributionRule::Recurrent => false,
        }
    }
}
