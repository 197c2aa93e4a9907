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

/// A method of attribution.
#[derive(Debug, Clone)]
pub enum AttributionMethod {
    /// The partial derivative of the query with respect to the one-hot encoding (Simonyan, Vedaldi and Zisserman 2013).
    Saliency,
    /// The partial derivative less its mean over the four bases, which is what the one-hot encoding cannot change (Majdandzic et al. 2023).
    GradientTimesInput,
    /// DeepLIFT (Shrikumar, Greenside and Kundaje 2017), averaged over references (Lundberg and Lee 2017).
    DeepShap(References),
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
        }
    }

    /// The references, for a method that compares.
    pub fn references(&self) -> Option<&References> {
        match self {
            AttributionMethod::Saliency | AttributionMethod::GradientTimesInput => None,
            AttributionMethod::DeepShap(references) => Some(references),
        }
    }

    /// Whether both compute the same from the same query.
    pub fn is_same_as(&self, other: &AttributionMethod) -> bool {
        let same_references = match (self.references(), other.references()) {
            (None, None) => true,
            (Some(one), Some(other)) => one.is_same_as(other),
            (Some(_), None) | (None, Some(_)) => false,
        };
        self.word() == other.word() && same_references
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
