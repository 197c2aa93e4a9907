//! How motifs of files and collections are called: by the factor, with the identifier behind it where two share one.
//!
//! Invariant: after [`make_distinct`] no two motifs of a list have the same name.

use std::collections::{HashMap, HashSet};

use super::Motif;
use super::jaspar::matrix_id::MatrixId;

/// The name and the alternate name of a motif that a file gives an accession and perhaps a name: the name of the factor first. Files
/// that write the two in the other order, or the accession again before the name (`MA0139.2.CTCF`), are understood.
pub(super) fn by_factor(accession: String, name: Option<String>) -> (String, Option<String>) {
    let is_id = |name: &str| MatrixId::parse(name).is_some_and(MatrixId::is_canonical);
    let Some(name) = name.filter(|name| !name.is_empty() && *name != accession) else {
        return (accession, None);
    };
    if is_id(&name) && !is_id(&accession) {
        return (accession, Some(name));
    }
    let repeated = name
        .strip_prefix(&accession)
        .and_then(|rest| rest.strip_prefix('.'));
    match repeated {
        Some(rest) if !rest.is_empty() => (rest.to_owned(), Some(accession)),
        _ => (name, Some(accession)),
    }
}

/// Gives motifs of a list that share a name different ones: the identifier stands behind the name (`CTCF MA0139.2`), or the number in
/// the list, counted from 0, where there is no identifier that differs (`CTCF [3]`). One motif whose name is its only identifier keeps it.
pub fn make_distinct(motifs: &mut [Motif]) {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for motif in motifs.iter() {
        *counts.entry(motif.name.clone()).or_default() += 1;
    }
    let mut bare: HashMap<String, usize> = HashMap::new();
    for motif in motifs.iter().filter(|motif| motif.alternate.is_none()) {
        *bare.entry(motif.name.clone()).or_default() += 1;
    }
    let keeps_name = |motif: &Motif| {
        counts.get(&motif.name) == Some(&1)
            || (motif.alternate.is_none() && bare.get(&motif.name) == Some(&1))
    };
    let mut taken: HashSet<String> = motifs
        .iter()
        .filter(|motif| keeps_name(motif))
        .map(|motif| motif.name.clone())
        .collect();
    for (number, motif) in motifs.iter_mut().enumerate() {
        if keeps_name(motif) {
            continue;
        }
        let mut name = match &motif.alternate {
            // `GATA1.H12CORE.0.PSM.A` says the factor itself.
            Some(id) if id.starts_with(&motif.name) => id.clone(),
            Some(id) => format!("{} {id}", motif.name),
            None => format!("{} [{number}]", motif.name),
        };
        while taken.contains(&name) {
            name = format!("{name} [{number}]");
        }
        taken.insert(name.clone());
        motif.name = name;
    }
}

/// Whether a name of [`make_distinct`] stands for a factor: `CTCF MA0139.2` and `CTCF [3]` for `CTCF`.
pub(super) fn is_made_from(name: &str, factor: &str) -> bool {
    let Some(behind) = name.strip_prefix(factor) else {
        return false;
    };
    !factor.is_empty() && behind.starts_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Alphabet;

    fn names(given: &[(&str, Option<&str>)]) -> Vec<String> {
        let mut motifs: Vec<Motif> = given
            .iter()
            .map(|(name, alternate)| Motif {
                alternate: alternate.map(str::to_owned),
                ..Motif::from_bases(&[0, 1], Alphabet::Dna).renamed(*name)
            })
            .collect();
        make_distinct(&mut motifs);
        motifs.into_iter().map(|motif| motif.name).collect()
    }

    #[test]
    fn shared_names_get_their_identifiers() {
        let given = [
            ("CTCF", Some("MA1")),
            ("JUN", Some("MA2")),
            ("CTCF", Some("MA3")),
        ];
        assert_eq!(names(&given), ["CTCF MA1", "JUN", "CTCF MA3"]);
    }

    #[test]
    fn names_differ_without_identifiers_and_where_the_made_name_is_taken() {
        let given = [
            ("A", None),
            ("A", None),
            ("A [1]", None),
            ("A", Some("x")),
            ("A", Some("x")),
        ];
        assert_eq!(
            names(&given),
            ["A [0]", "A [1] [1]", "A [1]", "A x", "A x [4]"]
        );
        assert_eq!(names(&[("A", Some("x")), ("A", None)]), ["A x", "A"]);
    }

    #[test]
    fn the_factor_is_found_in_either_order() {
        let called = |accession: &str, name: &str| by_factor(accession.into(), Some(name.into()));
        let ctcf = ("CTCF".to_owned(), Some("MA0139.2".to_owned()));
        assert_eq!(called("MA0139.2", "CTCF"), ctcf);
        assert_eq!(called("CTCF", "MA0139.2"), ctcf);
        assert_eq!(called("MA0139.2", "MA0139.2.CTCF"), ctcf);
        assert_eq!(called("GATA1", ""), ("GATA1".to_owned(), None));
    }
}
