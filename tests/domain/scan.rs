//! Occurrences of motifs, beside a search that tries every place.

use gia_domain::{
    Alphabet, Motif, MotifFile, Null, OCCURRENCE_P_VALUE, Population, ScannedSequence, Scanner,
    Strand, complement, jaspar,
};

use super::codes;

fn reverse_complement(bases: &[u8]) -> Vec<u8> {
    bases.iter().rev().map(|&base| complement(base)).collect()
}

#[test]
fn letters_are_found_on_both_strands_and_a_palindrome_once() {
    let find = |letters: &str, within: &str| {
        let motif = Motif::from_iupac(letters, Alphabet::Dna).unwrap();
        let found = Scanner::new(&motif).unwrap().occurrences(&codes(within));
        let shown = |strand| if strand == Strand::Forward { '+' } else { '-' };
        found
            .iter()
            .map(|o| format!("{}{}", o.start, shown(o.strand)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(find("WGATAR", "TTAGATAAGGTTATCTAA"), "2+ 10-");
    assert_eq!(find("ACGT", "ACGTACGT"), "0+ 4+");
    assert_eq!(find("AAA", "AAAAA"), "0+ 1+ 2+");
    assert_eq!(find("ACG", "ANG"), "");
    assert_eq!(find("ANG", "ANGACG"), "3+");
    assert_eq!(find("ACGTACGT", "ACG"), "");
}

#[test]
fn a_matrix_is_found_where_its_score_is_rare() {
    let file = MotifFile::read(std::path::Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/data/motifs/three.jaspar"
    )))
    .unwrap();
    let motif = file.find("MA0139.2").unwrap();
    let scanner = Scanner::new(motif).unwrap();
    let sampler = Population::Null(Null::uniform(Alphabet::Dna, 1000).unwrap()).sampler(1);
    // By hand: log-odds with one hundredth of uniform mixed in; the threshold from all words is too many to list, so
    // that the share of places that score so high stands for it.
    let score = |bases: &[u8]| -> f64 {
        let columns = motif.columns.iter().zip(bases);
        columns
            .map(|(column, &base)| ((0.99 * column[usize::from(base)] + 0.0025) / 0.25).log2())
            .sum()
    };
    let (mut hits, mut misses, mut places) = (Vec::new(), Vec::new(), 0);
    for index in 0..400 {
        let bases = sampler.background(index);
        let found = scanner.occurrences(&bases);
        for (start, window) in bases.windows(motif.width()).enumerate() {
            let best = score(window).max(score(&reverse_complement(window)));
            places += 2;
            if found.iter().any(|o| o.start == start) {
                hits.push(best);
            } else {
                misses.push(best);
            }
        }
    }
    let least = hits.iter().copied().fold(f64::INFINITY, f64::min);
    let most = misses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!(
        least > most - 1e-4,
        "a hit of {least} below a miss of {most}"
    );
    let share = hits.len() as f64 / places as f64;
    assert!((0.8e-4..1.2e-4).contains(&share), "{share:.2e} of places");
    let consensus: Vec<u8> = motif
        .consensus()
        .iter()
        .map(|set| set.iter().next().unwrap())
        .collect();
    assert_eq!(scanner.occurrences(&consensus).len(), 1);
}

#[test]
fn a_short_matrix_is_found_by_its_best_match() {
    let motif = Motif::from_probabilities(
        "short",
        None,
        Alphabet::Dna,
        vec![
            [0.7, 0.1, 0.1, 0.1],
            [0.1, 0.7, 0.1, 0.1],
            [0.1, 0.1, 0.7, 0.1],
        ],
    )
    .unwrap();
    let scanner = Scanner::new(&motif).unwrap();
    assert_eq!(scanner.occurrences(&codes("TTACGTT")).len(), 2);
    assert!(!scanner.occurs(&codes("TTACATT")));
}

/// JASPAR's motifs, whose scanners are those that a matrix has.
fn profiles(n: usize) -> Vec<Motif> {
    let names = jaspar::names().expect("the collection");
    names
        .take(n)
        .map(|name| jaspar::find(name).expect("a motif"))
        .collect()
}

#[test]
fn a_sequence_that_many_search_gives_each_what_it_finds_alone() {
    let sampler = Population::Null(Null::uniform(Alphabet::Dna, 700).unwrap()).sampler(3);
    let scanners: Vec<Scanner> = profiles(60)
        .iter()
        .map(|motif| Scanner::new(motif).expect("a scanner"))
        .collect();
    let mut all = 0;
    for index in 0..20 {
        let bases = sampler.background(index);
        let mut searched = ScannedSequence::new(&bases);
        for scanner in &scanners {
            let found = scanner.occurrences_in(&mut searched);
            assert_eq!(found, scanner.occurrences(&bases));
            all += found.len();
        }
    }
    assert!(all > 50, "{all}");
}

/// 1,000 sequences of 1,000 bp and 700 motifs, beside lightmotif alone on the same sequences, matrices and thresholds:
/// `cargo test --release -- --ignored --nocapture time_of_scanning`.
#[test]
#[ignore = "a timing"]
fn time_of_scanning() {
    use lightmotif::{
        Dna, EncodedSequence, abc::Background, dense::DenseMatrix, pwm::FrequencyMatrix,
    };
    let motifs = profiles(700);
    assert_eq!(motifs.len(), 700);
    let sampler = Population::Null(Null::uniform(Alphabet::Dna, 1000).unwrap()).sampler(5);
    let sequences: Vec<Vec<u8>> = (0..1000).map(|index| sampler.background(index)).collect();

    let scanners: Vec<Scanner> = motifs.iter().map(|m| Scanner::new(m).unwrap()).collect();
    let matrices: Vec<_> = motifs
        .iter()
        .map(|motif| {
            let mut frequencies = DenseMatrix::new(motif.width());
            for (row, column) in motif.columns.iter().enumerate() {
                // lightmotif's letters are A, C, T, G.
                for (code, place) in [0, 1, 3, 2].into_iter().enumerate() {
                    frequencies[row][place] = (0.99 * column[code] + 0.0025) as f32;
                }
            }
            let forward = FrequencyMatrix::<Dna>::new_unchecked(frequencies)
                .to_scoring(Background::<Dna>::uniform());
            let least = forward.to_score_distribution().score(OCCURRENCE_P_VALUE);
            let least = least.min(forward.max_score());
            (forward.reverse_complement(), forward, least)
        })
        .collect();
    for round in 0..5 {
        let started = std::time::Instant::now();
        let mut ours = 0;
        for bases in &sequences {
            let mut searched = ScannedSequence::new(bases);
            for scanner in &scanners {
                ours += scanner.occurrences_in(&mut searched).len();
            }
        }
        let our_time = started.elapsed().as_secs_f64();
        let started = std::time::Instant::now();
        let mut theirs = 0;
        for bases in &sequences {
            let text: String = Alphabet::Dna.decode_all(bases);
            let mut striped = EncodedSequence::<Dna>::encode(&text).unwrap().to_striped();
            for (reverse, forward, least) in &matrices {
                striped.configure(forward);
                for matrix in [forward, reverse] {
                    let mut scanner = lightmotif::scan::Scanner::new(matrix, &striped);
                    scanner.threshold(*least);
                    theirs += scanner.count();
                }
            }
        }
        let their_time = started.elapsed().as_secs_f64();
        println!(
            "round {round}: {our_time:.2} s, lightmotif alone {their_time:.2} s, ratio {:.2}; {ours} places and {theirs} hits on either strand",
            our_time / their_time
        );
    }
}
