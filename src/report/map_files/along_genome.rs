//! Maps as regions (BED) and as values along a genome (bedGraph).

use std::collections::BTreeMap;
use std::ops::Range;

use gia_study::{AttributionMap, MappedSequence};

use super::{origin, place};

/// The largest score of a region in BED.
const MAX_SCORE: f64 = 1000.0;

/// Significant positions next to each other, as BED 6 with the sum of their contributions and their smallest p. Sequences that do not lie in a genome
/// are contigs of their own. None without p.
pub fn bed(map: &AttributionMap) -> Option<String> {
    map.shuffles?;
    let alpha = 1.0 - map.level;
    let mut lines = Vec::new();
    for of in &map.sequences {
        let name = word(&of.sequence.name);
        for region in significant_regions(of, alpha) {
            let (chromosome, start, end, strand) = match origin(of) {
                Some(origin) => {
                    let ends = [region.start, region.end - 1].map(|at| place(origin, at));
                    let strand = if origin.reverse { '-' } else { '+' };
                    let chromosome = word(origin.chromosome.as_str());
                    (
                        chromosome,
                        ends[0].min(ends[1]),
                        ends[0].max(ends[1]) + 1,
                        strand,
                    )
                }
                None => {
                    let at = |position: usize| of.cut + position as u64;
                    (name.clone(), at(region.start), at(region.end), '.')
                }
            };
            let p = of.p[region.clone()].iter().copied().fold(1.0, f64::min);
            let score = (-100.0 * p.log10()).clamp(0.0, MAX_SCORE).round();
            let sum: f64 = of.values[region].iter().sum();
            let line =
                format!("{chromosome}\t{start}\t{end}\t{name}\t{score}\t{strand}\t{sum}\t{p}\n");
            lines.push((chromosome, start, end, line));
        }
    }
    lines.sort();
    Some(lines.into_iter().map(|(_, _, _, line)| line).collect())
}

/// The contribution of each base, in the order of contigs and positions; where windows overlap, the mean of theirs. None if no sequence lies in a
/// genome.
pub fn bedgraph(map: &AttributionMap) -> Option<String> {
    let mut sums: BTreeMap<(&str, u64), (f64, u32)> = BTreeMap::new();
    for of in &map.sequences {
        let Some(origin) = origin(of) else { continue };
        for (position, value) in of.values.iter().enumerate() {
            let key = (origin.chromosome.as_str(), place(origin, position));
            let (sum, count) = sums.entry(key).or_default();
            *sum += value;
            *count += 1;
        }
    }
    let lines = sums.iter().map(|((chromosome, at), (sum, count))| {
        let mean = sum / f64::from(*count);
        format!("{}\t{at}\t{}\t{mean}\n", word(chromosome), at + 1)
    });
    (!sums.is_empty()).then(|| lines.collect())
}

fn significant_regions(of: &MappedSequence, alpha: f64) -> Vec<Range<usize>> {
    let mut regions: Vec<Range<usize>> = Vec::new();
    for position in (0..of.p.len()).filter(|at| of.is_significant(*at, alpha)) {
        match regions.last_mut() {
            Some(last) if last.end == position => last.end += 1,
            _ => regions.push(position..position + 1),
        }
    }
    regions
}

/// A name as one field.
fn word(name: &str) -> String {
    let safe = |c: char| {
        if c.is_whitespace() || c.is_control() {
            '_'
        } else {
            c
        }
    };
    name.chars().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use gia_study::{MapOrigin, SharedStr, Unit};

    use super::*;

    fn mapped(name: &str, start: u64, reverse: bool, p: &[f64]) -> MappedSequence {
        MappedSequence {
            sequence: Unit {
                name: name.to_string(),
                window: None,
                variant: None,
            },
            letters: "ACGT".to_string(),
            cut: 0,
            origin: (start > 0).then(|| MapOrigin {
                chromosome: SharedStr::from("chr2"),
                start,
                reverse,
            }),
            values: vec![1.0, -2.0, 4.0, 0.5],
            half_widths: Vec::new(),
            reliability: None,
            p: p.to_vec(),
            hypothetical: Vec::new(),
        }
    }

    fn map(sequences: Vec<MappedSequence>, shuffles: Option<usize>) -> AttributionMap {
        AttributionMap {
            map: "map".to_string(),
            outcome: "net".to_string(),
            unit: None,
            method: String::new(),
            references: None,
            shuffles,
            window: 1,
            level: 0.95,
            on: String::new(),
            left_out: Vec::new(),
            sequences,
        }
    }

    #[test]
    fn regions_lie_where_their_bases_lie() {
        let p = [0.05, 0.01, 0.5, 0.05];
        let sequences = vec![
            mapped("forward", 11, false, &p),
            mapped("back", 8, true, &p),
            mapped("no place", 0, false, &p),
        ];
        let found = bed(&map(sequences.clone(), Some(99))).expect("a map with p");
        let expected = "chr2\t4\t5\tback\t130\t-\t0.5\t0.05\n\
            chr2\t6\t8\tback\t200\t-\t-1\t0.01\n\
            chr2\t10\t12\tforward\t200\t+\t-1\t0.01\n\
            chr2\t13\t14\tforward\t130\t+\t0.5\t0.05\n\
            no_place\t0\t2\tno_place\t200\t.\t-1\t0.01\n\
            no_place\t3\t4\tno_place\t130\t.\t0.5\t0.05\n";
        assert_eq!(found, expected);
        assert_eq!(bed(&map(sequences, None)), None);
    }

    #[test]
    fn overlapping_windows_have_the_mean() {
        let sequences = vec![mapped("a", 11, false, &[]), mapped("b", 13, true, &[])];
        let found = bedgraph(&map(sequences, None)).expect("windows of a genome");
        let expected = "chr2\t9\t10\t0.5\nchr2\t10\t11\t2.5\nchr2\t11\t12\t-2\nchr2\t12\t13\t2.5\nchr2\t13\t14\t0.5\n";
        assert_eq!(found, expected);
        assert_eq!(bedgraph(&map(vec![mapped("c", 0, false, &[])], None)), None);
    }
}
