//! `show evaluate(...)` and `show agreement(...)`: worked out again from what `gia predict` answers.

use serde_json::Value;

use super::{Ended, script};
use crate::support::command::{gia, root, study};

fn predictions(fasta: &std::path::Path) -> Vec<(String, f64)> {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("p.json");
    let network = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let output = gia([
        "predict".as_ref(),
        network.as_os_str(),
        fasta.as_os_str(),
        "--json".as_ref(),
        json.as_os_str(),
    ]);
    assert!(output.status.success());
    let text = std::fs::read_to_string(&json).expect("predictions");
    let found: Value = serde_json::from_str(&text).expect("JSON");
    let rows = found["predictions"].as_array().expect("rows").iter();
    rows.map(|row| {
        let name = row["sequence"].as_str().expect("a name").to_string();
        (name, row["values"][0].as_f64().expect("a number"))
    })
    .collect()
}

/// Central 100 bp of the sites, and the same letters backwards, which are no sites.
fn files(folder: &std::path::Path) -> [std::path::PathBuf; 2] {
    let text = std::fs::read_to_string(root().join("experiments/ctcf_pu1/gm12878_ctcf.fa"))
        .expect("sites");
    let (mut sites, mut backwards) = (String::new(), String::new());
    for (i, line) in text
        .lines()
        .filter(|line| !line.starts_with('>'))
        .take(60)
        .enumerate()
    {
        let start = line.len() / 2 - 50;
        let site = &line[start..start + 100];
        let turned: String = site.chars().rev().collect();
        sites += &format!(">site_{i}\n{site}\n");
        backwards += &format!(">backwards_{i}\n{turned}\n");
    }
    let paths = ["sites.fa", "backwards.fa"].map(|name| folder.join(name));
    std::fs::write(&paths[0], sites).expect("written");
    std::fs::write(&paths[1], backwards).expect("written");
    paths
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_model_is_evaluated_on_what_it_predicts() {
    let folder = tempfile::tempdir().expect("a folder");
    let [sites, backwards] = files(folder.path());
    let (positives, negatives) = (predictions(&sites), predictions(&backwards));
    let mut table = "name,other,activity\n".to_string();
    for (i, (name, value)) in positives.iter().enumerate() {
        table += &format!("{name},0,{}\n", value + (i % 7) as f64);
    }
    std::fs::write(folder.path().join("measured.csv"), table).expect("written");
    let text = format!(
        "model net = load(\"{}\")\nlet sites = fasta(\"sites.fa\")\n\
         let told = evaluate(net[\"CTCF\"], sites, fasta(\"backwards.fa\"))\nshow told\n\
         show evaluate(sigmoid(net[\"CTCF\"]), sites, fasta(\"backwards.fa\"))\n\
         show agreement(net[\"CTCF\"], sites, \"measured.csv\", \"activity\")\n",
        root().join("experiments/ctcf_pu1/ctcf_pu1.pt2").display()
    );
    let path = script(folder.path(), &text);
    let found = study(&path, &[]);
    let evaluations = found["evaluations"].as_array().expect("evaluations");
    let of = |i: usize, name: &str| -> Value {
        let measures = evaluations[i]["measures"].as_array().expect("measures");
        let one = measures.iter().find(|m| m["measure"] == name);
        one.unwrap_or_else(|| panic!("no {name}"))["value"].clone()
    };
    let pairs = positives.iter().flat_map(|(_, p)| {
        negatives.iter().map(move |(_, n)| match p.total_cmp(n) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        })
    });
    let area: f64 = pairs.sum::<f64>() / (positives.len() * negatives.len()) as f64;
    let value = of(0, "auroc").as_f64().expect("a number");
    assert!((value - area).abs() < 1e-9, "{value}, {area}");
    // A logit and its probability are in the same order, and as well calibrated.
    assert_eq!(of(0, "auroc"), of(1, "auroc"));
    for name in ["brier", "calibration_slope", "calibration_intercept"] {
        let (a, b) = (of(0, name).as_f64(), of(1, name).as_f64());
        let (a, b) = (a.expect("a number"), b.expect("a number"));
        assert!((a - b).abs() < 1e-6 * a.abs().max(1.0), "{name}: {a}, {b}");
    }
    let bins = evaluations[0]["calibration"].as_array().expect("bins");
    assert_eq!(
        bins.iter()
            .map(|b| b["n"].as_u64().expect("a count"))
            .sum::<u64>(),
        120
    );
    let expected: f64 = (0..60).map(|i| f64::from(i % 7)).sum::<f64>() / 60.0;
    assert!(expected > 2.0);
    assert_eq!(evaluations[2]["sets"][0]["role"], "activity");
    assert!(
        of(2, "pearson")
            .as_f64()
            .is_some_and(|r| r > 0.5 && r < 1.0)
    );
    // The predictions are too low by three on average, which no correlation sees.
    assert!(of(2, "r_squared").as_f64() < of(2, "pearson").as_f64());
    let data = found["data"].as_array().expect("files");
    assert!(data.iter().any(|file| file["path"] == "measured.csv"));

    let shown = Ended::from(gia(["run".as_ref(), path.as_os_str()]));
    for words in ["auroc", "calibration slope", "r squared", "Chance level"] {
        assert!(shown.out.contains(words), "{words}: {}", shown.out);
    }
    let planned = Ended::from(gia(["plan".as_ref(), path.as_os_str()]));
    assert!(
        planned.out.contains("show told on 60 and 60 sequences"),
        "{}",
        planned.out
    );
    // The sites are asked once for all three.
    assert!(
        planned.out.contains("planned             120"),
        "{}",
        planned.out
    );
}

#[test]
fn evaluations_count_independent_sources() {
    let folder = tempfile::tempdir().expect("a folder");
    // Twelve sequences twice each, and the reverse complements of the first four as negatives beside eight others.
    let mut state = 5u64;
    let mut sequence = || -> String {
        let letters = (0..40).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b"ACGT"[(state >> 62) as usize])
        });
        letters.collect()
    };
    let positives: Vec<String> = (0..12).map(|_| sequence()).collect();
    let turned = positives[..4].iter().map(|letters| {
        let bases = letters.chars().rev().map(|base| match base {
            'A' => 'T',
            'C' => 'G',
            'G' => 'C',
            _ => 'A',
        });
        bases.collect::<String>()
    });
    let negatives: Vec<String> = turned.chain((0..8).map(|_| sequence())).collect();
    let fasta = |name: &str, sequences: &[&String]| {
        let records = sequences.iter().enumerate();
        let text: String = records
            .map(|(i, letters)| format!(">{name}_{i}\n{letters}\n"))
            .collect();
        std::fs::write(folder.path().join(format!("{name}.fa")), text).expect("written");
    };
    let twice: Vec<&String> = positives.iter().chain(&positives).collect();
    fasta("positives", &twice);
    fasta("negatives", &negatives.iter().collect::<Vec<_>>());
    let text = "model m = additive({\"GA\": 1.0})\nshow evaluate(m, fasta(\"positives.fa\"), fasta(\"negatives.fa\"))\n";
    let path = script(folder.path(), text);
    let found = study(&path, &[]);
    let evaluation = &found["evaluations"][0];
    let sets = evaluation["sets"].as_array().expect("sets");
    assert_eq!(
        (&sets[0]["n"], &sets[0]["sources"]),
        (&24.into(), &12.into())
    );
    assert_eq!(sets[1]["n"], 12);
    assert!(sets[1].get("sources").is_none());
    assert_eq!(evaluation["sources"], 20);
    let shown = Ended::from(gia(["run".as_ref(), path.as_os_str()])).out;
    let shown: Vec<&str> = shown.split_whitespace().collect();
    let shown = shown.join(" ");
    for words in [
        "positives: 24 sequences of 12 independent sources (",
        "negatives: 12 (",
        "in all: 36 sequences of 20 independent sources",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn classes_that_are_perfectly_separated_have_no_interval() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, middle) in [("positives", "GATCGATC"), ("negatives", "CCCCTTTT")] {
        let text: String = ["A", "C", "T", "AT", "CT"]
            .iter()
            .enumerate()
            .map(|(i, end)| {
                format!(
                    ">{name}_{i}\n{middle}{}\n",
                    end.repeat(2).repeat(3 - end.len())
                )
            })
            .map(|record| record.trim_end().to_string() + "\n")
            .collect();
        std::fs::write(folder.path().join(format!("{name}.fa")), text).expect("written");
    }
    let text = "model m = additive({\"GATC\": 1.0})\nshow evaluate(m, fasta(\"positives.fa\", width: 10bp), fasta(\"negatives.fa\", width: 10bp))\n";
    let found = study(&script(folder.path(), text), &[]);
    let measures = found["evaluations"][0]["measures"]
        .as_array()
        .expect("measures");
    for (measure, words) in measures
        .iter()
        .zip(["area under the ROC curve", "average precision"])
    {
        assert_eq!(measure["value"], 1.0);
        assert_eq!(
            (&measure["low"], &measure["high"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(
            measure["method"],
            format!("{words}; no interval, since the classes are perfectly separated")
        );
    }
}
