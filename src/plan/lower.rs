//! Lowers a checked program to a plan.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::canonical::canonical;
use super::left_out_records;
use super::reading::{Feature, Readings};
use super::{
    Evaluation, Experiment, Job, JobGroups, MeasuredTrack, Member, Model, Plan, PlannedFold,
    PlannedPopulation, Point, Reference, Selection, Task, TrackMember,
};
use gia_design::{
    AddedFeature, EvaluatedQuery, Fold, FoldKind, Formula, ModelKind, OutputRef, Track,
};
use gia_domain::{Edit, Population, Strand};

/// Lowers a program to a plan. Equal populations, equal lists of edits and equal model outputs are merged.
pub fn lower(program: &gia_design::Program) -> Plan {
    lower_by(program, Lowering::new(&program.models))
}

/// As [`lower`], and asks for the hypothetical contributions of maps too, which no report needs.
pub fn lower_with_hypothetical(program: &gia_design::Program) -> Plan {
    let mut lowering = Lowering::new(&program.models);
    lowering.asks_hypothetical = true;
    lower_by(program, lowering)
}

fn lower_by(program: &gia_design::Program, mut lowering: Lowering) -> Plan {
    let experiments = program
        .experiments
        .iter()
        .map(|e| lowering.experiment(e))
        .collect();
    let evaluations = program.evaluations.iter();
    let evaluations = evaluations.map(|e| lowering.evaluation(e)).collect();
    let selections = lowering.selections(&program.selections);
    let jobs = lowering.jobs();
    let mut models: Vec<Model> = program.models.iter().filter_map(single).collect();
    models.extend(std::mem::take(&mut lowering.readings.attributions));
    Plan {
        folds: lowering.readings.folds,
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
        tested_claim_count: program.tested_claim_count,
        claims: program.claims.clone(),
        shows: program.shows.clone(),
        evaluations,
    }
}

/// A model of the program that is neither composed of others nor computed from them.
fn single(model: &gia_design::Model) -> Option<Model> {
    match &model.kind {
        ModelKind::Single(source) => Some(Model {
            name: model.name.clone(),
            source: source.clone().into(),
            declaration: model.declaration.clone(),
        }),
        ModelKind::Ensemble(_) | ModelKind::BothStrands(_) | ModelKind::Attribution(_) => None,
    }
}

struct Lowering<'p> {
    readings: Readings<'p>,
    /// Cache of lowered outcomes by address; most grid points share them.
    outcomes: HashMap<*const Formula<OutputRef>, LoweredOutcome>,
    /// Cache of lowered tracks by address.
    tracks: HashMap<*const gia_design::MeasuredTrack, Arc<MeasuredTrack>>,
    /// Cache of lowered lists of tracks by address.
    track_lists: HashMap<*const Arc<gia_design::MeasuredTrack>, LoweredTracks>,
    /// Cache of lowered lists of outcomes by address.
    lists: HashMap<*const Arc<Formula<OutputRef>>, LoweredOutcomes>,
    populations: Vec<PopulationEntry>,
    by_identity: HashMap<[u8; 32], usize>,
    /// Cache of population indices by address; most grid points share one.
    by_address: HashMap<*const Population, usize>,
    /// The jobs so far, by population, model and strand.
    job_builders: BTreeMap<(usize, usize, Strand), JobBuilder>,
    /// Whether maps have hypothetical contributions.
    asks_hypothetical: bool,
}

/// The measured tracks of a grid point.
type LoweredTracks = Arc<[Arc<MeasuredTrack>]>;

/// A lowered outcome, and the same outcome under each member of its ensembles.
#[derive(Clone)]
struct LoweredOutcome {
    outcome: Arc<Formula<usize>>,
    members: Vec<Member>,
}

/// All lowered outcomes of a grid point.
#[derive(Clone)]
struct LoweredOutcomes {
    outcomes: Arc<[Arc<Formula<usize>>]>,
    members: Arc<[Vec<Member>]>,
}

struct PopulationEntry {
    planned: PlannedPopulation,
    /// Largest number of backgrounds that a point uses.
    max_count: usize,
    variants: HashMap<Arc<[Edit]>, usize>,
}

#[derive(Default)]
struct JobBuilder {
    readings: BTreeSet<usize>,
    /// Columns that joint folds need, whichever job computes these.
    held: BTreeSet<usize>,
    /// The joint fold whose columns were added last: the places of one track follow each other.
    last_held: Option<usize>,
    counts: BTreeMap<usize, usize>,
}

impl<'p> Lowering<'p> {
    fn new(models: &'p [gia_design::Model]) -> Self {
        Lowering {
            readings: Readings::new(models),
            outcomes: HashMap::new(),
            lists: HashMap::new(),
            tracks: HashMap::new(),
            track_lists: HashMap::new(),
            populations: Vec::new(),
            by_identity: HashMap::new(),
            by_address: HashMap::new(),
            job_builders: BTreeMap::new(),
            asks_hypothetical: false,
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
        let null_effects = self.null_effects(design);
        Experiment {
            points,
            reference,
            null_effects,
            intakes: left_out_records::of_experiment(design),
            driver_queries: self.driver_queries(design),
            design: design.clone(),
        }
    }

    /// Lowers the arms of an experiment on the backgrounds of its null effects.
    fn null_effects(&mut self, design: &gia_design::Experiment) -> Vec<Vec<Point>> {
        let lowered = design.null_effects.iter().map(|null| {
            let backgrounds = null.points.iter().zip(&design.points);
            let points = backgrounds.map(|(of, point)| gia_design::Point {
                population: of.population.clone(),
                count: of.count,
                ..point.clone()
            });
            points.map(|point| self.point(&point)).collect()
        });
        lowered.collect()
    }

    /// Lowers the queries of `report drivers`: requests each for the backgrounds of all grid points, without edits.
    fn driver_queries(&mut self, design: &gia_design::Experiment) -> Vec<Option<Formula<usize>>> {
        let added = design.drivers.iter().flat_map(|drivers| &drivers.added);
        let added: Vec<&AddedFeature> = added.collect();
        let lowered = added.into_iter().map(|feature| match feature {
            AddedFeature::Query { formula, .. } => {
                let query = self.readings.formula(formula, None);
                for point in &design.points {
                    let population = self.population(&point.population);
                    self.request(&query, population, &[0], point.count);
                }
                Some(query)
            }
            AddedFeature::Occurrences(_) => None,
        });
        lowered.collect()
    }

    fn point(&mut self, point: &gia_design::Point) -> Point {
        let population = self.population(&point.population);
        let known = &mut self.populations[population];
        known.max_count = known.max_count.max(point.count);
        let arms: Box<[usize]> = point
            .arms
            .iter()
            .map(|edits| self.variant(population, edits))
            .collect();
        let LoweredOutcomes { outcomes, members } = self.list(&point.outcomes);
        let of_members = members.iter().flatten().map(|member| &member.outcome);
        for formula in outcomes.iter().chain(of_members) {
            self.request(formula, population, &arms, point.count);
        }
        let tracks = self.track_list(&point.tracks);
        for formula in tracks.iter().flat_map(|track| track.all_formulas()) {
            self.request(formula, population, &arms, point.count);
        }
        Point {
            at: point.at.clone(),
            population,
            count: point.count,
            arms,
            outcomes,
            tracks,
            members,
        }
    }

    /// Requests the predictions that a formula reads, for the first `count` backgrounds of some variants.
    fn request(
        &mut self,
        formula: &Formula<usize>,
        population: usize,
        variants: &[usize],
        count: usize,
    ) {
        formula.leaves(&mut |reading: usize| {
            let of = &self.readings.list[reading];
            let key = (population, of.model, of.strand);
            let asked = self.job_builders.entry(key).or_default();
            let is_new = asked.readings.insert(reading);
            asked.cover(variants, count, is_new);
            if let Some(fold) = self.readings.joint_fold(reading) {
                for &source in &fold.sources {
                    let (model, strand) = source;
                    let asked = self.job_builders.entry((population, model, strand));
                    let asked = asked.or_default();
                    if is_new {
                        asked.hold(&self.readings, reading, source);
                    }
                    asked.cover(variants, count, is_new);
                }
            }
        });
    }

    fn evaluation(&mut self, evaluation: &gia_design::Evaluation) -> Evaluation {
        let mut hypothetical = Vec::new();
        let queries = match &evaluation.query {
            EvaluatedQuery::Number(query) => vec![self.readings.formula(query, None)],
            EvaluatedQuery::Track(track) => self.track(track).formulas.clone(),
            EvaluatedQuery::MapComparison(maps) => {
                let maps = maps.iter();
                maps.flat_map(|track| self.track(track).formulas.clone())
                    .collect()
            }
            EvaluatedQuery::Influence(map) => {
                let places = map.contributions.iter();
                places
                    .flat_map(|track| self.track(track).formulas.clone())
                    .collect()
            }
            EvaluatedQuery::Map(map) => {
                let mut tracks = vec![&map.contributions];
                if let Some(over) = &map.over_references {
                    tracks.extend([&over.sd, &over.first_half]);
                }
                if self.asks_hypothetical {
                    let tracks = map.hypothetical.iter();
                    hypothetical = tracks
                        .flat_map(|track| self.track(track).formulas.clone())
                        .collect();
                }
                let tracks = tracks.into_iter();
                tracks
                    .flat_map(|track| self.track(track).formulas.clone())
                    .collect()
            }
        };
        let sets = evaluation.ground_truth.sets().into_iter().enumerate();
        let sets = sets.map(|(number, (set, count))| {
            let population = self.population(set);
            // Those of shuffles are of no use.
            let hypothetical = hypothetical.iter().filter(|_| number == 0);
            for query in queries.iter().chain(hypothetical) {
                self.request(query, population, &[0], count);
            }
            (population, count)
        });
        let sets = sets.collect();
        Evaluation {
            design: evaluation.clone(),
            sets,
            intakes: left_out_records::of_evaluation(evaluation),
            queries,
            hypothetical,
        }
    }

    /// Lowers a reference: requests every outcome of the points for its sequences, without edits.
    fn reference(&mut self, reference: &gia_design::Reference, points: &[Point]) -> Reference {
        let population = self.population(&reference.population);
        let count = reference.count;
        let mut asked: Vec<*const Formula<usize>> = Vec::new();
        for outcome in points.iter().flat_map(|point| &*point.outcomes) {
            if !asked.contains(&Arc::as_ptr(outcome)) {
                asked.push(Arc::as_ptr(outcome));
                self.request(outcome, population, &[0], count);
            }
        }
        Reference { population, count }
    }

    fn list(&mut self, outcomes: &Arc<[Arc<Formula<OutputRef>>]>) -> LoweredOutcomes {
        let address = outcomes.as_ptr();
        if let Some(known) = self.lists.get(&address) {
            return known.clone();
        }
        let lowered: Vec<LoweredOutcome> = outcomes.iter().map(|o| self.outcome(o)).collect();
        let list = LoweredOutcomes {
            outcomes: lowered
                .iter()
                .map(|lowered| lowered.outcome.clone())
                .collect(),
            members: lowered.into_iter().map(|lowered| lowered.members).collect(),
        };
        self.lists.insert(address, list.clone());
        list
    }

    fn track_list(&mut self, tracks: &Arc<[Arc<gia_design::MeasuredTrack>]>) -> LoweredTracks {
        if tracks.is_empty() {
            return Arc::default();
        }
        if let Some(known) = self.track_lists.get(&tracks.as_ptr()) {
            return known.clone();
        }
        let list: LoweredTracks = tracks.iter().map(|track| self.track(track)).collect();
        self.track_lists.insert(tracks.as_ptr(), list.clone());
        list
    }

    fn track(&mut self, track: &Arc<gia_design::MeasuredTrack>) -> Arc<MeasuredTrack> {
        let address = Arc::as_ptr(track);
        if let Some(known) = self.tracks.get(&address) {
            return known.clone();
        }
        let places = (0..track.track.len()).map(|index| match &*track.track {
            Track::Leaves(leaves) => Formula::Leaf(leaves[index]),
            _ => {
                let place = Fold::of(FoldKind::At(index), track.track.clone());
                Formula::Fold(Arc::new(place))
            }
        });
        let places: Vec<Formula<OutputRef>> = places.collect();
        // Every place reads the same models.
        let names: Vec<String> = places.first().map_or(Vec::new(), |place| {
            let count = self.readings.members(place).unwrap_or(0);
            let members = 0..count;
            members
                .map(|m| self.readings.member_name(place, m))
                .collect()
        });
        let mut lowered = |member: Option<usize>| -> Vec<Formula<usize>> {
            let formulas = places.iter();
            formulas
                .map(|place| self.readings.formula(place, member))
                .collect()
        };
        let formulas = lowered(None);
        let members = names
            .into_iter()
            .enumerate()
            .map(|(member, name)| TrackMember {
                name,
                formulas: lowered(Some(member)),
            });
        let members = members.collect();
        let lowered = Arc::new(MeasuredTrack {
            formulas,
            members,
            first: track.first,
            step: track.step,
            in_bp: track.in_bp,
        });
        self.tracks.insert(address, lowered.clone());
        lowered
    }

    fn outcome(&mut self, outcome: &Arc<Formula<OutputRef>>) -> LoweredOutcome {
        let address = Arc::as_ptr(outcome);
        if let Some(lowered) = self.outcomes.get(&address) {
            return lowered.clone();
        }
        let count = self.readings.members(outcome).unwrap_or(0);
        let lowered = LoweredOutcome {
            outcome: Arc::new(self.readings.formula(outcome, None)),
            members: (0..count)
                .map(|member| Member {
                    name: self.readings.member_name(outcome, member),
                    outcome: Arc::new(self.readings.formula(outcome, Some(member))),
                })
                .collect(),
        };
        self.outcomes.insert(address, lowered.clone());
        lowered
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
            self.populations.push(PopulationEntry {
                planned: PlannedPopulation {
                    population: population.clone(),
                    variants: vec![Arc::default()],
                },
                variants: HashMap::from([(Arc::default(), 0)]),
                max_count: 0,
            });
        }
        self.by_address.insert(address, index);
        index
    }

    fn variant(&mut self, population: usize, edits: &Arc<[Edit]>) -> usize {
        let edits = match canonical(edits) {
            // Already canonical: share the list of the design.
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

    /// Lowers the selections that some population depends on.
    fn selections(&mut self, selections: &[gia_design::Selection]) -> Vec<Selection> {
        let mut needed: HashMap<[u8; 32], usize> = HashMap::new();
        for known in &self.populations {
            known.planned.population.visit_conditioned(&mut |key| {
                let count = needed.entry(key).or_default();
                *count = (*count).max(known.max_count);
            });
        }
        let mut planned = Vec::new();
        for selection in selections {
            let Some(&count) = needed.get(&selection.key) else {
                continue;
            };
            let population = self.population(&selection.source);
            let query = self.readings.formula(&selection.query, None);
            let mut asked: BTreeMap<(usize, Strand), JobBuilder> = BTreeMap::new();
            query.leaves(&mut |reading: usize| {
                let of = &self.readings.list[reading];
                let job = asked.entry((of.model, of.strand)).or_default();
                job.readings.insert(reading);
                if let Some(fold) = self.readings.joint_fold(reading) {
                    for &source in &fold.sources {
                        let job = asked.entry(source).or_default();
                        job.hold(&self.readings, reading, source);
                    }
                }
            });
            let jobs = asked.into_iter().map(|((model, strand), asked)| Job {
                model,
                population,
                strand,
                columns: self.columns(&asked, (model, strand)),
                held: asked.held.into_iter().collect(),
                readings: asked.readings.into_iter().collect(),
                tasks: vec![Task {
                    variant: 0,
                    done: 0,
                    count: 0,
                }],
            });
            planned.push(Selection {
                key: selection.key,
                condition: selection.condition.clone(),
                description: selection.description.clone(),
                population,
                jobs: jobs.collect(),
                query,
                method: selection.method,
                count,
            });
        }
        planned
    }

    /// All columns that the readings of a job are computed from, and those that it holds; ascending.
    fn columns(&self, asked: &JobBuilder, source: (usize, Strand)) -> Vec<usize> {
        let mut columns = asked.held.clone();
        // The places of one track follow each other.
        let mut last = None;
        for &reading in &asked.readings {
            match &self.readings.list[reading].feature {
                Feature::Column(column) => {
                    columns.insert(*column);
                }
                Feature::Reduced(_, of) => columns.extend(of),
                Feature::Fold(fold) => {
                    let fold = &self.readings.folds[*fold];
                    if !last.is_some_and(|last: &PlannedFold| fold.has_tracks_of(last)) {
                        columns.extend(fold.columns_of(source));
                    }
                    last = Some(fold);
                }
            }
        }
        columns.into_iter().collect()
    }

    fn jobs(&mut self) -> Vec<Job> {
        let asked = std::mem::take(&mut self.job_builders);
        let mut jobs: Vec<Job> = asked
            .into_iter()
            .map(|((population, model, strand), asked)| Job {
                model,
                population,
                strand,
                columns: self.columns(&asked, (model, strand)),
                held: asked.held.into_iter().collect(),
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
            .collect();
        let groups = JobGroups::new(&jobs, &self.readings.list, &self.readings.folds);
        groups.tie(&mut jobs);
        jobs
    }
}

impl JobBuilder {
    /// Holds the columns of a source that a joint fold reads.
    fn hold(&mut self, readings: &Readings, reading: usize, source: (usize, Strand)) {
        let fold = |reading: usize| readings.joint_fold(reading);
        let (Some(new), last) = (fold(reading), self.last_held.and_then(fold)) else {
            return;
        };
        if !last.is_some_and(|last| new.has_tracks_of(last)) {
            self.held.extend(new.columns_of(source));
        }
        self.last_held = Some(reading);
    }

    /// Adds the first `count` backgrounds of some variants; of a job that has all its readings already, only what is missing.
    fn cover(&mut self, variants: &[usize], count: usize, is_new: bool) {
        if !is_new && self.covers(variants, count) {
            return;
        }
        for &variant in variants {
            let known = self.counts.entry(variant).or_default();
            *known = (*known).max(count);
        }
    }

    /// Whether the job already covers this many backgrounds of each variant.
    fn covers(&self, variants: &[usize], count: usize) -> bool {
        variants
            .iter()
            .all(|variant| self.counts.get(variant).is_some_and(|n| *n >= count))
    }
}
