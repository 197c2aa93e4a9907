use std::sync::Arc;

use gia_domain::{Alphabet, Construct, Motif, Part, PartKind};

fn text(construct: &Construct) -> String {
    construct
        .letters()
        .iter()
        .map(|set| set.to_iupac(Alphabet::Dna))
        .collect()
}

fn motif(letters: &str) -> Construct {
    Motif::from_iupac(letters, Alphabet::Dna).unwrap().into()
}

fn example() -> Construct {
    let labelled = |piece, label: &str| Part {
        kind: piece,
        label: Some(label.to_owned()),
    };
    let of =
        |letters| PartKind::Motif(Arc::new(Motif::from_iupac(letters, Alphabet::Dna).unwrap()));
    Construct {
        parts: vec![
            labelled(of("GATAAG"), "g"),
            Part {
                kind: PartKind::Gap(3),
                label: None,
            },
            labelled(of("CATR"), "t"),
        ],
    }
}

#[test]
fn gaps_are_any_base() {
    let construct = example();
    assert_eq!(text(&construct), "GATAAGNNNCATR");
    assert_eq!(construct.width(), 13);
    assert_eq!(construct.alphabet(), Some(Alphabet::Dna));
    assert_eq!(construct.motifs().count(), 2);
    assert_eq!(Construct::default().width(), 0);
    assert_eq!(Construct::from(PartKind::Gap(4)).alphabet(), None);
}

#[test]
fn the_other_strand_keeps_labels_with_their_parts() {
    let construct = example();
    let other = construct.reverse_complement();
    assert_eq!(text(&other), "YATGNNNCTTATC");
    let labels: Vec<_> = other.parts.iter().map(|p| p.label.as_deref()).collect();
    assert_eq!(labels, [Some("t"), None, Some("g")]);
    assert_eq!(other.reverse_complement(), construct);
}

#[test]
fn in_a_row() {
    let unit = motif("TGACTCA").followed_by(PartKind::Gap(2).into());
    assert_eq!(text(&unit.repeat(2)), "TGACTCANNTGACTCANN");
    assert_eq!(unit.repeat(3).width(), 27);
    assert_eq!(unit.repeat(0), Construct::default());
    let row: Construct = [motif("AA"), PartKind::Gap(1).into(), motif("CC")]
        .into_iter()
        .collect();
    assert_eq!(text(&row), "AANCC");
    assert_eq!(example().repeat(2).parts[3].label.as_deref(), Some("g"));
}

#[test]
fn a_width_past_the_largest_number_does_not_wrap() {
    let huge = Construct::from(PartKind::Gap(usize::MAX)).followed_by(motif("A"));
    assert_eq!(huge.width(), usize::MAX);
}

#[test]
fn parts_that_are_left_out_leave_gaps_of_their_width() {
    let motif = |letters: &str| {
        std::sync::Arc::new(
            gia_domain::Motif::from_iupac(letters, gia_domain::Alphabet::Dna).unwrap(),
        )
    };
    let part = |piece, label: Option<&str>| gia_domain::Part {
        kind: piece,
        label: label.map(String::from),
    };
    let construct = gia_domain::Construct {
        parts: vec![
            part(gia_domain::PartKind::Motif(motif("GATA")), Some("g")),
            part(gia_domain::PartKind::Gap(3), None),
            part(gia_domain::PartKind::Motif(motif("CAGCTG")), None),
        ],
    };
    let shape = |construct: &gia_domain::Construct| -> Vec<(bool, usize)> {
        let parts = construct.parts.iter();
        parts
            .map(|part| (part.display_name().is_some(), part.kind.width()))
            .collect()
    };
    let all = [(true, 4), (false, 3), (true, 6)];
    assert_eq!(shape(&construct), all);
    assert_eq!(
        shape(&construct.with_gaps(&["g"], false)),
        [(false, 4), (false, 3), (true, 6)]
    );
    assert_eq!(
        shape(&construct.with_gaps(&["g"], true)),
        [(true, 4), (false, 3), (false, 6)]
    );
    assert_eq!(shape(&construct.with_gaps(&["CAGCTG", "g"], true)), all);
}
