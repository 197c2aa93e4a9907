//! Base composition and motif occurrences of each experiment's backgrounds and reference. No model is run.

use rayon::prelude::*;

use super::background_features::{BackgroundFeatures, background_features};
use gia_domain::{Clusters, Composition, ScannedSequence, Scanner};
use gia_plan::{Experiment, Plan};

/// Maximum number of sequences in a sample.
const MAX_SEQUENCES: usize = 1000;
/// Maximum number of bases in a sample, which limits the time for long sequences.
const MAX_BASES: usize = 4_000_000;
/// Maximum number of populations that are surveyed for an experiment.
const MAX_POPULATIONS: usize = 6;

/// Composition of a sample of sequences from a population.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleComposition {
    /// Index into `Plan::populations`.
    pub population: usize,
    /// Number of sequences in the sample.
    pub n: usize,
    /// Base composition of the sample.
    pub composition: Composition,
    /// Number of independent sources of the sample; none if every sequence is independent.
    pub sources: Option<usize>,
    /// Base composition of the sequences of the even and of the odd sources; their difference is variation by chance.
    pub halves: [Composition; 2],
    /// For each of the experiment's motifs, its number of occurrences in each sequence, on both strands; none for a
    /// motif that matches everywhere.
    pub occurrences: Vec<Option<Vec<usize>>>,
}

/// Composition of the backgrounds and of the reference of an experiment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// The populations of its grid points (at most six), in order of appearance.
    pub backgrounds: Vec<SampleComposition>,
    /// The reference; none if the experiment has none.
    pub reference: Option<SampleComposition>,
    /// Features of single backgrounds, by population; empty unless the experiment reports drivers.
    pub features: Vec<BackgroundFeatures>,
}

/// Surveys the backgrounds of every experiment, in the order of `Plan::experiments`.
pub fn survey(plan: &Plan) -> Vec<Survey> {
    plan.experiments
        .iter()
        .map(|experiment| {
            let mut populations: Vec<(usize, usize)> = Vec::new();
            for point in &experiment.points {
                if populations
                    .iter()
                    .all(|(known, _)| *known != point.population)
                {
                    populations.push((point.population, point.count));
                }
            }
            populations.truncate(MAX_POPULATIONS);
            let sample = |&(population, count): &(usize, usize)| {
                sample_composition(plan, experiment, population, count)
            };
            let reference = experiment.reference.map(|r| (r.population, r.count));
            Survey {
                backgrounds: populations.iter().map(sample).collect(),
                reference: reference.as_ref().map(sample),
                features: background_features(plan, experiment),
            }
        })
        .collect()
}

fn sample_composition(
    plan: &Plan,
    experiment: &Experiment,
    population: usize,
    count: usize,
) -> SampleComposition {
    let sampler = plan.populations[population]
        .population
        .sampler(plan.settings.seed);
    let n = count
        .min(MAX_SEQUENCES)
        .min(MAX_BASES / sampler.length().max(1))
        .max(1);
    let scanners: Vec<Option<Scanner>> = experiment
        .design
        .motifs
        .iter()
        .map(|motif| Scanner::new(motif).ok())
        .collect();
    let sampled: Vec<(Vec<u8>, Vec<usize>)> = (0..n)
        .into_par_iter()
        .map(|index| {
            let mut bases = vec![0; sampler.length()];
            sampler.fill(index, &mut bases);
            let mut searched = ScannedSequence::new(&bases);
            let counts = scanners.iter().map(|scanner| match scanner {
                Some(scanner) => scanner.occurrences_in(&mut searched).len(),
                None => 0,
            });
            let counts = counts.collect();
            (bases, counts)
        })
        .collect();
    let clusters = Clusters::of(
        &plan.populations[population].population,
        plan.settings.seed,
        n,
    );
    let mut surveyed = SampleComposition {
        population,
        n,
        sources: clusters.as_ref().map(Clusters::count),
        composition: Composition::default(),
        halves: Default::default(),
        occurrences: Vec::new(),
    };
    for (index, (bases, _)) in sampled.iter().enumerate() {
        surveyed.composition.add(bases);
        let source = match &clusters {
            Some(clusters) => clusters.ids()[index] as usize,
            None => index,
        };
        surveyed.halves[source % 2].add(bases);
    }
    surveyed.occurrences = scanners
        .iter()
        .enumerate()
        .map(|(motif, scanner)| {
            let counts = sampled.iter().map(|(_, counts)| counts[motif]);
            scanner.is_some().then(|| counts.collect())
        })
        .collect();
    surveyed
}
