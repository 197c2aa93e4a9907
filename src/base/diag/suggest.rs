//! Text for messages: suggestions of similar names, plurals, and claims.

/// Maximum length of names that are compared, in characters. Longer names get no suggestion.
const MAX_NAME_CHARS: usize = 1000;

/// The candidate closest to a name that was not found.
///
/// A candidate that differs only by case wins, otherwise the one with the smallest Damerau-Levenshtein distance, which may be at most a
/// third of the length of the longer name. Ties go to the alphabetically first, so the order of candidates does not matter.
pub fn closest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = wanted.to_lowercase();
    let length = wanted.chars().count();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != wanted)
        .filter_map(|candidate| {
            if candidate.to_lowercase() == folded {
                return Some((0, candidate));
            }
            let other = candidate.chars().count();
            let longer = length.max(other);
            // The difference in length is a lower bound of the distance, which takes quadratic time.
            if length.abs_diff(other) * 3 > longer || longer > MAX_NAME_CHARS {
                return None;
            }
            let distance = strsim::damerau_levenshtein(wanted, candidate);
            (distance * 3 <= longer).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// A number with a noun, given in the singular: `1 item`, `3 items`.
pub fn pluralize(n: usize, what: &str) -> String {
    match (n, what.strip_suffix("ry")) {
        (1, _) => format!("1 {what}"),
        (n, Some(stem)) => format!("{n} {stem}ries"),
        (n, None) => format!("{n} {what}s"),
    }
}

/// The equivalence claim to suggest in place of a claim of equality: `abs(effect - 2) < 0.1`.
pub fn equivalence_claim(measured: &str, value: &str) -> String {
    let is_sum = value.contains([' ', '+', '-']);
    match value {
        "0" => format!("abs({measured}) < 0.1"),
        value if is_sum => format!("abs({measured} - ({value})) < 0.1"),
        value => format!("abs({measured} - {value}) < 0.1"),
    }
}
