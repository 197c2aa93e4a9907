use std::path::PathBuf;
use std::sync::Arc;

use gia_base::diag::Code;
use gia_domain::{
    Alphabet, BaseProbabilities, Exclusions, Null, Order, Population, Sequence, SequenceSet,
};
use proptest::prelude::*;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Worked out by `tests/data/sampling/goldens.py`.
pub fn goldens() -> serde_json::Value {
    serde_json::from_str(include_str!("../data/sampling/goldens.json")).unwrap()
}

fn uniform(length: usize) -> Population {
    Population::Null(Null::uniform(Alphabet::Dna, length).unwrap())
}

fn iid(length: usize, frequencies: [f64; 4]) -> Population {
    Population::Null(Null::iid(Alphabet::Dna, length, frequencies).unwrap())
}

/// `n` different sequences: their numbers in base 4.
fn numbered(n: usize, width: usize, order: Order) -> Population {
    let sequences = (0..n)
        .map(|i| Sequence {
            name: format!("s{i}"),
            bases: (0..width)
                .map(|k| (i >> (2 * (width - 1 - k)) & 3) as u8)
                .collect(),
            variant: None,
            locus: None,
            id: None,
            cut: 0,
            record: None,
        })
        .collect();
    Population::Sequences {
        set: Arc::new(SequenceSet {
            label: None,
            alphabet: Alphabet::Dna,
            path: PathBuf::from("numbered.fa"),
            sha256: String::new(),
            sequences,
            excluded: Exclusions::default(),
        }),
        order,
    }
}

fn drawn(population: &Population, seed: u64, index: usize) -> String {
    let mut bases = vec![0; population.length()];
    population.background(seed, index, &mut bases);
    population.alphabet().decode_all(&bases)
}

/// P-value of the hypothesis that counts come from these probabilities.
fn chi_square(counts: &[usize], probabilities: &[f64]) -> f64 {
    let n: usize = counts.iter().sum();
    let statistic: f64 = counts
        .iter()
        .zip(probabilities)
        .map(|(&count, p)| (count as f64 - n as f64 * p).powi(2) / (n as f64 * p))
        .sum();
    ChiSquared::new((counts.len() - 1) as f64)
        .unwrap()
        .sf(statistic)
}

#[test]
fn backgrounds_are_those_worked_out_elsewhere() {
    let goldens = goldens();
    let rna = Population::Null(Null::uniform(Alphabet::Rna, 33).unwrap());
    for (key, population, seed) in [
        ("uniform_1000_seed_7", uniform(1000), 7),
        ("uniform_rna_33_seed_max", rna, u64::MAX),
        ("iid_200_seed_7", iid(200, [0.5, 0.125, 0.0, 0.375]), 7),
    ] {
        let expected = goldens[key].as_object().unwrap();
        assert!(!expected.is_empty());
        for (index, text) in expected {
            assert_eq!(
                drawn(&population, seed, index.parse().unwrap()),
                text.as_str().unwrap(),
                "{key} {index}"
            );
        }
    }
}

#[test]
fn a_background_depends_on_seed_population_and_index_alone() {
    let population = uniform(100);
    let sampler = population.sampler(1);
    let forwards: Vec<_> = (0..50).map(|i| sampler.background(i)).collect();
    let mut backwards: Vec<_> = (0..50).rev().map(|i| sampler.background(i)).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
    assert_eq!(population.sampler(1).background(17), forwards[17]);
    let different = [
        drawn(&population, 1, 0),
        drawn(&population, 1, 1),
        drawn(&population, 2, 0),
        drawn(&iid(100, [0.25; 4]), 1, 0),
        drawn(&uniform(101), 1, 0)[..100].to_owned(),
    ];
    for (i, one) in different.iter().enumerate() {
        for other in &different[i + 1..] {
            assert_ne!(one, other);
        }
    }
}

#[test]
fn bases_come_with_their_frequencies_and_independent() {
    for frequencies in [
        [0.25; 4],
        [0.1, 0.2, 0.3, 0.4],
        [0.295, 0.205, 0.205, 0.295],
    ] {
        let population = if frequencies == [0.25; 4] {
            uniform(1000)
        } else {
            iid(1000, frequencies)
        };
        let sampler = population.sampler(5);
        let mut pairs = [0usize; 16];
        let mut across = [0usize; 16];
        let mut before = sampler.background(0);
        for index in 1..=500 {
            let bases = sampler.background(index);
            // Disjoint pairs, so that the counts are independent.
            for pair in bases.chunks_exact(2) {
                pairs[usize::from(pair[0] * 4 + pair[1])] += 1;
            }
            if index % 2 == 1 {
                for (a, b) in before.iter().zip(&bases) {
                    across[usize::from(a * 4 + b)] += 1;
                }
            }
            before = bases;
        }
        let expected: Vec<f64> = (0..16)
            .map(|i| frequencies[i / 4] * frequencies[i % 4])
            .collect();
        for counts in [pairs, across] {
            let p = chi_square(&counts, &expected);
            assert!(p > 1e-3, "{frequencies:?} {counts:?} p = {p}");
        }
    }
}

#[test]
fn a_base_of_probability_zero_is_never_drawn() {
    for (frequencies, absent) in [
        ([0.0, 0.5, 0.5, 0.0], [0, 3]),
        ([0.3, 0.0, 0.0, 0.7], [1, 2]),
        ([0.9999999, 0.0000001, 0.0, 0.0], [2, 3]),
    ] {
        let sampler = iid(1000, frequencies).sampler(0);
        for index in 0..200 {
            let bases = sampler.background(index);
            assert!(!bases.iter().any(|base| absent.contains(base)));
        }
    }
    let only = iid(50, [0.0, 0.0, 1.0, 0.0]).sampler(0).background(0);
    assert_eq!(only, [2; 50]);
}

#[test]
fn frequencies_are_checked() {
    let of = |frequencies| {
        let error = Null::iid(Alphabet::Dna, 10, frequencies).unwrap_err();
        assert_eq!(error.code, Code::InvalidDistribution);
        error.message
    };
    assert_eq!(
        of([0.2, 0.2, 0.2, 0.2]),
        "the frequencies 0.2, 0.2, 0.2 and 0.2 sum to 0.8, not to 1"
    );
    assert_eq!(
        of([0.5, -0.5, 0.5, 0.5]),
        "the frequency of `C` is -0.5, but frequencies lie between 0 and 1"
    );
    assert!(of([f64::NAN, 0.5, 0.5, 0.0]).contains("`A` is NaN"));
    for gc in [-0.1, 1.1, f64::NAN] {
        let error = Null::gc(Alphabet::Dna, 10, gc).unwrap_err();
        assert_eq!(error.code, Code::OutOfRange);
        assert!(error.message.contains(&format!("GC content of {gc}")));
    }
    assert_eq!(
        Null::uniform(Alphabet::Dna, 0).unwrap_err().code,
        Code::OutOfRange
    );
    let null = Null::gc(Alphabet::Dna, 10, 0.4).unwrap();
    let BaseProbabilities::EveryPosition(frequencies) = null.base_probabilities() else {
        panic!("a GC content gives independent bases");
    };
    for (found, expected) in frequencies.iter().zip([0.3, 0.2, 0.2, 0.3]) {
        assert!((found - expected).abs() < 1e-15);
    }
    assert_eq!(frequencies.iter().sum::<f64>(), 1.0);
}

#[test]
fn sequences_in_the_order_of_their_file() {
    let population = numbered(10, 2, Order::File);
    assert_eq!(population.size(), Some(10));
    assert_eq!(population.length(), 2);
    for index in 0..10 {
        assert_eq!(population.name(3, index), format!("s{index}"));
    }
    assert_eq!(drawn(&population, 3, 6), "CG");
}

#[test]
fn sequences_in_a_drawn_order() {
    let population = numbered(50, 3, Order::Drawn);
    let sampler = population.sampler(3);
    let names: Vec<String> = (0..50).map(|index| sampler.name(index)).collect();
    let expected: Vec<String> = goldens()["order_of_50_seed_3"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| format!("s{i}"))
        .collect();
    assert_eq!(names, expected);
    assert_eq!(population.name(3, 7), names[7]);
    assert_ne!(
        names[..10],
        (0..10).map(|i| population.name(4, i)).collect::<Vec<_>>()
    );
    // A name and its bases belong together.
    let number: usize = names[7][1..].parse().unwrap();
    let Population::Sequences { set, .. } = &population else {
        unreachable!()
    };
    assert_eq!(sampler.background(7), set.sequences[number].bases);
}

#[test]
fn every_order_is_equally_likely() {
    let population = numbered(4, 1, Order::Drawn);
    let mut counts = std::collections::BTreeMap::new();
    for seed in 0..4800 {
        let sampler = population.sampler(seed);
        let order: Vec<u8> = (0..4).map(|index| sampler.background(index)[0]).collect();
        *counts.entry(order).or_insert(0usize) += 1;
    }
    let counts: Vec<usize> = counts.into_values().collect();
    assert_eq!(counts.len(), 24);
    assert!(chi_square(&counts, &[1.0 / 24.0; 24]) > 1e-3);
}

proptest! {
    #[test]
    fn a_drawn_order_holds_each_sequence_once(n in 1usize..200, seed: u64) {
        let sampler = numbered(n, 4, Order::Drawn).sampler(seed);
        let mut names: Vec<String> = (0..n).map(|index| sampler.name(index)).collect();
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), n);
    }
}

#[test]
fn identity_is_of_the_content() {
    let file = numbered(10, 3, Order::File);
    let Population::Sequences { set, .. } = &file else {
        unreachable!()
    };
    let mut moved = SequenceSet::clone(set);
    moved.path = PathBuf::from("elsewhere.fa.gz");
    moved.sequences[0].name = "renamed".into();
    let mut changed = moved.clone();
    changed.sequences[9].bases[0] = 3;
    let of = |set: SequenceSet| {
        Population::Sequences {
            set: Arc::new(set),
            order: Order::File,
        }
        .identity()
    };
    assert_eq!(of(moved), file.identity());
    let all = [
        of(changed),
        file.identity(),
        numbered(10, 3, Order::Drawn).identity(),
        uniform(100).identity(),
        uniform(101).identity(),
        Population::Null(Null::uniform(Alphabet::Rna, 100).unwrap()).identity(),
        iid(100, [0.25; 4]).identity(),
        iid(100, [0.3, 0.2, 0.2, 0.3]).identity(),
    ];
    for (i, one) in all.iter().enumerate() {
        assert!(!all[i + 1..].contains(one), "{i}");
    }
    assert_eq!(uniform(100).sampler(9).identity(), &uniform(100).identity());
}

#[test]
fn populations_describe_themselves() {
    let gc = Null::gc(Alphabet::Dna, 600, 0.41).unwrap();
    let rna = Null::uniform(Alphabet::Rna, 50).unwrap();
    let skewed = iid(20, [0.1, 0.2, 0.3, 0.4]);
    for (population, expected) in [
        (uniform(1000), "uniform, 1000 bp"),
        (Population::Null(rna), "uniform RNA, 50 bp"),
        (Population::Null(gc), "iid, GC 0.41, 600 bp"),
        (skewed, "iid, A 0.1 C 0.2 G 0.3 T 0.4, 20 bp"),
        (
            numbered(9, 3, Order::File),
            "numbered.fa, 9 sequences, 3 bp",
        ),
        (
            numbered(9, 3, Order::Drawn),
            "numbered.fa, 9 sequences in drawn order, 3 bp",
        ),
    ] {
        assert_eq!(population.describe(), expected);
    }
    assert_eq!(uniform(10).name(0, 12), "uniform_000012");
    assert_eq!(iid(10, [0.25; 4]).name(0, 1234567), "iid_1234567");
    assert_eq!(uniform(10).size(), None);
}
