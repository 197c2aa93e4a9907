//! Genotypes: which allele each haplotype of a sample has at a record.

use crate::Reason;

/// The alleles of a sample at a record, as `GT` writes them: `0|1`.
#[derive(Debug, PartialEq, Eq)]
pub struct Genotype {
    /// Numbers of the alleles, 0 for the reference; None for a missing one.
    alleles: Vec<Option<usize>>,
    /// Whether it says which haplotype has which allele.
    is_phased: bool,
}

/// What a genotype says of one haplotype.
#[derive(Debug, PartialEq, Eq)]
pub struct CarriedAllele {
    /// Number of the allele; 0 for the reference.
    pub number: usize,
    /// Whether the sample has another allele as well.
    pub is_heterozygous: bool,
}

impl Genotype {
    /// Parses the text of `GT`; None if it is malformed.
    pub fn parse(text: &[u8]) -> Option<Genotype> {
        // Since version 4.4, a separator may precede the first allele to say whether that is phased.
        let text = match text {
            [b'/' | b'|', rest @ ..] => rest,
            _ => text,
        };
        let mut alleles = Vec::new();
        for allele in text.split(|byte| matches!(byte, b'/' | b'|')) {
            alleles.push(match allele {
                b"." => None,
                _ => Some(parse_number(allele)?),
            });
        }
        Some(Genotype {
            alleles,
            is_phased: !text.contains(&b'/'),
        })
    }

    /// The allele of a haplotype, counted from 1; else why the genotype does not tell it, as the end of a sentence about the genotype.
    pub fn allele_of(&self, haplotype: usize) -> Result<CarriedAllele, (Reason, String)> {
        let ploidy = self.alleles.len();
        let of_haplotype = haplotype.checked_sub(1).and_then(|i| self.alleles.get(i));
        let Some(allele) = of_haplotype else {
            let alleles = gia_base::diag::pluralize(ploidy, "allele");
            let why = format!("has {alleles}, so there is no haplotype {haplotype}");
            return Err((Reason::OtherPloidy, why));
        };
        let missing = self.alleles.iter().any(Option::is_none);
        let number = match allele {
            Some(number) if self.is_phased || !missing => *number,
            Some(_) | None => {
                let why = "does not tell the allele of this haplotype".to_string();
                return Err((Reason::NoGenotype, why));
            }
        };
        let is_heterozygous = self.alleles.iter().any(|other| *other != Some(number));
        if is_heterozygous && !self.is_phased {
            let why = "is not phased, so it does not tell which haplotype has which allele";
            return Err((Reason::Unphased, why.to_string()));
        }
        Ok(CarriedAllele {
            number,
            is_heterozygous,
        })
    }
}

fn parse_number(text: &[u8]) -> Option<usize> {
    let is_number = !text.is_empty() && text.len() <= 6 && text.iter().all(u8::is_ascii_digit);
    is_number.then(|| {
        text.iter()
            .fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allele(text: &str, haplotype: usize) -> Result<(usize, bool), Reason> {
        let genotype = Genotype::parse(text.as_bytes()).expect("a genotype");
        let found = genotype.allele_of(haplotype);
        found
            .map(|allele| (allele.number, allele.is_heterozygous))
            .map_err(|(reason, _)| reason)
    }

    #[test]
    fn phased_and_homozygous_genotypes_tell_the_allele() {
        assert_eq!(allele("0|1", 1), Ok((0, true)));
        assert_eq!(allele("0|1", 2), Ok((1, true)));
        assert_eq!(allele("|2|1", 1), Ok((2, true)));
        assert_eq!(allele("1/1", 1), Ok((1, false)));
        assert_eq!(allele("0/0", 2), Ok((0, false)));
        assert_eq!(allele("1", 1), Ok((1, false)));
        assert_eq!(allele("0|1|2", 3), Ok((2, true)));
        assert_eq!(allele(".|1", 2), Ok((1, true)));
        assert_eq!(allele("12|0", 1), Ok((12, true)));
    }

    #[test]
    fn others_say_why_they_do_not() {
        assert_eq!(allele("0/1", 1), Err(Reason::Unphased));
        assert_eq!(allele("0|1/2", 1), Err(Reason::Unphased));
        assert_eq!(allele("./.", 1), Err(Reason::NoGenotype));
        assert_eq!(allele(".", 1), Err(Reason::NoGenotype));
        assert_eq!(allele(".|1", 1), Err(Reason::NoGenotype));
        assert_eq!(allele("./1", 2), Err(Reason::NoGenotype));
        assert_eq!(allele("1", 2), Err(Reason::OtherPloidy));
        assert_eq!(allele("0|1", 3), Err(Reason::OtherPloidy));
        assert_eq!(allele("0|1", 0), Err(Reason::OtherPloidy));
        for text in ["", "a|b", "0|", "0|-1", "1234567|0", "0,1"] {
            assert_eq!(Genotype::parse(text.as_bytes()), None, "{text}");
        }
    }
}
