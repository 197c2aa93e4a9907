//! BED files as programs of the field write them, and what is wrong with those that are none.

use std::path::{Path, PathBuf};

use gia_base::diag::{Code, Diagnostic};
use gia_domain::{Alphabet, BadRecords, Center, Reason, RegionOptions, Windows, windows};

const GENOME: &str = ">chr1\nACGTACGTAAGGCCTTGACAACGTTTGACA\n>chr2\nttgacaGGGTTTAAACCC\n>track1\nAAACCCGGGTTT\n>browser\nCCCCAAAATTTT\n";

fn genome(folder: &Path) -> PathBuf {
    let path = folder.join("g.fa");
    std::fs::write(&path, GENOME).expect("a file");
    path
}

fn read(bed: &[u8], options: RegionOptions) -> Result<Windows, Box<Diagnostic>> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("r.bed");
    std::fs::write(&path, bed).expect("a file");
    windows(&genome(folder.path()), &path, Alphabet::Dna, options)
}

fn letters(windows: &Windows) -> Vec<String> {
    let sequences = windows.set.sequences.iter();
    sequences
        .map(|s| Alphabet::Dna.decode_all(&s.bases))
        .collect()
}

fn skipping() -> RegionOptions {
    RegionOptions {
        bad: BadRecords::Skip,
        ..RegionOptions::default()
    }
}

#[test]
fn what_programs_write_around_the_regions_is_passed_over() {
    for bed in [
        "chr1\t0\t6\nchr2\t6\t12\n",
        "\u{feff}chr1\t0\t6\nchr2\t6\t12",
        "chr1\t0\t6\r\nchr2\t6\t12\r\n\r\n",
        "chr1\t0\t6\rchr2\t6\t12\r",
        "chr1 0 6\nchr2   6 12  \n",
        "#chrom\tstart\tend\nchr1\t0\t6\n\n \t\nchr2\t6\t12\n",
        "browser position chr1:1-10\ntrack\nchr1\t0\t6\ntrack\tname=x type=bed\nchr2\t6\t12\n",
        "chr1\t0\t6\ta name\t0\t+\t\t\nchr2\t6\t12\t\u{e9}\t.\t.\n",
        "\tchrom\tstart\tend\tname\n0\tchr1\t0\t6\ta\n1\tchr2\t6\t12\tb\n",
        "chr1\t0\t6\ta\t0\t3.7\nchr2\t6\t12\tb\t0\t.\n",
    ] {
        let found = read(bed.as_bytes(), RegionOptions::default());
        let found = found.unwrap_or_else(|error| panic!("{bed:?}: {}", error.message));
        assert_eq!(letters(&found), ["ACGTAC", "GGGTTT"], "{bed:?}");
        assert!(found.set.excluded.is_empty(), "{bed:?}");
    }
}

#[test]
fn a_contig_may_be_called_as_a_line_for_browsers_is() {
    let found = read(
        b"track1\t0\t6\nbrowser\t4\t10\nbrowser 4 10\n",
        RegionOptions::default(),
    );
    assert_eq!(
        letters(&found.expect("windows")),
        ["AAACCC", "AAAATT", "AAAATT"]
    );
}

#[test]
fn columns_that_only_look_like_strands_are_told() {
    for (bed, wanted) in [
        ("chr1\t0\t6\t-\nchr2\t6\t12\t+\n", Some("column 4 of")),
        ("chr1\t0\t6\tx\t+\nchr2\t6\t12\ty\t-\n", Some("column 5 of")),
        (
            "chr1\t0\t6\tx\t0\t12.5\nchr2\t6\t12\ty\t0\t1\n",
            Some("column 6 of"),
        ),
        ("chr1\t0\t6\tx\t+\nchr2\t6\t12\ty\t+\n", None),
        ("chr1\t0\t6\t-\nchr2\t6\t12\tpeak\n", None),
        ("chr1\t0\t6\t-\t0\t+\nchr2\t6\t12\t-\t0\t+\n", None),
    ] {
        let found = read(bed.as_bytes(), RegionOptions::default()).expect("windows");
        assert_eq!(letters(&found), ["ACGTAC", "GGGTTT"], "{bed:?}");
        match wanted {
            None => assert!(found.notices.is_empty(), "{bed:?}"),
            Some(part) => assert!(
                found.notices.len() == 1
                    && found.notices[0].code == Code::NonstandardBed
                    && found.notices[0].message.starts_with(part),
                "{bed:?}: {:?}",
                found.notices
            ),
        }
    }
}

#[test]
fn a_star_for_a_strand_is_told_what_bed_writes() {
    let error = read(b"chr1\t0\t6\tx\t0\t*\n", RegionOptions::default());
    let error = error.err().expect("a refusal");
    assert!(error.message.contains("r.bed:1:14`: "), "{}", error.message);
    let help = error.help.as_deref().unwrap_or_default();
    assert!(help.contains("write `.`"), "{help}");
}

#[test]
fn an_unknown_base_of_a_window_is_told_with_the_line_of_the_window() {
    let folder = tempfile::tempdir().expect("a folder");
    let genome = folder.path().join("n.fa");
    std::fs::write(&genome, ">chr1\nACGTACGTNN\n").expect("a file");
    let path = folder.path().join("r.bed");
    std::fs::write(&path, "chr1\t0\t4\nchr1\t4\t8\n\nchr1\t6\t10\tpeak\n").expect("a file");
    let error = windows(&genome, &path, Alphabet::Dna, RegionOptions::default());
    let error = error.err().expect("a refusal");
    let message = &error.message;
    assert!(
        message.contains("r.bed:4`: `N` at position 3 of the record `peak`"),
        "{message}"
    );
}

#[test]
fn what_is_no_region_is_named_with_its_place() {
    let bars = "chr1\t0\t6\n";
    for (line, place, part) in [
        ("chr1\t0.0\t6", "2:6", "`0.0`"),
        ("chr1\t1e0\t6", "2:6", "`1e0`"),
        ("chr1\t0\t1,006", "2:8", "contains commas"),
        ("chr1\t\"0\"\t6", "2:6", "quotation marks"),
        ("chr1\t0\t6 ", "2:8", "blank beside"),
        ("chr1\t0\u{a0}\t6", "2:6", "`0\\u{a0}`"),
        ("chr1\t-1\t6", "2:6", "negative"),
        ("chr1\t+1\t7", "2:6", "`+1`, which has a sign before it"),
        (
            "chr1\t99999999999999999999\t6",
            "2:6",
            "larger than any genome",
        ),
        ("chr1\t\t6", "2", "nothing in column 2"),
        ("chr1\t6", "2", "2 columns"),
        ("chr1,0,6", "2", "1 column"),
        ("chr1\t6\t0", "2:8", "the end (column 3) is 0"),
        ("chr1\t6\t6", "2:8", "the end (column 3) is 6"),
        ("chr1 \t0\t6", "2:1", "a blank in it"),
        ("chr\u{200b}1\t0\t6", "2:1", "`chr\\u{200b}1`"),
        ("Chr1\t0\t6", "2:1", "no sequence `Chr1`"),
        ("1\t0\t6", "2:1", "no sequence `1`"),
        (
            "chr1\t26\t32",
            "2:9",
            "26..32 of `chr1`, which is 30 bp long",
        ),
        ("chr1\t0\t6\tx\t0\treverse", "2:14", "`reverse`"),
        ("chr1\t0\t6\tx\t0\t-1", "2:14", "`-1`"),
        (
            "chr1\t0\t6\tx\t0\t- ",
            "2:14",
            "`- `, which has a blank beside it",
        ),
    ] {
        let bed = format!("{bars}{line}\n");
        let error = read(bed.as_bytes(), RegionOptions::default());
        let error = error.err().unwrap_or_else(|| panic!("{line:?} is refused"));
        let message = &error.message;
        assert_eq!(error.code, Code::BadBed, "{line:?}");
        assert!(
            message.contains(&format!("r.bed:{place}`: ")),
            "{line:?}: {message}"
        );
        assert!(message.contains(part), "{line:?}: {message}");
        let invisible = |c: char| c.is_control() || c == '\u{200b}' || c == '\u{a0}';
        assert!(!message.contains(invisible), "{line:?}: {message}");
        let help = error.help.clone().unwrap_or_default();
        assert!(help.contains("bad: \"skip\""), "{line:?}: {help}");

        // The mend works.
        let found = read(bed.as_bytes(), skipping()).expect("windows");
        assert_eq!(letters(&found), ["ACGTAC"], "{line:?}");
        let excluded: Vec<Vec<String>> = found
            .set
            .excluded
            .iter()
            .map(|(_, e)| e.first.clone())
            .collect();
        assert!(
            matches!(excluded.as_slice(), [one] if one.len() == 1 && one[0].ends_with("r.bed:2")),
            "{line:?}: {excluded:?}"
        );
    }
}

#[test]
fn other_formats_are_told_by_what_they_are() {
    for (text, part) in [
        ("chr1\tsrc\tpeak\t101\t140\t.\t+\t.\tID=1\n", "GFF"),
        ("chr1\t100\trs1\tA\tC\n", "VCF"),
        (">chr1\nACGT\n", "FASTA"),
        ("@SQ\tSN:chr1\tLN:30\n", "SAM"),
        ("fixedStep chrom=chr1 start=1 step=1\n1.5\n", "wiggle"),
        ("chr1:1,001-2,000\n", "`chr1`, `1000` and `2000`"),
        (
            "chrom\tchromStart\tchromEnd\nchr1\t0\t6\n",
            "start it with `#`",
        ),
        ("chr1,0,6\n", "not by commas"),
    ] {
        let error = read(text.as_bytes(), RegionOptions::default())
            .err()
            .expect("an error");
        let help = error.help.clone().unwrap_or_default();
        assert!(
            error.message.contains("r.bed:1"),
            "{text:?}: {}",
            error.message
        );
        assert!(help.contains(part), "{text:?}: {help}");
    }
    for (bytes, part) in [
        (
            &b"track name=x type=bedGraph\nchr1\t0\t6\t3.5\n"[..],
            "bedGraph",
        ),
        (b"track type=\"wiggle_0\"\nchr1\t0\t6\t3.5\n", "wiggle"),
        (b"\xeb\xf2\x89\x87\0\0\0\0", "bigBed"),
        (b"BAM\x01\0\0", "BAM"),
        (b"\xff\xfec\0h\0", "UTF-16"),
        (b"", "contains no regions"),
        (b"#nothing\ntrack name=x\n", "contains no regions"),
    ] {
        // No record is at fault, so none is skipped.
        let error = read(bytes, skipping()).err().expect("an error");
        assert_eq!(error.code, Code::BadBed);
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }
}

#[test]
fn a_window_stands_around_the_summit_of_a_narrow_peak() {
    let peak = |summit: &str| format!("chr1\t4\t20\tp\t1\t.\t9.1\t5\t3\t{summit}\n");
    let options = |bad| RegionOptions {
        width: Some(4),
        center: Center::Summit,
        bad,
        ..RegionOptions::default()
    };
    let found = read(peak("6").as_bytes(), options(BadRecords::Refuse)).expect("windows");
    // The summit is the base behind the middle.
    assert_eq!(letters(&found), [&GENOME[6 + 8..6 + 12]]);
    for (line, reason, part) in [
        (
            peak("-1"),
            Reason::NoSummit,
            "r.bed:2:25`: the summit (column 10) is `-1`",
        ),
        (peak("16"), Reason::Malformed, "the peak has 16 bp"),
        (peak("2.5"), Reason::Malformed, "`2.5`"),
        (
            "chr1\t4\t20\n".to_string(),
            Reason::NoSummit,
            "the line has 3 columns",
        ),
        (
            "chr1\t4\t20\tp\t0\t+\t4\t20\t0\t1\t16\t0\n".to_string(),
            Reason::NoSummit,
            "the line has 12 columns",
        ),
    ] {
        let bed = peak("6") + &line;
        let error = read(bed.as_bytes(), options(BadRecords::Refuse))
            .err()
            .expect("an error");
        assert!(error.message.contains(part), "{line:?}: {}", error.message);
        let found = read(bed.as_bytes(), options(BadRecords::Skip)).expect("windows");
        assert_eq!(found.set.sequences.len(), 1);
        let reasons: Vec<Reason> = found
            .set
            .excluded
            .iter()
            .map(|(reason, _)| reason)
            .collect();
        assert_eq!(reasons, [reason], "{line:?}");
    }
}

#[test]
fn what_is_left_out_is_counted_by_reason() {
    let bed = "chr1\t0\t6\nchr9\t0\t6\nchr1\t28\t34\nchr1\t6\t0\nchr8\t0\t6\n";
    let found = read(bed.as_bytes(), skipping()).expect("windows");
    assert_eq!(
        (found.set.sequences.len(), found.set.excluded.total()),
        (1, 4)
    );
    assert_eq!(
        found.set.excluded.words(),
        "1 with a window past the end of its contig, 2 on a contig that the genome lacks, 1 malformed"
    );
    let error = read(b"chr9\t0\t6\nchr1\t6\t0\n", skipping())
        .err()
        .expect("an error");
    assert_eq!(error.code, Code::NothingLeft);
    assert!(error.message.contains("r.bed:2:8"), "{}", error.message);
}
