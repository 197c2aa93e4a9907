//! Information, similarity and clusters of motifs. `motif_similarity.py` computed the numbers.

use gia_domain::{Alphabet, Motif, jaspar, redundancy_clusters};
use serde_json::Value;

fn motif(name: &str) -> Motif {
    jaspar::find(name).unwrap()
}

fn letters(text: &str) -> Motif {
    Motif::from_iupac(text, Alphabet::Dna).unwrap()
}

#[test]
fn numbers_are_those_of_numpy() {
    let oracle: Value = serde_json::from_str(include_str!("motif_similarity.json")).unwrap();
    let information = oracle["information"].as_object().unwrap();
    assert!(information.len() > 8);
    for (name, expected) in information {
        let difference = motif(name).information() - expected.as_f64().unwrap();
        assert!(difference.abs() < 1e-9, "{name} {difference}");
    }
    for entry in oracle["similarity"].as_array().unwrap() {
        let [a, b] = [0, 1].map(|i| motif(entry[i].as_str().unwrap()));
        let expected = entry[2].as_f64().unwrap();
        for found in [
            a.similarity(&b),
            b.similarity(&a),
            a.similarity(&b.reverse_complement()),
        ] {
            assert!((found - expected).abs() < 1e-9, "{entry} {found}");
        }
    }
}

#[test]
fn information_of_letters() {
    assert_eq!(letters("ACGT").information(), 8.0);
    assert_eq!(letters("AWN").information(), 3.0);
}

#[test]
fn what_is_alike() {
    let gata = letters("AGATAA");
    assert_eq!(gata.similarity(&gata), 1.0);
    assert_eq!(gata.similarity(&letters("TTATCT")), 1.0);
    // Two overhanging bases: 6 of 8 columns are aligned.
    assert_eq!(gata.similarity(&letters("AGATAAGG")), 0.75);
    // An even column is like nothing, not even itself.
    assert_eq!(letters("N").similarity(&letters("N")), 0.0);
    // RNA has one strand.
    let rna = |text: &str| Motif::from_iupac(text, Alphabet::Rna).unwrap();
    assert!(rna("AGAUAA").similarity(&rna("UUAUCU")) < 0.5);
    assert_eq!(rna("AGAUAA").similarity(&rna("AGAUAA")), 1.0);
}

#[test]
fn clusters_have_a_representative_with_most_information() {
    let motifs = [
        letters("WGATAA"),
        letters("TGACTCA"),
        letters("TTATCT"),
        letters("AGATAA"),
        letters("TGAGTCA"),
    ];
    let all: Vec<&Motif> = motifs.iter().collect();
    // The first of two with equal information represents, on whichever strand.
    assert_eq!(redundancy_clusters(&all, 0.85), [vec![1, 4], vec![2, 0, 3]]);
    assert_eq!(
        redundancy_clusters(&all, 1.0),
        [vec![0], vec![1, 4], vec![2, 3]]
    );
    assert!(redundancy_clusters(&[], 0.9).is_empty());
}

#[test]
fn no_two_representatives_of_a_taxon_are_redundant() {
    let insects = jaspar::SearchScope {
        taxon: Some("insects"),
        species: None,
    };
    let motifs = jaspar::all(insects).unwrap();
    let all: Vec<&Motif> = motifs.iter().collect();
    let clusters = redundancy_clusters(&all, 0.9);
    assert!(clusters.len() < all.len());
    let mut members: Vec<usize> = clusters.concat();
    members.sort_unstable();
    assert_eq!(members, (0..all.len()).collect::<Vec<_>>());
    for (i, cluster) in clusters.iter().enumerate() {
        let representative = all[cluster[0]];
        for &member in cluster {
            assert!(all[member].information() <= representative.information());
            assert!(all[member].similarity(representative) >= 0.9 - 1e-9);
        }
        for other in &clusters[..i] {
            assert!(all[other[0]].similarity(representative) < 0.9);
        }
    }
}
