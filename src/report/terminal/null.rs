//! Diagnosis of null models: properties of the backgrounds, compared with a reference if there is one.

use super::layout::Page;
use super::number::{count, four_digits, percent, probability, sequences_of_sources, with_error};
use gia_study::{ChanceOccurrences, DistributionShift, Experiment, MeanSd, NullDiagnosis};

/// Occurrences per background from which a motif is reported.
const MIN_REPORTED_OCCURRENCES: f64 = 0.01;

pub fn show(page: &mut Page, experiment: &Experiment) {
    if experiment.null.is_empty() {
        return;
    }
    page.gap();
    for null in &experiment.null {
        // Without a reference, what the null model says of itself is news only where motifs occur by chance.
        if null.reference.is_none() && !null.motifs.iter().any(is_reported) {
            continue;
        }
        page.note(&backgrounds(null));
        if let Some(reference) = &null.reference {
            let mut parts = vec![format!(
                "Reference: {} from {}. GC {}",
                sequences_of_sources(reference.n, reference.sources),
                reference.sequences,
                shares(reference.gc)
            )];
            if let Some(longest) = reference.kmers.last().filter(|longest| longest.k > 1) {
                parts.push(format!(
                    "{}-mers {} bits from those of the backgrounds ({} between halves of the reference)",
                    longest.k,
                    four_digits(longest.divergence),
                    four_digits(longest.within_reference)
                ));
            }
            page.note(&format!("{}.", parts.join("; ")));
            for outcome in &null.outcomes {
                if let Some(shift) = &outcome.shift {
                    page.note(&shift_text(&outcome.outcome, outcome.of, shift));
                }
            }
        }
    }
}

/// Whether a motif occurs often enough in the backgrounds to be reported.
fn is_reported(motif: &ChanceOccurrences) -> bool {
    motif.found.mean.max(motif.expected.unwrap_or(0.0)) >= MIN_REPORTED_OCCURRENCES
}

/// `Null: uniform, 600 bp. GC 50 % (sd 2 % between sequences); ...`.
fn backgrounds(null: &NullDiagnosis) -> String {
    let mut parts = vec![format!(
        "Null: {}. GC {}",
        null.backgrounds,
        shares(null.gc)
    )];
    for motif in &null.motifs {
        let mut text = format!(
            "{} occurs {} times in {} of them before it is embedded",
            motif.motif,
            count((motif.found.mean * null.n as f64).round() as usize),
            count(null.n)
        );
        if let Some(expected) = motif.expected {
            let n = null.n as f64;
            let error = motif.expected_error.map(|error| error * n);
            text += &format!(" ({} expected)", with_error(expected * n, error));
        }
        if let Some(reference) = motif.reference {
            text += &format!(
                ", {} times a sequence in the reference",
                four_digits(reference.mean)
            );
        }
        parts.push(text);
    }
    format!("{}.", parts.join("; "))
}

fn shares(gc: MeanSd) -> String {
    let one = |share: f64| percent((share * 1000.0).round() / 1000.0);
    match gc.sd {
        Some(sd) => format!("{} (sd {} between sequences)", one(gc.mean), one(sd)),
        None => one(gc.mean),
    }
}

fn shift_text(outcome: &str, null: MeanSd, shift: &DistributionShift) -> String {
    let with_sd = |of: MeanSd| match of.sd {
        Some(sd) => format!("{} (sd {})", four_digits(of.mean), four_digits(sd)),
        None => four_digits(of.mean),
    };
    let n = match shift.sources {
        Some(_) => sequences_of_sources(shift.n, shift.sources),
        None => count(shift.n),
    };
    let halves = shift.within_reference.map(|distance| {
        format!(
            " ( {} between halves of the reference)",
            four_digits(distance)
        )
    });
    let p = match shift.p {
        Some(p) => format!("p = {}", probability(p)),
        None => format!("p: {}", shift.p_method),
    };
    format!(
        "{outcome}: {} on the backgrounds, {} on {n} of the reference; Wasserstein distance {}{}, \
         Kolmogorov-Smirnov distance {}, {p}.",
        with_sd(null),
        with_sd(shift.of),
        four_digits(shift.wasserstein),
        halves.unwrap_or_default(),
        four_digits(shift.ks),
    )
}
