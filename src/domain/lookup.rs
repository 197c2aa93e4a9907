//! Finding a motif by accession or by its factor's name.
//!
//! Invariant: an accession takes precedence over the name of a factor, and an ambiguous name is an error.

use std::collections::BTreeSet;

use gia_base::diag::{Code, Diagnostic};

/// How many names a message lists before it counts the rest.
const LISTED: usize = 8;

/// The two names of a motif.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    pub accession: &'a str,
    pub alternate: Option<&'a str>,
}

impl Names<'_> {
    /// The accession, which is never ambiguous, and the factor.
    fn shown(&self) -> String {
        match self.alternate {
            Some(factor) => format!("`{}` ({factor})", self.accession),
            None => format!("`{}`", self.accession),
        }
    }
}

/// Indices of the motifs that a name stands for: those with this accession or, where there is none, those of
/// this factor or, where there is none either, those whose accession begins with it before a bracket or a stroke.
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
    let short = |accession: &str| accession.split(['(', '/']).next() == Some(wanted);
    let tests: [&dyn Fn(&Names) -> bool; 3] = [
        &|names| names.accession == wanted,
        &|names| names.alternate == Some(wanted),
        &|names| short(names.accession) && !wanted.is_empty(),
    ];
    let found = tests.into_iter().map(which);
    found
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// The diagnostic for a name of several motifs, given by number and accession.
pub(super) fn ambiguous(wanted: &str, place: &str, found: &[(usize, &str)]) -> Diagnostic {
    let count = found.len();
    let accessions: Vec<&str> = found.iter().map(|(_, accession)| *accession).collect();
    let distinct: BTreeSet<&str> = accessions.iter().copied().collect();
    let several = |message: String| Diagnostic::error(Code::AmbiguousMotif, message);
    if distinct.len() == count {
        let accessions = listed(&accessions);
        several(format!(
            "`{wanted}` names {count} motifs of {place}: {accessions}"
        ))
        .help("name the motif by its accession")
    } else {
        // An accession that stands twice picks neither; a number does.
        let numbers: Vec<String> = found
            .iter()
            .map(|(number, _)| format!("[{number}]"))
            .collect();
        several(format!("{place} holds {count} motifs named `{wanted}`")).help(format!(
            "name it by its number, as `motifs(FILE)[NUMBER]`: {}",
            listed(&numbers)
        ))
    }
}

/// The diagnostic for a name of no motif, with the most similar names.
pub(super) fn unknown<'a>(
    wanted: &str,
    place: &str,
    all: impl Iterator<Item = Names<'a>> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::UnknownMotif,
        format!("{place} holds no motif `{wanted}`"),
    );
    let alike = nearest(wanted, all);
    let shown: Vec<String> = alike.iter().take(LISTED).map(Names::shown).collect();
    let more = match alike.len().saturating_sub(LISTED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    match shown.as_slice() {
        [] => diagnostic,
        shown => diagnostic.help(format!("did you mean {}{more}?", shown.join(", "))),
    }
}

/// Names in backticks, separated by commas.
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

/// The motifs whose names are most similar: equal except for case, else with a factor that begins with the name, else within an
/// edit distance of a third of its letters.
pub(super) fn nearest<'a>(
    wanted: &str,
    all: impl Iterator<Item = Names<'a>> + Clone,
) -> Vec<Names<'a>> {
    let lower = wanted.to_lowercase();
    let which = |is: &dyn Fn(&str) -> bool| -> Vec<Names<'a>> {
        let is = |names: &Names| {
            is(&names.accession.to_lowercase())
                || names.alternate.is_some_and(|name| is(&name.to_lowercase()))
        };
        let mut found: Vec<Names> = all.clone().filter(is).collect();
        let shortest_first = |factor: &str| (factor.len(), factor.to_lowercase());
        found.sort_by_key(|names| (names.alternate.map(shortest_first), names.accession));
        found
    };
    let same = which(&|name| name == lower);
    if !same.is_empty() || lower.chars().count() < 2 {
        return same;
    }
    let beginning = which(&|name| name.starts_with(&lower));
    if !beginning.is_empty() {
        return beginning;
    }
    let limit = wanted.chars().count() / 3;
    let apart = |names: &Names| {
        [Some(names.accession), names.alternate]
            .into_iter()
            .flatten()
            .map(|name| strsim::osa_distance(&lower, &name.to_lowercase()))
            .min()
            .filter(|distance| *distance <= limit)
    };
    let mut alike: Vec<(usize, Names)> = all
        .filter_map(|names| Some((apart(&names)?, names)))
        .collect();
    alike.sort_by_key(|(distance, names)| (*distance, names.alternate, names.accession));
    alike.truncate(3);
    alike.into_iter().map(|(_, names)| names).collect()
}
