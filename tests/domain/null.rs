//! Null models fitted to sequences and made of each other.

use std::sync::Arc;

use gia_base::diag::Code;
use gia_domain::{
    Alphabet, Motif, Null, Order, Population, Scanner, SequenceSet, complement, without,
};

use super::{codes, set};

const DRAWS: usize = 4000;

fn uniform(length: usize) -> Arc<Population> {
    Arc::new(Population::Null(
        Null::uniform(Alphabet::Dna, length).unwrap(),
    ))
}

fn sequences(set: SequenceSet) -> Arc<Population> {
    Arc::new(Population::Sequences {
        set: set.into(),
        order: Order::File,
    })
}

fn iupac(letters: &str) -> Arc<Motif> {
    Arc::new(Motif::from_iupac(letters, Alphabet::Dna).unwrap())
}

/// Five standard deviations of a share estimated from so many draws.
fn tolerance(p: f64, draws: usize) -> f64 {
    5.0 * (p * (1.0 - p) / draws as f64).sqrt() + 1e-12
}

#[test]
fn a_chain_has_the_contexts_and_the_next_bases_of_what_it_was_fitted_to() {
    let like = set(&["ACACACAGACACACAGACAC", "AGAGACACNACACAGAGAGT"]);
    for order in [0, 1, 2] {
        // By hand: counts of windows without N, a quarter of a base added to each next base.
        let mut contexts = std::collections::BTreeMap::<Vec<u8>, f64>::new();
        let mut pairs = std::collections::BTreeMap::<Vec<u8>, f64>::new();
        for sequence in &like.sequences {
            for window in sequence
                .bases
                .windows(order + 1)
                .filter(|w| !w.contains(&4))
            {
                *contexts.entry(window[..order].to_vec()).or_default() += 1.0;
                *pairs.entry(window.to_vec()).or_default() += 1.0;
            }
        }
        let all: f64 = contexts.values().sum();
        let null = Population::Null(Null::markov(&like, order, order + 1).unwrap());
        let sampler = null.sampler(5);
        let mut seen = std::collections::BTreeMap::<Vec<u8>, f64>::new();
        for index in 0..DRAWS {
            *seen.entry(sampler.background(index)).or_default() += 1.0 / DRAWS as f64;
        }
        for word in 0..1usize << (2 * (order + 1)) {
            let word: Vec<u8> = (0..=order)
                .rev()
                .map(|i| (word >> (2 * i) & 3) as u8)
                .collect();
            let context = contexts.get(&word[..order]).copied().unwrap_or(0.0);
            let pair = pairs.get(&word).copied().unwrap_or(0.0);
            let p = context / all * (pair + 0.25) / (context + 1.0);
            let found = seen.get(&word).copied().unwrap_or(0.0);
            assert!(
                (found - p).abs() <= tolerance(p, DRAWS),
                "{word:?}: {found} for {p}"
            );
        }
    }
}

#[test]
fn a_profile_has_the_frequencies_of_each_position() {
    let like = set(&["ACGT", "ACGA", "AGNA", "TGCA"]);
    let sampler = Population::Null(Null::position_specific(&like).unwrap()).sampler(9);
    let third = 1.0 / 3.0;
    let expected = [
        [0.75, 0.0, 0.0, 0.25],
        [0.0, 0.5, 0.5, 0.0],
        [0.0, third, 2.0 * third, 0.0],
        [0.75, 0.0, 0.0, 0.25],
    ];
    let mut seen = [[0.0; 4]; 4];
    for index in 0..DRAWS {
        for (column, base) in seen.iter_mut().zip(sampler.background(index)) {
            column[usize::from(base)] += 1.0 / DRAWS as f64;
        }
    }
    for (found, expected) in seen.as_flattened().iter().zip(expected.as_flattened()) {
        assert!(
            (found - expected).abs() <= tolerance(*expected, DRAWS),
            "{found} for {expected}"
        );
    }
    let error = Null::position_specific(&set(&["ANG", "ANG"])).unwrap_err();
    assert!(error.message.contains("position 1"), "{}", error.message);
}

#[test]
fn a_mixture_draws_its_parts_as_often_as_their_weights_say() {
    let poor = Null::iid(Alphabet::Dna, 12, [1.0, 0.0, 0.0, 0.0]).unwrap();
    let parts = vec![
        (3.0, Arc::new(Population::Null(poor))),
        (1.0, sequences(set(&["CCCCCCCCCCCC", "GGGGGGGGGGGG"]))),
    ];
    let sampler = Population::Null(Null::mixture(parts).unwrap()).sampler(2);
    let mut seen = [0.0; 4];
    for index in 0..DRAWS {
        let background = sampler.background(index);
        assert!(background.iter().all(|base| *base == background[0]));
        seen[usize::from(background[0])] += 1.0 / DRAWS as f64;
    }
    for (found, expected) in seen.iter().zip([0.75, 0.125, 0.125, 0.0]) {
        assert!(
            (found - expected).abs() <= tolerance(expected, DRAWS),
            "{seen:?}"
        );
    }
    let unlike = vec![(1.0, uniform(10)), (1.0, uniform(12))];
    assert_eq!(
        Null::mixture(unlike).unwrap_err().code,
        Code::LengthMismatch
    );
    assert!(Null::mixture(vec![(0.0, uniform(10))]).is_err());
}

#[test]
fn what_is_without_a_motif_is_the_null_given_that() {
    // Of the 256 words of 4 bp: those in which neither AC nor GT stands, all as likely.
    let free: Vec<Vec<u8>> = (0..256usize)
        .map(|word| (0..4).map(|i| (word >> (2 * i) & 3) as u8).collect())
        .filter(|word: &Vec<u8>| !word.windows(2).any(|w| w == [0, 1] || w == [2, 3]))
        .collect();
    let population = without(uniform(4), iupac("AC")).unwrap();
    let sampler = population.sampler(4);
    let plain = uniform(4).sampler(4);
    let mut seen = std::collections::HashMap::<Vec<u8>, f64>::new();
    let draws = 20_000;
    for index in 0..draws {
        let background = sampler.background(index);
        assert!(free.contains(&background));
        // A background that is free of the motif stays what it is in the plain null.
        if free.contains(&plain.background(index)) {
            assert_eq!(background, plain.background(index));
        }
        *seen.entry(background).or_default() += 1.0 / draws as f64;
    }
    let p = 1.0 / free.len() as f64;
    for word in &free {
        let found = seen.get(word).copied().unwrap_or(0.0);
        assert!(
            (found - p).abs() <= tolerance(p, draws),
            "{word:?}: {found} for {p}"
        );
    }
    let of_set = without(sequences(set(&["TTACTT", "TTTTTT", "AAGTAA"])), iupac("AC")).unwrap();
    assert_eq!(of_set.size(), Some(1));
    let error = without(uniform(1000), iupac("AC")).unwrap_err();
    assert!(
        error
            .message
            .starts_with("none of 400 backgrounds is without `AC`"),
        "{}",
        error.message
    );
    assert!(without(uniform(10), iupac("NN")).is_err());
}

#[test]
fn a_hairpin_pairs_with_itself_and_leaves_the_rest() {
    let null = Null::hairpin(uniform(40), 5, 8, 4).unwrap();
    let sampler = Population::Null(null).sampler(6);
    let plain = uniform(40).sampler(6);
    for index in 0..200 {
        let (background, before) = (sampler.background(index), plain.background(index));
        assert_eq!(background[..17], before[..17]);
        assert_eq!(background[25..], before[25..]);
        for i in 0..8 {
            assert_eq!(background[24 - i], complement(background[5 + i]));
        }
    }
    for (start, stem) in [(-1, 8), (21, 8), (0, 19), (5, 0)] {
        assert!(Null::hairpin(uniform(40), start, stem, 4).is_err());
    }
}

#[test]
fn nulls_nest_and_each_has_draws_of_its_own() {
    let shuffled = |k| {
        let of = sequences(set(&["ACGTTGCATTACGATCGGAT"]));
        Arc::new(Population::Null(Null::shuffled(of, k).unwrap()))
    };
    let nested = Null::mixture(vec![(1.0, shuffled(1)), (1.0, shuffled(2))]).unwrap();
    let nested = without(Arc::new(Population::Null(nested)), iupac("GGAT")).unwrap();
    let scanner = Scanner::new(&iupac("GGAT")).unwrap();
    let sampler = nested.sampler(8);
    for index in 0..300 {
        let background = sampler.background(index);
        assert!(!scanner.occurs(&background));
        let mut sorted = background.clone();
        sorted.sort_unstable();
        let mut expected = codes("ACGTTGCATTACGATCGGAT");
        expected.sort_unstable();
        assert_eq!(sorted, expected);
        assert_eq!(background, nested.sampler(8).background(index));
    }
    assert_ne!(shuffled(1).identity(), shuffled(2).identity());
}

#[test]
fn chance_occurrences_are_those_that_are_found() {
    let like = set(&["ACGTACGTAC", "TTGACCATGA", "ACCATTGACA"]);
    let nulls = [
        Null::uniform(Alphabet::Dna, 200).unwrap(),
        Null::iid(Alphabet::Dna, 200, [0.1, 0.4, 0.3, 0.2]).unwrap(),
        Null::position_specific(&like).unwrap(),
        Null::markov(&like, 1, 200).unwrap(),
    ];
    for null in nulls {
        let population = Population::Null(null);
        // The last two are palindromes, whole or in part: where both strands fit is one occurrence.
        for letters in ["GAT", "WRC", "GATC", "WNAW"] {
            let motif = iupac(letters);
            let expected = gia_domain::expected_occurrences(&population, &motif).unwrap();
            let scanner = Scanner::new(&motif).unwrap();
            let sampler = population.sampler(77);
            let counts: Vec<f64> = (0..2000)
                .map(|index| scanner.occurrences(&sampler.background(index)).len() as f64)
                .collect();
            let mean = counts.iter().sum::<f64>() / 2000.0;
            let slack = match &population {
                // Where there is no formula it is itself a mean, over other backgrounds.
                Population::Null(null) if null.name() == "markov" => 5.0 * expected.error.unwrap(),
                _ => {
                    assert_eq!(expected.error, None);
                    0.05 * mean + 0.02
                }
            };
            assert!(
                (mean - expected.mean).abs() < slack,
                "{letters}: {mean} found, {expected:?} expected"
            );
        }
    }
    let anything = gia_domain::expected_occurrences(&uniform(10), &iupac("NN"));
    assert_eq!(anything, None);
}

#[test]
fn an_estimate_of_chance_occurrences_comes_with_its_error() {
    // Matrices have no formula, so their expectation is estimated from backgrounds that no run draws.
    let columns = vec![
        [0.7, 0.1, 0.1, 0.1],
        [0.05, 0.05, 0.8, 0.1],
        [0.9, 0.02, 0.04, 0.04],
        [0.1, 0.1, 0.1, 0.7],
        [0.85, 0.05, 0.05, 0.05],
        [0.8, 0.05, 0.1, 0.05],
    ];
    let motif = Motif::from_probabilities("m", None, Alphabet::Dna, columns).unwrap();
    let population = uniform(400);
    let expected = gia_domain::expected_occurrences(&population, &motif).unwrap();
    let error = expected.error.expect("an error");
    assert!(error > 0.0 && error < expected.mean, "{expected:?}");
    // A great many other backgrounds, for the truth; and the means of runs of a hundred, as users see them.
    let scanner = Scanner::new(&motif).unwrap();
    let count = |seed: u64, n: usize| -> f64 {
        let sampler = population.sampler(seed);
        let found = (0..n).map(|index| scanner.occurrences(&sampler.background(index)).len());
        found.sum::<usize>() as f64 / n as f64
    };
    let truth = count(5, 8000);
    assert!(
        (truth - expected.mean).abs() < 4.0 * error,
        "{truth}: {expected:?}"
    );
    // The first 50 backgrounds of a run are not what it is expected from.
    assert_ne!(expected.mean, count(0, 50));

    // Where none is found, the error says that one could have been.
    let of = sequences(set(&["ACACACACACACACACAC"]));
    let shuffled = Population::Null(Null::shuffled(of, 1).unwrap());
    let absent = gia_domain::expected_occurrences(&shuffled, &iupac("GAGA")).unwrap();
    assert_eq!(absent.mean, 0.0);
    assert!(absent.error.unwrap() > 0.0);

    // A set of sequences leaves nothing to chance.
    let of_set = sequences(set(&["ACGTTGCATTACGATCGGAT"]));
    assert_eq!(gia_domain::expected_occurrences(&of_set, &motif), None);
}
