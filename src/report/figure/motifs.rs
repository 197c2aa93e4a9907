//! Motifs that were discovered from contributions: the probabilities of their bases beside the contributions (PFM and CWM).

use super::canvas::{
    Area, DrawingError, FOREGROUND_COLOUR, MUTED_COLOUR, Side, TEXT_HEIGHT_PX, draw_svg, fit_text,
    tick_label, write_text,
};
use super::logo::{
    contribution_range, draw_contributions, draw_information, drawable_contributions,
};
use super::{Figure, file_name};
use crate::number::{count, four_digits};
use gia_base::diag::{pluralize, replace_control};
use gia_study::{Experiment, MotifRecord};

/// Maximum number of motifs of a figure; the caption counts the rest.
const MAX_MOTIFS: usize = 24;
/// Maximum number of positions of a motif that are drawn; the name says that there are more.
const MAX_COLUMNS: usize = 60;
const LETTER_WIDTH: f64 = 13.0;
const LOGO_HEIGHT: f64 = 52.0;
/// Height of a motif with its name above.
const ROW_HEIGHT: f64 = 86.0;
const TOP: f64 = 26.0;
const MARGIN: f64 = 12.0;
/// Width of the scale left of a logo.
const SCALE_WIDTH: f64 = 52.0;
const MIN_LOGO_WIDTH: f64 = 130.0;

/// The figure of an experiment's discovered motifs; none if it embeds none.
pub fn draw(experiment: &Experiment) -> Result<Option<Figure>, DrawingError> {
    let discovered = || {
        let motifs = experiment.motifs.iter();
        motifs.filter_map(|motif| Some((motif, drawable_contributions(motif)?)))
    };
    let shown: Vec<(&MotifRecord, &[[f64; 4]])> = discovered().take(MAX_MOTIFS).collect();
    let widest = shown.iter().map(|(_, columns)| columns.len()).max();
    let Some(widest) = widest else {
        return Ok(None);
    };
    let logo = (widest.min(MAX_COLUMNS) as f64 * LETTER_WIDTH).max(MIN_LOGO_WIDTH);
    let lefts = [MARGIN + SCALE_WIDTH, 2.0 * (MARGIN + SCALE_WIDTH) + logo];
    let size = (
        lefts[1] + logo + MARGIN,
        TOP + ROW_HEIGHT * shown.len() as f64,
    );
    let body = draw_svg(size, |area| {
        for (left, title) in lefts
            .into_iter()
            .zip(["information (bits)", "contributions"])
        {
            let at = (left, TOP / 2.0);
            write_text(area, title, at, Side::Left, TEXT_HEIGHT_PX, &MUTED_COLOUR)?;
        }
        for (row, (motif, contributions)) in shown.iter().enumerate() {
            let top = TOP + ROW_HEIGHT * row as f64;
            let called = fit_text(&called(motif), TEXT_HEIGHT_PX, size.0 - 2.0 * MARGIN);
            let at = (MARGIN, top + 9.0);
            write_text(
                area,
                &called,
                at,
                Side::Left,
                TEXT_HEIGHT_PX,
                &FOREGROUND_COLOUR,
            )?;
            draw_motif(area, motif, contributions, lefts, top + 22.0)?;
        }
        Ok(())
    })?;
    let more = discovered().count() - shown.len();
    Ok(Some(Figure {
        name: file_name(&[&experiment.name, "motifs"]),
        title: format!("{}: motifs", experiment.name),
        description: text_alternative(&shown),
        caption: caption(more),
        size,
        body,
    }))
}

fn draw_motif(
    area: &Area,
    motif: &MotifRecord,
    contributions: &[[f64; 4]],
    lefts: [f64; 2],
    top: f64,
) -> Result<(), DrawingError> {
    let shown = contributions.len().min(MAX_COLUMNS);
    let size = (shown as f64 * LETTER_WIDTH, LOGO_HEIGHT);
    let rna = motif.alphabet == "RNA";
    let scale = |text: &str, left: f64, y: f64| {
        let at = (left - 6.0, y);
        write_text(area, text, at, Side::Right, 10.5, &MUTED_COLOUR)
    };
    scale("2", lefts[0], top + 5.0)?;
    scale("0", lefts[0], top + LOGO_HEIGHT - 5.0)?;
    let columns = &motif.columns[..shown.min(motif.columns.len())];
    draw_information(area, columns, rna, (lefts[0], top), size)?;
    let columns = &contributions[..shown];
    let range = contribution_range(columns);
    if range.start < range.end {
        let zero = top + LOGO_HEIGHT * range.end / (range.end - range.start);
        let ends = [
            (range.end, top + 5.0),
            (range.start, top + LOGO_HEIGHT - 5.0),
        ];
        for (x, y) in ends {
            if x != 0.0 && (y - zero).abs() >= TEXT_HEIGHT_PX {
                scale(&tick_label(x, &range), lefts[1], y)?;
            }
        }
        scale(
            "0",
            lefts[1],
            zero.clamp(top + 5.0, top + LOGO_HEIGHT - 5.0),
        )?;
        draw_contributions(area, columns, &range, rna, (lefts[1], top), size)?;
    }
    Ok(())
}

/// Its name, with what is not drawn of it and the number of its seqlets.
fn called(motif: &MotifRecord) -> String {
    let mut text = replace_control(&motif.motif);
    if let Some(seqlets) = motif.seqlets {
        text += &format!(", {} seqlets", count(seqlets));
    }
    if motif.columns.len() > MAX_COLUMNS {
        let all = pluralize(motif.columns.len(), "position");
        text += &format!(", the first {MAX_COLUMNS} of {all}");
    }
    text
}

fn caption(more: usize) -> String {
    let more = match more {
        0 => String::new(),
        more => format!(" {} more are not drawn.", count(more)),
    };
    format!(
        "Left, the information of each position, divided among the bases by their probability (PFM). Right, the mean contribution of each base at its position (CWM); what is negative hangs from the line, upside down.{more}"
    )
}

fn text_alternative(shown: &[(&MotifRecord, &[[f64; 4]])]) -> String {
    let said = shown.iter().map(|(motif, contributions)| {
        let letters = match motif.alphabet.as_str() {
            "RNA" => ['A', 'C', 'G', 'U'],
            _ => ['A', 'C', 'G', 'T'],
        };
        let cells = contributions.iter().enumerate().flat_map(|(i, column)| {
            column
                .iter()
                .zip(letters)
                .map(move |(x, letter)| (i, letter, *x))
        });
        let strongest = cells.max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()));
        let strongest = strongest.map_or(String::new(), |(i, letter, x)| {
            format!(", {letter} at position {} with {}", i + 1, four_digits(x))
        });
        format!("{}{strongest}", replace_control(&motif.motif))
    });
    format!(
        "The largest contribution of each motif: {}.",
        said.collect::<Vec<_>>().join("; ")
    )
}
