//! Lists of motifs as tables: a row for each motif, or for each cluster of motifs.

use gia_base::diag::{Style, replace_control, wrapping};
use gia_check::{Description, DescriptionTopic};
use gia_domain::Motif;

/// Minimum number of columns of a consensus that is cut off.
const MIN_CONSENSUS_COLUMNS: usize = 8;
/// Maximum number of columns of a name; longer ones are cut off.
const MAX_NAME_COLUMNS: usize = 32;

/// Name, width, information and consensus of motifs, in aligned columns; none if an item of the list is another value.
pub fn motifs(items: &[Description], style: Style) -> Option<String> {
    let motifs: Vec<&Motif> = items.iter().map(motif).collect::<Option<_>>()?;
    let rows: Vec<[String; 4]> = motifs
        .iter()
        .map(|motif| {
            [
                cut_off(&replace_control(&motif.name), MAX_NAME_COLUMNS),
                motif.width().to_string(),
                format!("{:.1}", motif.information()),
                motif.consensus_text(),
            ]
        })
        .collect();
    let heading = ["motif", "bp", "bits", "consensus"].map(str::to_string);
    let columns = |i: usize| {
        let cells = std::iter::once(&heading).chain(&rows).map(|row| &row[i]);
        cells.map(|cell| textwrap::core::display_width(cell)).max()
    };
    let [names, widths, bits] = [0, 1, 2].map(|i| columns(i).unwrap_or(0));
    let room = style.width.saturating_sub(names + widths + bits + 8);
    let room = room.max(MIN_CONSENSUS_COLUMNS);
    let line = |row: &[String; 4]| {
        let [name, width, information, consensus] = row;
        let blanks = " ".repeat(names.saturating_sub(textwrap::core::display_width(name)));
        let consensus = cut_off(consensus, room);
        format!("  {name}{blanks}  {width:>widths$}  {information:>bits$}  {consensus}\n")
    };
    let body: String = rows.iter().map(line).collect();
    Some(line(&heading) + &body)
}

/// Clusters of motifs, one a line: the number of motifs and their names, the representative first; none if an item of the list is
/// another value.
pub fn clusters(items: &[Description], style: Style) -> Option<String> {
    let mut text = String::new();
    for item in items {
        let DescriptionTopic::List { count, first } = &item.what else {
            return None;
        };
        let names: Vec<String> = first
            .iter()
            .map(|item| Some(replace_control(&motif(item)?.name)))
            .collect::<Option<_>>()?;
        let more = match count.saturating_sub(names.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let label = format!("  {count:>3}  ");
        let indent = " ".repeat(label.len());
        let options = wrapping(style.width.max(30))
            .initial_indent(&label)
            .subsequent_indent(&indent);
        text += &textwrap::fill(&(names.join(", ") + &more), options);
        text.push('\n');
    }
    (!items.is_empty()).then_some(text)
}

fn motif(item: &Description) -> Option<&Motif> {
    match &item.what {
        DescriptionTopic::Motif(motif) => Some(motif),
        _ => None,
    }
}

/// A text of at most so many characters, with `...` at the end of a longer one.
fn cut_off(text: &str, room: usize) -> String {
    match text.chars().count() <= room {
        true => text.to_string(),
        false => {
            let kept: String = text.chars().take(room.saturating_sub(3)).collect();
            kept + "..."
        }
    }
}
