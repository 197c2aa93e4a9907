//! Shuffles that keep k-mer counts: what they keep, and that each is as likely as any other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use gia_domain::{Alphabet, Null, Order, Population, SequenceSet};
use proptest::prelude::*;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{codes, set};

fn counts(bases: &[u8], k: usize) -> BTreeMap<Vec<u8>, usize> {
    let mut counts = BTreeMap::new();
    for window in bases.windows(k) {
        *counts.entry(window.to_vec()).or_default() += 1;
    }
    counts
}

/// Every sequence with the same k-mers and the same first k - 1 bases.
fn all_shuffles(bases: &[u8], k: usize) -> Vec<Vec<u8>> {
    fn extend(
        made: &mut Vec<u8>,
        left: &mut BTreeMap<Vec<u8>, usize>,
        k: usize,
        length: usize,
        found: &mut Vec<Vec<u8>>,
    ) {
        if made.len() == length {
            found.push(made.clone());
            return;
        }
        for base in 0..4 {
            let mut kmer = made[made.len() - (k - 1)..].to_vec();
            kmer.push(base);
            if left.get(&kmer).is_some_and(|&n| n > 0) {
                *left.get_mut(&kmer).unwrap() -= 1;
                made.push(base);
                extend(made, left, k, length, found);
                made.pop();
                *left.get_mut(&kmer).unwrap() += 1;
            }
        }
    }
    let mut found = Vec::new();
    let mut made = bases[..k - 1].to_vec();
    extend(&mut made, &mut counts(bases, k), k, bases.len(), &mut found);
    found
}

fn shuffled(sequences: SequenceSet, k: usize) -> Population {
    let of = Population::Sequences {
        set: sequences.into(),
        order: gia_domain::Order::File,
    };
    Population::Null(Null::shuffled(of.into(), k).unwrap())
}

/// Draws, and the p-value of a chi-square test against all shuffles being equally likely.
fn p_of_uniformity(letters: &str, k: usize, draws: usize, seed: u64) -> (usize, f64) {
    let bases = codes(letters);
    let all = all_shuffles(&bases, k);
    let numbers: HashMap<&[u8], usize> = all.iter().enumerate().map(|(i, s)| (&s[..], i)).collect();
    let sampler = shuffled(set(&[letters]), k).sampler(seed);
    let mut seen = vec![0usize; all.len()];
    for index in 0..draws {
        seen[numbers[&sampler.background(index)[..]]] += 1;
    }
    let expected = draws as f64 / all.len() as f64;
    let squares: f64 = seen
        .iter()
        .map(|&n| (n as f64 - expected).powi(2) / expected)
        .sum();
    let law = ChiSquared::new((all.len() - 1) as f64).unwrap();
    (all.len(), law.sf(squares))
}

#[test]
fn every_shuffle_is_as_likely_as_any_other() {
    // The first: of its 72 shuffles, a method that leaves the last exit of each letter where it is reaches 9.
    let cases = [
        ("ACCCACGATGATA", 2, 72),
        ("AACCGGTT", 1, 2520),
        ("ACACAGAGACA", 2, 10),
        ("ACGTACGGTACGA", 2, 0),
        ("AACAACAGAACATAACAGA", 3, 0),
        ("ACACGTACACTTACACG", 3, 0),
        ("GATTACAGATTTACAGATACAG", 4, 0),
    ];
    for (i, (letters, k, known)) in cases.into_iter().enumerate() {
        let size = all_shuffles(&codes(letters), k).len();
        let (n, p) = p_of_uniformity(letters, k, 200 * size.max(10), 17 + i as u64);
        assert!(n >= 2, "{letters} has no other shuffle for k = {k}");
        if known > 0 {
            assert_eq!(n, known, "{letters}, k = {k}");
        }
        assert!(p > 1e-3, "{letters}, k = {k}, {n} shuffles: p = {p:.2e}");
    }
}

#[test]
fn background_i_is_a_shuffle_of_sequence_i_and_its_name_says_so() {
    let population = shuffled(set(&["ACGTTGCA", "GGGGCCCC"]), 1);
    let sampler = population.sampler(3);
    let sorted = |index| {
        let mut bases = sampler.background(index);
        bases.sort_unstable();
        bases
    };
    assert_eq!(sorted(0), codes("AACCGGTT"));
    assert_eq!(sorted(1), codes("CCCCGGGG"));
    assert_eq!(sorted(2), codes("AACCGGTT"));
    assert_eq!(sampler.name(3), "s1_shuffled_1");
    assert_ne!(sampler.background(0), sampler.background(2));
}

#[test]
fn an_unknown_base_and_an_impossible_k_are_refused() {
    let of = |letters: &[&str]| {
        std::sync::Arc::new(Population::Sequences {
            set: set(letters).into(),
            order: gia_domain::Order::File,
        })
    };
    let error = Null::shuffled(of(&["ACGT", "ACNT"]), 2).unwrap_err();
    assert!(
        error.message.contains("`s1` has an unknown base"),
        "{}",
        error.message
    );
    for k in [0, 17] {
        assert!(Null::shuffled(of(&["ACGT"]), k).is_err());
    }
}

proptest! {
    #[test]
    fn counts_and_ends_stay(
        bases in prop::collection::vec(0u8..4, 1..400),
        k in 1usize..=16,
        seed in any::<u64>(),
    ) {
        let letters = Alphabet::Dna.decode_all(&bases);
        let shuffle = shuffled(set(&[&letters]), k).sampler(seed).background(0);
        prop_assert_eq!(counts(&shuffle, k), counts(&bases, k));
        let end = (k - 1).min(bases.len());
        prop_assert_eq!(&shuffle[..end], &bases[..end]);
        prop_assert_eq!(&shuffle[bases.len() - end..], &bases[bases.len() - end..]);
    }
}

/// 10,000 shuffles of 1,000 bp, and 100,000 of 13 bp: `cargo test --release -- --ignored --nocapture time_of`.
#[test]
#[ignore = "a timing"]
fn time_of_shuffles() {
    let uniform = Population::Null(Null::uniform(Alphabet::Dna, 1000).unwrap());
    let long = Population::Null(Null::shuffled(uniform.into(), 2).unwrap());
    for (population, n) in [
        (long, 10_000),
        (shuffled(set(&["ACCCACGATGATA"]), 2), 100_000),
    ] {
        let sampler = population.sampler(1);
        let mut bases = vec![0; population.length()];
        let started = std::time::Instant::now();
        for index in 0..n {
            sampler.fill(index, &mut bases);
            std::hint::black_box(&bases);
        }
        println!(
            "{n} of {} bp: {:.3} s on one thread",
            bases.len(),
            started.elapsed().as_secs_f64()
        );
    }
}

/// Each bin keeps its counts of k-mers and its ends, and is shuffled by itself; draws without bins are what they were.
#[test]
fn a_shuffle_in_bins_keeps_the_composition_along_the_sequence() {
    let letters = format!(
        "{}{}{}",
        "ACAATA".repeat(10),
        "GCGTGC".repeat(10),
        "AC".repeat(33)
    );
    let source = set(&[&letters]);
    let of = Arc::new(Population::Sequences {
        set: Arc::new(source),
        order: Order::File,
    });
    let bases = codes(&letters);
    let counts = |bases: &[u8]| {
        let mut pairs = vec![0; 16];
        for pair in bases.windows(2) {
            pairs[usize::from(4 * pair[0] + pair[1])] += 1;
        }
        pairs
    };
    let null = Null::shuffled_in_bins(of.clone(), 2, 5).expect("a null model");
    assert!(
        null.describe()
            .starts_with("shuffled, preserving 2-mers in each of 5 bins, of (")
    );
    let binned = Population::Null(null);
    let whole = Population::Null(Null::shuffled(of.clone(), 2).expect("a null model"));
    let one = Population::Null(Null::shuffled_in_bins(of.clone(), 2, 1).expect("a null model"));
    assert_eq!(whole.identity(), one.identity());
    assert_ne!(whole.identity(), binned.identity());
    let length = bases.len();
    let mut differ = 0;
    for index in 0..20 {
        let drawn = binned.sampler(4).background(index);
        for bin in 0..5 {
            let stretch = bin * length / 5..(bin + 1) * length / 5;
            assert_eq!(
                counts(&drawn[stretch.clone()]),
                counts(&bases[stretch.clone()])
            );
            assert_eq!(drawn[stretch.start], bases[stretch.start]);
        }
        differ += usize::from(drawn != bases);
    }
    assert_eq!(differ, 20);
    for bins in [0, 47, 1000] {
        let error = Null::shuffled_in_bins(of.clone(), 2, bins).unwrap_err();
        assert_eq!(error.code, gia_base::diag::Code::OutOfRange, "{bins}");
    }
}
