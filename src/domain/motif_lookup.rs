//! Finding a motif by its name or by its alternate name: of motifs of files and collections, the factor and the accession.
//!
//! Invariant: names and alternate names take precedence over the factor that several motifs share, and an ambiguous name is an error.

use std::collections::BTreeSet;

use super::motif_names::is_made_from;
use gia_base::diag::{Code, Diagnostic};

/// Maximum number of names that a message lists; the rest is counted.
const MAX_LISTED: usize = 8;

/// The two names of a motif.
#[derive(Debug, Clone, Copy)]
pub(super) struct MotifNames<'a> {
    pub name: &'a str,
    pub alternate: Option<&'a str>,
}

impl MotifNames<'_> {
    /// Both names.
    fn shown(&self) -> String {
        match self.alternate {
            Some(alternate) if !self.name.ends_with(alternate) => {
                format!("`{}` ({alternate})", self.name)
            }
            _ => format!("`{}`", self.name),
        }
    }
}

/// Indices of the motifs that match a name: by name or alternate name, else by the factor of a name that several share, else by
/// the part of the name before `(` or `/`.
pub(super) fn matches<'a>(
    all: impl Iterator<Item = MotifNames<'a>> + Clone,
    wanted: &str,
) -> Vec<usize> {
    let which = |is: &dyn Fn(&MotifNames) -> bool| -> Vec<usize> {
        all.clone()
            .enumerate()
            .filter(|(_, names)| is(names))
            .map(|(index, _)| index)
            .collect()
    };
    let short = |name: &str| name.split(['(', '/']).next() == Some(wanted);
    let tests: [&dyn Fn(&MotifNames) -> bool; 3] = [
        &|names| names.name == wanted || names.alternate == Some(wanted),
        &|names| is_made_from(names.name, wanted),
        &|names| short(names.name) && !wanted.is_empty(),
    ];
    let found = tests.into_iter().map(which);
    found
        .into_iter()
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// The diagnostic for a name that matches several motifs, given by number and name.
pub(super) fn ambiguous(wanted: &str, place: &str, found: &[(usize, &str)]) -> Diagnostic {
    let count = found.len();
    let names: Vec<&str> = found.iter().map(|(_, name)| *name).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    let several = |message: String| Diagnostic::error(Code::AmbiguousMotif, message);
    if distinct.len() == count && !distinct.contains(wanted) {
        let names = listed(&names);
        several(format!(
            "`{wanted}` names {count} motifs of {place}: {names}"
        ))
        .help("use one of these names")
    } else {
        // A name that is another motif's alternate one is ambiguous; the number is not.
        let numbers: Vec<String> = found
            .iter()
            .map(|(number, _)| format!("[{number}]"))
            .collect();
        several(format!("{place} has {count} motifs named `{wanted}`")).help(format!(
            "use the number of the motif, `motifs(FILE)[NUMBER]`: {}",
            listed(&numbers)
        ))
    }
}

/// The diagnostic for a name that matches no motif, with the most similar names.
pub(super) fn unknown<'a>(
    wanted: &str,
    place: &str,
    all: impl Iterator<Item = MotifNames<'a>> + Clone,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::UnknownMotif,
        format!("{place} has no motif `{wanted}`"),
    );
    let alike = nearest(wanted, all);
    let shown: Vec<String> = alike
        .iter()
        .take(MAX_LISTED)
        .map(MotifNames::shown)
        .collect();
    let more = match alike.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    match shown.as_slice() {
        [] => diagnostic,
        shown => diagnostic.help(format!("did you mean {}{more}?", shown.join(", "))),
    }
}

/// MotifNames in backticks, separated by commas.
pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    let mut text = names
        .iter()
        .take(MAX_LISTED)
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > MAX_LISTED {
        text.push_str(&format!(" and {} more", names.len() - MAX_LISTED));
    }
    text
}

/// The motifs with the most similar names: equal except for case, else starting with the name, else within an edit distance of a
/// third of its length.
pub(super) fn nearest<'a>(
    wanted: &str,
    all: impl Iterator<Item = MotifNames<'a>> + Clone,
) -> Vec<MotifNames<'a>> {
    let lower = wanted.to_lowercase();
    let which = |is: &dyn Fn(&str) -> bool| -> Vec<MotifNames<'a>> {
        let is = |names: &MotifNames| {
            is(&names.name.to_lowercase())
                || names.alternate.is_some_and(|name| is(&name.to_lowercase()))
        };
        let mut found: Vec<MotifNames> = all.clone().filter(is).collect();
        let shortest_first = |factor: &str| (factor.len(), factor.to_lowercase());
        found.sort_by_key(|names| (names.alternate.map(shortest_first), names.name));
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
    let apart = |names: &MotifNames| {
        [Some(names.name), names.alternate]
            .into_iter()
            .flatten()
            .map(|name| strsim::osa_distance(&lower, &name.to_lowercase()))
            .min()
            .filter(|distance| *distance <= limit)
    };
    let mut alike: Vec<(usize, MotifNames)> = all
        .filter_map(|names| Some((apart(&names)?, names)))
        .collect();
    alike.sort_by_key(|(distance, names)| (*distance, names.alternate, names.name));
    alike.truncate(3);
    alike.into_iter().map(|(_, names)| names).collect()
}
