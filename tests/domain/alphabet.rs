use gia_domain::{Alphabet, BaseSet, UNKNOWN, complement};

/// The table of NC-IUB, Nucleic Acids Research 13:3021 (1985): letter, bases, letter of the complement.
const IUPAC: [(char, &str, char); 15] = [
    ('A', "A", 'T'),
    ('C', "C", 'G'),
    ('G', "G", 'C'),
    ('T', "T", 'A'),
    ('R', "AG", 'Y'),
    ('Y', "CT", 'R'),
    ('S', "CG", 'S'),
    ('W', "AT", 'W'),
    ('K', "GT", 'M'),
    ('M', "AC", 'K'),
    ('B', "CGT", 'V'),
    ('D', "AGT", 'H'),
    ('H', "ACT", 'D'),
    ('V', "ACG", 'B'),
    ('N', "ACGT", 'N'),
];

#[test]
fn iupac_letters_stand_for_the_published_sets() {
    for (letter, bases, opposite) in IUPAC {
        let set = BaseSet::from_iupac(letter, Alphabet::Dna).unwrap();
        let decoded: String = set.iter().map(|code| Alphabet::Dna.decode(code)).collect();
        assert_eq!(decoded, bases, "{letter}");
        assert_eq!(set.len(), bases.len(), "{letter}");
        assert_eq!(set.to_iupac(Alphabet::Dna), letter);
        assert_eq!(set.complement().to_iupac(Alphabet::Dna), opposite);
        assert_eq!(set.is_all(), letter == 'N');
        assert_eq!(set.single().is_some(), bases.len() == 1);
        let lower = letter.to_ascii_lowercase();
        assert_eq!(BaseSet::from_iupac(lower, Alphabet::Dna), Some(set));
        // RNA differs in one letter.
        let rna = if letter == 'T' { 'U' } else { letter };
        assert_eq!(BaseSet::from_iupac(rna, Alphabet::Rna), Some(set));
        assert_eq!(set.to_iupac(Alphabet::Rna), rna);
    }
}

#[test]
fn other_letters_stand_for_no_set() {
    for letter in "EFIJLOPQXZ U-*.1é".chars() {
        assert_eq!(BaseSet::from_iupac(letter, Alphabet::Dna), None, "{letter}");
    }
    assert_eq!(BaseSet::from_iupac('T', Alphabet::Rna), None);
}

#[test]
fn letters_and_codes() {
    for alphabet in [Alphabet::Dna, Alphabet::Rna] {
        for (code, letter) in (0u8..).zip(alphabet.letters().chars()) {
            assert_eq!(alphabet.encode(letter), Some(code));
            assert_eq!(
                alphabet.encode(letter.to_ascii_lowercase() as u8),
                Some(code)
            );
            assert_eq!(alphabet.decode(code), letter);
            assert!(BaseSet::only(code).contains(code));
            assert_eq!(BaseSet::only(code).single(), Some(code));
        }
        assert_eq!(alphabet.encode('n'), Some(UNKNOWN));
        assert_eq!(alphabet.decode(UNKNOWN), 'N');
        for letter in ['R', '-', ' ', 'é', '>'] {
            assert_eq!(alphabet.encode(letter), None);
        }
        let backwards: String = alphabet.letters().chars().rev().collect();
        assert_eq!(Alphabet::from_letters(&backwards), Some(alphabet));
    }
    assert_eq!(Alphabet::Dna.encode('U'), None);
    assert_eq!(Alphabet::Rna.encode('T'), None);
    for letters in ["ACG", "ACGTN", "AACC", ""] {
        assert_eq!(Alphabet::from_letters(letters), None);
    }
    assert_eq!((Alphabet::Dna.name(), Alphabet::Rna.name()), ("DNA", "RNA"));
}

#[test]
fn bases_pair() {
    let pairs: String = (0..=UNKNOWN)
        .map(|code| Alphabet::Dna.decode(complement(code)))
        .collect();
    assert_eq!(pairs, "TGCAN");
    assert_eq!(BaseSet::only(UNKNOWN), BaseSet::ALL);
}
