//! Occurrences of motifs, beside a search that tries every place.

use gia::domain::{Alphabet, Motif, MotifFile, Null, Population, Scanner, Strand, complement};

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
        "/tests/data/motifs/three.jaspar"
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
