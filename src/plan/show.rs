//! A plan in words: what will be predicted, how often, and what was saved.

use std::fmt::Write;

use super::{Experiment, Plan};

impl Plan {
    /// Forward passes if every arm of every grid point were predicted for itself.
    pub fn passes_asked(&self) -> u64 {
        self.experiments.iter().map(|e| self.passes_of(e)).sum()
    }

    /// Forward passes that the plan makes.
    pub fn passes(&self) -> u64 {
        self.jobs
            .iter()
            .flat_map(|job| &job.tasks)
            .map(|task| task.count as u64)
            .sum()
    }

    fn passes_of(&self, experiment: &Experiment) -> u64 {
        experiment
            .points
            .iter()
            .map(|point| {
                let mut models: Vec<usize> = Vec::new();
                for outcome in &point.outcomes {
                    outcome.leaves(&mut |read| {
                        if !models.contains(&read.model) {
                            models.push(read.model);
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
        self.show_jobs(&mut text);
        let (asked, made) = (self.passes_asked(), self.passes());
        let _ = writeln!(text, "\nforward passes");
        let _ = writeln!(text, "  asked for  {:>12}", thousands(asked));
        let saved = asked.saturating_sub(made);
        let why = if saved > 0 {
            "  equal sequences of equal backgrounds are predicted once"
        } else {
            ""
        };
        let _ = writeln!(text, "  planned    {:>12}{why}", thousands(made));
        text
    }

    fn show_models(&self, text: &mut String) {
        let _ = writeln!(text, "models");
        for model in &self.models {
            let declaration = &model.declaration;
            let _ = writeln!(
                text,
                "  {}  {}  {} bp in, {} out",
                model.name,
                model.written,
                declaration.length,
                declaration.columns()
            );
        }
    }

    fn show_experiment(&self, experiment: &Experiment, text: &mut String) {
        let _ = writeln!(text, "\nexperiment {}", experiment.name);
        for axis in &experiment.axes {
            let first = axis
                .values
                .first()
                .map(ToString::to_string)
                .unwrap_or_default();
            let last = axis
                .values
                .last()
                .map(ToString::to_string)
                .unwrap_or_default();
            let _ = writeln!(
                text,
                "  vary {}: {} values, {first} to {last}",
                axis.name,
                axis.values.len()
            );
        }
        if let Some(point) = experiment.points.first() {
            let population = &self.populations[point.population].population;
            let _ = writeln!(
                text,
                "  backgrounds: {} x {}",
                thousands(point.count as u64),
                population.describe()
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
        let _ = writeln!(
            text,
            "  {} grid points x {} arms = {} passes asked for",
            experiment.points.len(),
            experiment.arms.len(),
            thousands(self.passes_of(experiment))
        );
    }

    fn show_jobs(&self, text: &mut String) {
        let _ = writeln!(text, "\njobs");
        for job in &self.jobs {
            let population = &self.populations[job.population].population;
            let passes: u64 = job.tasks.iter().map(|task| task.count as u64).sum();
            let _ = writeln!(
                text,
                "  {} over {}: {} variants, {} passes",
                self.models[job.model].name,
                population.describe(),
                job.tasks.len(),
                thousands(passes)
            );
        }
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
