//! Maps of contributions on a terminal: bars around the letters of each sequence, and the letters that contribute most.

use super::layout::{Column, Page};
use super::mutation_map::{Bars, draw, label};
use super::number::{
    align_on_point, count, harmonised_by_uncertainty, percent, probability, with_decimals,
};
use crate::letter_map::{farthest, letter_map, method_sentence, trust_sentence};
use gia_base::diag::replace_control;
use gia_study::{AttributionMap, MappedSequence, MutationMap};

/// Maximum number of sequences whose maps are drawn.
pub const MAX_SEQUENCES: usize = 4;
/// Number of letters in the table.
const LISTED: usize = 10;

pub fn show(page: &mut Page, map: &AttributionMap) {
    page.gap();
    page.title(&replace_control(&map.map));
    page.gap();
    page.note(&replace_control(&method_sentence(map)));
    for left_out in &map.left_out {
        page.paragraph(&format!("{}: {left_out}", left_out.path));
    }
    for of in map.sequences.iter().take(MAX_SEQUENCES) {
        let letters = letter_map(map, of);
        for importance in &letters.importance {
            let bars = Bars {
                heading: "contributions of the letters of",
                note: "Bars: what each letter contributes, above the letters where it raises the outcome.",
            };
            draw(page, &letters, importance, &bars);
        }
        table(page, map, of, &letters);
    }
    note_not_shown(page, map.sequences.len());
}

/// Says how many of so many maps are not drawn.
pub fn note_not_shown(page: &mut Page, all: usize) {
    let more = all.saturating_sub(MAX_SEQUENCES);
    if more > 0 {
        page.gap();
        page.note(&format!(
            "{} of {} maps are not shown; `--json` has all.",
            count(more),
            count(all)
        ));
    }
}

/// The letters that contribute most.
fn table(page: &mut Page, map: &AttributionMap, of: &MappedSequence, letters: &MutationMap) {
    let order = farthest(of, LISTED);
    let bases: Vec<char> = of.letters.chars().collect();
    let width = |index: usize| of.half_widths.get(index).copied();
    let wanted: Vec<(&str, f64, Option<f64>)> = order
        .iter()
        .map(|&index| ("", of.values[index], width(index)))
        .collect();
    let digits = harmonised_by_uncertainty(&wanted);
    let cells = |number: &dyn Fn(usize) -> f64| -> Vec<String> {
        let cells = order.iter().zip(&digits);
        cells
            .map(|(&index, digits)| with_decimals(number(index), *digits))
            .collect()
    };
    let heading = match &letters.origin {
        Some(origin) => format!("{}, from 1", origin.chromosome.as_str()),
        None => "position (bp)".to_string(),
    };
    let positions = order.iter().map(|&index| label(letters, index)).collect();
    let there = order.iter().map(|&index| bases[index].to_string());
    let mut columns = vec![
        Column::numbers(&replace_control(&heading), positions),
        Column::text("letter", there.collect()),
        Column::numbers("contribution", align_on_point(&cells(&|i| of.values[i]))),
    ];
    if !of.half_widths.is_empty() {
        let low = cells(&|i| of.values[i] - of.half_widths[i]);
        let high = cells(&|i| of.values[i] + of.half_widths[i]);
        let ends = low.iter().zip(&high);
        let ends = ends.map(|(low, high)| format!("[{low}, {high}]"));
        let heading = format!("{} interval", percent(map.level));
        columns.push(Column::numbers(&heading, ends.collect()));
    }
    if !of.p.is_empty() {
        let p = order.iter().map(|&index| probability(of.p[index]));
        columns.push(Column::numbers("p", p.collect()));
    }
    page.gap();
    page.table(&columns, &[]);
    page.gap();
    page.note(&format!(
        "The {} largest of {} contributions; their sum is {}. {}",
        count(order.len()),
        count(of.values.len()),
        super::number::four_digits(of.values.iter().sum()),
        trust_sentence(map, of)
    ));
}
