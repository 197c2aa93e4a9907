//! Figures of contributions: a logo for each sequence, with intervals over references.

use super::canvas::DrawingError;
use super::mutation_map::{Drawing, MapLayout, Words};
use super::{Figure, file_name};
use crate::display::with_unit;
use crate::letter_map::{letter_map, trust_sentence};
use gia_study::AttributionMap;

/// Maximum number of sequences whose maps are drawn.
pub const MAX_SEQUENCES: usize = 50;

/// One figure for each of the first sequences.
pub fn draw(map: &AttributionMap, layout: MapLayout) -> Result<Vec<Figure>, DrawingError> {
    let mut figures = Vec::new();
    for of in map.sequences.iter().take(MAX_SEQUENCES) {
        let letters = letter_map(map, of);
        let outcome = with_unit(&map.outcome, &map.unit);
        let alpha = 1.0 - map.level;
        let marked = (0..of.values.len()).map(|at| of.is_significant(at, alpha));
        let mut caption = format!("What each letter contributes. {}", trust_sentence(map, of));
        if !of.half_widths.is_empty() {
            caption += " A line is the interval of a letter.";
        }
        if !of.p.is_empty() {
            caption += " A dot above marks a significant letter.";
        }
        let words = Words {
            heading: format!("{}: {outcome}", of.sequence.name),
            file: file_name(&[&map.map, &of.sequence.name, "contributions"]),
            axis: "contribution",
            caption,
            extremes: "The largest contributions",
        };
        for importance in &letters.importance {
            let drawing = Drawing::new(&letters, importance, layout, &of.half_widths);
            let Some(drawing) = drawing else { continue };
            figures.push(drawing.marked(marked.clone().collect()).figure(&words)?);
        }
    }
    Ok(figures)
}
