//! Words for messages: the name that was probably meant, and numbers with what they count.

/// The candidate closest to a name that was not found.
///
/// One that differs by case alone wins; else the smallest Damerau-Levenshtein distance of at most a third of the
/// longer of both names, in characters. Ties go to the alphabetically first, so the order of candidates is free.
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
            let distance = strsim::damerau_levenshtein(wanted, candidate);
            let longer = length.max(candidate.chars().count());
            (distance * 3 <= longer).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// `1 item`, `3 items`: a number and what it counts, given in the singular.
pub fn counted(n: usize, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural}")
}
