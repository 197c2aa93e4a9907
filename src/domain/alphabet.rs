//! Bases as codes, and sets of bases.
//!
//! Invariant: code `i` and bit `i` of a set are the same base in both alphabets, so the complement of base `i` is `3 - i` in DNA and
//! RNA. The channel order of networks is independent of these codes.

/// The four bases of DNA or RNA. Codes 0 to 3 are A, C, G and T (U).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Alphabet {
    /// Written with A, C, G and T.
    Dna,
    /// Written with A, C, G and U.
    Rna,
}

/// Code of an unknown base (`N`).
pub const UNKNOWN: u8 = 4;

/// Marks a letter that is not a base in the tables below.
const NO_BASE: u8 = u8::MAX;

/// Codes by letter. A table avoids branches, which are hard to predict on nearly random bases.
const DNA_CODES: [u8; 128] = codes(b"ACGTN");
const RNA_CODES: [u8; 128] = codes(b"ACGUN");

const fn codes(letters: &[u8; 5]) -> [u8; 128] {
    let mut table = [NO_BASE; 128];
    let mut code = 0;
    while code < letters.len() {
        table[letters[code] as usize] = code as u8;
        table[letters[code].to_ascii_lowercase() as usize] = code as u8;
        code += 1;
    }
    table
}

/// The complement of a base code; an unknown base stays unknown.
pub fn complement(code: u8) -> u8 {
    if code < UNKNOWN { 3 - code } else { code }
}

/// Reverse complement of base codes, in place.
pub fn reverse_complement(bases: &mut [u8]) {
    bases.reverse();
    for base in bases {
        *base = complement(*base);
    }
}

impl Alphabet {
    /// The code of a letter of either case: 0 to 3, or [`UNKNOWN`] for `N`.
    ///
    /// None for anything else: other IUPAC letters, and `U` in DNA or `T` in RNA.
    #[inline]
    pub fn encode(self, letter: impl Into<char>) -> Option<u8> {
        let table = match self {
            Alphabet::Dna => &DNA_CODES,
            Alphabet::Rna => &RNA_CODES,
        };
        match table.get(letter.into() as usize) {
            Some(&code) if code != NO_BASE => Some(code),
            _ => None,
        }
    }

    /// The upper-case letter of a code; `N` for [`UNKNOWN`].
    #[inline]
    pub fn decode(self, code: u8) -> char {
        let letters = match self {
            Alphabet::Dna => b"ACGTN",
            Alphabet::Rna => b"ACGUN",
        };
        char::from(letters[usize::from(code.min(UNKNOWN))])
    }

    /// A sequence of codes as upper-case letters.
    pub fn decode_all(self, codes: &[u8]) -> String {
        codes.iter().map(|&code| self.decode(code)).collect()
    }

    /// `DNA` or `RNA`.
    pub fn name(self) -> &'static str {
        match self {
            Alphabet::Dna => "DNA",
            Alphabet::Rna => "RNA",
        }
    }

    /// The four letters in the order of their codes.
    pub fn letters(self) -> &'static str {
        match self {
            Alphabet::Dna => "ACGT",
            Alphabet::Rna => "ACGU",
        }
    }

    /// The suffix of descriptions: empty for DNA, ` RNA` for RNA.
    pub fn suffix(self) -> &'static str {
        match self {
            Alphabet::Dna => "",
            Alphabet::Rna => " RNA",
        }
    }

    /// The alphabet with these four letters, in any order and case; None for any other letters.
    pub fn from_letters(letters: &str) -> Option<Alphabet> {
        let mut sorted: Vec<char> = letters.chars().map(|c| c.to_ascii_uppercase()).collect();
        sorted.sort_unstable();
        [Alphabet::Dna, Alphabet::Rna]
            .into_iter()
            .find(|alphabet| sorted.iter().copied().eq(alphabet.letters().chars()))
    }
}

/// The set of bases that an IUPAC letter stands for. Bit `i` is base `i`; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BaseSet(pub u8);

/// IUPAC letters, indexed by the bits of their set minus 1: from `{A}` (0001) to all four bases (1111).
/// NC-IUB, Nucleic Acids Research 13:3021 (1985).
const IUPAC: [char; 15] = [
    'A', 'C', 'M', 'G', 'R', 'S', 'V', 'T', 'W', 'Y', 'H', 'K', 'D', 'B', 'N',
];

impl BaseSet {
    /// Any base (`N`).
    pub const ALL: BaseSet = BaseSet(0b1111);

    /// The set with one base, given by its code (0 to 3); [`UNKNOWN`] gives all four.
    pub fn only(code: u8) -> BaseSet {
        if code < UNKNOWN {
            BaseSet(1 << code)
        } else {
            BaseSet::ALL
        }
    }

    /// The set of an IUPAC letter of either case; None for other letters, and for `U` in DNA or `T` in RNA.
    pub fn from_iupac(letter: impl Into<char>, alphabet: Alphabet) -> Option<BaseSet> {
        let letter = match (letter.into().to_ascii_uppercase(), alphabet) {
            ('U', Alphabet::Rna) => 'T',
            ('T', Alphabet::Rna) => return None,
            (letter, _) => letter,
        };
        let index = IUPAC.iter().position(|&known| known == letter)?;
        Some(BaseSet(index as u8 + 1))
    }

    /// The IUPAC letter of the set.
    pub fn to_iupac(self, alphabet: Alphabet) -> char {
        match usize::from(self.0 & 0b1111).checked_sub(1) {
            Some(index) if IUPAC[index] == 'T' => alphabet.decode(3),
            Some(index) => IUPAC[index],
            None => 'N',
        }
    }

    /// Whether the set holds the base with this code; false for [`UNKNOWN`].
    #[inline]
    pub fn contains(self, code: u8) -> bool {
        code < UNKNOWN && self.0 >> code & 1 == 1
    }

    /// Number of bases in the set, 1 to 4.
    #[inline]
    #[allow(
        clippy::len_without_is_empty,
        reason = "the set of bases that a letter stands for is never empty"
    )]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether the set holds all four bases (`N`).
    #[inline]
    pub fn is_all(self) -> bool {
        self == BaseSet::ALL
    }

    /// Whether an edit draws a base from the set, which is true for two or three bases. A set of four keeps the base of the background.
    #[inline]
    pub(crate) fn is_drawn(self) -> bool {
        matches!(self.len(), 2 | 3)
    }

    /// The code of its base, if the set has only one.
    #[inline]
    pub fn single(self) -> Option<u8> {
        (self.len() == 1).then(|| self.0.trailing_zeros() as u8)
    }

    /// Codes of the bases, ascending.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..UNKNOWN).filter(move |&code| self.contains(code))
    }

    /// The set of the complements of its bases.
    pub fn complement(self) -> BaseSet {
        BaseSet((self.0 & 0b1111).reverse_bits() >> 4)
    }
}
