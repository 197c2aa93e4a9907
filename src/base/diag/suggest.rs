//! Words for messages: the name that was probably meant, and numbers with what they count.

/// Longer names, in characters, get no suggestion.
const LONGEST_NAME: usize = 1000;

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
            let other = candidate.chars().count();
            let longer = length.max(other);
            // The distance is no less than this, and takes the product of both lengths to find.
            if length.abs_diff(other) * 3 > longer || longer > LONGEST_NAME {
                return None;
            }
            let distance = strsim::damerau_levenshtein(wanted, candidate);
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

/// The claim that two means are close, in place of one that they are equal.
pub fn closeness(measured: &str, value: &str) -> String {
    let is_sum = value.contains([' ', '+', '-']);
    match value {
        "0" => format!("abs({measured}) < 0.1"),
        value if is_sum => format!("abs({measured} - ({value})) < 0.1"),
        value => format!("abs({measured} - {value}) < 0.1"),
    }
}
