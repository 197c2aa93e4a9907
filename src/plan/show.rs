//! A plan in words: what is predicted, how often, and how much sharing saves.

use std::fmt::Write;

use super::{By, Evaluation, Experiment, Plan, Task};
use gia_base::diag::count;
use gia_design::Axis;
use gia_domain::Strand;

/// Maximum number of axis values, and of kinds of background, that are listed one by one.
const MOST_LISTED: usize = 6;

impl Plan {
    /// Forward passes if every arm of every grid point were predicted separately.
    pub fn passes_asked(&self) -> u64 {
        let experiments = self.experiments.iter().map(|e| self.passes_of(e));
        let evaluations = self.evaluations.iter().map(|e| self.passes_to_evaluate(e));
        experiments.chain(evaluations).sum()
    }

    /// Forward passes that the plan takes.
    pub fn passes(&self) -> u64 {
        self.jobs
            .iter()
            .flat_map(|job| &job.tasks)
            .map(|task| task.passes())
            .sum()
    }

    fn passes_to_evaluate(&self, evaluation: &Evaluation) -> u64 {
        let mut models: Vec<(usize, Strand)> = Vec::new();
        evaluation.query.leaves(&mut |reading| {
            let of = &self.readings[reading];
            if !models.contains(&(of.model, of.strand)) {
                models.push((of.model, of.strand));
            }
        });
        let sequences: usize = evaluation.sets.iter().map(|(_, n)| n).sum();
        (models.len() * sequences) as u64
    }

    fn passes_of(&self, experiment: &Experiment) -> u64 {
        experiment
            .points
            .iter()
            .map(|point| {
                let mut models: Vec<(usize, Strand)> = Vec::new();
                for outcome in point.outcomes.iter() {
                    outcome.leaves(&mut |reading| {
                        let of = &self.readings[reading];
                        if !models.contains(&(of.model, of.strand)) {
                            models.push((of.model, of.strand));
                        }
                    });
                }
                (models.len() * point.arms.len() * point.count) as u64
            })
            .sum()
    }

    /// The plan as `gia plan` prints it.
    pub fn show(&self) -> String {
        let mut text = String::new();
        self.show_models(&mut text);
        for experiment in &self.experiments {
            self.show_experiment(experiment, &mut text);
        }
        for evaluation in &self.evaluations {
            let sizes = evaluation.sets.iter();
            let sizes: Vec<String> = sizes.map(|(_, n)| count(n)).collect();
            let _ = writeln!(
                text,
                "\nshows {} on {} sequences",
                evaluation.of.text,
                sizes.join(" and ")
            );
        }
        self.show_jobs(&mut text);
        for selection in &self.selections {
            let of = self.populations[selection.population].population.describe();
            let backgrounds = count(selection.count);
            let passes = match selection.by {
                By::Between { .. } => "how many are looked at, the run tells".to_string(),
                By::Walk { steps } => {
                    let asked = selection.count * (steps + 1) * selection.jobs.len();
                    format!("{} passes", count(asked))
                }
            };
            let _ = writeln!(
                text,
                "  first: {backgrounds} of ({of}) {}; {passes}",
                selection.words
            );
        }
        self.show_passes(&mut text);
        text
    }

    /// Passes asked for, saved by sharing, and planned.
    fn show_passes(&self, text: &mut String) {
        let (asked, alone, made) = (self.passes_asked(), self.passes_alone(), self.passes());
        let _ = writeln!(text, "\nforward passes");
        let mut line = |what: &str, passes: u64, why: &str| {
            let why = if why.is_empty() {
                String::new()
            } else {
                format!("  {why}")
            };
            let _ = writeln!(text, "  {what:<9}  {:>12}{why}", count(passes));
        };
        line("asked for", asked, "");
        if asked > alone {
            let why = "within an experiment: the same edits of the same backgrounds, at other grid points or in other arms";
            line("repeated", asked - alone, why);
        }
        if alone > made {
            let why = "between experiments: the same edits of the same backgrounds";
            line("shared", alone - made, why);
        }
        let open = self.experiments.iter().any(|e| e.design.stopping.is_some());
        line("planned", made, if open { "at most" } else { "" });
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
                "  {}  {}  {length} in, {} out",
                model.name,
                model.source,
                declaration.columns()
            );
        }
    }

    fn show_experiment(&self, experiment: &Experiment, text: &mut String) {
        let _ = writeln!(text, "\nexperiment {}", experiment.design.name);
        for axis in &experiment.design.axes {
            let _ = writeln!(text, "  vary {}: {}", axis.name, axis_words(axis));
        }
        let mut backgrounds: Vec<(usize, usize)> = Vec::new();
        for point in &experiment.points {
            if !backgrounds.contains(&(point.count, point.population)) {
                backgrounds.push((point.count, point.population));
            }
        }
        for (i, (number, population)) in backgrounds.iter().enumerate() {
            if i == MOST_LISTED {
                let _ = writeln!(text, "    and {} others", backgrounds.len() - MOST_LISTED);
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
        for intake in &experiment.intakes {
            let _ = writeln!(
                text,
                "  left out of {}: {}",
                intake.path.display(),
                intake.excluded.words()
            );
        }
        if let Some(stopping) = &experiment.design.stopping {
            let first = stopping.look_after(0);
            let _ = writeln!(
                text,
                "  until {}: at most so many, looked at from {} on",
                stopping.text,
                count(first)
            );
        }
        let _ = writeln!(text, "  arms: {}", experiment.design.arms.join(", "));
        let outcomes: Vec<&str> = experiment
            .design
            .outcomes
            .iter()
            .map(|o| o.name.as_str())
            .collect();
        let _ = writeln!(text, "  measures: {}", outcomes.join(", "));
        let contrasts: Vec<&str> = experiment
            .design
            .contrasts
            .iter()
            .map(|c| c.name.as_str())
            .collect();
        let _ = writeln!(text, "  contrasts: {}", contrasts.join(", "));
        for claim in &experiment.design.claims {
            let points = match claim.points.len() {
                1 => String::new(),
                n => format!("  ({n} grid points)"),
            };
            let _ = writeln!(text, "  expects: {}{points}", claim.text);
        }
        let points = experiment.points.len();
        let _ = writeln!(
            text,
            "  {points} grid point{} x {} arms = {} passes asked for",
            if points == 1 { "" } else { "s" },
            experiment.design.arms.len(),
            count(self.passes_of(experiment))
        );
    }

    fn show_jobs(&self, text: &mut String) {
        let _ = writeln!(text, "\njobs");
        for job in &self.jobs {
            let population = &self.populations[job.population].population;
            let passes: u64 = job.tasks.iter().map(Task::passes).sum();
            let _ = writeln!(
                text,
                "  {}{} over {}: {} variants, {} passes",
                self.models[job.model].name,
                match job.strand {
                    Strand::Forward => "",
                    Strand::Reverse => " on the other strand",
                },
                population.describe(),
                job.tasks.len(),
                count(passes)
            );
        }
    }
}

/// All values of a short axis, the ends of a long one.
fn axis_words(axis: &Axis) -> String {
    let words: Vec<String> = axis.values.iter().map(ToString::to_string).collect();
    match words.as_slice() {
        [first, .., last] if words.len() > MOST_LISTED => {
            format!("{} values, {first} to {last}", words.len())
        }
        _ => words.join(", "),
    }
}
