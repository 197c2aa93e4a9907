//! In how many windows of an experiment the haplotypes that it applies differ from the reference.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::outputs::OutputIndex;
use gia_domain::{Edit, Haplotype};
use gia_plan::Experiment;
use gia_study::HaplotypeRecord;

/// The haplotypes that arms apply, in the order of the grid; equal ones once.
pub fn applied_haplotypes(experiment: &Experiment, outputs: &OutputIndex) -> Vec<HaplotypeRecord> {
    let mut known = HashSet::new();
    let mut found: Vec<(usize, usize, &Arc<Haplotype>)> = Vec::new();
    for (point, designed) in experiment.points.iter().zip(&experiment.design.points) {
        let edits = designed.arms.iter().flat_map(|edits| edits.iter());
        for edit in edits {
            if let Edit::Haplotype { haplotype } = edit
                && known.insert((
                    (point.population, point.count, haplotype.key),
                    (&haplotype.value.name, &haplotype.value.path),
                ))
            {
                found.push((point.population, point.count, &haplotype.value));
            }
        }
    }
    let mut records = Vec::new();
    for (population, n, haplotype) in found {
        let record = {
            let sampler = outputs.population(population).sampler(outputs.seed());
            let (differing, alleles) = (0..n)
                .into_par_iter()
                .filter_map(|index| sampler.source(index))
                .map(|window| {
                    let differs = usize::from(haplotype.differs_in(window));
                    (differs, haplotype.alleles_in(window))
                })
                .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
            HaplotypeRecord::new(haplotype, (n, differing, alleles))
        };
        // One that is applied shifting either side changes the same windows.
        if !records.contains(&record) {
            records.push(record);
        }
    }
    records
}
