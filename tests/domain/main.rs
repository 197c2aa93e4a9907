//! The library of the field: sequences, motifs, constructs, edits and populations.

#[path = "../support/allocation.rs"]
mod allocation;
#[path = "../support/two_bit.rs"]
mod two_bit;

mod alphabet;
mod anchored;
mod bed;
mod clusters;
mod construct;
mod edit;
mod edit_order;
mod fasta;
mod genome;
mod jaspar;
mod matched;
mod measured;
mod modisco;
mod motif;
mod motif_file;
mod motif_layouts;
mod motif_similarity;
mod null;
mod null_record;
mod population;
mod rearrange;
mod scan;
mod shuffle;
mod vcf;

use gia_domain::{Alphabet, Exclusions, Sequence, SequenceSet};

/// Letters of DNA as codes.
fn codes(letters: &str) -> Vec<u8> {
    let code = |letter| Alphabet::Dna.encode(letter).expect("a letter of DNA");
    letters.chars().map(code).collect()
}

/// Sequences called `s0`, `s1`, ...
fn set(letters: &[&str]) -> SequenceSet {
    let named = letters.iter().enumerate().map(|(i, letters)| Sequence {
        name: format!("s{i}"),
        bases: codes(letters),
        variant: None,
        locus: None,
        id: None,
        cut: 0,
        record: None,
    });
    SequenceSet {
        label: None,
        alphabet: Alphabet::Dna,
        path: "set.fa".into(),
        sha256: String::new(),
        sequences: named.collect(),
        excluded: Exclusions::default(),
    }
}
