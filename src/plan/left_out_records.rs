//! Files of sequences of which records were left out, by experiment and evaluation.

use std::collections::HashSet;

use gia_design::GroundTruth;
use gia_domain::{Edit, Population, RecordCounts};

/// The distinct files of which records were left out, over all experiments and evaluations of a program.
pub fn left_out_record_counts(program: &gia_design::Program) -> Vec<RecordCounts> {
    let mut list = Vec::new();
    let experiments = program.experiments.iter().map(|e| of_experiment(e));
    let evaluations = program.evaluations.iter().map(of_evaluation);
    for intake in experiments.chain(evaluations).flatten() {
        if !list.contains(&intake) {
            list.push(intake);
        }
    }
    list
}

/// The distinct files of which records were left out, among those of an experiment's backgrounds, its reference and the
/// sequences that its edits insert.
pub fn of_experiment(experiment: &gia_design::Experiment) -> Vec<RecordCounts> {
    let mut found = RecordCountCollector::default();
    for point in &experiment.points {
        found.add(&point.population);
        let sources = point
            .arms
            .iter()
            .flat_map(|edits| edits.iter())
            .filter_map(Edit::source);
        sources.for_each(|population| found.add(population));
    }
    let nulls = experiment.null_effects.iter().flat_map(|null| &null.points);
    nulls.for_each(|null| found.add(&null.population));
    if let Some(reference) = &experiment.reference {
        found.add(&reference.population);
    }
    found.list
}

/// The distinct files of which records were left out, among those of an evaluation's sequences.
pub fn of_evaluation(evaluation: &gia_design::Evaluation) -> Vec<RecordCounts> {
    let mut found = RecordCountCollector::default();
    match &evaluation.ground_truth {
        GroundTruth::Unknown { given, .. } => found.add(given),
        known @ (GroundTruth::Classes { .. } | GroundTruth::Measured { .. }) => {
            known.sets().into_iter().for_each(|(set, _)| found.add(set));
        }
    }
    found.list
}

#[derive(Default)]
struct RecordCountCollector {
    list: Vec<RecordCounts>,
    /// Addresses of the populations visited so far; most grid points share one.
    visited: HashSet<*const Population>,
}

impl RecordCountCollector {
    fn add(&mut self, population: &Population) {
        if !self.visited.insert(population) {
            return;
        }
        population.visit_record_counts(&mut |intake| {
            if !self.list.contains(&intake) {
                self.list.push(intake);
            }
        });
    }
}
