//! The number of every single background: each outcome under each arm, and each contrast.
//!
//! Values are computed from the outputs of the models when they are visited, in blocks of at most [`MAX_BLOCK_BACKGROUNDS`]. So a caller
//! that writes them as they come holds no more than a block, however many grid points and backgrounds there are.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::contrast_evaluator::ContrastEvaluator;
use super::each::variant_of;
use super::outputs::OutputIndex;
use super::{ClusterDesign, grid_point};
use gia_base::diag::Outcome;
use gia_design::Formula;
use gia_domain::{Population, Sampler, Sequence, Strand, fingerprint};
use gia_engine::Outcomes;
use gia_plan::{Experiment, Plan, Point};
use gia_study::{Background, GenomeWindow, ValueBlock, ValueKind};

/// Maximum number of backgrounds in a block.
pub const MAX_BLOCK_BACKGROUNDS: usize = 4096;

/// Visits the values of some experiments of a plan, given by index: by experiment, then grid point, outcome, arms and then contrasts, and
/// background, each in the order of the script. Tracks come behind all numbers of their experiment: by grid point, track, arms and then
/// contrasts, place and background.
///
/// The mean of the values of a contrast is the `mean` of its row in the study, and that of an arm the one of its summary. A contrast
/// between means over all backgrounds has its linearised values: see [`super::FormulaOfMeans::linearised_values`].
///
/// # Errors
/// Those of `visit`.
///
/// # Panics
/// If `outcomes` belongs to another plan.
pub fn visit_values(
    plan: &Plan,
    outcomes: &Outcomes,
    experiments: &[usize],
    visit: &mut dyn FnMut(&ValueBlock) -> Outcome<()>,
) -> Outcome<()> {
    let outputs = OutputIndex::new(plan, outcomes);
    let mut backgrounds: Option<Backgrounds> = None;
    for &experiment in experiments {
        let experiment = &plan.experiments[experiment];
        visit_experiment(experiment, &outputs, &mut backgrounds, visit)?;
    }
    Ok(())
}

/// Visits the values of one experiment. `known` holds the backgrounds of the last grid point, which those of the next usually are.
fn visit_experiment<'p>(
    experiment: &Experiment,
    outputs: &OutputIndex<'p>,
    known: &mut Option<Backgrounds<'p>>,
    visit: &mut dyn FnMut(&ValueBlock) -> Outcome<()>,
) -> Outcome<()> {
    let design = &experiment.design;
    let trial = ContrastEvaluator::new(experiment, outputs);
    let grid = grid_point::grid_axes(&design.axes);
    for point in &experiment.points {
        let backgrounds = backgrounds_of(&trial, outputs, point, known);
        let at = grid.point(&point.at).unwrap_or_default();
        for (outcome, formula) in design.outcomes.iter().zip(point.outcomes.iter()) {
            let block = |of| ValueBlock {
                experiment: &design.name,
                at: &at,
                of,
                outcome: &outcome.name,
                unit: outcome.unit.as_deref(),
                place: None,
                backgrounds: &[],
                values: &[],
            };
            let mut series = SeriesVisitor {
                trial: &trial,
                point,
                backgrounds,
                visit,
            };
            for (a, arm) in design.arms.iter().enumerate() {
                series.arm(block(ValueKind::Arm(arm)), a, formula)?;
            }
            for (c, contrast) in design.contrasts.iter().enumerate() {
                series.contrast(block(ValueKind::Contrast(&contrast.name)), c, formula)?;
            }
        }
    }
    for point in &experiment.points {
        let backgrounds = backgrounds_of(&trial, outputs, point, known);
        let at = grid.point(&point.at).unwrap_or_default();
        for (track, measured) in design.tracks.iter().zip(point.tracks.iter()) {
            let block = |of, index: usize| ValueBlock {
                experiment: &design.name,
                at: &at,
                of,
                outcome: &track.name,
                unit: track.unit.as_deref(),
                place: Some(measured.first + index as i64 * measured.step),
                backgrounds: &[],
                values: &[],
            };
            let mut series = SeriesVisitor {
                trial: &trial,
                point,
                backgrounds,
                visit,
            };
            let places = || measured.formulas.iter().enumerate();
            for (a, arm) in design.arms.iter().enumerate() {
                for (index, formula) in places() {
                    series.arm(block(ValueKind::Arm(arm), index), a, formula)?;
                }
            }
            for (c, contrast) in design.contrasts.iter().enumerate() {
                let of = ValueKind::Contrast(&contrast.name);
                for (index, formula) in places() {
                    series.contrast(block(of, index), c, formula)?;
                }
            }
        }
    }
    Ok(())
}

/// The backgrounds of a grid point: those that are known, or new ones.
fn backgrounds_of<'b, 'p>(
    trial: &ContrastEvaluator,
    outputs: &OutputIndex<'p>,
    point: &Point,
    known: &'b mut Option<Backgrounds<'p>>,
) -> &'b mut Backgrounds<'p> {
    let key = (point.population, point.count);
    if known.as_ref().is_some_and(|known| known.key != key) {
        *known = None;
    }
    known.get_or_insert_with(|| {
        let sources = trial.cluster_design(point).cloned();
        Backgrounds::new(outputs, key, sources)
    })
}

/// Visits the values of arms and contrasts at a grid point.
struct SeriesVisitor<'a, 'p> {
    trial: &'a ContrastEvaluator<'a>,
    point: &'a Point,
    backgrounds: &'a mut Backgrounds<'p>,
    visit: &'a mut dyn FnMut(&ValueBlock) -> Outcome<()>,
}

impl SeriesVisitor<'_, '_> {
    /// The values of an outcome, given by its formula, under an arm. `block` says what they are.
    fn arm(&mut self, block: ValueBlock, arm: usize, outcome: &Formula<usize>) -> Outcome<()> {
        let mut series = Series::new(block, self.visit);
        let mut add = |values: &[f64]| series.add(values, self.backgrounds);
        self.trial
            .visit_arm_values(self.point, outcome, arm, &mut add)?;
        series.flush(self.backgrounds)
    }

    /// The values of a contrast of an outcome, given by its formula.
    fn contrast(
        &mut self,
        block: ValueBlock,
        contrast: usize,
        outcome: &Formula<usize>,
    ) -> Outcome<()> {
        let mut series = Series::new(block, self.visit);
        let mut add = |values: &[f64]| series.add(values, self.backgrounds);
        self.trial
            .visit_contrast_values(self.point, outcome, contrast, &mut add)?;
        series.flush(self.backgrounds)
    }
}

/// The values of one arm or contrast at a grid point, collected into blocks.
struct Series<'a, 'v> {
    /// What the values are of; without backgrounds and values.
    block: ValueBlock<'a>,
    /// Index of the background of the first of the collected values.
    start: usize,
    values: Vec<f64>,
    visit: &'v mut dyn FnMut(&ValueBlock) -> Outcome<()>,
}

impl<'a, 'v> Series<'a, 'v> {
    fn new(block: ValueBlock<'a>, visit: &'v mut dyn FnMut(&ValueBlock) -> Outcome<()>) -> Self {
        Series {
            block,
            start: 0,
            values: Vec::new(),
            visit,
        }
    }

    /// Adds the values of the next backgrounds, at most a block.
    fn add(&mut self, values: &[f64], backgrounds: &mut Backgrounds) -> Outcome<()> {
        if self.values.len() + values.len() > MAX_BLOCK_BACKGROUNDS {
            self.flush(backgrounds)?;
        }
        self.values.extend_from_slice(values);
        Ok(())
    }

    /// Visits the collected values.
    fn flush(&mut self, backgrounds: &mut Backgrounds) -> Outcome<()> {
        if self.values.is_empty() {
            return Ok(());
        }
        let range = self.start..self.start + self.values.len();
        (self.visit)(&ValueBlock {
            backgrounds: backgrounds.records(range.clone()),
            values: &self.values,
            ..self.block
        })?;
        self.start = range.end;
        self.values.clear();
        Ok(())
    }
}

/// The backgrounds of a grid point. Of each, eight bytes are held; the rest is made for a block at a time.
struct Backgrounds<'p> {
    /// Index of the population in the plan, and number of backgrounds.
    key: (usize, usize),
    population: &'p Population,
    sampler: Sampler,
    /// Which backgrounds have one source; none if all are independent.
    sources: Option<Arc<ClusterDesign>>,
    fingerprints: Vec<u64>,
    /// The block that was made last.
    records: Vec<Background>,
}

impl<'p> Backgrounds<'p> {
    fn new(
        outputs: &OutputIndex<'p>,
        key: (usize, usize),
        sources: Option<Arc<ClusterDesign>>,
    ) -> Self {
        let population = outputs.population(key.0);
        let sampler = population.sampler(outputs.seed());
        let indices = (0..key.1).into_par_iter();
        let fingerprints = indices.map_init(
            || vec![0; sampler.length()],
            |bases, index| {
                sampler.fill(index, bases);
                fingerprint(bases, sampler.variant(index), population.alphabet())
            },
        );
        Backgrounds {
            key,
            population,
            sources,
            fingerprints: fingerprints.collect(),
            records: Vec::new(),
            sampler,
        }
    }

    /// The backgrounds with these indices.
    fn records(&mut self, indices: Range<usize>) -> &[Background] {
        let is_made = self.records.len() == indices.len()
            && self.records.first().map(|record| record.index) == Some(indices.start);
        if !is_made {
            self.records = indices.map(|index| self.record(index)).collect();
        }
        &self.records
    }

    fn record(&self, index: usize) -> Background {
        // A null model that is fitted to sequences draws independent backgrounds, which lie nowhere.
        let source = match self.population.is_made_from_sequences() {
            true => self.sampler.source(index),
            false => None,
        };
        Background {
            index,
            source: match &self.sources {
                Some(sources) => sources.ids()[index] as usize,
                None => index,
            },
            name: self.sampler.name(index),
            window: source.and_then(window),
            variant: variant_of(&self.sampler, index, self.population.alphabet()),
            sequence: self.fingerprints[index],
        }
    }
}

/// The window of a genome that a sequence is. What was read beyond it for the sake of a variant does not count.
pub(super) fn window(of: &Sequence) -> Option<GenomeWindow> {
    let window = GenomeWindow::from(of.locus.as_deref()?);
    let length = of.bases.len() as u64;
    Some(match window.strand {
        Strand::Forward => GenomeWindow {
            end: window.end.min(window.start + length),
            ..window
        },
        Strand::Reverse => GenomeWindow {
            start: window.start.max(window.end.saturating_sub(length)),
            ..window
        },
    })
}
