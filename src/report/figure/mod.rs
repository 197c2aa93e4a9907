//! The figures of a study: what each experiment writes, its estimates with their intervals, sweeps with their bands, maps of
//! two axes, and how models do where the answers are known.
//!
//! Invariant: a figure shows no number that the study does not hold and no estimate without its uncertainty, and what it
//! shows is said in words beside it.

mod canvas;
mod design;
mod evaluation;
mod forest;
mod heat_map;
mod logo;
mod png;
mod select;
mod sweep;

use maud::{Markup, PreEscaped, html};

use gia_base::diag::{Code, Diagnostic, Outcome, visible};
use gia_study::{Evaluation, Experiment, Study};

pub use logo::{bases as logo_of_bases, motif as logo_of_motif};

/// One figure, as vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// A file's name without its ending: letters, digits, `-` and `_` alone.
    pub name: String,
    pub title: String,
    /// What there is to see, for those who do not.
    pub description: String,
    /// How to read it.
    pub caption: String,
    /// In pixels.
    pub size: (f64, f64),
    /// What stands inside of the `svg` element.
    body: String,
}

impl Figure {
    /// The figure inside of a page; `id` is its own there.
    pub fn inline(&self, id: &str) -> Markup {
        let (width, height) = self.size;
        let (units_wide, units_high) = canvas::units(self.size);
        html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {units_wide} {units_high}"))
                width=(width) height=(height) role="img" aria-labelledby=(format!("{id}-title {id}-desc")) {
                title id=(format!("{id}-title")) { (visible(&self.title)) }
                desc id=(format!("{id}-desc")) { (visible(&self.description)) }
                (PreEscaped(&self.body))
            }
        }
    }

    /// The figure as a file of its own, on white.
    pub fn svg(&self) -> String {
        let paper = "<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>";
        let whole = Figure {
            body: format!("{paper}\n{}", self.body),
            ..self.clone()
        };
        format!("{}\n", whole.inline("figure").into_string())
    }

    /// The figure as pixels, two to each of its own.
    ///
    /// # Errors
    /// [`Code::Write`] where it cannot be drawn.
    pub fn png(&self) -> Outcome<Vec<u8>> {
        png::of(&self.svg(), self.size)
    }
}

/// All figures of a study, each with a name of its own, in the order of the study.
///
/// # Errors
/// [`Code::Write`] where one cannot be drawn.
pub fn figures(study: &Study) -> Outcome<Vec<Figure>> {
    let mut all = Vec::new();
    for experiment in &study.experiments {
        let of_experiment = of_experiment(experiment)?;
        all.extend(of_experiment.design);
        all.extend(of_experiment.estimates);
    }
    for evaluation in &study.evaluations {
        all.extend(of_evaluation(evaluation)?);
    }
    let mut taken: Vec<String> = Vec::new();
    for figure in &mut all {
        let mut name = figure.name.clone();
        let mut number = 2;
        while taken.contains(&name) {
            name = format!("{}_{number}", figure.name);
            number += 1;
        }
        taken.push(name.clone());
        figure.name = name;
    }
    Ok(all)
}

/// The figures of an experiment.
pub struct ExperimentFigures {
    /// What it writes where.
    pub design: Option<Figure>,
    /// Its estimates: along an axis, over two, or one under the other.
    pub estimates: Vec<Figure>,
    /// Contrasts without a figure, since they are the same at every grid point, each with its mean.
    pub constants: Vec<(String, f64)>,
}

pub fn of_experiment(experiment: &Experiment) -> Outcome<ExperimentFigures> {
    let mut estimates = sweep::draw(experiment).map_err(refused)?;
    estimates.extend(heat_map::draw(experiment).map_err(refused)?);
    let constants = select::constants(experiment);
    if estimates.is_empty() && constants.is_empty() {
        estimates = forest::draw(experiment).map_err(refused)?;
    }
    Ok(ExperimentFigures {
        design: design::draw(experiment).map_err(refused)?,
        estimates,
        constants,
    })
}

pub fn of_evaluation(evaluation: &Evaluation) -> Outcome<Vec<Figure>> {
    evaluation::draw(evaluation).map_err(refused)
}

fn refused(error: canvas::Refused) -> Box<Diagnostic> {
    let message = format!("a figure cannot be drawn: {error}");
    Box::new(Diagnostic::error(Code::Write, message))
}

/// A part of a file's name: what is no letter, digit or `-` becomes `_`, and no name is long.
fn file_name(parts: &[&str]) -> String {
    let safe = |part: &&str| -> String {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let text: String = part.chars().map(plain).take(60).collect();
        match text.trim_matches('_') {
            "" => "figure".to_string(),
            text => text.to_string(),
        }
    };
    parts.iter().map(safe).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_of_files_are_safe() {
        assert_eq!(file_name(&["spacing", "effect"]), "spacing_effect");
        assert_eq!(file_name(&["../../etc", "net[\"PU.1\"]"]), "etc_net__PU_1");
        assert_eq!(file_name(&["", "é"]), "figure_figure");
    }
}
