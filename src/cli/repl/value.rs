//! Display of values: one line for a declaration, a page on request.
//!
//! Invariant: the type comes first, as a script writes it.

use super::motif_table;
use gia_base::diag::{Style, pluralize, replace_control, wrapping};
use gia_check::{Description, DescriptionTopic};
use gia_domain::{BaseSet, Construct, Motif, PartKind, Population};
use gia_model::{Declaration, Output};

/// Maximum number of items of a list on one line.
const MAX_LINE_ITEMS: usize = 6;
/// Maximum number of tasks of an output that are named.
const MAX_LINE_TASKS: usize = 12;
/// Maximum number of items of a list on a page, one per line.
const MAX_PAGE_ITEMS: usize = 40;

/// One line, `gap: Length = 10bp` for a name, `Length = 10bp` for an expression.
pub fn line(name: Option<&str>, seen: &Description, style: Style) -> String {
    let called = name;
    let name = name.map_or(String::new(), |name| format!("{name}: "));
    let ty = style.cyan(&seen.ty);
    let words = match &seen.what {
        DescriptionTopic::Motif(motif) if called != Some(motif.name.as_str()) => {
            named_motif_summary(motif)
        }
        what => summary(what),
    };
    let words = replace_control(&words);
    let plain = format!("{name}{}", seen.ty);
    let text = match (words.as_str(), &seen.what) {
        ("", _) => return format!("{name}{ty}\n"),
        // A signature includes its types.
        (words, DescriptionTopic::Function { .. }) => format!("fn {words}"),
        (words, _) => format!("{plain} = {words}"),
    };
    let wrapped = textwrap::fill(
        &text,
        wrapping(style.width.max(20)).subsequent_indent("    "),
    );
    // Wrapping counts columns, so colours are added afterwards.
    let coloured = match wrapped.strip_prefix(&plain) {
        Some(rest) if !matches!(seen.what, DescriptionTopic::Function { .. }) => {
            format!("{name}{ty}{rest}")
        }
        _ => wrapped,
    };
    coloured + "\n"
}

/// The line and its details below: a logo, the parts of a construct, the outputs of a model, the items of a list.
pub fn page(name: Option<&str>, seen: &Description, style: Style) -> String {
    let mut text = line(name, seen, style);
    match &seen.what {
        DescriptionTopic::Motif(motif) => text.push_str(&gia_report::logo(motif, style)),
        DescriptionTopic::Construct(construct) => text.push_str(&parts(construct)),
        DescriptionTopic::Model {
            source,
            declaration,
        } => text.push_str(&model(source, declaration, style)),
        DescriptionTopic::List { count, first } => {
            text.push_str(&items(*count, first, style));
        }
        DescriptionTopic::Map(entries) => {
            for (key, value) in entries {
                let (key, value) = (summary(&key.what), summary(&value.what));
                text.push_str(&format!(
                    "  {}: {}\n",
                    replace_control(&key),
                    replace_control(&value)
                ));
            }
        }
        _ => {}
    }
    text
}

/// The items of a list, one a line: motifs and clusters of motifs as a table, short values not at all.
fn items(count: usize, first: &[Description], style: Style) -> String {
    let shown = &first[..first.len().min(MAX_PAGE_ITEMS)];
    let table = motif_table::motifs(shown, style).filter(|_| !shown.is_empty());
    let table = table.or_else(|| motif_table::clusters(shown, style));
    let mut text = match table {
        Some(table) => table,
        None if first.iter().any(|item| summary(&item.what).len() > 8) => {
            let lines = shown.iter().map(|item| indented(&line(None, item, style)));
            lines.collect()
        }
        None => return String::new(),
    };
    let more = count.saturating_sub(shown.len());
    if more > 0 {
        text.push_str(&format!("  and {more} more\n"));
    }
    text
}

/// The text after the type.
fn summary(what: &DescriptionTopic) -> String {
    match what {
        DescriptionTopic::Written(words) => words.clone(),
        DescriptionTopic::Motif(motif) => motif_summary(motif),
        DescriptionTopic::Construct(construct) => {
            let parts = construct.parts.iter().map(|part| match &part.kind {
                PartKind::Gap(width) => format!("{width}bp"),
                PartKind::Motif(motif) => part
                    .display_name()
                    .map_or_else(|| motif.consensus_text(), String::from),
            });
            let parts: Vec<String> = parts.collect();
            format!("{} bp, [{}]", construct.width(), parts.join(", "))
        }
        DescriptionTopic::Population(population) => population_summary(population),
        DescriptionTopic::Model { declaration, .. } => {
            let outputs = declaration.outputs.iter().map(output_summary);
            let outputs: Vec<String> = outputs.collect();
            format!(
                "{} to {}",
                length_summary(declaration),
                outputs.join(" and ")
            )
        }
        DescriptionTopic::Query { words, unit } => match unit {
            Some(unit) => format!("{words} ({unit})"),
            None => words.clone(),
        },
        DescriptionTopic::List { count, first } => {
            let items = first
                .iter()
                .take(MAX_LINE_ITEMS)
                .map(|item| match &item.what {
                    DescriptionTopic::Motif(motif) => motif.name.clone(),
                    what => summary(what),
                });
            let mut items: Vec<String> = items.collect();
            if *count > MAX_LINE_ITEMS {
                items.push(format!("... {count} in all"));
            }
            format!("[{}]", items.join(", "))
        }
        DescriptionTopic::Map(entries) => pluralize(entries.len(), "key"),
        DescriptionTopic::Function { signature, .. } => signature.clone(),
        DescriptionTopic::Experiment | DescriptionTopic::Evaluation => String::new(),
        DescriptionTopic::Module(names) => names.join(", "),
    }
}

/// The same behind the name of the motif, unless that is its letters.
fn named_motif_summary(motif: &Motif) -> String {
    let facts = motif_summary(motif);
    match motif.name.eq_ignore_ascii_case(&motif.consensus_text()) {
        true => facts,
        false => format!("{}, {facts}", motif.name),
    }
}

fn motif_summary(motif: &Motif) -> String {
    let mut facts = vec![format!("{} bp", motif.width()), motif.consensus_text()];
    // A motif written as letters, on either strand, needs no name beside its consensus.
    let is_spelled = |name: &str| {
        let reversed = name.strip_prefix("rc(").and_then(|of| of.strip_suffix(')'));
        let letters = reversed.unwrap_or(name);
        letters
            .chars()
            .all(|letter| BaseSet::from_iupac(letter, motif.alphabet).is_some())
    };
    let from = motif.alternate.as_deref().filter(|name| !is_spelled(name));
    facts.extend(from.map(String::from));
    let seqlets = motif.discovery.as_ref().and_then(|of| of.seqlets);
    facts.extend(seqlets.map(|count| format!("from {}", pluralize(count as usize, "seqlet"))));
    if motif.drawn {
        facts.push("sampled for each background".to_string());
    }
    facts.join(", ")
}

fn population_summary(population: &Population) -> String {
    if let Population::Sequences { set, .. } = population
        && let [only] = set.sequences.as_slice()
    {
        let letters = set.alphabet.decode_all(&only.bases);
        return match letters.eq_ignore_ascii_case(&only.name) {
            true => format!("{} bp, {letters}", only.bases.len()),
            false => format!("\"{}\", {} bp, {letters}", only.name, only.bases.len()),
        };
    }
    match population.size() {
        Some(size) => format!(
            "{}, {} bp",
            pluralize(size, "sequence"),
            population.length()
        ),
        None => population.describe(),
    }
}

/// The input length of a model; a formula accepts every length.
fn length_summary(declaration: &Declaration) -> String {
    match declaration.length {
        0 => "any length".to_string(),
        length => format!("{length} bp"),
    }
}

/// The tasks of an output, and its scale.
fn output_summary(output: &Output) -> String {
    let name = output.name.as_ref();
    let name = name.map_or(String::new(), |name| format!(".{name} "));
    let quoted = |tasks: &[String]| {
        let quoted = tasks.iter().map(|task| format!("\"{task}\""));
        quoted.collect::<Vec<_>>().join(", ")
    };
    let tasks = match output.tasks.as_slice() {
        [] => pluralize(output.entries(), "output"),
        tasks if tasks.len() > MAX_LINE_TASKS => {
            format!("{} tasks, {}, ...", tasks.len(), quoted(&tasks[..3]))
        }
        tasks => quoted(tasks),
    };
    let track = output.track.as_ref();
    let track =
        track.map(|track| format!(" in {} of {} bp", pluralize(track.bins, "bin"), track.bin));
    let unit = output.unit.as_ref().map(|unit| format!(" ({unit})"));
    format!(
        "{name}{tasks}{}{}",
        track.unwrap_or_default(),
        unit.unwrap_or_default()
    )
}

fn parts(construct: &Construct) -> String {
    let mut text = String::new();
    let mut at = 0;
    for part in &construct.parts {
        let width = part.kind.width();
        let words = match &part.kind {
            PartKind::Gap(_) => "gap".to_string(),
            PartKind::Motif(motif) => format!(
                "{}  {}",
                replace_control(part.display_name().unwrap_or_default()),
                motif.consensus_text()
            ),
        };
        text.push_str(&format!("  {at:>5}..{:<5} {words}\n", at + width));
        at += width;
    }
    text
}

fn model(source: &str, declaration: &Declaration, style: Style) -> String {
    let mut lines = vec![
        ("from", source.to_string()),
        (
            "reads",
            format!(
                "{} of {}",
                length_summary(declaration),
                declaration.alphabet
            ),
        ),
    ];
    lines.extend(
        declaration
            .outputs
            .iter()
            .map(|output| ("gives", output_summary(output))),
    );
    lines.extend(
        declaration
            .source
            .iter()
            .map(|words| ("trained", words.clone())),
    );
    lines.extend(
        declaration
            .licence
            .iter()
            .map(|words| ("licence", words.clone())),
    );
    let wrapped = |(word, said): (&str, String)| {
        let first = format!("  {word:<9}");
        let options = wrapping(style.width.max(30))
            .initial_indent(&first)
            .subsequent_indent("           ");
        textwrap::fill(&replace_control(&said), options) + "\n"
    };
    lines.into_iter().map(wrapped).collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
