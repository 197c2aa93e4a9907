//! Non-finite outputs: which experiments and evaluations read them, and how they are reported.

use std::collections::HashMap;

use gia_base::diag::{Code, Diagnostic};
use gia_design::{Axis, Formula};
use gia_domain::Strand;
use gia_model::Declaration;
use gia_plan::{Evaluation, Experiment, Job, Plan, Point};

/// A non-finite output of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fault {
    /// Index of the background in its population.
    pub background: usize,
    /// Column in the concatenation of all outputs of the model.
    pub column: usize,
    /// NaN or an infinity.
    pub value: f32,
}

/// The first non-finite output of each variant and reading, whatever order the outputs arrive in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults(HashMap<(usize, usize), Fault>);

impl Faults {
    /// Records a fault of a variant; `reading` is an index into `Plan::readings`.
    pub fn note(&mut self, variant: usize, reading: usize, fault: Fault) {
        let place = |fault: &Fault| (fault.background, fault.column);
        let known = self.0.entry((variant, reading)).or_insert(fault);
        if place(&fault) < place(known) {
            *known = fault;
        }
    }

    /// Adds the faults of further outputs of the same job.
    pub fn extend(&mut self, others: Faults) {
        for ((variant, reading), fault) in others.0 {
            self.note(variant, reading, fault);
        }
    }

    /// Whether every value so far is finite.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of variants and readings, as pairs, with a fault.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The first fault of a variant among these readings and the first `count` backgrounds.
    fn first(&self, variant: usize, readings: &[usize], count: usize) -> Option<Fault> {
        let of_readings = readings.iter().filter_map(|&r| self.0.get(&(variant, r)));
        let asked_for = of_readings.filter(|fault| fault.background < count);
        asked_for
            .copied()
            .min_by_key(|fault| (fault.background, fault.column))
    }

    /// The fault of the lowest variant, background and column, with its variant; none if all outputs are finite.
    pub fn any(&self) -> Option<(usize, Fault)> {
        let first = self
            .0
            .iter()
            .min_by_key(|((variant, _), fault)| (*variant, fault.background, fault.column));
        first.map(|((variant, _), fault)| (*variant, *fault))
    }
}

/// The non-finite outputs of a plan's jobs.
pub struct Broken<'p> {
    plan: &'p Plan,
    faulty: Vec<(&'p Job, &'p Faults)>,
}

impl<'p> Broken<'p> {
    /// `faults` of the plan's jobs, as far as there are answers.
    pub fn of(plan: &'p Plan, faults: impl IntoIterator<Item = &'p Faults>) -> Broken<'p> {
        let faulty = plan.jobs.iter().zip(faults);
        Broken {
            plan,
            faulty: faulty.filter(|(_, faults)| !faults.is_empty()).collect(),
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

    /// What an experiment asks for that is not finite: the first grid point, arm and outcome.
    pub fn experiment(&self, experiment: &Experiment) -> Option<Diagnostic> {
        if self.is_none() {
            return None;
        }
        let points = experiment.points.iter();
        points
            .flat_map(|point| outcomes_of(experiment, point).map(move |outcome| (point, outcome)))
            .find_map(|(point, (outcome, formula))| {
                self.outcome(experiment, point, outcome, formula)
            })
    }

    fn outcome(
        &self,
        experiment: &Experiment,
        point: &Point,
        outcome: &str,
        formula: &Formula<usize>,
    ) -> Option<Diagnostic> {
        let at = match place_name(&experiment.design.axes, &point.at) {
            at if at.is_empty() => at,
            at => format!(" at {at}"),
        };
        let of = &experiment.design.name;
        for (arm, &variant) in experiment.design.arms.iter().zip(&point.arms) {
            let asker = || {
                format!("which outcome `{outcome}` reads in arm `{arm}` of experiment `{of}`{at}")
            };
            let found = self.first_of(formula, point.population, variant, point.count);
            if let Some((job, fault)) = found {
                return Some(not_finite(self.plan, job, variant, fault, Some(asker())));
            }
        }
        let reference = experiment.reference?;
        let (job, fault) = self.first_of(formula, reference.population, 0, reference.count)?;
        let asker = format!(
            "which outcome `{outcome}` of experiment `{of}` reads of the sequences that its backgrounds are compared with"
        );
        Some(not_finite(self.plan, job, 0, fault, Some(asker)))
    }

    /// What an evaluation asks for that is not finite.
    pub fn evaluation(&self, evaluation: &Evaluation) -> Option<Diagnostic> {
        let mut sets = evaluation.sets.iter();
        sets.find_map(|&(population, count)| {
            let (job, fault) = self.first_of(&evaluation.query, population, 0, count)?;
            let asker = format!("which `{}` reads", evaluation.of.text);
            Some(not_finite(self.plan, job, 0, fault, Some(asker)))
        })
    }

    /// What is not finite, with the first who asks for it.
    pub fn first(&self) -> Option<Diagnostic> {
        let mut experiments = self.plan.experiments.iter();
        let mut evaluations = self.plan.evaluations.iter();
        let asked_for = experiments
            .find_map(|e| self.experiment(e))
            .or_else(|| evaluations.find_map(|e| self.evaluation(e)));
        asked_for.or_else(|| {
            let (job, faults) = self.faulty.first()?;
            let (variant, fault) = faults.any()?;
            Some(not_finite(self.plan, job, variant, fault, None))
        })
    }

    fn first_of(
        &self,
        formula: &Formula<usize>,
        population: usize,
        variant: usize,
        count: usize,
    ) -> Option<(&'p Job, Fault)> {
        let mut readings = Vec::new();
        formula.leaves(&mut |reading: usize| readings.push(reading));
        let of_population = self.faulty.iter();
        of_population
            .filter(|(job, _)| job.population == population)
            .filter_map(|(job, faults)| Some((*job, faults.first(variant, &readings, count)?)))
            .min_by_key(|(_, fault)| (fault.background, fault.column))
    }
}

/// The outcomes of a point by name, each as the whole model and as each member of an ensemble answers it.
fn outcomes_of<'e>(
    experiment: &'e Experiment,
    point: &'e Point,
) -> impl Iterator<Item = (&'e str, &'e Formula<usize>)> {
    let names = experiment
        .design
        .outcomes
        .iter()
        .map(|outcome| outcome.name.as_str());
    let wholes = names
        .clone()
        .zip(point.outcomes.iter().map(|formula| &**formula));
    let members = names
        .zip(point.members.iter())
        .flat_map(|(name, members)| members.iter().map(move |member| (name, &*member.outcome)));
    wholes.chain(members)
}

/// An output that is not a finite number: which output, of which sequence, and who asked for it.
pub fn not_finite(
    plan: &Plan,
    job: &Job,
    variant: usize,
    fault: Fault,
    asker: Option<String>,
) -> Diagnostic {
    let Fault {
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
        Strand::Reverse => " on its other strand",
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
    if let Some(asker) = asker {
        message.push_str(&format!(", {asker}"));
    }
    Diagnostic::error(Code::NonFinite, message)
        .help("`--sequences DIR` writes the sequences that are scored, this one among them")
}

/// As a script writes it: by its task, else by its number.
pub fn output_name(model: &str, declaration: &Declaration, column: usize) -> String {
    format!("`{model}{}`", declaration.column_name(column))
}

/// A grid point in words, for example `gap = 12 bp, n = 3`.
fn place_name(axes: &[Axis], at: &[usize]) -> String {
    let parts = axes.iter().zip(at).filter_map(|(axis, &index)| {
        let value = axis.values.get(index)?;
        Some(format!("{} = {value}", axis.name))
    });
    parts.collect::<Vec<_>>().join(", ")
}
