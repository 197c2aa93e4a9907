//! Contributions in the form of a map of letters, which is drawn like the importance of letters that mutations find.

use gia_study::{AttributionMap, MappedSequence, MutationMap, PositionImportance, SharedStr};

/// The contributions of a sequence as the importance of its letters.
pub fn letter_map(map: &AttributionMap, of: &MappedSequence) -> MutationMap {
    MutationMap {
        sequence: of.sequence.name.clone(),
        position_axis: "position".to_string(),
        letter_axis: String::new(),
        positions: (0..of.values.len() as u64).collect(),
        reference: of.letters.clone(),
        letters: String::new(),
        cut: of.cut,
        origin: of.origin.clone(),
        importance: vec![PositionImportance {
            contrast: SharedStr::from(&map.map),
            outcome: SharedStr::from(&map.outcome),
            unit: map.unit.as_ref().map(SharedStr::from),
            values: of.values.clone(),
            changes: Vec::new(),
        }],
    }
}

/// How the contributions of a map were computed, in sentences.
pub fn method_sentence(map: &AttributionMap) -> String {
    let shuffles = match map.shuffles {
        None => String::new(),
        Some(count) => format!(
            "; p by the largest {} of {} of the sequence, preserving 2-mers, over all of its positions",
            match map.window {
                1 => "contribution".to_string(),
                bp => format!("sum over {bp} bp"),
            },
            gia_base::diag::pluralize(count, "shuffle")
        ),
    };
    format!("{}{shuffles}.", map.method)
}

/// What a map says of how far it can be trusted.
pub fn trust_sentence(map: &AttributionMap, of: &MappedSequence) -> String {
    let mut parts = Vec::new();
    match (map.references, of.half_widths.is_empty()) {
        (Some(count), false) => parts.push(format!(
            "{} intervals are Student's over {count} references",
            crate::number::percent(map.level)
        )),
        (Some(_), true) => parts.push("One reference: no intervals".to_string()),
        (None, _) => parts.push("No references: no intervals".to_string()),
    }
    if let Some(reliability) = of.reliability {
        parts.push(format!(
            "reliability {reliability:.3} (correlation with a map from as many other references)"
        ));
    }
    if !of.p.is_empty() {
        let alpha = 1.0 - map.level;
        let significant = (0..of.p.len()).filter(|&at| of.is_significant(at, alpha));
        parts.push(format!(
            "{} of {} positions have p of at most {alpha:.2}",
            significant.count(),
            of.p.len()
        ));
    }
    format!("{}.", parts.join("; "))
}

/// Indices of the contributions that are farthest from 0, farthest first.
pub fn farthest(of: &MappedSequence, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..of.values.len()).collect();
    order.sort_by(|&a, &b| of.values[b].abs().total_cmp(&of.values[a].abs()));
    order.truncate(count);
    order
}
