//! The stretch of a haplotype that fills a window.
//!
//! All positions are those of the contig. A replaced range holds as many new bases as its allele has, in order; bases that an insertion
//! puts in stand before the base at its position.

use std::ops::Range;

/// Bases of the contig that a haplotype replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The bases that are replaced, half open; empty for an insertion.
    pub range: Range<i64>,
    /// The letters that replace them.
    pub letters: Vec<u8>,
}

impl Replacement {
    /// The replacement of a reference allele at a position by another allele, without the bases that both share at their ends; None if
    /// the alleles are the same.
    pub fn of_alleles(start: i64, reference: &[u8], alternate: &[u8]) -> Option<Replacement> {
        let same = |a: &u8, b: &u8| a.eq_ignore_ascii_case(b);
        let (mut from, mut to) = (reference, alternate);
        // The bases that both start with come first: the base before an indel, which records begin with, stays where it is.
        let mut start = start;
        while let ([a, from_rest @ ..], [b, to_rest @ ..]) = (from, to)
            && same(a, b)
        {
            (from, to) = (from_rest, to_rest);
            start += 1;
        }
        while let ([from_rest @ .., a], [to_rest @ .., b]) = (from, to)
            && same(a, b)
        {
            (from, to) = (from_rest, to_rest);
        }
        (!from.is_empty() || !to.is_empty()).then(|| Replacement {
            range: start..start + from.len() as i64,
            letters: to.to_vec(),
        })
    }

    /// Whether both cannot be made: they replace a common base, or the order of two insertions is open.
    pub fn overlaps(&self, other: &Replacement) -> bool {
        let (a, b) = (&self.range, &other.range);
        match (a.is_empty(), b.is_empty()) {
            (true, true) => a.start == b.start,
            (true, false) => b.start < a.start && a.start < b.end,
            (false, true) => a.start < b.start && b.start < a.end,
            (false, false) => a.start < b.end && b.start < a.end,
        }
    }

    /// Place in the order along the contig: an insertion comes before what replaces the base at its position.
    pub fn order(&self) -> (i64, bool) {
        (self.range.start, !self.range.is_empty())
    }

    /// The part right of a position; alleles are aligned at their first base.
    fn right_of(&self, position: i64) -> Replacement {
        let cut = (position - self.range.start).max(0) as usize;
        Replacement {
            range: self.range.start.max(position)..self.range.end,
            letters: self.letters.get(cut..).unwrap_or_default().to_vec(),
        }
    }

    /// The part left of a position that lies behind the start; alleles are aligned at their first base, so what is longer than the range
    /// stands at its end.
    fn left_of(&self, position: i64) -> Replacement {
        if position > self.range.end {
            return self.clone();
        }
        let kept = (position - self.range.start) as usize;
        Replacement {
            range: self.range.start..position.min(self.range.end),
            letters: self.letters[..kept.min(self.letters.len())].to_vec(),
        }
    }
}

/// The end of a window that stays where it is on the contig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedEnd {
    Start,
    End,
}

/// The stretch of a haplotype that is as long as a window.
#[derive(Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The bases of the contig that it is made of, those that are replaced included.
    pub consumed: Range<i64>,
    /// What is replaced in it, ascending.
    pub replaced: Vec<Replacement>,
}

/// The stretch of a haplotype that starts or ends where a window does, and is as long. `replacements` are ascending in
/// [`Replacement::order`] and do not overlap.
pub fn stretch(window: Range<i64>, fixed: FixedEnd, replacements: &[Replacement]) -> Stretch {
    let length = window.end - window.start;
    let mut replaced = Vec::new();
    let mut found = 0;
    match fixed {
        FixedEnd::Start => {
            let mut position = window.start;
            for one in replacements {
                let is_outside = match one.range.is_empty() {
                    true => one.range.start <= window.start,
                    false => one.range.end <= window.start,
                };
                if is_outside {
                    continue;
                }
                let one = one.right_of(window.start);
                let between = one.range.start - position;
                if found + between >= length {
                    break;
                }
                found += between + one.letters.len() as i64;
                position = one.range.end;
                replaced.push(one);
            }
            let consumed = window.start..position + (length - found).max(0);
            Stretch { consumed, replaced }
        }
        FixedEnd::End => {
            let mut position = window.end;
            for one in replacements.iter().rev() {
                if one.range.start >= window.end {
                    continue;
                }
                let one = one.left_of(window.end);
                let between = position - one.range.end;
                if found + between >= length {
                    break;
                }
                found += between + one.letters.len() as i64;
                position = one.range.start;
                replaced.push(one);
            }
            replaced.reverse();
            let consumed = position - (length - found).max(0)..window.end;
            Stretch { consumed, replaced }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(start: i64, reference: &str, alternate: &str) -> Option<(Range<i64>, String)> {
        let found = Replacement::of_alleles(start, reference.as_bytes(), alternate.as_bytes());
        found.map(|one| (one.range, String::from_utf8(one.letters).expect("text")))
    }

    #[test]
    fn shared_ends_of_alleles_are_no_change() {
        assert_eq!(of(5, "A", "G"), Some((5..6, "G".into())));
        assert_eq!(of(5, "A", "ATT"), Some((6..6, "TT".into())));
        assert_eq!(of(5, "ATT", "A"), Some((6..8, "".into())));
        assert_eq!(of(5, "CTT", "CT"), Some((7..8, "".into())));
        assert_eq!(of(5, "CGGAGC", "C"), Some((6..11, "".into())));
        assert_eq!(of(5, "ACG", "ATG"), Some((6..7, "T".into())));
        assert_eq!(of(5, "A", "TA"), Some((5..5, "T".into())));
        assert_eq!(of(5, "acg", "ACG"), None);
    }

    /// A haplotype of a whole contig, letter by letter, each with the position of the contig that it stands at or before.
    fn whole(contig: &[u8], replacements: &[Replacement]) -> Vec<(i64, bool, u8)> {
        let mut letters = Vec::new();
        let mut position = 0;
        for one in replacements {
            for at in position..one.range.start {
                letters.push((at, true, contig[at as usize]));
            }
            let width = one.range.end - one.range.start;
            for (i, letter) in one.letters.iter().enumerate() {
                let at = one.range.start + (i as i64).min(width);
                letters.push((at, (i as i64) < width, *letter));
            }
            position = one.range.end;
        }
        for at in position..contig.len() as i64 {
            letters.push((at, true, contig[at as usize]));
        }
        letters
    }

    /// Against the haplotype of the whole contig: what starts with the first letter at or behind the window's first base, or ends with the
    /// last one before its end, for all windows and sets of replacements of a short contig.
    #[test]
    fn a_stretch_is_that_of_the_whole_haplotype() {
        let contig = b"ACGTTGCAAGCTTAGCCATG";
        let sets: [&[(i64, &str, &str)]; 7] = [
            &[(6, "C", "T")],
            &[(6, "C", "CAAAA")],
            &[(5, "GCAA", "G")],
            &[(4, "TG", "CAGG"), (9, "G", "GT"), (12, "TAG", "T")],
            &[(5, "GCA", "TTT"), (8, "AG", "A"), (9, "G", "GCC")],
            &[(4, "TGCAAGC", "T"), (11, "T", "TGG")],
            &[(5, "GCAAG", "AT"), (10, "C", "G")],
        ];
        for set in sets {
            let mut replacements: Vec<Replacement> = set
                .iter()
                .filter_map(|(start, from, to)| {
                    Replacement::of_alleles(*start, from.as_bytes(), to.as_bytes())
                })
                .collect();
            // The replaced G of the fifth set.
            replacements.sort_by_key(Replacement::order);
            if replacements
                .windows(2)
                .any(|pair| pair[0].overlaps(&pair[1]))
            {
                continue;
            }
            let whole = whole(contig, &replacements);
            for start in 3..10i64 {
                for length in 1..6i64 {
                    let window = start..start + length;
                    for fixed in [FixedEnd::Start, FixedEnd::End] {
                        let wanted: Vec<u8> = match fixed {
                            FixedEnd::Start => {
                                let from = whole.iter().position(|(at, is_base, _)| {
                                    (*is_base && *at >= start) || *at > start
                                });
                                let from = from.expect("a letter");
                                whole[from..]
                                    .iter()
                                    .take(length as usize)
                                    .map(|l| l.2)
                                    .collect()
                            }
                            FixedEnd::End => {
                                let to = whole
                                    .iter()
                                    .rposition(|(at, _, _)| *at < window.end)
                                    .expect("a letter");
                                let from = to + 1 - length as usize;
                                whole[from..=to].iter().map(|l| l.2).collect()
                            }
                        };
                        let found = stretch(window.clone(), fixed, &replacements);
                        let mut letters: Vec<u8> = Vec::new();
                        let mut position = found.consumed.start;
                        for one in &found.replaced {
                            letters.extend(&contig[position as usize..one.range.start as usize]);
                            letters.extend(&one.letters);
                            position = one.range.end;
                        }
                        letters.extend(&contig[position as usize..found.consumed.end as usize]);
                        let spare = letters.len() - length as usize;
                        let found = match fixed {
                            FixedEnd::Start => &letters[..length as usize],
                            FixedEnd::End => &letters[spare..],
                        };
                        assert_eq!(found, wanted, "{set:?} {window:?} {fixed:?}");
                    }
                }
            }
        }
    }
}
