//! Lists of motifs as tables: a row for each motif, or for each cluster of motifs.

use gia_base::diag::{Style, count, replace_control, wrapping};
use gia_check::{Description, DescriptionTopic};
use gia_domain::Motif;

/// Minimum number of columns of a consensus that is cut off.
const MIN_CONSENSUS_COLUMNS: usize = 8;
/// Maximum number of columns of a name; longer ones are cut off.
const MAX_NAME_COLUMNS: usize = 32;

/// Name, width, information, number of seqlets (of discovered ones) and consensus of motifs, in aligned columns; none if an item of the
/// list is another value.
pub fn motifs(items: &[Description], style: Style) -> Option<String> {
    let motifs: Vec<&Motif> = items.iter().map(motif).collect::<Option<_>>()?;
    let seqlets = |motif: &Motif| motif.discovery.as_ref().and_then(|of| of.seqlets);
    let with_seqlets = motifs.iter().any(|motif| seqlets(motif).is_some());
    let heading = ["motif", "bp", "bits", "seqlets", "consensus"].map(str::to_string);
    let rows = motifs.iter().map(|motif| {
        [
            cut_off(&replace_control(&motif.name), MAX_NAME_COLUMNS),
            motif.width().to_string(),
            format!("{:.1}", motif.information()),
            seqlets(motif).map_or(String::new(), count),
            motif.consensus_text(),
        ]
    });
    let rows: Vec<[String; 5]> = std::iter::once(heading).chain(rows).collect();
    let columns = |i: usize| {
        let cells = rows
            .iter()
            .map(|row| textwrap::core::display_width(&row[i]));
        cells.max().unwrap_or(0)
    };
    let names = columns(0);
    let numbers: Vec<(usize, usize)> = (1..4)
        .filter(|i| *i != 3 || with_seqlets)
        .map(|i| (i, columns(i)))
        .collect();
    let taken: usize = numbers.iter().map(|(_, columns)| columns + 2).sum();
    let room = style.width.saturating_sub(names + taken + 4);
    let room = room.max(MIN_CONSENSUS_COLUMNS);
    let line = |row: &[String; 5]| {
        let blanks = names.saturating_sub(textwrap::core::display_width(&row[0]));
        let mut line = format!("  {}{}", row[0], " ".repeat(blanks));
        for &(i, columns) in &numbers {
            line += &format!("  {:>columns$}", row[i]);
        }
        format!("{line}  {}\n", cut_off(&row[4], room))
    };
    Some(rows.iter().map(line).collect())
}

/// Clusters of motifs, one a line: the number of motifs and their names, the representative first; none if an item of the list is
/// another value.
pub fn clusters(items: &[Description], style: Style) -> Option<String> {
    let mut text = String::new();
    for item in items {
        let DescriptionTopic::List { count: size, first } = &item.what else {
            return None;
        };
        let names: Vec<String> = first
            .iter()
            .map(|item| Some(replace_control(&motif(item)?.name)))
            .collect::<Option<_>>()?;
        let more = match size.saturating_sub(names.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let label = format!("  {size:>3}  ");
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use gia_domain::{Alphabet, Discovery};

    fn described(motif: Motif) -> Description {
        Description {
            ty: "Motif".to_string(),
            what: DescriptionTopic::Motif(Arc::new(motif)),
        }
    }

    fn letters(text: &str) -> Motif {
        Motif::from_iupac(text, Alphabet::Dna).unwrap_or_else(|error| panic!("{}", error.message))
    }

    #[test]
    fn discovered_motifs_have_their_seqlets() {
        let found = Motif {
            discovery: Some(Arc::new(Discovery {
                contributions: vec![[0.0; 4]; 4],
                seqlets: Some(1200),
            })),
            ..letters("GATA").renamed("pos_patterns.pattern_0")
        };
        let items = [described(found), described(letters("TGASTCA"))];
        let table = motifs(&items, Style::PLAIN).unwrap_or_default();
        let expected = "  motif                   bp  bits  seqlets  consensus
  pos_patterns.pattern_0   4   8.0    1,200  GATA
  TGASTCA                  7  13.0           TGASTCA
";
        assert_eq!(table, expected);
    }

    #[test]
    fn long_letters_are_cut_off_and_other_values_have_no_table() {
        let narrow = Style {
            width: 30,
            ..Style::PLAIN
        };
        let items = [described(letters(&"ACGT".repeat(10)).renamed("long"))];
        let table = motifs(&items, narrow).unwrap_or_default();
        assert!(table.lines().all(|line| line.len() <= 30), "{table}");
        assert!(table.ends_with("  ACGTACGT...\n"), "{table}");
        let number = Description {
            ty: "Number".to_string(),
            what: DescriptionTopic::Written("1".to_string()),
        };
        assert!(motifs(&[number], narrow).is_none());
    }
}
