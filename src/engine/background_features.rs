//! Features of single backgrounds for `report drivers`: composition, occurrences, and the bases beside the edits. No model is run.

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use gia_design::{AddedFeature, Contrast, Drivers};
use gia_domain::{Edit, Motif, ScannedSequence, Scanner, UNKNOWN, flanks};
use gia_plan::{Experiment, Plan, Point};

/// Maximum number of backgrounds of a population that a regression uses: the first ones.
const MAX_BACKGROUNDS: usize = 20_000;
/// Maximum number of bases of these backgrounds, which limits the time for long sequences.
const MAX_BASES: usize = 1_000_000_000;
/// Maximum number of populations of an experiment whose backgrounds are looked at.
const MAX_POPULATIONS: usize = 64;
/// Maximum number of different sets of flanks in a population, which limits memory along axes of positions.
const MAX_FLANKS: usize = 1024;

/// Number of bases on either side of an edit that count as its flanks.
pub const FLANK_WIDTH: usize = 10;

/// Features of the leading backgrounds of a population.
#[derive(Debug, Clone, PartialEq)]
pub struct BackgroundFeatures {
    /// Index into `Plan::populations`.
    pub population: usize,
    /// Number of backgrounds.
    pub n: usize,
    /// GC content of each background, 0 to 1; NaN for one without a known base.
    pub gc: Vec<f64>,
    /// For each motif of the drivers, its number of occurrences in each background, on both strands; none for a motif that
    /// matches everywhere.
    pub motifs: Vec<Option<Vec<f64>>>,
    /// The same for each added feature, in their order; none for a query.
    pub added: Vec<Option<Vec<f64>>>,
    /// GC content of flanks in each background, by their positions; NaN where no base is known.
    flanks: HashMap<Vec<Range<usize>>, Vec<f32>>,
}

impl BackgroundFeatures {
    /// GC content, 0 to 1, of the flanks of a contrast's edits in each background; NaN where no base of them is known.
    ///
    /// # Errors
    /// Why there is none, in words that follow the name of the feature.
    pub fn flank_gc(
        &self,
        plan: &Plan,
        point: &Point,
        contrast: &Contrast,
    ) -> Result<Vec<f64>, &'static str> {
        let Some(ranges) = contrast_flanks(plan, point, contrast) else {
            return Err("depends on what the edits change, which differs between backgrounds");
        };
        if ranges.is_empty() {
            return Err("has no bases: the edits leave none beside them");
        }
        match self.flanks.get(&ranges) {
            Some(gc) => Ok(gc.iter().map(|&x| f64::from(x)).collect()),
            None => Err("is left out, since the edits are at too many different places"),
        }
    }
}

/// Features of the backgrounds of each population of an experiment; empty unless it has drivers.
pub(super) fn background_features(plan: &Plan, experiment: &Experiment) -> Vec<BackgroundFeatures> {
    let Some(drivers) = &experiment.design.drivers else {
        return Vec::new();
    };
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for point in &experiment.points {
        let known = counts.iter().position(|(of, _)| *of == point.population);
        match known {
            Some(place) => counts[place].1 = counts[place].1.max(point.count),
            None => counts.push((point.population, point.count)),
        }
    }
    counts.truncate(MAX_POPULATIONS);
    counts
        .into_iter()
        .map(|(population, count)| features_of(plan, experiment, drivers, population, count))
        .collect()
}

fn features_of(
    plan: &Plan,
    experiment: &Experiment,
    drivers: &Drivers,
    population: usize,
    count: usize,
) -> BackgroundFeatures {
    let sampler = plan.populations[population]
        .population
        .sampler(plan.settings.seed);
    let most = MAX_BASES / sampler.length().max(1);
    let n = count.min(MAX_BACKGROUNDS).min(most).max(1);
    let motifs = drivers.motifs.iter().map(|motif| scanner(motif));
    let added = drivers.added.iter().map(|feature| match feature {
        AddedFeature::Occurrences(motif) => scanner(motif),
        AddedFeature::Query { .. } => None,
    });
    let scanners: Vec<Option<Scanner>> = motifs.chain(added).collect();
    let ranges = all_flanks(plan, experiment, population);
    let looked_at = (0..n).into_par_iter().map(|index| {
        let mut bases = vec![0; sampler.length()];
        sampler.fill(index, &mut bases);
        let mut searched = ScannedSequence::new(&bases);
        let counts = scanners.iter().map(|scanner| match scanner {
            Some(scanner) => scanner.occurrences_in(&mut searched).len() as f64,
            None => 0.0,
        });
        let counts: Vec<f64> = counts.collect();
        let whole = 0..bases.len();
        let beside = ranges.iter().map(|ranges| gc_of(&bases, ranges) as f32);
        (
            gc_of(&bases, &[whole]),
            counts,
            beside.collect::<Vec<f32>>(),
        )
    });
    let looked_at: Vec<(f64, Vec<f64>, Vec<f32>)> = looked_at.collect();
    let counts = scanners.iter().enumerate().map(|(i, scanner)| {
        let counts = looked_at.iter().map(|(_, counts, _)| counts[i]);
        scanner.is_some().then(|| counts.collect())
    });
    let mut motifs: Vec<Option<Vec<f64>>> = counts.collect();
    let added = motifs.split_off(drivers.motifs.len());
    let flanks = ranges.into_iter().enumerate().map(|(i, ranges)| {
        let gc = looked_at.iter().map(|(_, _, beside)| beside[i]);
        (ranges, gc.collect())
    });
    BackgroundFeatures {
        population,
        n,
        gc: looked_at.iter().map(|(gc, _, _)| *gc).collect(),
        motifs,
        added,
        flanks: flanks.collect(),
    }
}

fn scanner(motif: &Motif) -> Option<Scanner> {
    Scanner::new(motif).ok()
}

/// The different flanks of the contrasts at the grid points of a population, each once.
fn all_flanks(plan: &Plan, experiment: &Experiment, population: usize) -> Vec<Vec<Range<usize>>> {
    let mut known = HashMap::new();
    let points = experiment.points.iter();
    for point in points.filter(|point| point.population == population) {
        for contrast in &experiment.design.contrasts {
            let ranges = contrast_flanks(plan, point, contrast).filter(|found| !found.is_empty());
            if let Some(ranges) = ranges
                && known.len() < MAX_FLANKS
            {
                let next = known.len();
                known.entry(ranges).or_insert(next);
            }
        }
    }
    let mut ordered: Vec<(Vec<Range<usize>>, usize)> = known.into_iter().collect();
    ordered.sort_by_key(|(_, number)| *number);
    ordered.into_iter().map(|(ranges, _)| ranges).collect()
}

/// The bases beside all edits of the arms that a contrast compares; none if it depends on the background what they change.
fn contrast_flanks(plan: &Plan, point: &Point, contrast: &Contrast) -> Option<Vec<Range<usize>>> {
    let planned = &plan.populations[point.population];
    let mut edits: Vec<&Edit> = Vec::new();
    contrast.formula.leaves(&mut |arm| {
        edits.extend(planned.variants[point.arms[arm]].iter());
    });
    flanks(edits, planned.population.length(), FLANK_WIDTH)
}

/// GC content of stretches of a sequence of base codes; NaN if no base of them is known.
fn gc_of(bases: &[u8], ranges: &[Range<usize>]) -> f64 {
    let (mut strong, mut known) = (0, 0);
    for &base in ranges
        .iter()
        .filter_map(|range| bases.get(range.clone()))
        .flatten()
    {
        known += usize::from(base != UNKNOWN);
        strong += usize::from(base == 1 || base == 2);
    }
    strong as f64 / known as f64
}
