//! Haplotypes of phased samples as arms: what they write, what is counted, and what is refused.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{gia, root, study};

const MODEL: &str = "model net = additive({\"GATTACA\": 1.0})\n";

const HEADER: &str =
    "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tchild\tmother\n";

/// `c`, 60 bases, and `d`, 20 bases.
const GENOME: &str =
    ">c\nACGTTGCAAGCTTAGCCATGACGATTACAGGCATCGGATACCGTTTAGCAATCGGTCATGC\n>d\nGGGGGCCCCCAAAAATTTTT\n";

/// A folder with `g.fa`, `p.vcf` with these records, and `r.bed`.
fn folder(records: &[&str], bed: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let put =
        |name: &str, text: String| fs::write(folder.path().join(name), text).expect("written");
    put("g.fa", GENOME.to_string());
    let records: Vec<String> = records
        .iter()
        .map(|record| record.replace(' ', "\t"))
        .collect();
    put("p.vcf", format!("{HEADER}{}\n", records.join("\n")));
    put("r.bed", bed.replace(' ', "\t"));
    folder
}

/// A record from its position, alleles and the genotypes of child and mother.
fn record(position: usize, alleles: &str, genotypes: &str) -> String {
    format!("c {position} . {alleles} . . . GT {genotypes}")
}

/// The sequences of every arm of an experiment, as `--sequences` writes them.
fn sequences(script: &Path, arms: &[&str]) -> Vec<Vec<String>> {
    let out = tempfile::tempdir().expect("a folder");
    let arguments = [
        "run".into(),
        script.to_path_buf(),
        "--quiet".into(),
        "--sequences".into(),
        out.path().to_path_buf(),
    ];
    let output = gia(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let of_arm = |arm: &&str| {
        let file = out.path().join(format!("e/{arm}.fa"));
        let fasta = fs::read_to_string(&file).expect("sequences");
        let lines = fasta.lines().filter(|line| !line.starts_with('>'));
        lines.map(str::to_string).collect()
    };
    arms.iter().map(of_arm).collect()
}

/// Writes a script beside the files and returns its path.
fn script(folder: &Path, text: &str) -> std::path::PathBuf {
    let path = folder.join("script.gia");
    fs::write(&path, format!("{MODEL}{text}")).expect("written");
    path
}

/// The sequence of the arm `h` of a script with this background and haplotype.
fn of_haplotype(folder: &TempDir, background: &str, applied: &str) -> Vec<String> {
    let text = format!(
        "experiment e {{\n background {background}\n arm h {{ apply {applied} }}\n measure net\n}}\n"
    );
    let script = script(folder.path(), &text);
    sequences(&script, &["h"]).remove(0)
}

/// What a script that is wrong says, in one line.
fn refused(folder: &TempDir, background: &str, applied: &str) -> String {
    let text = format!(
        "experiment e {{\n background {background}\n arm h {{ apply {applied} }}\n measure net\n}}\n"
    );
    let script = script(folder.path(), &text);
    let output = gia(["check".into(), script]);
    assert!(!output.status.success(), "{applied}");
    squeezed(&output.stderr)
}

fn squeezed(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let words: Vec<&str> = said
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect();
    words.join(" ")
}

/// tests/oracle/haplotypes/haplotypes.py has bcftools make the haplotypes of three samples, which it reads in 48 windows of both strands.
#[test]
fn haplotypes_are_those_of_bcftools() {
    let folder = root().join("tests/oracle/haplotypes");
    let oracle = fs::read_to_string(folder.join("haplotypes.json")).expect("the oracle");
    let oracle: Value = serde_json::from_str(&oracle).expect("the oracle is JSON");
    let mut compared = 0;
    for (file, bad) in [("phased", "stop"), ("overlaps", "skip")] {
        let mut arms = Vec::new();
        let mut steps = String::new();
        for sample in ["child", "father", "mother"] {
            for number in [1, 2] {
                for side in ["right", "left"] {
                    let arm = format!("{sample}{number}_{side}");
                    steps += &format!(
                        " arm {arm} {{ apply haplotype({number}, from: \"{file}.vcf\", of: \"{sample}\", bad: \"{bad}\") shifting \"{side}\" }}\n"
                    );
                    arms.push((arm, format!("{file} {sample} {number} {side}")));
                }
            }
        }
        let copy = tempfile::tempdir().expect("a folder");
        for name in ["genome.fa", "regions.bed", &format!("{file}.vcf")] {
            fs::copy(folder.join(name), copy.path().join(name)).expect("copied");
        }
        let text = format!(
            "experiment e {{\n background genome(\"genome.fa\", regions: \"regions.bed\")\n{steps} measure net\n}}\n"
        );
        let script = script(copy.path(), &text);
        let names: Vec<&str> = arms.iter().map(|(arm, _)| arm.as_str()).collect();
        let found = sequences(&script, &names);
        for ((_, key), found) in arms.iter().zip(found) {
            let wanted = oracle[key].as_array().expect("sequences");
            assert_eq!(wanted.len(), found.len(), "{key}");
            for (i, (wanted, found)) in wanted.iter().zip(&found).enumerate() {
                assert_eq!(wanted.as_str(), Some(found.as_str()), "{key}, window {i}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 2 * 12 * 48);
}

#[test]
fn genotypes_that_do_not_tell_the_haplotype_are_refused_or_left_out() {
    let window = "locus(\"c:11-30\", genome: \"g.fa\")";
    for (genotype, reason, part) in [
        ("0/1", "unphased", "is not phased"),
        (".|.", "no_genotype", "does not tell the allele"),
        (
            "1",
            "other_ploidy",
            "has 1 allele, so there is no haplotype 2",
        ),
    ] {
        let records = [
            record(13, "T A", "0|1 0|0"),
            record(20, "G C", &format!("{genotype} 0|0")),
            record(25, "T G", "0|1 0|0"),
        ];
        let records: Vec<&str> = records.iter().map(String::as_str).collect();
        let folder = folder(&records, "");
        let applied = "haplotype(2, from: \"p.vcf\", of: \"child\")";
        let said = refused(&folder, window, applied);
        assert!(said.starts_with("error[E0419]"), "{said}");
        assert!(said.contains(part) && said.contains("p.vcf:4"), "{said}");
        assert!(said.contains("bad: \"skip\""), "{said}");
        let skipping = "haplotype(2, from: \"p.vcf\", of: \"child\", bad: \"skip\")";
        assert_eq!(
            of_haplotype(&folder, window, skipping),
            ["CTAAGCCATGACGAGTACAG"]
        );
        let text = format!(
            "experiment e {{\n background {window}\n arm h {{ apply {skipping} }}\n measure net\n}}\n"
        );
        let study = study(&script(folder.path(), &text), &[]);
        let haplotype = &study["experiments"][0]["haplotypes"][0];
        assert_eq!(haplotype["name"], "haplotype 2 of child");
        assert_eq!(haplotype["differing"], 1);
        assert_eq!(haplotype["alleles"], 2);
        assert_eq!(haplotype["left_out"][0]["reason"], reason);
        assert_eq!(haplotype["left_out"][0]["count"], 1);
        // A bad record of another sample, and one outside of the windows, do not matter.
        let mother = "haplotype(2, from: \"p.vcf\", of: \"mother\")";
        assert_eq!(
            of_haplotype(&folder, window, mother),
            ["CTTAGCCATGACGATTACAG"]
        );
        let elsewhere = "locus(\"c:31-50\", genome: \"g.fa\")";
        assert_eq!(
            of_haplotype(&folder, elsewhere, applied),
            ["GCATCGGATACCGTTTAGCA"]
        );
    }
}

#[test]
fn one_phase_set_of_a_window_is_kept() {
    let with = |position: usize, alleles: &str, of_child: &str| {
        format!("c {position} . {alleles} . . . GT:PS {of_child} 0|0:.")
    };
    let records = [
        with(13, "T A", "0|1:13"),
        with(20, "G C", "0|1:20"),
        with(25, "T G", "0|1:20"),
        with(28, "C T", "1/1:."),
    ];
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let folder = folder(&records, "");
    let window = "locus(\"c:11-30\", genome: \"g.fa\")";
    let said = refused(
        &folder,
        window,
        "haplotype(2, from: \"p.vcf\", of: \"child\")",
    );
    assert!(
        said.contains("the phase set of `child` is `13` here, and `20` elsewhere"),
        "{said}"
    );
    let skipping = "haplotype(2, from: \"p.vcf\", of: \"child\", bad: \"skip\")";
    assert_eq!(
        of_haplotype(&folder, window, skipping),
        ["CTTAGCCATCACGAGTATAG"]
    );
    // Windows within either set need no choice.
    let narrow = "locus(\"c:16-30\", genome: \"g.fa\")";
    let applied = "haplotype(2, from: \"p.vcf\", of: \"child\")";
    assert_eq!(of_haplotype(&folder, narrow, applied), ["CCATCACGAGTATAG"]);
}

#[test]
fn both_haplotypes_of_a_window_keep_one_phase_set() {
    let with = |position: usize, alleles: &str, of_child: &str| {
        format!("c {position} . {alleles} . . . GT:PS {of_child} 0|0:.")
    };
    // The deletion brings records of the other set into reach of one haplotype.
    let records = [
        with(13, "T A", "1|0:1"),
        with(16, "CCAT C", "1|0:1"),
        with(20, "G C", "1|0:2"),
        with(25, "T G", "0|1:1"),
        with(31, "G T", "0|1:2"),
        with(32, "C A", "0|1:2"),
        with(33, "A T", "0|1:2"),
    ];
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let folder = folder(&records, "");
    let window = "locus(\"c:11-30\", genome: \"g.fa\")";
    let of = |number: usize| {
        let applied = format!("haplotype({number}, from: \"p.vcf\", of: \"child\", bad: \"skip\")");
        of_haplotype(&folder, window, &applied).remove(0)
    };
    assert_eq!(of(1), "CTAAGCGACGATTACAGGCA");
    assert_eq!(of(2), "CTTAGCCATGACGAGTACAG");
}

#[test]
fn alleles_that_cannot_be_written_are_refused() {
    let window = "locus(\"c:11-30\", genome: \"g.fa\")";
    for (records, haplotype, part) in [
        (
            vec![record(20, "A C", "0|1 0|0")],
            2,
            "the reference allele is `A`",
        ),
        (
            vec![record(20, "G <DEL>", "0|1 0|0")],
            2,
            "is not spelled out",
        ),
        (
            vec!["c 5 . T <DEL> . . END=14 GT 0|1 0|0".into()],
            2,
            "is not spelled out",
        ),
        (
            vec![record(20, "G *", "0|1 0|0")],
            2,
            "no other record of this haplotype does",
        ),
        (vec![record(20, "G N", "0|1 0|0")], 2, "has an unknown base"),
        (
            vec![record(20, "G C", "0|2 0|0")],
            2,
            "the record has 1 alternate allele",
        ),
        (vec![record(20, "G C", "0|x 0|0")], 2, "which is none"),
        (
            vec!["c 20 . G C . . . DP 3 4".into()],
            2,
            "has no genotype (GT)",
        ),
        (
            vec!["c 20 . G C . . . GT".into()],
            2,
            "the column of `child` is number 10",
        ),
        (
            vec![
                record(18, "ATGA A", "0|1 0|0"),
                record(20, "G C", "1|1 0|0"),
            ],
            2,
            "overlaps one that haplotype 2 of `child` has",
        ),
    ] {
        let list: Vec<&str> = records.iter().map(String::as_str).collect();
        let folder = folder(&list, "");
        let applied = format!("haplotype({haplotype}, from: \"p.vcf\", of: \"child\")");
        let said = refused(&folder, window, &applied);
        assert!(said.contains(part), "{records:?}: {said}");
        assert!(said.contains("bad: \"skip\""), "{records:?}: {said}");
    }
}

/// A deletion that another record describes, alleles that the haplotype does not have, and records that are there twice.
#[test]
fn what_says_nothing_new_is_no_fault() {
    let records = [
        record(18, "ATG A", "0|1 0|0"),
        record(20, "G *,C", "2|1 0|0"),
        record(24, "A <NON_REF>", "0|0 0|0"),
        record(25, "T G", "0|1 0|0"),
        record(25, "T G", "0|1 0|0"),
    ];
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let folder = folder(&records, "");
    let window = "locus(\"c:11-30\", genome: \"g.fa\")";
    let two = "haplotype(2, from: \"p.vcf\", of: \"child\")";
    assert_eq!(of_haplotype(&folder, window, two), ["CTTAGCCAACGAGTACAGGC"]);
    let one = "haplotype(1, from: \"p.vcf\", of: \"child\")";
    assert_eq!(of_haplotype(&folder, window, one), ["CTTAGCCATCACGATTACAG"]);
}

/// A record that begins before the window belongs to it, and what lies before the window beside that record does not.
#[test]
fn only_records_in_the_window_matter() {
    let records = [
        record(10, "GCTTA G", "0|1 0|0"),
        record(11, "C G", "0/1 0|0"),
        record(33, "A T", "0/1 0|0"),
    ];
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let folder = folder(&records, "");
    let two = "haplotype(2, from: \"p.vcf\", of: \"child\")";
    let window = "locus(\"c:13-30\", genome: \"g.fa\")";
    assert_eq!(of_haplotype(&folder, window, two), ["GCCATGACGATTACAGGC"]);
}

/// What moves in behind a deletion has the haplotype's alleles too, however far it comes from.
#[test]
fn bases_that_move_in_are_those_of_the_haplotype() {
    let records = [
        record(6, "GCAAGCT G", "0|1 0|0"),
        record(16, "CCATGACG C", "0|1 0|0"),
        record(25, "TTACA T", "0|1 0|0"),
        record(32, "C T", "0|1 0|0"),
    ];
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let folder = folder(&records, "");
    let two = "haplotype(2, from: \"p.vcf\", of: \"child\")";
    let window = "locus(\"c:5-16\", genome: \"g.fa\")";
    assert_eq!(of_haplotype(&folder, window, two), ["TGTAGCATGGTA"]);
    let turned = "locus(\"c:5-16\", genome: \"g.fa\", strand: \"-\")";
    let left = format!("{two} shifting \"left\"");
    assert_eq!(of_haplotype(&folder, turned, &left), ["TACCATGCTACA"]);
}

#[test]
fn a_haplotype_that_ends_with_its_contig_is_filled_if_that_is_asked_for() {
    let records = ["d 13 . AAA A . . . GT 0|1 0|0"];
    let folder = folder(&records, "");
    let two = "haplotype(2, from: \"p.vcf\", of: \"child\")";
    let window = "locus(\"d:9-20\", genome: \"g.fa\")";
    let said = refused(&folder, window, two);
    assert!(
        said.contains("`d` ends 2 bp before the window is full again"),
        "{said}"
    );
    assert!(said.contains("past: \"N\""), "{said}");
    let filled = "locus(\"d:9-20\", genome: \"g.fa\", past: \"N\", unknown: \"keep\")";
    assert_eq!(of_haplotype(&folder, filled, two), ["CCAAATTTTTNN"]);
}

#[test]
fn samples_and_numbers_that_are_not_there_are_named() {
    let folder = folder(&[&record(20, "G C", "0|1 0|0")], "");
    let window = "locus(\"c:11-30\", genome: \"g.fa\")";
    for (call, part) in [
        (
            "haplotype(1, from: \"p.vcf\", of: \"chlid\")",
            "did you mean \"child\"?",
        ),
        (
            "haplotype(1, from: \"p.vcf\", of: \"NA12878\")",
            "the file has `child`, `mother`",
        ),
        ("haplotype(1, from: \"p.vcf\")", "`of: \"child\"`"),
        (
            "haplotype(0, from: \"p.vcf\", of: \"child\")",
            "counted from 1",
        ),
        (
            "haplotype(1.5, from: \"p.vcf\", of: \"child\")",
            "whole number",
        ),
        (
            "haplotype(3, from: \"p.vcf\", of: \"child\")",
            "there is no haplotype 3",
        ),
        (
            "haplotype(1, from: \"g.fa\", of: \"child\")",
            "the line of column names",
        ),
        (
            "haplotype(1, from: \"none.vcf\", of: \"child\")",
            "none.vcf",
        ),
        (
            "haplotype(1, from: \"p.vcf\", of: \"child\", bad: \"drop\")",
            "\"stop\" or \"skip\"",
        ),
    ] {
        let said = refused(&folder, window, call);
        assert!(said.contains(part), "{call}: {said}");
    }
    let said = refused(
        &folder,
        "uniform(length: 20bp) first 10",
        "haplotype(1, from: \"p.vcf\", of: \"child\")",
    );
    assert!(said.starts_with("error[E0236]"), "{said}");
    let said = refused(
        &folder,
        window,
        "haplotype(1, from: \"p.vcf\", of: \"child\"); apply haplotype(2, from: \"p.vcf\", of: \"child\")",
    );
    assert!(said.contains("error[E0216]"), "{said}");
}

/// Samples stand on an axis, and equal haplotypes are one prediction and no fault.
#[test]
fn samples_stand_on_an_axis() {
    let folder = folder(
        &[&record(20, "G C", "0|1 0|1"), &record(40, "A T", "1|1 0|0")],
        "c 10 30 w0 0 +\nc 30 50 w1 0 -\n",
    );
    let text = "experiment e {\n vary person in [\"child\", \"mother\"]\n background genome(\"g.fa\", regions: \"r.bed\")\n \
                arm one { apply haplotype(1, from: \"p.vcf\", of: person) }\n arm two { apply haplotype(2, from: \"p.vcf\", of: person) }\n \
                measure net\n contrast between = two - one\n}\n";
    let study = study(&script(folder.path(), text), &[]);
    let haplotypes = study["experiments"][0]["haplotypes"]
        .as_array()
        .expect("haplotypes");
    let shown: Vec<String> = haplotypes
        .iter()
        .map(|one| {
            format!(
                "{}: {} of {}",
                one["name"], one["differing"], one["windows"]
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "\"haplotype 1 of child\": 1 of 2",
            "\"haplotype 2 of child\": 2 of 2",
            "\"haplotype 1 of mother\": 0 of 2",
            "\"haplotype 2 of mother\": 1 of 2",
        ]
    );
}

/// A file of another chromosome than the windows is told apart from one without alleles there.
#[test]
fn windows_without_records_are_warned_of() {
    let folder = folder(&[&record(20, "G C", "0|1 0|0")], "");
    let text = "experiment e {\n background locus(\"d:1-20\", genome: \"g.fa\")\n apply haplotype(2, from: \"p.vcf\", of: \"child\")\n measure net\n}\n";
    let output = gia(["check".into(), script(folder.path(), text)]);
    let said = squeezed(&output.stderr);
    assert!(
        said.contains("p.vcf` has no record on `d`, where 1 of 1 windows lie"),
        "{said}"
    );
    assert!(
        said.contains("haplotype 2 of child is the reference in the window"),
        "{said}"
    );
}
