//! Which lists of edits make the same sequences: what the order of edits decides, and what it does not.

use gia_domain::{Alphabet, Draw, Edit, Keyed, Motif, Side, make_same_sequences};
use proptest::prelude::*;

const POPULATION: [u8; 32] = [3; 32];
const LENGTH: usize = 24;

fn write(start: usize, letters: &str, draw: u64) -> Edit {
    Edit::Write {
        start,
        letters: Motif::from_iupac(letters, Alphabet::Dna)
            .unwrap()
            .consensus(),
        draw: Draw(draw),
    }
}

fn shuffle(start: usize, end: usize, draw: u64) -> Edit {
    Edit::Shuffle {
        start,
        end,
        preserving: 1,
        draw: Draw(draw),
    }
}

fn open(start: usize, shifting: Side) -> Edit {
    Edit::Open {
        start,
        width: 3,
        shifting,
        draw: Draw(7),
    }
}

fn delete(start: usize, end: usize) -> Edit {
    Edit::Delete {
        start,
        end,
        shifting: Side::Right,
        draw: Draw(8),
    }
}

#[test]
fn the_order_of_writes_counts_where_they_overlap() {
    let (site, base) = (write(4, "GATTAC", 0), write(6, "A", 0));
    assert!(!make_same_sequences(
        &[site.clone(), base.clone()],
        &[base.clone(), site.clone()]
    ));
    // A write again of what is still there adds nothing, and neither does the order of writes that agree.
    assert!(make_same_sequences(
        &[site.clone(), site.clone()],
        std::slice::from_ref(&site)
    ));
    let within = write(4, "GAT", 0);
    assert!(make_same_sequences(
        &[site.clone(), within.clone()],
        &[within, site.clone()]
    ));
    assert!(!make_same_sequences(
        &[site.clone(), base.clone(), site.clone()],
        &[site.clone(), base]
    ));
    let apart = write(12, "CCC", 0);
    assert!(make_same_sequences(
        &[site.clone(), apart.clone()],
        &[apart, site]
    ));
}

#[test]
fn the_order_counts_where_an_edit_reads_what_another_changes() {
    let invert = Edit::Invert { start: 2, end: 9 };
    for (other, same) in [
        (write(12, "CCC", 0), true),
        (write(8, "CCC", 0), false),
        (shuffle(9, 15, 1), true),
        (shuffle(8, 15, 1), false),
        (open(9, Side::Right), true),
        (open(9, Side::Left), false),
        (open(2, Side::Left), true),
        (delete(12, 15), false),
    ] {
        let swapped = [[&invert, &other], [&other, &invert]].map(|pair| pair.map(Edit::clone));
        assert_eq!(
            make_same_sequences(&swapped[0], &swapped[1]),
            same,
            "{other:?}"
        );
    }
}

#[test]
fn draws_are_told_apart() {
    assert!(!make_same_sequences(
        &[write(4, "RR", 1)],
        &[write(4, "RR", 2)]
    ));
    assert!(!make_same_sequences(
        &[shuffle(2, 9, 1)],
        &[shuffle(2, 9, 2)]
    ));
    assert!(!make_same_sequences(
        &[shuffle(2, 9, 1)],
        &[shuffle(2, 9, 1), shuffle(2, 9, 1)]
    ));
    assert!(!make_same_sequences(&[], &[write(2, "A", 0)]));
    assert!(make_same_sequences(&[], &[write(2, "NN", 0)]));
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let motif =
        Motif::from_counts("m", None, Alphabet::Dna, vec![[3.0, 1.0, 0.0, 2.0]; 3]).unwrap();
    let motif = Keyed::motif(motif.into());
    let site = Motif::from_iupac("GAT", Alphabet::Dna).unwrap();
    let site = Keyed::motif(site.into());
    let draw = || (0u64..3).prop_map(Draw);
    let stretch = || (0..LENGTH - 4, 2usize..5);
    prop_oneof![
        (0..LENGTH - 4, "[ACGTRYN]{1,4}", 0u64..3)
            .prop_map(|(start, letters, draw)| write(start, &letters, draw)),
        (0..LENGTH - 4, draw()).prop_map(move |(start, draw)| Edit::Instance {
            start,
            motif: motif.clone(),
            draw
        }),
        (stretch(), draw()).prop_map(|((start, width), draw)| Edit::Shuffle {
            start,
            end: start + width,
            preserving: 1,
            draw
        }),
        (stretch(), draw()).prop_map(|((start, width), draw)| Edit::Randomize {
            start,
            end: start + width,
            like: None,
            draw
        }),
        stretch().prop_map(|(start, width)| Edit::Invert {
            start,
            end: start + width
        }),
        (stretch(), 0..LENGTH - 4).prop_map(|((start, width), to)| Edit::Move {
            start,
            end: start + width,
            to
        }),
        (0usize..6, 8usize..14).prop_map(|(a, b)| Edit::Swap {
            first: (a, a + 2),
            second: (b, b + 3)
        }),
        (stretch(), draw()).prop_map(|((start, width), draw)| Edit::Open {
            start,
            width,
            shifting: Side::Right,
            draw
        }),
        (stretch(), draw()).prop_map(|((start, width), draw)| Edit::Open {
            start: start + width,
            width,
            shifting: Side::Left,
            draw
        }),
        (stretch(), draw(), any::<bool>()).prop_map(|((start, width), draw, left)| Edit::Delete {
            start,
            end: start + width,
            shifting: if left { Side::Left } else { Side::Right },
            draw,
        }),
        draw().prop_map(move |draw| Edit::Disrupt {
            motif: site.clone(),
            by: gia_domain::Disruption::Randomize,
            draw,
        }),
    ]
}

/// A sequence after all edits; None where a motif cannot be disrupted.
fn applied(edits: &[Edit], bases: &[u8]) -> Option<Vec<u8>> {
    let mut bases = bases.to_vec();
    for edit in edits {
        edit.apply(5, &POPULATION, 1, &mut bases).ok()?;
    }
    Some(bases)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Lists that differ in order alone, and are said to make the same sequences, make the same sequences.
    #[test]
    fn equivalent_lists_make_equal_sequences(
        edits in proptest::collection::vec(any_edit(), 1..5),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 4),
        bases in proptest::collection::vec(0u8..4, LENGTH),
    ) {
        let mut other = edits.clone();
        for (i, index) in order.iter().enumerate() {
            let i = i % other.len();
            let j = index.index(other.len());
            other.swap(i, j);
        }
        if make_same_sequences(&edits, &other) {
            prop_assert_eq!(applied(&edits, &bases), applied(&other, &bases));
        }
    }

    /// An edit without which a list is said to make the same sequences changes none.
    #[test]
    fn an_edit_that_is_said_to_change_nothing_changes_nothing(
        edits in proptest::collection::vec(any_edit(), 1..5),
        without in any::<prop::sample::Index>(),
        bases in proptest::collection::vec(0u8..4, LENGTH),
    ) {
        let mut fewer = edits.clone();
        fewer.remove(without.index(edits.len()));
        if make_same_sequences(&edits, &fewer) {
            prop_assert_eq!(applied(&edits, &bases), applied(&fewer, &bases));
        }
    }
}
