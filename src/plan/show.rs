//! A plan in words: what will be predicted, how often, and what was saved.

use std::fmt::Write;

use super::{By, Evaluation, Experiment, Plan, Task};
use crate::check::hir::Axis;
use crate::domain::Strand;

/// Values of one axis, and kinds of background, that are listed one by one.
const MOST_LISTED: usize = 6;
/// Bytes of answers from which they are worth a line.
const SHOWN_FROM: u64 = 64 << 20;

impl Plan {
    /// Forward passes if every arm of every grid point were predicted for itself.
    pub fn passes_asked(&self) -> u64 {
        let experiments = self.experiments.iter().map(|e| self.passes_of(e));
        let evaluations = self.evaluations.iter().map(|e| self.passes_to_evaluate(e));
        experiments.chain(evaluations).sum()
    }

    /// Forward passes that the plan makes.
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
                for outcome in &point.outcomes {
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
            let sizes: Vec<String> = sizes.map(|(_, n)| thousands(*n as u64)).collect();
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
            let count = thousands(selection.count as u64);
            let passes = match selection.by {
                By::Between { .. } => "how many are looked at, the run tells".to_string(),
                By::Walk { steps } => {
                    let asked = selection.count * (steps + 1) * selection.jobs.len();
                    format!("{} passes", thousands(asked as u64))
                }
            };
            let _ = writeln!(
                text,
                "  first: {count} of ({of}) {}; {passes}",
                selection.words
            );
        }
        let (asked, made) = (self.passes_asked(), self.passes());
        let _ = writeln!(text, "\nforward passes");
        let _ = writeln!(text, "  asked for  {:>12}", thousands(asked));
        let saved = asked.saturating_sub(made);
        let why = if saved > 0 {
            "  equal sequences of equal backgrounds are predicted once"
        } else {
            ""
        };
        let open = self.experiments.iter().any(|e| e.stopping.is_some());
        let most = if open { ", at most" } else { "" };
        let _ = writeln!(text, "  planned    {:>12}{most}{why}", thousands(made));
        let kept = self.kept();
        if kept >= SHOWN_FROM {
            let megabytes = kept.div_ceil(1 << 20);
            let _ = writeln!(
                text,
                "\nnumbers kept {} MB{most}; `gia run --part` cuts a run into pieces",
                thousands(megabytes)
            );
        }
        text
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
        let _ = writeln!(text, "\nexperiment {}", experiment.name);
        for axis in &experiment.axes {
            let _ = writeln!(text, "  vary {}: {}", axis.name, axis_words(axis));
        }
        let mut backgrounds: Vec<(usize, usize)> = Vec::new();
        for point in &experiment.points {
            if !backgrounds.contains(&(point.count, point.population)) {
                backgrounds.push((point.count, point.population));
            }
        }
        for (i, (count, population)) in backgrounds.iter().enumerate() {
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
            let _ = writeln!(text, "{lead} {} x {population}", thousands(*count as u64));
        }
        if let Some(stopping) = &experiment.stopping {
            let first = stopping.look_after(0);
            let _ = writeln!(
                text,
                "  until {}: at most so many, looked at from {} on",
                stopping.text,
                thousands(first as u64)
            );
        }
        let _ = writeln!(text, "  arms: {}", experiment.arms.join(", "));
        let outcomes: Vec<&str> = experiment
            .outcomes
            .iter()
            .map(|o| o.name.as_str())
            .collect();
        let _ = writeln!(text, "  measures: {}", outcomes.join(", "));
        let contrasts: Vec<&str> = experiment
            .contrasts
            .iter()
            .map(|c| c.name.as_str())
            .collect();
        let _ = writeln!(text, "  contrasts: {}", contrasts.join(", "));
        for claim in &experiment.claims {
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
            experiment.arms.len(),
            thousands(self.passes_of(experiment))
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
                thousands(passes)
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

/// `1234567` as `1,234,567`.
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
