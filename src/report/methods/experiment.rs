//! The methods of one experiment.

use super::sources::{Source, Sources};
use crate::display::{MAX_HAPLOTYPES, comma_separated, common_value, distinct, with_unit};
use crate::number::{count, four_digits, is_single, percent};
use gia_study::{ArmLayout, Axis, Experiment, HaplotypeRecord, Row};

/// Number of values of an axis that are listed; of more, the first and the last are.
const MAX_LISTED: usize = 8;

pub fn paragraphs(of: &Experiment, sources: &mut Sources) -> Vec<String> {
    sources.add(Source::Importance);
    let mut paragraphs = Vec::new();
    if let Some(doc) = &of.doc {
        paragraphs.push(doc.clone());
    }
    paragraphs.push([sequences(of, sources), design(of), estimates(of, sources)].concat());
    let mut more = tests(of, sources);
    more += &members(of, sources);
    more += &summaries(of, sources);
    more += &drivers(of, sources);
    more += &pooled(of, sources);
    if !more.is_empty() {
        paragraphs.push(more.trim_start().to_string());
    }
    if !of.warnings.is_empty() {
        let warnings = of.warnings.iter();
        let warnings: Vec<String> = warnings.map(|w| format!("- {}", w.message)).collect();
        paragraphs.push(format!("Warnings of the run:\n\n{}", warnings.join("\n")));
    }
    paragraphs
}

/// Where backgrounds come from, how many, and what n counts.
fn sequences(of: &Experiment, sources: &mut Sources) -> String {
    let mut text = match of.backgrounds.is_empty() {
        true => String::new(),
        false => format!("Backgrounds: {}. ", of.backgrounds.join("; ")),
    };
    match (&of.sources, range(of.rows.iter().map(|row| row.n))) {
        (Some(clusters), _) => {
            sources.note_methods("CR2");
            text += &format!(
                "There were {clusters}. Backgrounds of one source sequence are not independent, so sources are the unit of replication: \
                 standard errors are cluster-robust (CR2) with Satterthwaite degrees of freedom. "
            );
        }
        (None, Some(_)) if is_single(&of.rows) => {
            text += "There was one sequence at each grid point, and so no replication: effects have no intervals. ";
        }
        (None, Some(n)) => {
            text += &format!(
                "There were {n} independent backgrounds; the unit of replication is the {}. ",
                of.unit_of_replication
            );
        }
        (None, None) => {}
    }
    if let Some(null) = of.each.as_ref().and_then(|each| each.null.as_ref()) {
        sources.note_methods(&null.method);
        text += &format!("Single backgrounds: {}. ", null.method);
    }
    for left_out in &of.left_out {
        text += &format!("Of {}: {left_out}. ", left_out.path);
    }
    for haplotype in of.haplotypes.iter().take(MAX_HAPLOTYPES) {
        let HaplotypeRecord { name, path, .. } = haplotype;
        text += &format!("Of {path}, {name} {haplotype}. ");
    }
    if let Some(stopping) = &of.stopping {
        sources.note_methods("confidence sequence");
        let reason = stopping.reason.iter().map(|reason| format!(": {reason}"));
        text += &format!(
            "Backgrounds were added until {}, at most {}; the rule was {} after {} and {} looks{}. Intervals hold at every look. ",
            stopping.until,
            count(stopping.max),
            if stopping.reached { "met" } else { "not met" },
            count(stopping.n),
            count(stopping.looks),
            reason.collect::<String>()
        );
    }
    text
}

/// Arms, axes and contrasts.
fn design(of: &Experiment) -> String {
    let mut text = String::new();
    if let Some(layout) = of.layouts.first() {
        let arms: Vec<String> = layout.arms.iter().filter_map(arm).collect();
        let at = match of.axes.is_empty() {
            true => "",
            false => ", at the first grid point",
        };
        if !arms.is_empty() {
            text += &format!(
                "Each background was scored without edits (`control`) and under every arm{at} ({}). ",
                arms.join("; ")
            );
        }
        text += &format!("Sequences are {} bp long. ", count(layout.length));
    }
    let axes: Vec<String> = of.axes.iter().map(axis).collect();
    if !axes.is_empty() {
        text += &format!(
            "The trial was repeated at every combination of {}. ",
            comma_separated(&axes)
        );
    }
    if let Some(track) = of.tracks.first() {
        let names = distinct(
            of.tracks
                .iter()
                .map(|track| with_unit(&track.outcome, &track.unit)),
        );
        let methods = distinct(track.contrasts.iter().map(|curve| curve.method.to_string()));
        text += &format!(
            "Curves of means along the output were computed for {}, each with a {} band over all of its places ({}). ",
            comma_separated(&names),
            percent(track.level),
            methods.join("; ")
        );
    }
    let outcomes = distinct(of.rows.iter().map(|row| with_unit(&row.outcome, &row.unit)));
    let contrasts = distinct(of.rows.iter().map(|row| format!("`{}`", row.contrast)));
    if !outcomes.is_empty() {
        text += &format!("Outcomes: {}. ", comma_separated(&outcomes),);
        let named = |names: &[String]| match names {
            [one] => format!("The contrast {one} was"),
            several => format!("The contrasts {} were", comma_separated(several)),
        };
        let of_means: Vec<&Row> = of
            .rows
            .iter()
            .filter(|row| row.method.contains("delta method"))
            .collect();
        let of_means = distinct(of_means.iter().map(|row| format!("`{}`", row.contrast)));
        let (over_all, each): (Vec<String>, Vec<String>) = contrasts
            .into_iter()
            .partition(|name| of_means.contains(name));
        if !each.is_empty() {
            text += &format!(
                "{} computed for each background before averaging, so arms are compared in pairs. ",
                named(&each)
            );
        }
        if !over_all.is_empty() {
            text += &format!(
                "{} computed from means over all backgrounds. ",
                named(&over_all)
            );
        }
    }
    text
}

/// `treated`: its edits; none for an arm without edits.
fn arm(arm: &ArmLayout) -> Option<String> {
    if arm.edits.is_empty() {
        return None;
    }
    let edits: Vec<String> = arm
        .edits
        .iter()
        .map(|edit| edit.edit.replace('`', ""))
        .collect();
    Some(format!("`{}`: {}", arm.arm, edits.join(", then ")))
}

/// An axis with its values.
fn axis(axis: &Axis) -> String {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(name) => name.clone(),
        other => other.to_string(),
    };
    let unit = axis
        .unit
        .as_ref()
        .map_or(String::new(), |unit| format!(" {unit}"));
    let values = match axis.values.as_slice() {
        few if few.len() <= MAX_LISTED => few.iter().map(text).collect::<Vec<_>>().join(", "),
        [first, .., last] => {
            format!(
                "{} values from {} to {}",
                count(axis.values.len()),
                text(first),
                text(last)
            )
        }
        _ => String::new(),
    };
    format!("`{}` ({values}{unit})", axis.name)
}

/// How means and their intervals were made.
fn estimates(of: &Experiment, sources: &mut Sources) -> String {
    let methods = distinct(of.rows.iter().map(|row| row.method.to_string()));
    for method in &methods {
        sources.note_methods(method);
    }
    let Some(level) = common_value(of.rows.iter().map(|row| percent(row.level))) else {
        return String::new();
    };
    let mut text = match is_single(&of.rows) {
        true => "Effects are the numbers of one sequence at each grid point.".to_string(),
        false => format!(
            "Effects are means over backgrounds with {level} confidence intervals ({}).",
            methods.join("; ")
        ),
    };
    if methods.iter().any(|method| method.contains("Hall's")) {
        text += " The hull reaches from the lower of both lower ends to the higher of both upper ends of Student's interval and of Hall's, \
                 which allows for skewed differences.";
    }
    let bands = of.rows.iter().filter_map(|row| row.band.as_ref());
    let bands = distinct(bands.map(|band| band.method.to_string()));
    for method in &bands {
        sources.note_methods(method);
    }
    if !bands.is_empty() {
        text += &format!(
            " Bands hold at all grid points at once ({}).",
            bands.join("; ")
        );
    }
    text
}

/// p and q values.
fn tests(of: &Experiment, sources: &mut Sources) -> String {
    let tested: Vec<&Row> = of.rows.iter().filter(|row| row.p.is_some()).collect();
    let Some(largest) = tested.iter().map(|row| row.family.size).max() else {
        return String::new();
    };
    if largest < 2 {
        return String::new();
    }
    let methods = distinct(tested.iter().map(|row| row.family.method.to_string()));
    for method in &methods {
        sources.note_methods(method);
    }
    format!(
        " p values of the {} grid points of a contrast form one family and were adjusted ({}); rows with q of at most {} are called \
         significant.",
        count(largest),
        methods.join("; "),
        percent(of.fdr)
    )
}

/// Ensembles.
fn members(of: &Experiment, sources: &mut Sources) -> String {
    let Some(members) = of.rows.iter().find_map(|row| row.members.as_ref()) else {
        return String::new();
    };
    sources.note_methods("random effects");
    format!(
        " The outcome is the mean of {} networks. A second interval takes networks and backgrounds as samples of both (random effects).",
        count(members.means.len())
    )
}

/// Statistics beside the mean and along axes.
fn summaries(of: &Experiment, sources: &mut Sources) -> String {
    let within = of.rows.iter().flat_map(|row| &row.summaries);
    let within = within.map(|summary| format!("{} ({})", summary.summary, summary.method));
    let along = of.curves.iter();
    let along =
        along.map(|curve| format!("{} along `{}` ({})", curve.curve, curve.axis, curve.method));
    let all = distinct(within.chain(along));
    if all.is_empty() {
        return String::new();
    }
    all.iter().for_each(|method| sources.note_methods(method));
    let effect = crate::design_effect::design_effect(&of.rows);
    let effect = effect.map_or(String::new(), |(effect, _)| {
        format!(" The design effect is {}.", four_digits(effect))
    });
    format!(" Also reported: {}.{effect}", all.join("; "))
}

/// Regressions on features of the backgrounds.
fn drivers(of: &Experiment, sources: &mut Sources) -> String {
    let methods = of.rows.iter().filter_map(|row| row.drivers.as_ref());
    let methods = distinct(methods.map(|drivers| drivers.method.clone()));
    if methods.is_empty() {
        return String::new();
    }
    methods
        .iter()
        .for_each(|method| sources.note_methods(method));
    format!(
        " The values of single backgrounds were regressed on features of the backgrounds ({}).",
        methods.join("; ")
    )
}

/// Effects over several null models.
fn pooled(of: &Experiment, sources: &mut Sources) -> String {
    let methods = distinct(of.pooled.iter().map(|pooled| pooled.method.to_string()));
    if methods.is_empty() {
        return String::new();
    }
    methods
        .iter()
        .for_each(|method| sources.note_methods(method));
    format!(
        " Effects were pooled over null models ({}).",
        methods.join("; ")
    )
}

/// `20`, or `20 to 50`; none for nothing.
fn range(values: impl Iterator<Item = usize> + Clone) -> Option<String> {
    let (least, most) = (values.clone().min()?, values.max()?);
    Some(match least == most {
        true => count(least),
        false => format!("{} to {}", count(least), count(most)),
    })
}
