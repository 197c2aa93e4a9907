//! Contributions of the bases of a sequence to a query.

use std::sync::Arc;

use gia_base::diag::pluralize;
use gia_domain::Population;

use crate::Formula;

/// What each base of a sequence contributes to a query: one number for each position, of the base that is there.
#[derive(Debug, Clone)]
pub struct Attribution<Leaf> {
    /// How contributions are computed.
    pub method: AttributionMethod,
    /// What is attributed, one number for each sequence.
    pub query: Arc<Formula<Leaf>>,
}

/// A list by position that an attribution returns. Lists stand one behind the other, in the order of their [numbers](ContributionList::number).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContributionList {
    /// What the base that is there contributes.
    Observed,
    /// What a base, by its code, would contribute: its multiplier by its difference to the references.
    Hypothetical(u8),
    /// Standard deviation of the contributions over references; only of methods with references.
    Sd,
    /// Mean of the contributions over the first half of the references, rounded down; only of methods with references.
    FirstHalf,
}

impl ContributionList {
    /// All lists in their order.
    const ALL: [ContributionList; 7] = [
        ContributionList::Observed,
        ContributionList::Hypothetical(0),
        ContributionList::Hypothetical(1),
        ContributionList::Hypothetical(2),
        ContributionList::Hypothetical(3),
        ContributionList::Sd,
        ContributionList::FirstHalf,
    ];

    /// Number of lists that a method returns.
    pub fn count(method: &AttributionMethod) -> usize {
        match method.references() {
            None => 5,
            Some(_) => Self::ALL.len(),
        }
    }

    /// Place among the lists, from 0.
    pub fn number(self) -> usize {
        match self {
            ContributionList::Observed => 0,
            ContributionList::Hypothetical(base) => 1 + usize::from(base),
            ContributionList::Sd => 5,
            ContributionList::FirstHalf => 6,
        }
    }

    /// The list at a place; none behind the last.
    pub fn at(number: usize) -> Option<ContributionList> {
        Self::ALL.get(number).copied()
    }
}

/// A method of attribution.
#[derive(Debug, Clone)]
pub enum AttributionMethod {
    /// The partial derivative of the query with respect to the one-hot encoding (Simonyan, Vedaldi and Zisserman 2013).
    Saliency,
    /// The partial derivative less its mean over the four bases, which is what the one-hot encoding cannot change (Majdandzic et al. 2023).
    GradientTimesInput,
    /// DeepLIFT (Shrikumar, Greenside and Kundaje 2017), averaged over references (Lundberg and Lee 2017).
    DeepShap(References),
    /// The gradient integrated along the straight line from each reference (Sundararajan, Taly and Yan 2017), averaged over references.
    IntegratedGradients {
        /// What lines begin at.
        references: References,
        /// Number of points of Gauss and Legendre on each line.
        steps: usize,
    },
    /// The gradient at one random point on the line from each reference (Erion et al. 2021).
    ExpectedGradients(References),
    /// In silico saturation mutagenesis: the query less its mean over the four bases at the position.
    SaturationMutagenesis,
    /// Occlusion (Zeiler and Fergus 2014): the query less its mean over sequences whose window around the position is that of a reference.
    Occlusion {
        /// What windows are filled from.
        references: References,
        /// Number of positions of a window.
        width: usize,
    },
    /// The gradient at the base that is there, averaged over noisy copies of the sequence (Smilkov et al. 2017). A copy is mixed with a random
    /// sequence, so that noise stays within what encodings can be.
    SmoothGrad {
        /// The random sequences.
        noise: References,
        /// The share that a random sequence has in a copy.
        share: f64,
    },
}

/// What a method asks of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Computation {
    /// Its outputs for changed sequences.
    Predictions,
    /// Gradients of its outputs.
    Gradients,
    /// Multipliers or gradients between sequences and references.
    Pairs,
}

/// The sequences that a sequence is compared with.
#[derive(Debug, Clone)]
pub struct References {
    /// Where they come from.
    pub source: ReferenceSource,
    /// Number of references of each sequence, at least one.
    pub count: usize,
}

/// A source of references.
#[derive(Debug, Clone)]
pub enum ReferenceSource {
    /// Shuffles of the background that preserve its k-mers of this length: reference r is background r of `shuffled(...)` of it. An edited sequence
    /// has the references of its background, so that all arms are compared with the same.
    Shuffles {
        /// Length of the k-mers.
        preserving: usize,
    },
    /// The first backgrounds of a population, the same for all sequences.
    Backgrounds(Arc<Population>),
}

impl AttributionMethod {
    /// Name in the language.
    pub fn word(&self) -> &'static str {
        match self {
            AttributionMethod::Saliency => "saliency",
            AttributionMethod::GradientTimesInput => "gradient_times_input",
            AttributionMethod::DeepShap(_) => "deepshap",
            AttributionMethod::IntegratedGradients { .. } => "integrated_gradients",
            AttributionMethod::ExpectedGradients(_) => "expected_gradients",
            AttributionMethod::SmoothGrad { .. } => "smoothgrad",
            AttributionMethod::SaturationMutagenesis => "saturation_mutagenesis",
            AttributionMethod::Occlusion { .. } => "occlusion",
        }
    }

    /// One line for reports, such as `DeepSHAP, 20 shuffles of each background, preserving 2-mers`.
    pub fn describe(&self) -> String {
        match self {
            AttributionMethod::Saliency => "Gradient at the base that is there".to_string(),
            AttributionMethod::GradientTimesInput => {
                "Gradient at the base that is there, less its mean over the bases".to_string()
            }
            AttributionMethod::DeepShap(references) => {
                format!("DeepSHAP, {}", references.describe())
            }
            AttributionMethod::IntegratedGradients { references, steps } => format!(
                "Integrated gradients, {} on each line, {}",
                pluralize(*steps, "point"),
                references.describe()
            ),
            AttributionMethod::ExpectedGradients(references) => {
                format!("Expected gradients, {}", references.describe())
            }
            AttributionMethod::SmoothGrad { noise, share } => format!(
                "SmoothGrad, {} mixed with {:.0} % of a random sequence each",
                match noise.count {
                    1 => "1 copy".to_string(),
                    count => format!("{} copies", gia_base::diag::count(count)),
                },
                100.0 * share
            ),
            AttributionMethod::SaturationMutagenesis => {
                "Saturation mutagenesis: the query less its mean over the four bases".to_string()
            }
            AttributionMethod::Occlusion { references, width } => format!(
                "Occlusion of windows of {width} bp around each position, filled from {}",
                references.describe()
            ),
        }
    }

    /// The references, for a method that compares.
    pub fn references(&self) -> Option<&References> {
        match self {
            AttributionMethod::Saliency
            | AttributionMethod::GradientTimesInput
            | AttributionMethod::SaturationMutagenesis => None,
            AttributionMethod::DeepShap(references)
            | AttributionMethod::IntegratedGradients { references, .. }
            | AttributionMethod::ExpectedGradients(references)
            | AttributionMethod::Occlusion { references, .. }
            | AttributionMethod::SmoothGrad {
                noise: references, ..
            } => Some(references),
        }
    }

    /// About how many passes of each network a sequence of this length takes, forward and back.
    pub fn passes(&self, length: usize) -> u64 {
        let both = |count: usize| 2 * count as u64;
        match self {
            AttributionMethod::Saliency | AttributionMethod::GradientTimesInput => 2,
            // The sequence is computed once for all references.
            AttributionMethod::DeepShap(references) => both(references.count) + 1,
            AttributionMethod::IntegratedGradients { references, steps } => {
                both(references.count * (steps + 1))
            }
            AttributionMethod::ExpectedGradients(references)
            | AttributionMethod::SmoothGrad {
                noise: references, ..
            } => both(references.count),
            AttributionMethod::SaturationMutagenesis => 3 * length as u64 + 1,
            AttributionMethod::Occlusion { references, .. } => {
                (references.count as u64).saturating_mul(length as u64) + 1
            }
        }
    }

    /// What a network is asked for.
    pub fn computation(&self) -> Computation {
        match self {
            AttributionMethod::SaturationMutagenesis | AttributionMethod::Occlusion { .. } => {
                Computation::Predictions
            }
            AttributionMethod::Saliency | AttributionMethod::GradientTimesInput => {
                Computation::Gradients
            }
            AttributionMethod::DeepShap(_)
            | AttributionMethod::IntegratedGradients { .. }
            | AttributionMethod::ExpectedGradients(_)
            | AttributionMethod::SmoothGrad { .. } => Computation::Pairs,
        }
    }

    /// Whether it says what each of the four bases would contribute at a position. Occlusion changes whole windows.
    pub fn has_hypothetical(&self) -> bool {
        match self {
            AttributionMethod::Occlusion { .. } => false,
            AttributionMethod::Saliency
            | AttributionMethod::GradientTimesInput
            | AttributionMethod::DeepShap(_)
            | AttributionMethod::IntegratedGradients { .. }
            | AttributionMethod::ExpectedGradients(_)
            | AttributionMethod::SaturationMutagenesis
            | AttributionMethod::SmoothGrad { .. } => true,
        }
    }

    /// Whether contributions need the graph of a network and not its gradients alone.
    pub fn needs_graph(&self) -> bool {
        match self {
            AttributionMethod::DeepShap(_) => true,
            AttributionMethod::Saliency
            | AttributionMethod::GradientTimesInput
            | AttributionMethod::IntegratedGradients { .. }
            | AttributionMethod::ExpectedGradients(_)
            | AttributionMethod::SmoothGrad { .. }
            | AttributionMethod::SaturationMutagenesis
            | AttributionMethod::Occlusion { .. } => false,
        }
    }

    /// Whether both compute the same from the same query.
    pub fn is_same_as(&self, other: &AttributionMethod) -> bool {
        let same_references = match (self.references(), other.references()) {
            (None, None) => true,
            (Some(one), Some(other)) => one.is_same_as(other),
            (Some(_), None) | (None, Some(_)) => false,
        };
        let settings = |of: &AttributionMethod| match of {
            AttributionMethod::IntegratedGradients { steps, .. } => *steps as f64,
            AttributionMethod::SmoothGrad { share, .. } => *share,
            AttributionMethod::Occlusion { width, .. } => *width as f64,
            AttributionMethod::Saliency
            | AttributionMethod::GradientTimesInput
            | AttributionMethod::SaturationMutagenesis
            | AttributionMethod::DeepShap(_)
            | AttributionMethod::ExpectedGradients(_) => 0.0,
        };
        self.word() == other.word() && same_references && settings(self) == settings(other)
    }
}

impl References {
    /// Words for reports, such as `20 shuffles of each background, preserving 2-mers`.
    pub fn describe(&self) -> String {
        match &self.source {
            ReferenceSource::Shuffles { preserving } => {
                let shuffles = pluralize(self.count, "shuffle");
                format!("{shuffles} of each background, preserving {preserving}-mers")
            }
            ReferenceSource::Backgrounds(population) => {
                let backgrounds = pluralize(self.count, "background");
                format!("{backgrounds} of: {}", population.describe())
            }
        }
    }

    fn is_same_as(&self, other: &References) -> bool {
        let same_source = match (&self.source, &other.source) {
            (
                ReferenceSource::Shuffles { preserving },
                ReferenceSource::Shuffles { preserving: other },
            ) => preserving == other,
            (ReferenceSource::Backgrounds(one), ReferenceSource::Backgrounds(other)) => {
                one.identity() == other.identity()
            }
            (ReferenceSource::Shuffles { .. }, ReferenceSource::Backgrounds(_))
            | (ReferenceSource::Backgrounds(_), ReferenceSource::Shuffles { .. }) => false,
        };
        same_source && self.count == other.count
    }
}

#[cfg(test)]
mod tests {
    use super::ContributionList;

    #[test]
    fn lists_stand_at_their_numbers() {
        for (number, list) in ContributionList::ALL.into_iter().enumerate() {
            assert_eq!(
                (list.number(), ContributionList::at(number)),
                (number, Some(list))
            );
        }
        assert_eq!(ContributionList::at(7), None);
    }
}
