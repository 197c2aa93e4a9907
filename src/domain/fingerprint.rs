//! Fingerprints of backgrounds, by which those of two runs are recognised as the same.

use sha2::{Digest, Sha256};

use super::{Alphabet, Side, Variant};

/// The first 64 bits of the SHA-256 of a sequence in upper-case letters. For a sequence with a variant, `>` and the letters of the
/// sequence with its alternate allele follow.
pub fn fingerprint(bases: &[u8], variant: Option<&Variant>, alphabet: Alphabet) -> u64 {
    let mut letters = alphabet.decode_all(bases);
    if let Some(variant) = variant {
        let mut alternate = bases.to_vec();
        variant.apply(&mut alternate, Side::Right);
        letters.push('>');
        letters += &alphabet.decode_all(&alternate);
    }
    let digest = Sha256::digest(letters.as_bytes());
    digest
        .iter()
        .take(8)
        .fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, variant: Option<&Variant>) -> String {
        let bases = text.bytes().map(|letter| Alphabet::Dna.encode(letter));
        let bases: Vec<u8> = bases.map(|base| base.expect("a base")).collect();
        format!("{:016x}", fingerprint(&bases, variant, Alphabet::Dna))
    }

    #[test]
    fn it_is_the_start_of_the_sha256_of_the_letters() {
        // printf ACGT | sha256sum; printf 'ACGT>ATGT' | sha256sum
        assert_eq!(of("ACGT", None), "1dff3e84fe7877e0");
        let variant = Variant {
            start: 1,
            removed: 1,
            inserted: vec![3],
            before: Vec::new(),
            beyond: Vec::new(),
        };
        assert_eq!(of("ACGT", Some(&variant)), "fd7b25ad38cbbf01");
    }
}
