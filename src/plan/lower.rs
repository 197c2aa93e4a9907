//! From the checked program to the work that answers it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::canonical::canonical;
use super::intake;
use super::reading::Readings;
use super::{
    Evaluation, Experiment, Job, Member, Model, Plan, PlannedPopulation, Point, Reference,
    Selection, Task,
};
use gia_design::{Formula, Makeup, Read};
use gia_domain::{Edit, Population, Strand};

/// Lowers a program. Equal populations, equal variants and equal reads become one.
pub fn lower(program: &gia_design::Program) -> Plan {
    let mut lowering = Lowering::new(&program.models);
    let experiments = program
        .experiments
        .iter()
        .map(|e| lowering.experiment(e))
        .collect();
    let models = program
        .models
        .iter()
        .filter_map(|model| match &model.makeup {
            Makeup::One(source) => Some(Model {
                name: model.name.clone(),
                source: source.clone(),
                declaration: model.declaration.clone(),
            }),
            Makeup::Ensemble(_) | Makeup::BothStrands(_) => None,
        })
        .collect();
    let evaluations = program.evaluations.iter();
    let evaluations = evaluations.map(|e| lowering.evaluation(e)).collect();
    let selections = lowering.selections(&program.selections);
    let jobs = lowering.jobs();
    Plan {
        settings: program.settings,
        models,
        readings: lowering.readings.list,
        populations: lowering
            .populations
            .into_iter()
            .map(|p| p.planned)
            .collect(),
        selections,
        jobs,
        experiments,
        shows: program.shows.clone(),
        evaluations,
    }
}

struct Lowering<'p> {
    readings: Readings<'p>,
    /// Decomposed outcomes by address: most grid points share them.
    outcomes: HashMap<*const Formula<Read>, Taken>,
    /// Decomposed lists of outcomes by address, for the same reason.
    lists: HashMap<*const Arc<Formula<Read>>, TakenList>,
    populations: Vec<KnownPopulation>,
    by_identity: HashMap<[u8; 32], usize>,
    /// Indices of known populations by address: most grid points share one.
    by_address: HashMap<*const Population, usize>,
    /// Work of each job so far, by population, model and strand.
    asked: BTreeMap<(usize, usize, Strand), Asked>,
}

/// An outcome decomposed into readings, and the same under each member of its ensembles.
#[derive(Clone)]
struct Taken {
    outcome: Arc<Formula<usize>>,
    members: Vec<Member>,
}

/// All decomposed outcomes of a grid point.
#[derive(Clone)]
struct TakenList {
    outcomes: Arc<[Arc<Formula<usize>>]>,
    members: Arc<[Vec<Member>]>,
}

struct KnownPopulation {
    planned: PlannedPopulation,
    /// Largest number of backgrounds that a point uses.
    most: usize,
    variants: HashMap<Arc<[Edit]>, usize>,
}

#[derive(Default)]
struct Asked {
    readings: BTreeSet<usize>,
    counts: BTreeMap<usize, usize>,
}

impl<'p> Lowering<'p> {
    fn new(models: &'p [gia_design::Model]) -> Self {
        Lowering {
            readings: Readings::new(models),
            outcomes: HashMap::new(),
            lists: HashMap::new(),
            populations: Vec::new(),
            by_identity: HashMap::new(),
            by_address: HashMap::new(),
            asked: BTreeMap::new(),
        }
    }

    fn experiment(&mut self, design: &Arc<gia_design::Experiment>) -> Experiment {
        let points: Vec<Point> = design
            .points
            .iter()
            .map(|point| self.point(point))
            .collect();
        let reference = design.reference.as_ref();
        let reference = reference.map(|reference| self.reference(reference, &points));
        Experiment {
            points,
            reference,
            intakes: intake::of_experiment(design),
            design: design.clone(),
        }
    }

    fn point(&mut self, point: &gia_design::Point) -> Point {
        let population = self.population(&point.population);
        let known = &mut self.populations[population];
        known.most = known.most.max(point.count);
        let arms: Box<[usize]> = point
            .arms
            .iter()
            .map(|edits| self.variant(population, edits))
            .collect();
        let TakenList { outcomes, members } = self.list(&point.outcomes);
        let of_members = members.iter().flatten().map(|member| &member.outcome);
        for formula in outcomes.iter().chain(of_members) {
            self.ask(formula, population, &arms, point.count);
        }
        Point {
            at: point.at.clone(),
            population,
            count: point.count,
            arms,
            outcomes,
            members,
        }
    }

    /// Adds work: all that a formula reads, on the first `count` backgrounds of some variants.
    fn ask(
        &mut self,
        formula: &Formula<usize>,
        population: usize,
        variants: &[usize],
        count: usize,
    ) {
        formula.leaves(&mut |reading: usize| {
            let of = &self.readings.list[reading];
            let key = (population, of.model, of.strand);
            let asked = self.asked.entry(key).or_default();
            if asked.readings.insert(reading) || !asked.covers(variants, count) {
                for &variant in variants {
                    let known = asked.counts.entry(variant).or_default();
                    *known = (*known).max(count);
                }
            }
        });
    }

    fn evaluation(&mut self, evaluation: &gia_design::Evaluation) -> Evaluation {
        let query = self.readings.formula(&evaluation.query, None);
        let sets = evaluation.known.sets().into_iter().map(|set| {
            let population = self.population(set);
            let count = set.size().unwrap_or(0);
            self.ask(&query, population, &[0], count);
            (population, count)
        });
        Evaluation {
            of: evaluation.clone(),
            sets: sets.collect(),
            intakes: intake::of_evaluation(evaluation),
            query,
        }
    }

    /// Plans the sequences of a reference: every outcome of the points is predicted for them, without edits.
    fn reference(&mut self, reference: &gia_design::Reference, points: &[Point]) -> Reference {
        let population = self.population(&reference.population);
        let count = reference.count;
        let mut asked: Vec<*const Formula<usize>> = Vec::new();
        for outcome in points.iter().flat_map(|point| &*point.outcomes) {
            if !asked.contains(&Arc::as_ptr(outcome)) {
                asked.push(Arc::as_ptr(outcome));
                self.ask(outcome, population, &[0], count);
            }
        }
        Reference { population, count }
    }

    fn list(&mut self, outcomes: &Arc<[Arc<Formula<Read>>]>) -> TakenList {
        let address = outcomes.as_ptr();
        if let Some(known) = self.lists.get(&address) {
            return known.clone();
        }
        let taken: Vec<Taken> = outcomes.iter().map(|o| self.outcome(o)).collect();
        let list = TakenList {
            outcomes: taken.iter().map(|taken| taken.outcome.clone()).collect(),
            members: taken.into_iter().map(|taken| taken.members).collect(),
        };
        self.lists.insert(address, list.clone());
        list
    }

    fn outcome(&mut self, outcome: &Arc<Formula<Read>>) -> Taken {
        let address = Arc::as_ptr(outcome);
        if let Some(taken) = self.outcomes.get(&address) {
            return taken.clone();
        }
        let count = self.readings.members(outcome).unwrap_or(0);
        let taken = Taken {
            outcome: Arc::new(self.readings.formula(outcome, None)),
            members: (0..count)
                .map(|member| Member {
                    name: self.readings.member_name(outcome, member),
                    outcome: Arc::new(self.readings.formula(outcome, Some(member))),
                })
                .collect(),
        };
        self.outcomes.insert(address, taken.clone());
        taken
    }

    fn population(&mut self, population: &Arc<Population>) -> usize {
        let address = Arc::as_ptr(population);
        if let Some(&index) = self.by_address.get(&address) {
            return index;
        }
        let next = self.populations.len();
        let index = *self
            .by_identity
            .entry(population.identity())
            .or_insert(next);
        if index == next {
            self.populations.push(KnownPopulation {
                planned: PlannedPopulation {
                    population: population.clone(),
                    variants: vec![Arc::default()],
                },
                variants: HashMap::from([(Arc::default(), 0)]),
                most: 0,
            });
        }
        self.by_address.insert(address, index);
        index
    }

    fn variant(&mut self, population: usize, edits: &Arc<[Edit]>) -> usize {
        let edits = match canonical(edits) {
            // The check's own list, where it is in the one form already.
            same if same[..] == edits[..] => edits.clone(),
            other => other.into(),
        };
        let known = &mut self.populations[population];
        let next = known.planned.variants.len();
        let index = *known.variants.entry(edits.clone()).or_insert(next);
        if index == next {
            known.planned.variants.push(edits);
        }
        index
    }

    /// The selections from which some population draws.
    fn selections(&mut self, selections: &[gia_design::Selection]) -> Vec<Selection> {
        let mut needed: HashMap<[u8; 32], usize> = HashMap::new();
        for known in &self.populations {
            known.planned.population.choices(&mut |key| {
                let count = needed.entry(key).or_default();
                *count = (*count).max(known.most);
            });
        }
        let mut planned = Vec::new();
        for selection in selections {
            let Some(&count) = needed.get(&selection.key) else {
                continue;
            };
            let population = self.population(&selection.of);
            let query = self.readings.formula(&selection.query, None);
            let mut asked: BTreeMap<(usize, Strand), BTreeSet<usize>> = BTreeMap::new();
            query.leaves(&mut |reading: usize| {
                let of = &self.readings.list[reading];
                let readings = asked.entry((of.model, of.strand)).or_default();
                readings.insert(reading);
            });
            let jobs = asked.into_iter().map(|((model, strand), readings)| Job {
                model,
                population,
                strand,
                columns: self.columns(&readings),
                readings: readings.into_iter().collect(),
                tasks: vec![Task {
                    variant: 0,
                    done: 0,
                    count: 0,
                }],
            });
            planned.push(Selection {
                key: selection.key,
                words: selection.words.clone(),
                population,
                jobs: jobs.collect(),
                query,
                by: selection.by,
                count,
            });
        }
        planned
    }

    /// All columns that readings are made of, ascending.
    fn columns(&self, readings: &BTreeSet<usize>) -> Vec<usize> {
        let features = readings.iter().map(|&i| &self.readings.list[i].feature);
        let columns: BTreeSet<usize> = features.flat_map(|f| f.columns()).copied().collect();
        columns.into_iter().collect()
    }

    fn jobs(&mut self) -> Vec<Job> {
        let asked = std::mem::take(&mut self.asked);
        asked
            .into_iter()
            .map(|((population, model, strand), asked)| Job {
                model,
                population,
                strand,
                columns: self.columns(&asked.readings),
                readings: asked.readings.into_iter().collect(),
                tasks: asked
                    .counts
                    .into_iter()
                    .map(|(variant, count)| Task {
                        variant,
                        done: 0,
                        count,
                    })
                    .collect(),
            })
            .collect()
    }
}

impl Asked {
    /// Whether the job covers this many backgrounds of each variant already.
    fn covers(&self, variants: &[usize], count: usize) -> bool {
        variants
            .iter()
            .all(|variant| self.counts.get(variant).is_some_and(|n| *n >= count))
    }
}
