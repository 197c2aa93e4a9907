//! Which base of a genome stands at which position of a window: the middle of a region, its ends, and its summit, on both strands.

use std::path::Path;

use gia_base::diag::Diagnostic;
use gia_domain::{
    Alphabet, BadRecords, Center, LocusOptions, Reason, RegionOptions, Side, Strand, UnknownBases,
    VariantOptions, WindowLayout, Windows, locus_window, reverse_complement, variants, windows,
};

use crate::codes;

/// Letters of a contig that differ from each other within any few bases.
fn contig() -> String {
    let mut state = 11u32;
    let letters = (0..300).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        "ACGT".as_bytes()[(state >> 24 & 3) as usize] as char
    });
    letters.collect()
}

/// The window that has base `base` of the contig at position `at`, read on a strand, letter by letter.
fn expected(base: i64, at: i64, width: i64, strand: Strand) -> Vec<u8> {
    let contig = codes(&contig());
    let letter = |position: i64| match strand {
        Strand::Forward => contig[(base + position - at) as usize],
        Strand::Reverse => {
            let mut one = [contig[(base - (position - at)) as usize]];
            reverse_complement(&mut one);
            one[0]
        }
    };
    (0..width).map(letter).collect()
}

fn first_window(bed: &str, options: RegionOptions) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let (genome, regions) = (folder.path().join("g.fa"), folder.path().join("r.bed"));
    std::fs::write(&genome, format!(">c\n{}\n", contig())).expect("a file");
    std::fs::write(&regions, bed).expect("a file");
    let read = windows(&genome, &regions, Alphabet::Dna, options).expect("windows");
    read.set.sequences[0].bases.clone()
}

const STRANDS: [(&str, Strand); 2] = [("+", Strand::Forward), ("-", Strand::Reverse)];

/// Base `length div 2` of a region, read on its strand, stands at position `width div 2` of its window, whatever is odd or even.
#[test]
fn the_middle_of_a_region_is_the_center_of_its_window() {
    for (sign, strand) in STRANDS {
        for length in [1, 2, 7, 8, 20, 21] {
            for width in [1, 2, 9, 10, 21, 20] {
                let (start, end) = (120, 120 + length);
                let base = match strand {
                    Strand::Forward => start + length / 2,
                    Strand::Reverse => end - 1 - length / 2,
                };
                let options = RegionOptions {
                    width: Some(width as usize),
                    ..RegionOptions::default()
                };
                let bed = format!("c\t{start}\t{end}\tr\t0\t{sign}\n");
                let wanted = expected(base, width / 2, width, strand);
                let what = format!("{length} bp {sign} in {width} bp");
                assert_eq!(first_window(&bed, options), wanted, "{what}");
                // The same of a region that is written as browsers do.
                let folder = tempfile::tempdir().expect("a folder");
                let genome = folder.path().join("g.fa");
                std::fs::write(&genome, format!(">c\n{}\n", contig())).expect("a file");
                let options = LocusOptions {
                    past: Default::default(),
                    width: Some(width as usize),
                    strand,
                    unknown: UnknownBases::Refuse,
                };
                let written = format!("c:{}-{end}", start + 1);
                let one = locus_window(&genome, &written, Alphabet::Dna, options).expect("one");
                assert_eq!(one.set.sequences[0].bases, wanted, "{what}, a locus");
            }
        }
    }
}

#[test]
fn the_summit_is_the_center_on_both_strands() {
    for (sign, strand) in STRANDS {
        for width in [10, 11] {
            let options = RegionOptions {
                width: Some(width as usize),
                center: Center::Summit,
                ..RegionOptions::default()
            };
            let bed = format!("c\t100\t140\tp\t0\t{sign}\t1\t1\t1\t13\n");
            let wanted = expected(113, width / 2, width, strand);
            assert_eq!(first_window(&bed, options), wanted, "{sign} in {width} bp");
        }
    }
}

/// The ends of a region are those of its strand, and any position of the window may be the anchor.
#[test]
fn a_window_is_laid_by_an_end_of_its_region() {
    for (sign, strand) in STRANDS {
        for (center, ends) in [(Center::Start, (100, 105)), (Center::End, (105, 100))] {
            for (width, at) in [(20, 0), (20, 10), (21, 3), (20, 19)] {
                let options = RegionOptions {
                    width: Some(width as usize),
                    center,
                    anchor: Some(at as usize),
                    bad: BadRecords::Refuse,
                    ..RegionOptions::default()
                };
                let base = match strand {
                    Strand::Forward => ends.0,
                    Strand::Reverse => ends.1,
                };
                let bed = format!("c\t100\t106\tpas\t0\t{sign}\n");
                let wanted = expected(base, at, width, strand);
                assert_eq!(
                    first_window(&bed, options),
                    wanted,
                    "{sign} {center:?} {at}"
                );
            }
        }
    }
}

type LayoutOf = for<'p> fn(&'p Path) -> WindowLayout<'p>;

/// Reads windows around variants, each by POS, REF and ALT, and a BED file where the layout needs one.
fn around(
    records: &[(i64, String, String)],
    bed: &str,
    layout: LayoutOf,
    (width, anchor, bad): (i64, Option<i64>, BadRecords),
) -> Result<Windows, Box<Diagnostic>> {
    let folder = tempfile::tempdir().expect("a folder");
    let named = |name: &str| folder.path().join(name);
    let lines = records
        .iter()
        .map(|(position, from, to)| format!("c\t{position}\t.\t{from}\t{to}\n"));
    std::fs::write(named("v.vcf"), lines.collect::<String>()).expect("a file");
    std::fs::write(named("g.fa"), format!(">c\n{}\n", contig())).expect("a file");
    std::fs::write(named("r.bed"), bed).expect("a file");
    let regions = named("r.bed");
    let options = VariantOptions {
        past: Default::default(),
        width: width as usize,
        anchor: anchor.map(|at| at as usize),
        layout: layout(&regions),
        unknown: UnknownBases::Refuse,
        bad,
    };
    variants(&named("v.vcf"), &named("g.fa"), Alphabet::Dna, options)
}

/// A change of each kind: SNV, MNV, insertion, deletion and both at once.
fn changes() -> Vec<(i64, String, String)> {
    let contig = contig();
    let at =
        |position: usize, length: usize| contig[position - 1..position - 1 + length].to_string();
    let other = |base: &str| if base == "A" { "C" } else { "A" }.to_string();
    vec![
        (100, at(100, 1), other(&at(100, 1))),
        (110, at(110, 3), "TTTAAA"[..3].to_string()),
        (120, at(120, 1), format!("{}GATTACA", at(120, 1))),
        (130, at(130, 6), at(130, 1)),
        (140, at(140, 4), "TGTGTGT".to_string()),
        (150, at(150, 7), "CA".to_string()),
    ]
}

fn turned(mut bases: Vec<u8>) -> Vec<u8> {
    reverse_complement(&mut bases);
    bases
}

/// An allele in its window is what the genome with that allele reads, from the side that stays, on the strand of the window.
#[test]
fn every_kind_of_variant_reads_as_the_changed_genome_on_either_strand() {
    let contig = codes(&contig());
    let all = changes();
    for (_, strand) in STRANDS {
        for (width, at) in [
            (40, None),
            (41, None),
            (40, Some(0)),
            (40, Some(33)),
            (41, Some(7)),
        ] {
            let layout: LayoutOf = match strand {
                Strand::Forward => |_| WindowLayout::Variant(Strand::Forward),
                Strand::Reverse => |_| WindowLayout::Variant(Strand::Reverse),
            };
            let found = around(&all, "", layout, (width, at, BadRecords::Refuse));
            let found = found.expect("windows").set.sequences;
            assert_eq!(found.len(), all.len());
            for (window, (position, from, to)) in found.iter().zip(&all) {
                let read = |bases: Vec<u8>| match strand {
                    Strand::Forward => bases,
                    Strand::Reverse => turned(bases),
                };
                let (start, end) = (*position as usize - 1, *position as usize - 1 + from.len());
                let changed = [&contig[..start], &codes(to), &contig[end..]].concat();
                let (reference, changed) = (read(contig.clone()), read(changed));
                let first = match strand {
                    Strand::Forward => start,
                    Strand::Reverse => contig.len() - end,
                };
                let (at, width) = (at.unwrap_or(width / 2) as usize, width as usize);
                let (left, right) = (first - at, first - at + width);
                let what = format!("{from}>{to} {strand:?} {at} of {width}");
                assert_eq!(window.bases, reference[left..right], "{what}");
                let variant = window.variant.as_ref().expect("a variant");
                assert_eq!(variant.start, at, "{what}");
                let applied = |shifting: Side| {
                    let mut bases = window.bases.clone();
                    variant.apply(&mut bases, shifting);
                    bases
                };
                assert_eq!(applied(Side::Right), changed[left..left + width], "{what}");
                let right = right + to.len() - from.len();
                assert_eq!(applied(Side::Left), changed[right - width..right], "{what}");
                let locus = window.locus.as_ref().expect("a place");
                let length = locus.range.end - locus.range.start;
                assert_eq!((length as usize, locus.strand), (width, strand), "{what}");
            }
        }
    }
}

#[test]
fn windows_are_laid_by_the_nearest_region_that_holds_the_variant() {
    let snv = |position: usize| {
        let from = contig()[position - 1..position].to_string();
        let to = if from == "A" { "C" } else { "A" };
        (position as i64, from, to.to_string())
    };
    // First bases 99 (+), 199 (-) and 90 (+), from 0.
    let bed = "c\t99\t105\ta\t0\t+\nc\t190\t200\tb\t0\t-\nc\t90\t91\tc\t0\t+\n";
    let all = [snv(101), snv(90), snv(199), snv(240), snv(212)];
    let layout: LayoutOf = |path| WindowLayout::Regions(path);
    let read = |bad| around(&all, bed, layout, (30, Some(10), bad));
    let found = read(BadRecords::Skip).expect("windows");
    let wanted = [
        (99, Strand::Forward, 11),
        (90, Strand::Forward, 9),
        (199, Strand::Reverse, 11),
    ];
    assert_eq!(found.set.sequences.len(), wanted.len());
    for (window, (base, strand, position)) in found.set.sequences.iter().zip(wanted) {
        assert_eq!(window.bases, expected(base, 10, 30, strand), "{base}");
        let variant = window.variant.as_ref().expect("a variant");
        assert_eq!(variant.start, position, "{base}");
    }
    assert_eq!(found.set.excluded.words(), "2 without an anchor in reach");
    let error = read(BadRecords::Refuse).err().expect("an error");
    let part = "r.bed` puts this variant into a window of 30 bp that has the region's first base at position 10";
    assert!(error.message.contains(part), "{}", error.message);
}

#[test]
fn regions_say_on_which_strand_windows_are_read() {
    let all = &changes()[..5];
    let bed = "c\t90\t112\tg\t0\t-\nc\t99\t100\texon\t0\t-\nc\t118\t125\th\t0\t+\nc\t132\t133\ti\t0\t-\nc\t120\t134\tj\t0\t+\n";
    let layout: LayoutOf = |path| WindowLayout::VariantOnStrandOf(path);
    let found = around(all, bed, layout, (20, None, BadRecords::Skip)).expect("windows");
    let strands: Vec<Strand> = found
        .set
        .sequences
        .iter()
        .map(|one| one.locus.as_ref().expect("a place").strand)
        .collect();
    assert_eq!(strands, [Strand::Reverse, Strand::Reverse, Strand::Forward]);
    // One deletion in regions of both strands, and one change in none.
    let reasons: Vec<(Reason, usize)> = found
        .set
        .excluded
        .iter()
        .map(|(reason, excluded)| (reason, excluded.count))
        .collect();
    assert_eq!(reasons, [(Reason::NoStrand, 2)]);
    assert_eq!(found.layout_sha256.map(|hash| hash.len()), Some(64));
    let damaged = around(all, "c\t9\t5\n", layout, (20, None, BadRecords::Skip));
    let message = damaged.err().expect("an error").message;
    assert!(message.contains("r.bed:1"), "{message}");
}
