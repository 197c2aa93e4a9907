//! Experiments whose backgrounds come from fewer sources: n, intervals and verdicts count the sources.

use std::path::Path;

use tempfile::TempDir;

use crate::support::command::{gia, study};

/// Six different records, each eight times, every other time as its reverse complement.
fn copies(folder: &Path) {
    let records = [
        "ACGTTGCATTGACTCAACGGATCCATCGATTACG",
        "TTGACAGGCATCGATGCATCGGATCAATTCGGCA",
        "GGCATCAATTGACGGCTTAACGGATATCCGATTA",
        "CATTACGGACTTGACTTACGGCTAACGTACCATG",
        "ATATTCGGCATCGGCATTGACCATGCAATCGGTA",
        "CGATTAACGGCATTACCGGATTCAGCATGGATCA",
    ];
    let reverse = |text: &str| -> String {
        let complement = |letter| match letter {
            'A' => 'T',
            'C' => 'G',
            'G' => 'C',
            _ => 'A',
        };
        text.chars().rev().map(complement).collect()
    };
    let (mut once, mut often) = (String::new(), String::new());
    for (i, record) in records.iter().enumerate() {
        once += &format!(">r{i}\n{record}\n");
        for copy in 0..8 {
            let letters = if copy % 2 == 0 {
                record.to_string()
            } else {
                reverse(record)
            };
            often += &format!(">r{i}_{copy}\n{letters}\n");
        }
    }
    std::fs::write(folder.join("once.fa"), once).expect("a file");
    std::fs::write(folder.join("often.fa"), often).expect("a file");
}

fn experiment(name: &str, background: &str) -> String {
    format!(
        "experiment {name} {{\n    background {background}\n    embed \"TTGACC\" at 14bp\n    measure score\n    expect effect > 0\n}}\n"
    )
}

fn run(folder: &Path, text: &str) -> serde_json::Value {
    let path = folder.join("trial.gia");
    std::fs::write(&path, text).expect("a script");
    study(&path, &[])["experiments"].clone()
}

#[test]
fn copies_of_records_add_nothing() {
    let folder = TempDir::new().expect("a folder");
    copies(folder.path());
    // Counts on both strands, so a record and its reverse complement have one score.
    let text = "model score = additive({\"TTGAC\": 1.5, \"CGG\": 0.25, \"AT\": 0.125})\n"
        .to_string()
        + &experiment("once", "fasta(\"once.fa\")")
        + &experiment("often", "fasta(\"often.fa\")");
    let found = run(folder.path(), &text);
    let (once, often) = (&found[0]["rows"][0], &found[1]["rows"][0]);
    assert_eq!((&once["n"], &often["n"]), (&6.into(), &48.into()));
    assert_eq!(often["sources"], 6);
    assert!(once.get("sources").is_none());
    assert_eq!(
        found[1]["sources"],
        "48 sequences, 6 of them independent of each other"
    );
    // The site is written on one strand, so copies on the other strand differ a little; the means of sources do not.
    let number = |row: &serde_json::Value, key: &str| row[key].as_f64().expect("a number");
    assert!((number(often, "freedom") - 5.0).abs() < 1e-9);
    let width = |row: &serde_json::Value| number(row, "high") - number(row, "low");
    assert!(width(often) > 0.6 * width(once), "{often} {once}");
}

#[test]
fn so_many_of_each_source() {
    let folder = TempDir::new().expect("a folder");
    copies(folder.path());
    let text = "model score = additive({\"TTGAC\": 1.5, \"CGG\": 0.25, \"AT\": 0.125})\n\
                experiment e {\n    background shuffled(fasta(\"once.fa\"), preserving: 2)\n    sample 7 per source\n    \
                embed \"TTGACC\" at 14bp\n    measure score\n    expect effect > 0\n}\n";
    let found = run(folder.path(), text);
    assert_eq!(found[0]["rows"][0]["n"], 42);
    assert_eq!(found[0]["rows"][0]["sources"], 6);
    assert_eq!(found[0]["sources"], "42 shuffles of 6 sequences");
    let path = folder.path().join("trial.gia");
    let shown = gia(["run", path.to_str().expect("a name")]);
    let shown = String::from_utf8_lossy(&shown.stdout);
    assert!(
        shown.contains("n = 42 shuffles of 6 sequences · design effect "),
        "{shown}"
    );
}

#[test]
fn shuffles_of_one_sequence_have_an_interval_about_it() {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(
        folder.path().join("one.fa"),
        ">a\nACGTTGCATTGACTCAACGGATCCATCGATTACG\n",
    )
    .expect("a file");
    let text = "model score = additive({\"CGG\": 0.25, \"AT\": 0.125, \"CA\": 1.0})\n".to_string()
        + &experiment(
            "e",
            "shuffled(fasta(\"one.fa\"), preserving: 1)\n    sample 50",
        );
    let found = run(folder.path(), &text);
    let row = &found[0]["rows"][0];
    // Given the sequence, its shuffles are independent of each other; nothing is said of other sequences.
    assert!(row["low"].is_number() && row["p"].is_number() && row["se"].is_number());
    assert!(row.get("sources").is_none());
    let unit = found[0]["unit_of_replication"].as_str().expect("a text");
    assert!(unit.contains("variations of it"), "{unit}");
}

#[test]
fn steps_follow_the_values_of_the_axis_and_not_their_order() {
    let folder = TempDir::new().expect("a folder");
    let text = "model score = additive({\"GATA\": 2.0, \"AA\": 0.25})\nlet words = [\"TTTT\", \"GATA\"]\n\
                experiment e {\n    vary i in [1, 0]\n    background uniform(length: 40bp)\n    sample 60\n    \
                embed words[i] at 10bp\n    measure score\n    expect increasing(effect over i)\n}\n";
    let found = run(folder.path(), text);
    assert_eq!(
        found[0]["claims"][0]["verdict"], "supported",
        "{}",
        found[0]["claims"][0]["reason"]
    );
}

#[test]
fn few_sources_are_few_backgrounds() {
    let folder = TempDir::new().expect("a folder");
    copies(folder.path());
    let text = "model score = additive({\"CGG\": 0.25})\n".to_string()
        + &experiment(
            "e",
            "shuffled(fasta(\"once.fa\"), preserving: 2)\n    sample 600",
        );
    let path = folder.path().join("few.gia");
    std::fs::write(&path, text).expect("a script");
    let checked = gia(["check", path.to_str().expect("a name")]);
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(
        said.contains("6 source sequences give an interval"),
        "{said}"
    );
}

/// Forty records of 120 bp: record i has 3 i times an A, and C elsewhere, in an order of its own.
fn numbered(folder: &Path) {
    let record = |i: usize| {
        let mut letters = vec!['C'; 120];
        (0..3 * i).for_each(|k| letters[(k * 37 + i) % 120] = 'A');
        format!(">r{i}\n{}\n", letters.into_iter().collect::<String>())
    };
    let text: String = (0..40).map(record).collect();
    std::fs::write(folder.join("numbered.fa"), text).expect("a file");
}

/// The numbers of the records that the backgrounds of the first experiment come from, for records of [`numbered`].
fn sources(folder: &Path, background: &str, sample: &str, seed: usize) -> Vec<usize> {
    let text = format!(
        "set seed = {seed}\nmodel score = additive({{\"TTGACC\": 1.0}})\nlet set = fasta(\"numbered.fa\")\n\
         experiment trial {{\n    background {background}\n    sample {sample}\n    embed \"TTGACC\" at center\n    \
         measure score\n    expect effect > 0\n}}\n"
    );
    let path = folder.join("trial.gia");
    std::fs::write(&path, text).expect("a script");
    let written = folder.join(format!("written_{seed}"));
    study(&path, &["--sequences", written.to_str().expect("a path")]);
    let text = std::fs::read_to_string(written.join("trial/control.fa")).expect("sequences");
    std::fs::remove_dir_all(&written).expect("a folder");
    let mut found: Vec<usize> = Vec::new();
    let mut count = 0;
    for line in text.lines().skip(1).chain([">"]) {
        match line.starts_with('>') {
            true => found.push((std::mem::take(&mut count) + 1) / 3),
            false => count += line.matches(['A', 'a']).count(),
        }
    }
    found
}

/// Of fewer backgrounds than records, those of a random part of the records, as `sample` of the set itself; of whole rounds, those of
/// each record in the order of the file.
#[test]
fn fewer_backgrounds_than_sources_come_from_a_random_part() {
    let folder = TempDir::new().expect("a folder");
    numbered(folder.path());
    let sources = |background: &str, sample: &str, seed: usize| {
        sources(folder.path(), background, sample, seed)
    };
    let all: Vec<usize> = (0..40).collect();
    for background in [
        "shuffled(set, preserving: 1)",
        "shuffled(shuffled(set, preserving: 2), preserving: 1)",
        // One change moves the number of A by one at most.
        "maxent(score, from: set, steps: 1)",
        "maxent(score, from: shuffled(set, preserving: 1), steps: 1)",
    ] {
        let found = sources(background, "10", 1);
        let mut different = found.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 10, "{background}: {found:?}");
        assert!(found.iter().any(|i| *i >= 20), "{background}: {found:?}");
        assert_ne!(found, sources(background, "10", 2), "{background}");
        // The first of more are those of fewer.
        assert_eq!(found, sources(background, "20", 1)[..10], "{background}");
        assert_eq!(sources(background, "40", 1), all, "{background}");
        let twice = sources(background, "2 per source", 1);
        assert_eq!((&twice[..40], &twice[40..]), (&all[..], &all[..]));
    }
    let set = sources("set", "10", 1);
    assert!(set.iter().any(|i| *i >= 20), "{set:?}");
}

#[test]
fn a_run_that_may_end_early_takes_sources_in_drawn_order() {
    let folder = TempDir::new().expect("a folder");
    numbered(folder.path());
    let found = sources(
        folder.path(),
        "shuffled(set, preserving: 1)",
        "until decided max 100",
        1,
    );
    assert_eq!(found.len(), 100);
    assert_ne!(found[..40], (0..40).collect::<Vec<_>>()[..]);
    let mut round = found[..40].to_vec();
    round.sort_unstable();
    assert_eq!(round, (0..40).collect::<Vec<_>>());
}
