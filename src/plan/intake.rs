//! Files from which records were left out, by experiment and evaluation.

use std::collections::HashSet;

use gia_domain::{Edit, Intake, Population};

/// Files that lost records, over all experiments and evaluations of a program, each once.
pub fn intakes(program: &gia_design::Program) -> Vec<Intake> {
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

/// Files that lost records, among those of an experiment's backgrounds, its reference and the sequences that its edits write,
/// each once.
pub fn of_experiment(experiment: &gia_design::Experiment) -> Vec<Intake> {
    let mut found = Found::default();
    for point in &experiment.points {
        found.look(&point.population);
        let sources = point
            .arms
            .iter()
            .flat_map(|edits| edits.iter())
            .filter_map(Edit::source);
        sources.for_each(|population| found.look(population));
    }
    if let Some(reference) = &experiment.reference {
        found.look(&reference.population);
    }
    found.list
}

/// Files that lost records, among those of the sequences that a query is asked of, each once.
pub fn of_evaluation(evaluation: &gia_design::Evaluation) -> Vec<Intake> {
    let mut found = Found::default();
    let sets = evaluation.known.sets();
    sets.into_iter().for_each(|set| found.look(set));
    found.list
}

#[derive(Default)]
struct Found {
    list: Vec<Intake>,
    /// Populations seen already, by address: most grid points share one.
    seen: HashSet<*const Population>,
}

impl Found {
    fn look(&mut self, population: &Population) {
        if !self.seen.insert(population) {
            return;
        }
        population.intakes(&mut |intake| {
            if !self.list.contains(&intake) {
                self.list.push(intake);
            }
        });
    }
}
