//! Contributions to each place of a track on a terminal: a map of places by positions for each sequence.

use super::attribution_map::{MAX_SEQUENCES, note_not_shown};
use super::layout::Page;
use super::map;
use crate::track_grid::influence_grid;
use gia_base::diag::replace_control;
use gia_study::{InfluenceMap, Row};

pub fn show(page: &mut Page, map: &InfluenceMap) {
    page.gap();
    page.title(&replace_control(&map.map));
    page.gap();
    page.note(&replace_control(&format!("{}.", map.method)));
    for left_out in &map.left_out {
        page.paragraph(&format!("{}: {left_out}", left_out.path));
    }
    for of in map.sequences.iter().take(MAX_SEQUENCES) {
        let grid = influence_grid(map, of);
        page.gap();
        page.line(&format!(
            "  {}",
            page.style.bold(&replace_control(&of.sequence.name))
        ));
        for (_, rows) in &grid.contrasts {
            let rows: Vec<&Row> = rows.iter().collect();
            map::draw(page, &grid.down, &grid.across, &rows);
        }
    }
    note_not_shown(page, map.sequences.len());
}
