//! Diagnosis of null models: properties of the backgrounds, compared with a reference if there is one.

use maud::{Markup, html};

use super::table::Table;
use crate::number::{
    MISSING, count, four_digits, percent, probability, sequences_of_sources, with_error,
};
use gia_base::diag::replace_control;
use gia_study::{Experiment, MeanSd, NullDiagnosis};

pub fn section(experiment: &Experiment, id: &str) -> Markup {
    html! {
        @if !experiment.null.is_empty() {
            h3 { "Backgrounds" }
            @for (i, null) in experiment.null.iter().enumerate() {
                (diagnosis(null, &format!("{id}-null-{}", i + 1)))
            }
        }
    }
}

fn diagnosis(null: &NullDiagnosis, id: &str) -> Markup {
    html! {
        p {
            (replace_control(&null.backgrounds)) ": " (count(null.n)) " looked at, GC " (shares(null.gc)) "."
            @if let Some(reference) = &null.reference {
                " Reference: " (sequences_of_sources(reference.n, reference.sources)) " from " (replace_control(&reference.sequences)) ", GC " (shares(reference.gc)) "."
                @for kmers in &reference.kmers {
                    " " (kmers.k) "-mers are " (four_digits(kmers.divergence)) " bits apart ("
                    (four_digits(kmers.within_reference)) " between halves of the reference)."
                }
            }
        }
        (motifs(null, &format!("{id}-motifs")))
        (outcomes(null, &format!("{id}-outcomes")))
    }
}

fn motifs(null: &NullDiagnosis, id: &str) -> Markup {
    let mut table = Table::new(
        "Motif occurrences per unedited background",
        null.motifs.len(),
    );
    let spread = |of: Option<MeanSd>| of.map_or(MISSING.to_string(), with_sd);
    table.text(
        "motif",
        null.motifs.iter().map(|m| replace_control(&m.motif)),
    );
    table.numbers(
        "expected",
        null.motifs.iter().map(|m| {
            m.expected.map_or(MISSING.to_string(), |mean| {
                with_error(mean, m.expected_error)
            })
        }),
    );
    table.numbers("found (sd)", null.motifs.iter().map(|m| with_sd(m.found)));
    if null.motifs.iter().any(|m| m.reference.is_some()) {
        table.numbers(
            "in the reference (sd)",
            null.motifs.iter().map(|m| spread(m.reference)),
        );
    }
    table.markup(id)
}

fn outcomes(null: &NullDiagnosis, id: &str) -> Markup {
    let all = &null.outcomes;
    let mut table = Table::new("Outcomes of unedited backgrounds", all.len());
    table.text("outcome", all.iter().map(|o| replace_control(&o.outcome)));
    table.numbers(
        "n",
        all.iter().map(|o| match o.sources {
            Some(sources) => format!("{} of {} sources", count(o.n), count(sources)),
            None => count(o.n),
        }),
    );
    table.numbers("mean (sd)", all.iter().map(|o| with_sd(o.of)));
    if all.iter().any(|o| o.shift.is_some()) {
        let shift = |of: &dyn Fn(&gia_study::DistributionShift) -> String| -> Vec<String> {
            all.iter()
                .map(|o| o.shift.as_ref().map_or(MISSING.to_string(), of))
                .collect()
        };
        table.numbers("reference (sd)", shift(&|s| with_sd(s.of)));
        table.numbers(
            "apart (Wasserstein)",
            shift(&|s| four_digits(s.wasserstein)),
        );
        table.numbers(
            "between halves of the reference",
            shift(&|s| s.within_reference.map_or(MISSING.to_string(), four_digits)),
        );
        table.numbers("Kolmogorov-Smirnov", shift(&|s| four_digits(s.ks)));
        table.numbers(
            "p",
            shift(&|s| s.p.map_or(MISSING.to_string(), probability)),
        );
        let is_by_source = |o: &gia_study::OutcomeOnBackgrounds| {
            o.sources.is_some() || o.shift.as_ref().is_some_and(|s| s.sources.is_some())
        };
        if all
            .iter()
            .any(|o| is_by_source(o) || o.shift.as_ref().is_some_and(|s| s.p.is_none()))
        {
            table.text("how p", shift(&|s| replace_control(&s.p_method)));
        }
    }
    table.markup(id)
}

fn with_sd(of: MeanSd) -> String {
    match of.sd {
        Some(sd) => format!("{} ({})", four_digits(of.mean), four_digits(sd)),
        None => four_digits(of.mean),
    }
}

fn shares(gc: MeanSd) -> String {
    let one = |share: f64| percent((share * 1000.0).round() / 1000.0);
    match gc.sd {
        Some(sd) => format!("{} (sd {} between sequences)", one(gc.mean), one(sd)),
        None => one(gc.mean),
    }
}
