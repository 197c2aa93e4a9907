//! The table of a map: a row for each base of each sequence.

use gia_study::{AttributionMap, MappedSequence};

use super::{origin, place};
use crate::{Cells, Column, TidyTable};

/// A row for each base of each sequence, in their order.
pub fn of_map(map: &AttributionMap, about: Vec<(String, String)>) -> TidyTable {
    let alpha = 1.0 - map.level;
    let column = |name: &str, cells: Cells| Column {
        name: name.to_string(),
        unit: None,
        cells,
    };
    let in_unit = |name: &str, cells: Cells| Column {
        unit: map.unit.clone(),
        ..column(name, cells)
    };
    let mut columns = vec![
        column(
            "sequence",
            Cells::Text(rows(map, |of, _| Some(of.sequence.name.clone()))),
        ),
        column("position", Cells::Whole(rows(map, |_, at| Some(at as i64)))),
        column(
            "chromosome",
            Cells::Text(rows(map, |of, _| Some(origin(of)?.chromosome.to_string()))),
        ),
        column(
            "start",
            Cells::Whole(rows(map, |of, at| Some(place(origin(of)?, at) as i64))),
        ),
        column(
            "letter",
            Cells::Text(rows(map, |of, at| {
                Some(char::from(*of.letters.as_bytes().get(at)?).to_string())
            })),
        ),
        in_unit(
            "contribution",
            Cells::Number(rows(map, |of, at| of.values.get(at).copied())),
        ),
        in_unit(
            "half_width",
            Cells::Number(rows(map, |of, at| of.half_widths.get(at).copied())),
        ),
        column(
            "p",
            Cells::Number(rows(map, |of, at| of.p.get(at).copied())),
        ),
        column(
            "significant",
            Cells::Truth(rows(map, |of, at| Some(*of.p.get(at)? <= alpha))),
        ),
    ];
    for (base, letter) in ["A", "C", "G", "T"].into_iter().enumerate() {
        let of_base = rows(map, |of, at| {
            let place = base * of.values.len() + at;
            of.hypothetical.get(place).copied()
        });
        columns.push(in_unit(
            &format!("hypothetical_{letter}"),
            Cells::Number(of_base),
        ));
    }
    TidyTable { columns, about }
}

fn rows<T>(
    map: &AttributionMap,
    cell: impl Fn(&MappedSequence, usize) -> Option<T>,
) -> Vec<Option<T>> {
    let sequences = map.sequences.iter();
    let cells = sequences.flat_map(|of| {
        (0..of.values.len())
            .map(|at| cell(of, at))
            .collect::<Vec<_>>()
    });
    cells.collect()
}
