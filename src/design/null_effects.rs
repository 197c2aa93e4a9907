//! Populations in which the edits of an experiment are made once more, for effects that its own effects are ranked among.

use std::sync::Arc;

use gia_base::source::Span;
use gia_domain::Population;

/// The population behind `beyond`: `beyond shuffled(enhancer, preserving: 2) first 200`.
#[derive(Debug, Clone)]
pub struct NullEffects {
    /// The population as the author wrote it.
    pub text: String,
    /// Position in the script.
    pub span: Span,
    /// The backgrounds at each grid point; parallel to [`crate::Experiment::points`].
    pub points: Vec<NullBackgrounds>,
}

/// The backgrounds of null effects at one grid point; they have the length and the alphabet of the point's own.
#[derive(Debug, Clone)]
pub struct NullBackgrounds {
    /// The population that backgrounds are drawn from.
    pub population: Arc<Population>,
    /// Number of backgrounds: the first ones of the population.
    pub count: usize,
}

impl NullEffects {
    /// Whether both have the same backgrounds at every grid point.
    pub fn is_same_as(&self, other: &NullEffects) -> bool {
        let pairs = self.points.iter().zip(&other.points);
        self.points.len() == other.points.len()
            && pairs.into_iter().all(|(a, b)| {
                let is_shared = Arc::ptr_eq(&a.population, &b.population);
                a.count == b.count
                    && (is_shared || a.population.identity() == b.population.identity())
            })
    }
}

/// `report each`: a row for each background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EachReport {
    /// Index into [`crate::Experiment::null_effects`] of those that each effect is ranked among; none for rows without p.
    pub null: Option<usize>,
}

impl EachReport {
    /// Keyword in `report` and `show`.
    pub const WORD: &'static str = "each";
    /// Maximum number of values that a study holds for the rows of single backgrounds.
    pub const MAX_VALUES: usize = 4_000_000;
}
