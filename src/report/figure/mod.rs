//! Figures of a study: layouts of experiments, discovered motifs, estimates with their intervals, sweeps and tracks with their bands, heat maps over two
//! axes, means by tenths of what drives an effect, and the performance of models where the answers are known.
//!
//! Invariant: a figure shows no number that the study does not hold, and no estimate without its uncertainty. What it shows
//! is also said in words beside it.

mod attribution_map;
mod canvas;
mod curves;
mod design;
mod drivers;
mod evaluation;
mod forest;
mod heat_map;
mod logo;
mod motifs;
mod mutation_columns;
mod mutation_map;
mod png;
mod select;
mod sweep;
mod tracks;

use maud::{Markup, PreEscaped, html};

use crate::mapped_rows::without_mapped_rows;
use crate::track_grid::{influence_grid, track_grids};
use gia_base::diag::{Code, Diagnostic, Outcome, replace_control};
use gia_study::{AttributionMap, Evaluation, Experiment, InfluenceMap, Study};

/// Maximum number of sequences whose maps over a track are drawn.
const MAX_INFLUENCE_MAPS: usize = 12;

pub use logo::{
    contribution_logo as logo_of_contributions, motif_logo as logo_of_motif,
    sequence_logo as logo_of_bases,
};
pub use mutation_map::MapLayout;

/// Width in pixels up to which a page makes a figure as wide as itself; a wider one scrolls.
const MAX_SCALED_WIDTH: f64 = 1000.0;

/// A figure as vector graphics.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// File name without extension: ASCII letters, digits, `-` and `_` only.
    pub name: String,
    /// Title, shown above the figure and read by screen readers.
    pub title: String,
    /// Text alternative for readers who cannot see the figure.
    pub description: String,
    /// How to read the figure.
    pub caption: String,
    /// Width and height in pixels.
    pub size: (f64, f64),
    /// Content of the `svg` element.
    body: String,
}

impl Figure {
    /// The figure as an element of a page; `id` must be unique there.
    pub fn inline(&self, id: &str) -> Markup {
        let (width, height) = self.size;
        let (units_wide, units_high) = canvas::units(self.size);
        // In a window that scrolls, rather than made smaller.
        let is_wide = width > MAX_SCALED_WIDTH;
        html! {
            svg.wide[is_wide] xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {units_wide} {units_high}"))
                width=(width) height=(height) role="img" aria-labelledby=(format!("{id}-title {id}-desc")) {
                title id=(format!("{id}-title")) { (replace_control(&self.title)) }
                desc id=(format!("{id}-desc")) { (replace_control(&self.description)) }
                (PreEscaped(&self.body))
            }
        }
    }

    /// The figure as an SVG file on a white background.
    pub fn svg(&self) -> String {
        let paper = "<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>";
        let whole = Figure {
            body: format!("{paper}\n{}", self.body),
            ..self.clone()
        };
        format!("{}\n", whole.inline("figure").into_string())
    }

    /// The figure as a PNG file, at twice its size in pixels.
    ///
    /// # Errors
    /// [`Code::WriteFailed`] if it cannot be drawn.
    pub fn png(&self) -> Outcome<Vec<u8>> {
        png::rasterise(&self.svg(), self.size)
    }
}

/// All figures of a study in its order, each with a unique name.
///
/// # Errors
/// [`Code::WriteFailed`] if a figure cannot be drawn.
pub fn figures(study: &Study) -> Outcome<Vec<Figure>> {
    let mut all = Vec::new();
    for experiment in &study.experiments {
        let of_experiment = of_experiment(experiment, MapLayout::Wrapped)?;
        all.extend(of_experiment.design);
        // A page has them beside the design.
        all.extend(motifs::draw(experiment).map_err(refused)?);
        all.extend(of_experiment.estimates);
        all.extend(of_experiment.drivers.into_iter().flatten());
    }
    for evaluation in &study.evaluations {
        all.extend(of_evaluation(evaluation)?);
    }
    for map in &study.maps {
        all.extend(of_map(map, MapLayout::Wrapped)?);
    }
    for map in &study.influence_maps {
        all.extend(of_influence(map)?);
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
    /// Layout of its arms.
    pub design: Option<Figure>,
    /// Its estimates: along an axis, over two axes, or as a forest plot.
    pub estimates: Vec<Figure>,
    /// Contrasts without a figure, because they are equal at every grid point, each with its mean.
    pub constants: Vec<(String, f64)>,
    /// For each regression of `report drivers` that is shown, its means by tenths; none for one without.
    pub drivers: Vec<Option<Figure>>,
}

pub fn of_experiment(experiment: &Experiment, layout: MapLayout) -> Outcome<ExperimentFigures> {
    let mut estimates = mutation_map::draw(experiment, layout).map_err(refused)?;
    let others = without_mapped_rows(experiment);
    let experiment = &*others;
    estimates.extend(sweep::draw(experiment).map_err(refused)?);
    estimates.extend(heat_map::draw(experiment).map_err(refused)?);
    let constants = select::constant_contrasts(experiment);
    if estimates.is_empty() && constants.is_empty() {
        estimates = forest::draw(experiment).map_err(refused)?;
    }
    let grids = track_grids(experiment);
    estimates.extend(heat_map::draw_tracks(&experiment.name, &grids).map_err(refused)?);
    estimates.extend(tracks::draw(experiment).map_err(refused)?);
    Ok(ExperimentFigures {
        // Of single letters, one by one, there is nothing more to draw.
        design: match experiment.mutation_map {
            Some(_) => None,
            None => design::draw(experiment).map_err(refused)?,
        },
        estimates,
        constants,
        drivers: drivers::draw(experiment).map_err(refused)?,
    })
}

/// A map of each of the first sequences.
pub fn of_influence(map: &InfluenceMap) -> Outcome<Vec<Figure>> {
    let mut figures = Vec::new();
    for of in map.sequences.iter().take(MAX_INFLUENCE_MAPS) {
        let grid = influence_grid(map, of);
        figures.extend(heat_map::draw_tracks(&of.sequence.name, &[grid]).map_err(refused)?);
    }
    Ok(figures)
}

pub fn of_evaluation(evaluation: &Evaluation) -> Outcome<Vec<Figure>> {
    let mut figures = evaluation::draw(evaluation).map_err(refused)?;
    figures.extend(tracks::draw_predicted(evaluation).map_err(refused)?);
    Ok(figures)
}

/// The figures of a map of contributions, one for each of its first sequences.
pub fn of_map(map: &AttributionMap, layout: MapLayout) -> Outcome<Vec<Figure>> {
    attribution_map::draw(map, layout).map_err(refused)
}

fn refused(error: canvas::DrawingError) -> Box<Diagnostic> {
    let message = format!("a figure cannot be drawn: {error}");
    Box::new(Diagnostic::error(Code::WriteFailed, message))
}

/// A file name without extension: characters other than ASCII letters, digits and `-` become `_`, and long parts are cut.
pub(crate) fn file_name(parts: &[&str]) -> String {
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
