//! The text of `gia plan`: what is predicted, the number of forward passes, and how many of them sharing saves.

use std::fmt::Write;

use super::{Evaluation, Experiment, Job, Plan, Point, SelectionMethod, Task};
use gia_base::diag::{count, pluralize};
use gia_design::{AddedFeature, Axis, EvaluatedQuery, Formula};
use gia_domain::Strand;

/// Maximum number of axis values, and of populations of an experiment, that are listed one by one.
const MAX_LISTED: usize = 6;

impl Plan {
    /// Passes if every arm of every grid point were predicted separately.
    pub fn passes_requested(&self) -> u64 {
        let experiments = self.experiments.iter().map(|e| self.passes_of(e));
        let evaluations = self.evaluations.iter().map(|e| self.passes_to_evaluate(e));
        experiments.chain(evaluations).sum()
    }

    /// Number of passes.
    pub fn passes(&self) -> u64 {
        self.jobs.iter().map(|job| self.passes_of_job(job)).sum()
    }

    fn passes_of_job(&self, job: &Job) -> u64 {
        let sequences: u64 = job.tasks.iter().map(Task::passes).sum();
        sequences * self.models[job.model].passes_per_row()
    }

    /// Number of passes that a sequence takes with all of these models.
    fn passes_with(&self, models: &[(usize, Strand)]) -> u64 {
        let models = models.iter();
        models
            .map(|(model, _)| self.models[*model].passes_per_row())
            .sum()
    }

    fn passes_to_evaluate(&self, evaluation: &Evaluation) -> u64 {
        let mut models: Vec<(usize, Strand)> = Vec::new();
        for query in &evaluation.queries {
            self.add_models(query, &mut models);
        }
        let sequences: usize = evaluation.sets.iter().map(|(_, n)| n).sum();
        self.passes_with(&models) * sequences as u64
    }

    fn passes_of(&self, experiment: &Experiment) -> u64 {
        self.passes_of_arms(experiment) + self.passes_of_drivers(experiment)
    }

    fn passes_of_arms(&self, experiment: &Experiment) -> u64 {
        let of_point = |point: &Point| {
            let sequences = (point.arms.len() * point.count) as u64;
            self.passes_with(&self.models_of(point)) * sequences
        };
        let nulls = experiment.null_effects.iter().flatten();
        let points = experiment.points.iter().chain(nulls);
        points.map(of_point).sum()
    }

    /// Passes over backgrounds without edits that the arms do not need: a driver of a network that is measured costs none.
    fn passes_of_drivers(&self, experiment: &Experiment) -> u64 {
        let of_point = |point: &Point| {
            let mut models = self.models_of(point);
            let measured = models.len();
            for query in experiment.driver_queries.iter().flatten() {
                self.add_models(query, &mut models);
            }
            self.passes_with(&models[measured..]) * point.count as u64
        };
        experiment.points.iter().map(of_point).sum()
    }

    /// The models that the outcomes of a point read, each with its strand.
    fn models_of(&self, point: &Point) -> Vec<(usize, Strand)> {
        let mut models = Vec::new();
        for outcome in point.outcomes.iter() {
            self.add_models(outcome, &mut models);
        }
        // All places of a track are of the same models.
        for place in point
            .tracks
            .iter()
            .filter_map(|track| track.formulas.first())
        {
            self.add_models(place, &mut models);
        }
        models
    }

    /// Adds the models that a formula reads, each with its strand, to those known.
    fn add_models(&self, formula: &Formula<usize>, models: &mut Vec<(usize, Strand)>) {
        formula.leaves(&mut |reading| {
            for source in self.sources_of(reading) {
                if !models.contains(&source) {
                    models.push(source);
                }
            }
        });
    }

    /// The text that `gia plan` prints.
    pub fn show(&self) -> String {
        let mut text = String::new();
        self.show_models(&mut text);
        for experiment in &self.experiments {
            self.show_experiment(experiment, &mut text);
        }
        for evaluation in &self.evaluations {
            let sizes = evaluation.sets.iter();
            let sizes: Vec<String> = sizes.map(|(_, n)| count(n)).collect();
            let sizes = match (&evaluation.design.query, sizes.as_slice()) {
                (EvaluatedQuery::Map(_), [sequences, shuffles]) => {
                    format!("{sequences} sequences and {shuffles} shuffles")
                }
                _ => format!("{} sequences", sizes.join(" and ")),
            };
            let _ = writeln!(text, "\nshow {} on {sizes}", evaluation.design.text);
        }
        self.show_jobs(&mut text);
        for selection in &self.selections {
            let of = self.populations[selection.population].population.describe();
            let backgrounds = count(selection.count);
            let passes = match selection.method {
                SelectionMethod::Rejection { .. } => {
                    "the number of candidates is known after the run".to_string()
                }
                SelectionMethod::Metropolis { steps } => {
                    let jobs = selection.jobs.iter();
                    let each: u64 = jobs
                        .map(|job| self.models[job.model].passes_per_row())
                        .sum();
                    let sequences = (selection.count * (steps + 1)) as u64;
                    format!("{} passes", count(each * sequences))
                }
            };
            let _ = writeln!(
                text,
                "  first: selects {backgrounds} of ({of}) {}; {passes}",
                selection.description
            );
        }
        self.show_passes(&mut text);
        text
    }

    /// Passes requested, saved by sharing, and planned.
    fn show_passes(&self, text: &mut String) {
        let (requested, unshared, planned) = (
            self.passes_requested(),
            self.passes_unshared(),
            self.passes(),
        );
        let _ = writeln!(text, "\nforward passes");
        let mut line = |what: &str, passes: u64, why: &str| {
            let why = if why.is_empty() {
                String::new()
            } else {
                format!("  {why}")
            };
            let _ = writeln!(text, "  {what:<9}  {:>12}{why}", count(passes));
        };
        line("requested", requested, "");
        if requested > unshared {
            let why = "in an experiment: the same edits of the same backgrounds in several arms or grid points";
            line("repeated", requested - unshared, why);
        }
        if unshared > planned {
            let why = "between experiments: the same edits of the same backgrounds";
            line("shared", unshared - planned, why);
        }
        let open = self.experiments.iter().any(|e| e.design.stopping.is_some());
        line("planned", planned, if open { "at most" } else { "" });
    }

    fn show_models(&self, text: &mut String) {
        let _ = writeln!(text, "models");
        for model in &self.models {
            let declaration = &model.declaration;
            let length = match declaration.length {
                0 => "any length".to_string(),
                length => format!("{length} bp"),
            };
            let _ = writeln!(
                text,
                "  {}  {}  {length} in, {} out{}",
                model.name,
                model.source,
                declaration.columns(),
                match declaration.entry {
                    Some(_) => "; in Python, where every sequence takes a full pass",
                    None => "",
                }
            );
        }
    }

    fn show_experiment(&self, experiment: &Experiment, text: &mut String) {
        let _ = writeln!(text, "\nexperiment {}", experiment.design.name);
        for axis in &experiment.design.axes {
            let _ = writeln!(text, "  vary {}: {}", axis.name, axis_text(axis));
        }
        let mut backgrounds: Vec<(usize, usize)> = Vec::new();
        for point in &experiment.points {
            if !backgrounds.contains(&(point.count, point.population)) {
                backgrounds.push((point.count, point.population));
            }
        }
        for (i, (number, population)) in backgrounds.iter().enumerate() {
            if i == MAX_LISTED {
                let _ = writeln!(text, "    and {} more", backgrounds.len() - MAX_LISTED);
                break;
            }
            let population = self.populations[*population].population.describe();
            let lead = if i == 0 {
                "  backgrounds:"
            } else {
                "              "
            };
            let _ = writeln!(text, "{lead} {} x {population}", count(number));
        }
        for null in &experiment.design.null_effects {
            let _ = writeln!(text, "  null effects: {}", null.text);
        }
        for intake in &experiment.intakes {
            let _ = writeln!(
                text,
                "  left out of {}: {}",
                intake.path.display(),
                intake.excluded.words()
            );
        }
        if let Some(stopping) = &experiment.design.stopping {
            let first = stopping.next_analysis(0);
            let _ = writeln!(
                text,
                "  until {}: at most that many; first interim analysis at {}",
                stopping.text,
                count(first)
            );
        }
        let _ = writeln!(text, "  arms: {}", experiment.design.arms.join(", "));
        let outcomes: Vec<String> = experiment
            .design
            .outcomes
            .iter()
            .map(|o| o.name.clone())
            .collect();
        let places = experiment.points.first().map(|point| &point.tracks);
        let tracks = experiment.design.tracks.iter().enumerate();
        let tracks = tracks.map(|(number, track)| {
            let places = places.and_then(|places| places.get(number));
            let places = places.map_or(0, |track| track.formulas.len());
            format!("{} ({})", track.name, pluralize(places, "place"))
        });
        let measures: Vec<String> = outcomes.into_iter().chain(tracks).collect();
        let _ = writeln!(text, "  measures: {}", measures.join(", "));
        let contrasts: Vec<&str> = experiment
            .design
            .contrasts
            .iter()
            .map(|c| c.name.as_str())
            .collect();
        let _ = writeln!(text, "  contrasts: {}", contrasts.join(", "));
        if let Some(drivers) = &experiment.design.drivers {
            let added = drivers.added.iter().map(|feature| match feature {
                AddedFeature::Query { text, .. } => text.as_str(),
                AddedFeature::Occurrences(motif) => motif.name.as_str(),
            });
            let added: Vec<&str> = added.collect();
            let _ = writeln!(
                text,
                "  drivers: {}",
                match added.is_empty() {
                    true => "of the backgrounds alone".to_string(),
                    false => added.join(", "),
                }
            );
        }
        for claim in &experiment.design.claims {
            let points = match claim.points.len() {
                1 => String::new(),
                n => format!("  ({n} grid points)"),
            };
            let _ = writeln!(text, "  expects: {}{points}", claim.text);
        }
        let points = experiment.points.len();
        let drivers = match self.passes_of_drivers(experiment) {
            0 => String::new(),
            passes => format!(", and {} for drivers", count(passes)),
        };
        let _ = writeln!(
            text,
            "  {points} grid point{} x {} arms = {} passes requested{drivers}",
            if points == 1 { "" } else { "s" },
            experiment.design.arms.len(),
            count(self.passes_of_arms(experiment))
        );
    }

    fn show_jobs(&self, text: &mut String) {
        let _ = writeln!(text, "\njobs");
        for job in &self.jobs {
            let population = &self.populations[job.population].population;
            let sequences: u64 = job.tasks.iter().map(Task::passes).sum();
            let amount = match self.models[job.model].passes_per_row() {
                1 => format!("{} passes", count(sequences)),
                each => format!("{} sequences of about {each} passes", count(sequences)),
            };
            let _ = writeln!(
                text,
                "  {}{} over {}: {} variants, {amount}",
                self.models[job.model].name,
                match job.strand {
                    Strand::Forward => "",
                    Strand::Reverse => " on the reverse strand",
                },
                population.describe(),
                job.tasks.len(),
            );
        }
    }
}

/// All values of a short axis; the number of values and both ends of a long one.
fn axis_text(axis: &Axis) -> String {
    let words: Vec<String> = axis.values.iter().map(ToString::to_string).collect();
    match words.as_slice() {
        [first, .., last] if words.len() > MAX_LISTED => {
            format!("{} values, {first} to {last}", words.len())
        }
        _ => words.join(", "),
    }
}
