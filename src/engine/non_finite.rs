//! Non-finite outputs of models: which experiments and evaluations read them, and the errors about them.

use std::collections::HashMap;

use gia_base::diag::{Code, Diagnostic};
use gia_design::{Axis, Formula};
use gia_domain::Strand;
use gia_model::Declaration;
use gia_plan::{Evaluation, Experiment, Job, ModelSource, Plan, Point};

/// A non-finite output of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NonFiniteOutput {
    /// Index of the background in its population.
    pub background: usize,
    /// Column in the concatenation of all outputs of the model.
    pub column: usize,
    /// NaN or an infinity.
    pub value: f32,
}

/// The first non-finite output of each variant and reading, independent of the order in which outputs arrive.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NonFiniteOutputs(HashMap<(usize, usize), NonFiniteOutput>);

impl NonFiniteOutputs {
    /// Records a non-finite output of a variant; `reading` is an index into `Plan::readings`.
    pub fn record(&mut self, variant: usize, reading: usize, fault: NonFiniteOutput) {
        let place = |fault: &NonFiniteOutput| (fault.background, fault.column);
        let known = self.0.entry((variant, reading)).or_insert(fault);
        if place(&fault) < place(known) {
            *known = fault;
        }
    }

    /// Merges the records of further outputs of the same job.
    pub fn extend(&mut self, others: NonFiniteOutputs) {
        for ((variant, reading), fault) in others.0 {
            self.record(variant, reading, fault);
        }
    }

    /// Whether all outputs so far are finite.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of (variant, reading) pairs with a non-finite output.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The first non-finite output of a variant, among these readings and the first `count` backgrounds.
    fn first(&self, variant: usize, readings: &[usize], count: usize) -> Option<NonFiniteOutput> {
        let of_readings = readings.iter().filter_map(|&r| self.0.get(&(variant, r)));
        let found = of_readings.filter(|fault| fault.background < count);
        found
            .copied()
            .min_by_key(|fault| (fault.background, fault.column))
    }

    /// The non-finite output of the lowest variant, background and column, with its variant; none if all outputs are finite.
    pub fn any(&self) -> Option<(usize, NonFiniteOutput)> {
        let first = self
            .0
            .iter()
            .min_by_key(|((variant, _), fault)| (*variant, fault.background, fault.column));
        first.map(|((variant, _), fault)| (*variant, *fault))
    }
}

/// The non-finite outputs of a plan's jobs.
pub struct NonFiniteReport<'p> {
    plan: &'p Plan,
    faulty: Vec<(&'p Job, &'p NonFiniteOutputs)>,
}

impl<'p> NonFiniteReport<'p> {
    /// Takes the non-finite outputs of each job that has run, in the order of the plan.
    pub fn of(
        plan: &'p Plan,
        non_finite: impl IntoIterator<Item = &'p NonFiniteOutputs>,
    ) -> NonFiniteReport<'p> {
        let faulty = plan.jobs.iter().zip(non_finite);
        NonFiniteReport {
            plan,
            faulty: faulty
                .filter(|(_, non_finite)| !non_finite.is_empty())
                .collect(),
        }
    }

    pub fn is_none(&self) -> bool {
        self.faulty.is_empty()
    }

    /// Whether no experiment and no evaluation can be finished.
    pub fn is_all(&self) -> bool {
        let mut experiments = self.plan.experiments.iter();
        let mut evaluations = self.plan.evaluations.iter();
        experiments.all(|e| self.experiment(e).is_some())
            && evaluations.all(|e| self.evaluation(e).is_some())
    }

    /// The error for the first grid point, arm and outcome of an experiment that reads a non-finite output; none if all are finite.
    pub fn experiment(&self, experiment: &Experiment) -> Option<Diagnostic> {
        if self.is_none() {
            return None;
        }
        let nulls = experiment.null_effects.iter().flatten();
        let points = experiment.points.iter().chain(nulls);
        points
            .flat_map(|point| outcomes_of(experiment, point).map(move |outcome| (point, outcome)))
            .find_map(|(point, (outcome, formula))| {
                self.outcome(experiment, point, outcome, formula)
            })
            .or_else(|| self.driver(experiment))
    }

    fn driver(&self, experiment: &Experiment) -> Option<Diagnostic> {
        let mut queries = experiment.driver_queries.iter().flatten();
        queries.find_map(|query| {
            let mut points = experiment.points.iter();
            let (job, fault) =
                points.find_map(|point| self.first_of(query, point.population, 0, point.count))?;
            let of = &experiment.design.name;
            let reader = format!("which `report drivers` of experiment `{of}` reads");
            Some(not_finite(self.plan, job, 0, fault, Some(reader)))
        })
    }

    fn outcome(
        &self,
        experiment: &Experiment,
        point: &Point,
        outcome: &str,
        formula: &Formula<usize>,
    ) -> Option<Diagnostic> {
        let at = match grid_point_text(&experiment.design.axes, &point.at) {
            at if at.is_empty() => at,
            at => format!(" at {at}"),
        };
        let of = &experiment.design.name;
        for (arm, &variant) in experiment.design.arms.iter().zip(&point.arms) {
            let reader = || {
                format!("which outcome `{outcome}` reads in arm `{arm}` of experiment `{of}`{at}")
            };
            let found = self.first_of(formula, point.population, variant, point.count);
            if let Some((job, fault)) = found {
                return Some(not_finite(self.plan, job, variant, fault, Some(reader())));
            }
        }
        let reference = experiment.reference?;
        let (job, fault) = self.first_of(formula, reference.population, 0, reference.count)?;
        let reader = format!(
            "which outcome `{outcome}` of experiment `{of}` reads of the sequences that its backgrounds are compared with"
        );
        Some(not_finite(self.plan, job, 0, fault, Some(reader)))
    }

    /// The error for the first non-finite output that an evaluation reads; none if all are finite.
    pub fn evaluation(&self, evaluation: &Evaluation) -> Option<Diagnostic> {
        let mut sets = evaluation.sets.iter();
        sets.find_map(|&(population, count)| {
            let mut queries = evaluation.queries.iter();
            let (job, fault) =
                queries.find_map(|query| self.first_of(query, population, 0, count))?;
            let reader = format!("which `{}` reads", evaluation.design.text);
            Some(not_finite(self.plan, job, 0, fault, Some(reader)))
        })
    }

    /// The first error over all experiments and evaluations; none if all outputs are finite.
    pub fn first(&self) -> Option<Diagnostic> {
        let mut experiments = self.plan.experiments.iter();
        let mut evaluations = self.plan.evaluations.iter();
        let found = experiments
            .find_map(|e| self.experiment(e))
            .or_else(|| evaluations.find_map(|e| self.evaluation(e)));
        found.or_else(|| {
            let (job, non_finite) = self.faulty.first()?;
            let (variant, fault) = non_finite.any()?;
            Some(not_finite(self.plan, job, variant, fault, None))
        })
    }

    fn first_of(
        &self,
        formula: &Formula<usize>,
        population: usize,
        variant: usize,
        count: usize,
    ) -> Option<(&'p Job, NonFiniteOutput)> {
        let mut readings = Vec::new();
        formula.leaves(&mut |reading: usize| readings.push(reading));
        let of_population = self.faulty.iter();
        of_population
            .filter(|(job, _)| job.population == population)
            .filter_map(|(job, non_finite)| {
                Some((*job, non_finite.first(variant, &readings, count)?))
            })
            .min_by_key(|(_, fault)| (fault.background, fault.column))
    }
}

/// The outcomes of a point by name: their formulas, and those under each member of an ensemble.
fn outcomes_of<'e>(
    experiment: &'e Experiment,
    point: &'e Point,
) -> impl Iterator<Item = (&'e str, &'e Formula<usize>)> {
    let names = experiment
        .design
        .outcomes
        .iter()
        .map(|outcome| outcome.name.as_str());
    let tracks = experiment.design.tracks.iter().zip(point.tracks.iter());
    let tracks = tracks.flat_map(|(track, of)| {
        of.all_formulas()
            .map(move |place| (track.name.as_str(), place))
    });
    let wholes = names
        .clone()
        .zip(point.outcomes.iter().map(|formula| &**formula));
    let members = names
        .zip(point.members.iter())
        .flat_map(|(name, members)| members.iter().map(move |member| (name, &*member.outcome)));
    wholes.chain(members).chain(tracks)
}

/// The error for a non-finite output, with the sequence and what reads it.
pub fn not_finite(
    plan: &Plan,
    job: &Job,
    variant: usize,
    fault: NonFiniteOutput,
    reader: Option<String>,
) -> Diagnostic {
    let NonFiniteOutput {
        background,
        column,
        value,
    } = fault;
    let model = &plan.models[job.model];
    let planned = &plan.populations[job.population];
    let output = output_name(&model.name, &model.declaration, column);
    let name = planned.population.name(plan.settings.seed, background);
    let strand = match job.strand {
        Strand::Forward => "",
        Strand::Reverse => " on the reverse strand",
    };
    let mut message =
        format!("{output} is {value} for background `{name}`{strand} (index {background})");
    let edits: Vec<String> = planned.variants[variant]
        .iter()
        .map(|edit| edit.describe(planned.population.alphabet()))
        .collect();
    if !edits.is_empty() {
        message.push_str(&format!(", with {}", edits.join(", ")));
    }
    if let Some(reader) = reader {
        message.push_str(&format!(", {reader}"));
    }
    let help = match &model.source {
        ModelSource::File { .. } | ModelSource::Truth(_) => {
            "`--sequences DIR` writes all predicted sequences, including this one"
        }
        ModelSource::Attribution(_) => {
            "contributions are no numbers where the query is none, and of a sequence with an unknown base (N) that is compared with references: \
             measure the query itself, or leave such sequences out with `unknown: \"drop\"`"
        }
    };
    Diagnostic::error(Code::NonFinite, message).help(help)
}

/// Name of a column as a script writes it: by task name if there is one, else by index.
pub fn output_name(model: &str, declaration: &Declaration, column: usize) -> String {
    format!("`{model}{}`", declaration.column_name(column))
}

/// A grid point as text, for example `gap = 12 bp, n = 3`.
fn grid_point_text(axes: &[Axis], at: &[usize]) -> String {
    let parts = axes.iter().zip(at).filter_map(|(axis, &index)| {
        let value = axis.values.get(index)?;
        Some(format!("{} = {value}", axis.name))
    });
    parts.collect::<Vec<_>>().join(", ")
}
