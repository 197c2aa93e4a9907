//! Composition of each experiment's backgrounds and of its reference, sampled again without any model.

use rayon::prelude::*;

use gia_domain::{Composition, Scanner, Searched};
use gia_plan::{Experiment, Plan};

/// Maximum number of sequences in a sample.
const MOST: usize = 1000;
/// Maximum number of bases in a sample, so that long sequences take no longer.
const MOST_BASES: usize = 4_000_000;
/// Maximum number of populations of one experiment.
const MOST_POPULATIONS: usize = 6;

/// Composition of a sample of sequences from a population.
#[derive(Debug, Clone, PartialEq)]
pub struct Surveyed {
    /// Index into `Plan::populations`.
    pub population: usize,
    /// Number of sequences in the sample.
    pub n: usize,
    /// Base composition of the sample.
    pub composition: Composition,
    /// Base composition of the even and of the odd sequences of the sample; their difference shows the variation by
    /// chance.
    pub halves: [Composition; 2],
    /// For each of the experiment's motifs, its number of occurrences in each sequence, on both strands; none for a
    /// motif that matches everywhere.
    pub occurrences: Vec<Option<Vec<usize>>>,
}

/// Composition of the sequences that an experiment starts from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// The populations of its grid points, at most the first few.
    pub backgrounds: Vec<Surveyed>,
    /// The sequences that the backgrounds are compared with, if the experiment names any.
    pub reference: Option<Surveyed>,
}

/// Surveys the backgrounds of every experiment, in the order of `Plan::experiments`.
pub fn survey(plan: &Plan) -> Vec<Survey> {
    plan.experiments
        .iter()
        .map(|experiment| {
            let mut asked: Vec<(usize, usize)> = Vec::new();
            for point in &experiment.points {
                if asked.iter().all(|(known, _)| *known != point.population) {
                    asked.push((point.population, point.count));
                }
            }
            asked.truncate(MOST_POPULATIONS);
            let look = |&(population, count): &(usize, usize)| {
                surveyed(plan, experiment, population, count)
            };
            let reference = experiment.reference.map(|r| (r.population, r.count));
            Survey {
                backgrounds: asked.iter().map(look).collect(),
                reference: reference.as_ref().map(look),
            }
        })
        .collect()
}

fn surveyed(plan: &Plan, experiment: &Experiment, population: usize, count: usize) -> Surveyed {
    let sampler = plan.populations[population]
        .population
        .sampler(plan.settings.seed);
    let n = count
        .min(MOST)
        .min(MOST_BASES / sampler.length().max(1))
        .max(1);
    let scanners: Vec<Option<Scanner>> = experiment
        .design
        .motifs
        .iter()
        .map(|motif| Scanner::new(motif).ok())
        .collect();
    let looked: Vec<(Vec<u8>, Vec<usize>)> = (0..n)
        .into_par_iter()
        .map(|index| {
            let mut bases = vec![0; sampler.length()];
            sampler.fill(index, &mut bases);
            let mut searched = Searched::new(&bases);
            let counts = scanners.iter().map(|scanner| match scanner {
                Some(scanner) => scanner.occurrences_in(&mut searched).len(),
                None => 0,
            });
            let counts = counts.collect();
            (bases, counts)
        })
        .collect();
    let mut surveyed = Surveyed {
        population,
        n,
        composition: Composition::default(),
        halves: Default::default(),
        occurrences: Vec::new(),
    };
    for (index, (bases, _)) in looked.iter().enumerate() {
        surveyed.composition.add(bases);
        surveyed.halves[index % 2].add(bases);
    }
    surveyed.occurrences = scanners
        .iter()
        .enumerate()
        .map(|(motif, scanner)| {
            let counts = looked.iter().map(|(_, counts)| counts[motif]);
            scanner.is_some().then(|| counts.collect())
        })
        .collect();
    surveyed
}
