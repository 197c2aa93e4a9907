use gia_base::diag::Code;
use gia_domain::{Alphabet, Motif};
use proptest::prelude::*;

fn dna(text: &str) -> Motif {
    Motif::from_iupac(text, Alphabet::Dna).unwrap()
}

#[test]
fn ambiguous_letters_share_evenly() {
    let motif = dna("WGATAR");
    assert_eq!(motif.name, "WGATAR");
    assert_eq!(motif.width(), 6);
    assert_eq!(motif.columns[0], [0.5, 0.0, 0.0, 0.5]);
    assert_eq!(motif.columns[1], [0.0, 0.0, 1.0, 0.0]);
    assert_eq!(motif.consensus_text(), "WGATAR");
    assert_eq!(dna("nbH").columns[0], [0.25; 4]);
    assert_eq!(dna("ACGTRYSWKMBDHVN").consensus_text(), "ACGTRYSWKMBDHVN");
}

#[test]
fn a_sequence_is_its_own_consensus() {
    let motif = Motif::from_bases(&[0, 2, 3, 4], Alphabet::Rna);
    assert_eq!(motif.name, "AGUN");
    assert_eq!(motif.consensus_text(), "AGUN");
}

#[test]
fn a_letter_that_is_no_base_is_named_with_its_place() {
    let error = Motif::from_iupac("WGATXR", Alphabet::Dna).unwrap_err();
    assert_eq!(error.code, Code::UnknownBase);
    assert_eq!(
        error.message,
        "`X`, letter 5 of `WGATXR`, is not an IUPAC letter of DNA"
    );
    let error = Motif::from_iupac("UGCAUG", Alphabet::Dna).unwrap_err();
    assert_eq!(error.code, Code::AlphabetMismatch);
    assert_eq!(
        error.message,
        "`U`, letter 1 of `UGCAUG`, is a letter of RNA, but the motif is DNA"
    );
    let error = Motif::from_iupac("UGT", Alphabet::Rna).unwrap_err();
    assert_eq!(error.code, Code::AlphabetMismatch);
    let error = Motif::from_iupac("", Alphabet::Dna).unwrap_err();
    assert_eq!(error.code, Code::Empty);
}

#[test]
fn counts_become_probabilities() {
    let counts = vec![[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 7.0, 0.0]];
    let motif = Motif::from_counts("M1", Some("F".into()), Alphabet::Dna, counts).unwrap();
    assert_eq!(motif.columns, [[0.1, 0.2, 0.3, 0.4], [0.0, 0.0, 1.0, 0.0]]);
    assert_eq!(motif.consensus_text(), "TG");
    assert_eq!(motif.alternate.as_deref(), Some("F"));
}

#[test]
fn columns_that_are_none_are_refused() {
    let refused = |columns: Vec<[f64; 4]>| {
        let error = Motif::from_counts("M1", None, Alphabet::Dna, columns).unwrap_err();
        (error.code, error.message)
    };
    let none = (Code::Empty, "the motif `M1` has no positions".to_string());
    assert_eq!(refused(vec![]), none);
    let of = |columns| {
        let (code, message) = refused(columns);
        assert_eq!(code, Code::InvalidDistribution);
        message
    };
    let good = [1.0, 0.0, 0.0, 0.0];
    assert_eq!(
        of(vec![good, [0.0; 4]]),
        "position 2 of the motif `M1`: the counts are all zero"
    );
    assert_eq!(
        of(vec![[1.0, -2.0, 0.0, 0.0]]),
        "position 1 of the motif `M1`: -2 is not a count"
    );
    assert_eq!(
        of(vec![[1.0, f64::NAN, 0.0, 0.0]]),
        "position 1 of the motif `M1`: NaN is not a count"
    );
    let wrong = vec![[0.5, 0.25, 0.2, 0.0]];
    let error = Motif::from_probabilities("M1", None, Alphabet::Dna, wrong).unwrap_err();
    assert_eq!(
        error.message,
        "position 1 of the motif `M1`: the probabilities sum to 0.95, not to 1"
    );
    let near = vec![[0.333, 0.333, 0.333, 0.0]];
    let motif = Motif::from_probabilities("M1", None, Alphabet::Dna, near).unwrap();
    assert_eq!(motif.columns[0].iter().sum::<f64>(), 1.0);
    assert_eq!(motif.consensus_text(), "V");
}

#[test]
fn ties_are_relative() {
    let consensus = |a: f64, c: f64| {
        Motif::from_counts("M", None, Alphabet::Dna, vec![[a, c, 0.0, 0.0]])
            .unwrap()
            .consensus_text()
    };
    assert_eq!(consensus(1.0, 1.0), "M");
    assert_eq!(consensus(1.0, 1.0 - 1e-10), "M");
    assert_eq!(consensus(1.0, 1.0 - 1e-8), "A");
    assert_eq!(consensus(1e6, 1e6 - 1.0), "A");
}

#[test]
fn the_other_strand() {
    let motif = dna("AGGTCR");
    let other = motif.reverse_complement();
    assert_eq!(other.name, "rc(AGGTCR)");
    assert_eq!(other.consensus_text(), "YGACCT");
    assert_eq!(other.reverse_complement(), motif);
}

proptest! {
    #[test]
    fn twice_reversed_is_itself(
        name in "[A-Za-z][A-Za-z0-9.:]{0,9}",
        columns in prop::collection::vec(prop::array::uniform4(0.001f64..100.0), 1..30),
    ) {
        let motif = Motif::from_counts(name, None, Alphabet::Dna, columns).unwrap();
        let other = motif.reverse_complement();
        prop_assert_eq!(other.width(), motif.width());
        let mirrored: Vec<_> = motif.consensus().iter().rev().map(|set| set.complement()).collect();
        prop_assert_eq!(other.consensus(), mirrored);
        prop_assert_eq!(other.reverse_complement(), motif);
    }
}
