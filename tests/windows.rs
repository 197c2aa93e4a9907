//! Windows of a genome through the language: which base is `center` for regions, variants, edits and outputs, and how variants are written.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{gia, root, study};

const MODEL: &str = "model net = additive({\"GATTACA\": 1.0})\n";

/// Letters of a contig of 300 bases that differ from each other within any few of them.
fn contig() -> String {
    let mut state = 5u32;
    let letters = (0..300).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        "ACGT".as_bytes()[(state >> 24 & 3) as usize] as char
    });
    letters.collect()
}

fn reverse_complement(letters: &str) -> String {
    let complement = |letter| match letter {
        'A' => 'T',
        'C' => 'G',
        'G' => 'C',
        'T' => 'A',
        other => other,
    };
    letters.chars().rev().map(complement).collect()
}

/// A folder with `g.fa`, `v.vcf` and `r.bed`. Each of the changes is a position from 1, REF and ALT.
fn folder(changes: &[(usize, &str, &str)], bed: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    put("g.fa", &format!(">c\n{}\n", contig()));
    let mut vcf = String::new();
    for (position, from, to) in changes {
        writeln!(vcf, "c\t{position}\t.\t{from}\t{to}").expect("text");
    }
    put("v.vcf", &vcf);
    put("r.bed", bed);
    folder
}

/// The sequences of every arm of the experiments of a script, as `--sequences` writes them.
fn sequences(folder: &Path, text: &str, experiment: &str, arm: &str) -> Vec<String> {
    let (script, out) = (folder.join("script.gia"), folder.join("out"));
    fs::write(&script, format!("{MODEL}{text}")).expect("written");
    let _ = fs::remove_dir_all(&out);
    let arguments = [
        "run".into(),
        script,
        "--quiet".into(),
        "--sequences".into(),
        out.clone(),
    ];
    let output = gia(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{said}");
    let file = out.join(format!("{experiment}/{arm}.fa"));
    let fasta = fs::read_to_string(&file).expect("sequences");
    let lines = fasta.lines().filter(|line| !line.starts_with('>'));
    lines.map(str::to_string).collect()
}

/// One base of the genome is the center of a region's window, of a variant's, of a locus, and of what `mutate center` changes; on both
/// strands, in windows of even and odd width.
#[test]
fn the_center_is_one_base_for_regions_variants_loci_and_edits() {
    let contig = contig();
    let (position, base) = (150, &contig[149..150]);
    let other = if base == "G" { "T" } else { "G" };
    for (sign, strand) in [("+", false), ("-", true)] {
        let bed = format!("c\t140\t159\tr\t0\t{sign}\n");
        let folder = folder(&[(position, base, other)], &bed);
        let read = match strand {
            true => reverse_complement(other),
            false => other.to_string(),
        };
        for width in [20, 21] {
            let sources = [
                format!("vcf(\"v.vcf\", genome: \"g.fa\", width: {width}bp, strand: \"{sign}\")"),
                format!("vcf(\"v.vcf\", genome: \"g.fa\", width: {width}bp, strand: \"r.bed\")"),
                format!("genome(\"g.fa\", regions: \"r.bed\", width: {width}bp)"),
                format!(
                    "locus(\"c:150-150\", genome: \"g.fa\", width: {width}bp, strand: \"{sign}\")"
                ),
            ];
            let mut wanted = Vec::new();
            for (i, source) in sources.iter().enumerate() {
                let arms = match i {
                    0 | 1 => format!(
                        "arm treated {{ apply variant }}\n arm edited {{ mutate center with \"{read}\" }}"
                    ),
                    _ => format!("mutate center with \"{read}\""),
                };
                let text =
                    format!("experiment e {{\n background {source}\n {arms}\n measure net\n}}\n");
                if i == 0 {
                    wanted = sequences(folder.path(), &text, "e", "treated");
                    let (left, right) = match strand {
                        false => (width / 2, width - width / 2 - 1),
                        true => (width - width / 2 - 1, width / 2),
                    };
                    let before = &contig[position - 1 - left..position - 1];
                    let after = &contig[position..position + right];
                    let changed = format!("{before}{other}{after}");
                    let changed = if strand {
                        reverse_complement(&changed)
                    } else {
                        changed
                    };
                    assert_eq!(wanted, [changed], "{source}");
                }
                let arm = if i < 2 { "edited" } else { "treated" };
                assert_eq!(
                    sequences(folder.path(), &text, "e", arm),
                    wanted,
                    "{source}"
                );
            }
        }
    }
}

/// The other side moves with `shifting "left"`; both are what the changed genome reads.
#[test]
fn the_side_that_stays_is_the_users_choice() {
    let contig = contig();
    let (deleted, inserted) = (&contig[99..105], &contig[199..200]);
    let longer = format!("{inserted}TTAGG");
    let changes = [
        (100, deleted, &deleted[..1]),
        (200, inserted, longer.as_str()),
    ];
    let folder = folder(&changes, "");
    let text = "experiment e {\n background vcf(\"v.vcf\", genome: \"g.fa\", width: 40bp)\n arm right { apply variant }\n arm left { apply variant shifting \"left\" }\n measure net\n}\n";
    let of = |arm: &str| sequences(folder.path(), text, "e", arm);
    let right = [
        format!("{}{}", &contig[79..100], &contig[105..124]),
        format!("{}{longer}{}", &contig[179..199], &contig[200..214]),
    ];
    assert_eq!(of("right"), right);
    let left = [
        format!("{}{}", &contig[74..100], &contig[105..119]),
        format!("{}{longer}{}", &contig[184..199], &contig[200..219]),
    ];
    assert_eq!(of("left"), left);
}

#[test]
fn windows_without_their_anchor_are_refused_where_the_script_names_it() {
    let contig = contig();
    let folder = folder(&[(150, &contig[149..150], "N")], "c\t10\t12\n");
    let at = |call: &str| {
        let script = folder.path().join("script.gia");
        fs::write(&script, format!("{MODEL}let windows = {call}\n")).expect("written");
        let output = gia(["check".into(), script]);
        String::from_utf8_lossy(&output.stderr).to_string()
    };
    let regions = "genome(\"g.fa\", regions: \"r.bed\"";
    let variants = "vcf(\"v.vcf\", genome: \"g.fa\", width: 20bp, unknown: \"keep\"";
    for (call, part) in [
        (
            format!("{regions}, width: 20bp, anchor: 20bp)"),
            "the anchor is position 20, which windows of 20 bp do not have",
        ),
        (
            format!("{regions}, anchor: 5bp)"),
            "a window with an anchor needs a `width`",
        ),
        (
            format!("{regions}, center: \"end\")"),
            "a window laid by the end of a region needs a `width`",
        ),
        (
            format!("{variants}, anchor: start - 1bp)"),
            "the anchor is position -1",
        ),
        (
            format!("{variants}, anchors: \"r.bed\", strand: \"-\")"),
            "has no use beside `anchors`",
        ),
        (
            format!("{variants}, strand: \"r.bed\")"),
            "lies in no region of",
        ),
        (
            format!("{variants}, anchors: \"r.bed\")"),
            "puts this variant into a window of 20 bp",
        ),
        (format!("{variants}, anchors: \"none.bed\")"), "none.bed"),
    ] {
        let said = at(&call);
        let squeezed = said
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect::<Vec<_>>();
        let squeezed = squeezed.join(" ");
        assert!(squeezed.contains(part), "{call}: {said}");
    }
}

/// Largest difference that a float32 network in two programs is held to.
const TOLERANCE: f64 = 1e-5;

/// tests/oracle/tangermeme/variants.py made the numbers: SNV, MNV, insertion, deletion and changes of both, on both strands, with either
/// side moving. Reports write each variant as the file does, on either strand.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn effects_of_variants_are_those_of_tangermeme() {
    let oracle = root().join("tests/oracle/tangermeme/variants.json");
    let oracle = fs::read_to_string(oracle).expect("the oracle");
    let oracle: Value = serde_json::from_str(&oracle).expect("the oracle is JSON");
    let study = study(&root().join("tests/oracle/variants.gia"), &[]);
    let mut compared = 0;
    for (i, strand) in ["+", "-"].iter().enumerate() {
        let each = &study["experiments"][i]["each"];
        let backgrounds = each["backgrounds"][0].as_array().expect("backgrounds");
        for background in backgrounds {
            let (variant, window) = (&background["variant"], &background["window"]);
            let written = format!(
                "{}:{}:{}>{}",
                window["chromosome"].as_str().expect("a contig"),
                variant["position"],
                variant["reference"].as_str().expect("an allele"),
                variant["alternate"].as_str().expect("an allele"),
            );
            assert_eq!(background["name"], written);
            assert_eq!(window["strand"], *strand);
            let width = window["end"].as_i64().zip(window["start"].as_i64());
            assert_eq!(width.map(|(end, start)| end - start), Some(100));
        }
        for side in ["right", "left"] {
            let wanted = &oracle["effects"][format!("{strand} {side}")];
            for outcome in ["ctcf", "pu1"] {
                let effects = each["effects"].as_array().expect("effects");
                let found = effects
                    .iter()
                    .find(|one| one["contrast"] == side && one["outcome"] == outcome)
                    .unwrap_or_else(|| panic!("no effect of {side}"));
                let values = found["values"].as_array().expect("values");
                for (background, value) in backgrounds.iter().zip(values) {
                    let name = background["name"].as_str().expect("a name");
                    let wanted = wanted[name][outcome].as_f64().expect("a number");
                    let value = value.as_f64().expect("a number");
                    assert!(
                        (value - wanted).abs() <= TOLERANCE * wanted.abs().max(1.0),
                        "{name} {strand} {side} {outcome}: {value} here, {wanted} there"
                    );
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 96);
}

/// Windows are drawn by the seed of the script, which may not be set after them, and the report tells how they match.
#[test]
fn matched_windows_are_drawn_by_the_seed_and_described() {
    let folder = tempfile::tempdir().expect("a folder");
    let genome: String = (0..20).map(|i| format!(">c{i}\n{}\n", contig())).collect();
    fs::write(folder.path().join("g.fa"), genome).expect("written");
    let regions: String = (0..20)
        .map(|i| format!("c{i}\t{}\t{}\n", 5 * i, 5 * i + 30))
        .collect();
    fs::write(folder.path().join("r.bed"), regions).expect("written");
    let text = |seed: &str, more: &str| {
        format!(
            "{seed}let given = genome(\"g.fa\", regions: \"r.bed\")\n\
             experiment e {{\n background matched(\"g.fa\", like: given, gc: 5%{more})\n mutate center with \"A\"\n measure net\n}}\n"
        )
    };
    let drawn = |seed: &str| sequences(folder.path(), &text(seed, ", away: 10bp"), "e", "control");
    let first = drawn("set seed = 1\n");
    assert_eq!(first.len(), 20);
    assert_eq!(first, drawn("set seed = 1\n"));
    assert_ne!(first, drawn("set seed = 2\n"));
    let script = folder.path().join("script.gia");
    let said = |text: String, command: &str| {
        fs::write(&script, format!("{MODEL}{text}")).expect("written");
        let output = gia([command.into(), script.clone()]);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).to_string();
        let words: Vec<&str> = said
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect();
        words.join(" ")
    };
    // An experiment is laid out when all settings are made.
    let late = said(
        format!("{}set seed = 2\n", text("", ", away: 10bp")),
        "check",
    );
    assert!(!late.contains("error"), "{late}");
    let known = "let given = genome(\"g.fa\", regions: \"r.bed\")\nlet again = matched(\"g.fa\", like: given)\nset seed = 3\n".to_string();
    let known = said(known, "check");
    let refused = "the seed is set after a call has drawn by the seed 0";
    assert!(known.contains(refused), "{known}");
    let plan = said(text("", ", away: 10bp"), "plan");
    assert!(
        plan.contains("matched to") && plan.contains("(mean GC "),
        "{plan}"
    );
    for (more, part) in [
        (", per: 0", "`per` is at least 1"),
        (", away: -5bp", "`away` is not negative"),
    ] {
        let said = said(text("", more), "check");
        assert!(said.contains(part), "{more}: {said}");
    }
}

/// Windows that reach past an end of their contig are filled with N, on either strand, and counted; the alleles stay where they are.
#[test]
fn what_lies_past_a_contig_is_filled_if_that_is_asked_for() {
    let contig = contig();
    let base = &contig[4..5];
    let other = if base == "G" { "T" } else { "G" };
    let bed = "c\t2\t12\ta\t0\t+\nc\t2\t12\tb\t0\t-\nc\t290\t300\td\t0\t+\nc\t150\t160\te\t0\t+\n";
    let folder = folder(&[(5, base, other)], bed);
    let fills = "past: \"N\", unknown: \"keep\"";
    let background = format!("genome(\"g.fa\", regions: \"r.bed\", width: 20bp, {fills})");
    let text = format!(
        "experiment e {{\n background {background}\n mutate center with \"A\"\n measure net\n}}\n"
    );
    let first = format!("{}{}", "N".repeat(3), &contig[..17]);
    let wanted = [
        first.clone(),
        reverse_complement(&first),
        format!("{}{}", &contig[285..], "N".repeat(5)),
        contig[145..165].to_string(),
    ];
    assert_eq!(sequences(folder.path(), &text, "e", "control"), wanted);
    let script = folder.path().join("script.gia");
    let study = study(&script, &[]);
    let read = &study["experiments"][0]["left_out"][0];
    assert_eq!((&read["kept"], &read["filled"]), (&4.into(), &3.into()));

    // A variant near an end: its window is filled, and says where it lies.
    for (strand, window) in [
        ("+", format!("{}{}", "N".repeat(6), &contig[..14])),
        (
            "-",
            reverse_complement(&format!("{}{}", "N".repeat(5), &contig[..15])),
        ),
    ] {
        let variants =
            format!("vcf(\"v.vcf\", genome: \"g.fa\", width: 20bp, strand: \"{strand}\", {fills})");
        let text = format!(
            "experiment e {{\n background {variants}\n apply variant\n measure net\n report each\n}}\n"
        );
        assert_eq!(
            sequences(folder.path(), &text, "e", "control"),
            [window],
            "{strand}"
        );
        let study = crate::support::command::study(&script, &[]);
        let unit = &study["experiments"][0]["each"]["backgrounds"][0][0];
        assert_eq!(unit["variant"]["position"], 5);
        assert_eq!(unit["variant"]["reference"], base);
        assert_eq!(unit["window"]["start"], 0);
    }

    // What is filled is N as others are, and nothing is filled unless that is asked for.
    for (call, part) in [
        (
            "locus(\"c:290-310\", genome: \"g.fa\")",
            "`past: \"N\"` fills",
        ),
        (
            "locus(\"c:290-310\", genome: \"g.fa\", past: \"N\")",
            "`unknown: \"keep\"`",
        ),
        (
            "locus(\"c:310-320\", genome: \"g.fa\", past: \"N\", unknown: \"keep\")",
            "which is 300 bp long",
        ),
        (
            "genome(\"g.fa\", regions: \"r.bed\", width: 20bp)",
            "`past: \"N\"` fills",
        ),
        (
            "genome(\"g.fa\", regions: \"r.bed\", width: 20bp, past: \"X\")",
            "\"refuse\" or \"N\"",
        ),
        (
            "vcf(\"v.vcf\", genome: \"g.fa\", width: 20bp)",
            "`past: \"N\"` fills",
        ),
    ] {
        let said = refused_call(folder.path(), call);
        assert!(said.contains(part), "{call}: {said}");
    }
}

/// What a script that declares a set says, in one line.
fn refused_call(folder: &Path, call: &str) -> String {
    let script = folder.join("refused.gia");
    fs::write(&script, format!("let windows = {call}\n")).expect("written");
    let output = gia(["check".into(), script]);
    assert!(!output.status.success(), "{call}");
    let said = String::from_utf8_lossy(&output.stderr);
    let words: Vec<&str> = said
        .split_whitespace()
        .filter(|word| *word != "│")
        .collect();
    words.join(" ")
}
