//! Edits that move, replace or shuffle what is there, beside sequences worked out by hand.

use std::collections::HashMap;

use gia_domain::{Alphabet, Disruption, Draw, Edit, Keyed, Motif, Null, Population, Scanner, Side};
use proptest::prelude::*;

use super::codes;

const POPULATION: [u8; 32] = [9; 32];
const DRAW: Draw = Draw(7);

fn iupac(letters: &str) -> Keyed<Motif> {
    Keyed::motif(Motif::from_iupac(letters, Alphabet::Dna).unwrap().into())
}

fn apply(edit: &Edit, index: u64, letters: &str) -> String {
    let mut bases = codes(letters);
    edit.apply(3, &POPULATION, index, &mut bases).unwrap();
    Alphabet::Dna.decode_all(&bases)
}

#[test]
fn what_is_fixed_is_as_worked_out_by_hand() {
    let before = "ACACTTTTGG";
    for (edit, expected) in [
        (Edit::Invert { start: 2, end: 5 }, "ACAGTTTTGG"),
        (Edit::Invert { start: 0, end: 10 }, "CCAAAAGTGT"),
        (
            Edit::Move {
                start: 2,
                end: 5,
                to: 6,
            },
            "ACTTTGACTG",
        ),
        (
            Edit::Move {
                start: 7,
                end: 9,
                to: 1,
            },
            "ATGCACTTTG",
        ),
        (
            Edit::Swap {
                first: (0, 2),
                second: (7, 10),
            },
            "TGGACTTTAC",
        ),
        (
            Edit::Swap {
                first: (7, 10),
                second: (0, 2),
            },
            "TGGACTTTAC",
        ),
    ] {
        assert_eq!(apply(&edit, 0, before), expected, "{edit:?}");
        assert!(edit.is_fixed() && edit.written().is_none());
    }
}

#[test]
fn room_pushes_one_side_out_and_a_deletion_draws_it_in() {
    let before = "ACGTTGCAAC";
    let open = |shifting| Edit::Open {
        start: 4,
        width: 3,
        shifting,
        draw: DRAW,
    };
    let delete = |shifting| Edit::Delete {
        start: 2,
        end: 5,
        shifting,
        draw: DRAW,
    };
    let mut seen = HashMap::new();
    for index in 0..200 {
        let right = apply(&open(Side::Right), index, before);
        assert_eq!((&right[..4], &right[7..]), ("ACGT", "TGC"));
        let left = apply(&open(Side::Left), index, before);
        assert_eq!((&left[..1], &left[4..]), ("T", "TGCAAC"));
        let right = apply(&delete(Side::Right), index, before);
        assert_eq!(&right[..7], "ACGCAAC");
        for letter in right[7..].chars() {
            *seen.entry(letter).or_insert(0) += 1;
        }
        let left = apply(&delete(Side::Left), index, before);
        assert_eq!(&left[3..], "ACGCAAC");
    }
    // Of the seven bases left, three are A, three C, one is G and none T.
    assert!(!seen.contains_key(&'T') && seen[&'G'] < seen[&'A'] && seen[&'G'] < seen[&'C']);
    assert_ne!(
        apply(&open(Side::Right), 0, before),
        apply(&open(Side::Right), 1, before)
    );
}

#[test]
fn a_disrupted_motif_occurs_no_more_and_the_rest_stays() {
    let before = "TTTGATAAGTTTTCTTATCTTTAGATAAGATAAGTT";
    let motif = iupac("WGATAR");
    let scanner = Scanner::new(&motif.value).unwrap();
    assert_eq!(scanner.occurrences(&codes(before)).len(), 4);
    for by in [Disruption::Randomize, Disruption::Shuffle { preserving: 1 }] {
        let edit = Edit::Disrupt {
            motif: motif.clone(),
            by,
            draw: DRAW,
        };
        for index in 0..100 {
            let after = apply(&edit, index, before);
            assert!(!scanner.occurs(&codes(&after)), "{after}");
            assert_eq!((&after[..2], &after[34..]), ("TT", "TT"));
            if let Disruption::Shuffle { .. } = by {
                let sorted = |letters: &str| {
                    let mut letters: Vec<char> = letters.chars().collect();
                    letters.sort_unstable();
                    letters
                };
                assert_eq!(sorted(&after), sorted(before));
            }
        }
    }
}

/// Every shuffle of these occurrences is the motif again, or is the same: bases beside them are shuffled too.
#[test]
fn an_occurrence_that_no_shuffle_changes_takes_bases_from_its_sides() {
    let cases = [
        ("AAAAAAAA", 1, "CGTCGGTCAAAAAAAACTGCCGTG"),
        ("CACGTG", 2, "TTGACCATCACGTGATGGACTTAG"),
        ("ATATAT", 2, "GGCGTACATATATCCGTACGATCG"),
    ];
    for (motif, preserving, before) in cases {
        let motif = iupac(motif);
        let scanner = Scanner::new(&motif.value).unwrap();
        assert!(scanner.occurs(&codes(before)));
        let edit = Edit::Disrupt {
            motif,
            by: Disruption::Shuffle { preserving },
            draw: DRAW,
        };
        for index in 0..60 {
            let after = apply(&edit, index, before);
            assert!(!scanner.occurs(&codes(&after)), "{after}");
            assert_eq!(kmers(&after, preserving), kmers(before, preserving));
        }
    }
}

#[test]
fn a_motif_that_no_order_of_bases_avoids_is_said_to_be_indestructible() {
    let edit = |by| Edit::Disrupt {
        motif: iupac("AAAA"),
        by,
        draw: DRAW,
    };
    let mut bases = codes("AAAAAAACA");
    let shuffle = edit(Disruption::Shuffle { preserving: 1 });
    let error = shuffle.apply(3, &POPULATION, 7, &mut bases).unwrap_err();
    assert_eq!(error.code.number(), "E0607");
    assert!(error.message.contains("background 7"), "{}", error.message);
    let randomize = edit(Disruption::Randomize);
    assert!(randomize.apply(3, &POPULATION, 7, &mut bases).is_ok());
}

/// The k-mers of a text with how often each occurs.
fn kmers(text: &str, k: usize) -> HashMap<String, usize> {
    let letters: Vec<char> = text.chars().collect();
    let mut counts = HashMap::new();
    for word in letters.windows(k) {
        *counts.entry(word.iter().collect()).or_insert(0) += 1;
    }
    counts
}

#[test]
fn a_stretch_is_replaced_by_uniform_bases_or_by_those_of_another_population() {
    let edit = |like| Edit::Randomize {
        start: 1,
        end: 5,
        like,
        draw: DRAW,
    };
    let poor = |length| {
        let null = Null::iid(Alphabet::Dna, length, [1.0, 0.0, 0.0, 0.0]).unwrap();
        Some(Keyed::population(Population::Null(null).into()))
    };
    for like in [poor(4), poor(6)] {
        assert_eq!(apply(&edit(like), 0, "CCCCCC"), "CAAAAC");
    }
    let mut seen = HashMap::new();
    for index in 0..4096 {
        let after = apply(&edit(None), index, "CCCCCC");
        *seen.entry(after[1..5].to_string()).or_insert(0) += 1;
    }
    // 256 words, 16 each: none is missing and none is three times too frequent.
    assert_eq!(seen.len(), 256);
    assert!(seen.values().all(|&n| n < 48));
}

#[test]
fn an_instance_has_the_probabilities_of_the_matrix() {
    let columns = vec![[0.5, 0.25, 0.25, 0.0], [0.0, 0.0, 0.1, 0.9]];
    let motif = Motif::from_probabilities("m", None, Alphabet::Dna, columns.clone()).unwrap();
    let edit = Edit::Instance {
        start: 1,
        motif: Keyed::motif(motif.into()),
        draw: DRAW,
    };
    let (n, mut seen) = (10_000, [[0.0; 4]; 2]);
    for index in 0..n {
        let mut bases = vec![4; 4];
        edit.apply(5, &POPULATION, index, &mut bases).unwrap();
        assert_eq!((bases[0], bases[3]), (4, 4));
        for (column, &base) in seen.iter_mut().zip(&bases[1..3]) {
            column[usize::from(base)] += 1.0 / n as f64;
        }
    }
    for (found, expected) in seen.as_flattened().iter().zip(columns.as_flattened()) {
        let sd = (expected * (1.0 - expected) / n as f64).sqrt();
        assert!(
            (found - expected).abs() <= 5.0 * sd,
            "{found} for {expected}"
        );
    }
}

proptest! {
    #[test]
    fn twice_is_not_at_all_for_what_undoes_itself(
        bases in prop::collection::vec(0u8..4, 2..60),
        cuts in prop::collection::vec(0.0f64..1.0, 4),
        index in 0u64..1000,
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|c| (c * (bases.len() + 1) as f64) as usize).collect();
        cuts.sort_unstable();
        let [a, b, c, d] = cuts[..] else { unreachable!() };
        let apply = |edit: &Edit, bases: &[u8]| {
            let mut after = bases.to_vec();
            edit.apply(1, &POPULATION, index, &mut after).unwrap();
            after
        };
        let invert = Edit::Invert { start: a, end: d };
        prop_assert_eq!(apply(&invert, &apply(&invert, &bases)), bases.clone());
        let there = Edit::Swap { first: (a, b), second: (c, d) };
        let back = Edit::Swap { first: (a, a + d - c), second: (a + d - c + c - b, d) };
        prop_assert_eq!(apply(&back, &apply(&there, &bases)), bases.clone());
        let to = bases.len() - (b - a);
        let there = Edit::Move { start: a, end: b, to };
        let back = Edit::Move { start: to, end: bases.len(), to: a };
        prop_assert_eq!(apply(&back, &apply(&there, &bases)), bases.clone());
        let shuffle = Edit::Shuffle { start: a, end: d, preserving: 2, draw: DRAW };
        let after = apply(&shuffle, &bases);
        prop_assert_eq!(&after[..a], &bases[..a]);
        prop_assert_eq!(&after[d..], &bases[d..]);
    }
}
