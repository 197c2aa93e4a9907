//! Finding a motif by accession or by its factor's name.
//!
//! Invariant: an accession counts before a factor's name, and nothing ambiguous is settled silently.

use crate::diag::{Code, Diagnostic};

/// How many names a message lists before it counts the rest.
const LISTED: usize = 8;

/// The two names of a motif.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    pub accession: &'a str,
    pub alternate: Option<&'a str>,
}

/// Indices of the motifs that a name stands for: those with this accession or, where there is none, those of
/// this factor.
pub(super) fn matches<'a>(
    all: impl Iterator<Item = Names<'a>> + Clone,
    wanted: &str,
) -> Vec<usize> {
    let which = |is: &dyn Fn(&Names) -> bool| -> Vec<usize> {
        all.clone()
            .enumerate()
            .filter(|(_, names)| is(names))
            .map(|(index, _)| index)
            .collect()
    };
    let by_accession = which(&|names| names.accession == wanted);
    if by_accession.is_empty() {
        which(&|names| names.alternate == Some(wanted))
    } else {
        by_accession
    }
}

/// What is to be said of a name that stands for several motifs.
pub(super) fn ambiguous(wanted: &str, place: &str, accessions: &[&str]) -> Diagnostic {
    let count = accessions.len();
    let distinct = accessions.iter().any(|accession| *accession != wanted);
    let diagnostic = Diagnostic::error(
        Code::UnknownMotif,
        if distinct {
            format!(
                "`{wanted}` names {count} motifs of {place}: {}",
                listed(accessions)
            )
        } else {
            format!("{place} holds {count} motifs named `{wanted}`")
        },
    );
    if distinct {
        diagnostic.help("name the motif by its accession")
    } else {
        diagnostic
    }
}

/// What is to be said of a name that stands for no motif, with the most alike ones.
pub(super) fn unknown<'a>(
    wanted: &str,
    place: &str,
    all: impl Iterator<Item = Names<'a>> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::UnknownMotif,
        format!("{place} holds no motif `{wanted}`"),
    );
    match nearest(wanted, all).as_slice() {
        [] => diagnostic,
        alike => diagnostic.help(format!("did you mean {}?", listed(alike))),
    }
}

/// Names in backticks, commas between them.
pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    let mut text = names
        .iter()
        .take(LISTED)
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > LISTED {
        text.push_str(&format!(" and {} more", names.len() - LISTED));
    }
    text
}

/// The names most like the wanted one: the same but for case, else at most a third of its letters apart.
/// A factor's name is followed by its accessions, since it may have several.
fn nearest<'a>(wanted: &str, all: impl Iterator<Item = Names<'a>> + Clone) -> Vec<&'a str> {
    let lower = wanted.to_lowercase();
    let same: Vec<&str> = all
        .clone()
        .filter(|names| {
            names.accession.to_lowercase() == lower
                || names
                    .alternate
                    .is_some_and(|name| name.to_lowercase() == lower)
        })
        .map(|names| names.accession)
        .collect();
    if !same.is_empty() {
        return same;
    }
    let limit = wanted.chars().count() / 3;
    let mut alike: Vec<(usize, &str)> = all
        .flat_map(|names| [Some(names.accession), names.alternate])
        .flatten()
        .map(|name| (strsim::osa_distance(&lower, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    alike.sort_unstable();
    alike.dedup();
    alike.truncate(3);
    alike.into_iter().map(|(_, name)| name).collect()
}
