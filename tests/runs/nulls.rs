//! What is said of the backgrounds beside their reference, and ratios of means: worked out again from the sequences.

use serde_json::Value;

use super::{Ended, script};
use crate::support::command::{gia, root, study};
use crate::support::written::letters;

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[track_caller]
fn close(found: &Value, wanted: f64) {
    let found = number(found);
    assert!(
        (found - wanted).abs() < 1e-9 * wanted.abs().max(1.0),
        "{found}, not {wanted}"
    );
}

fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.into_iter().collect();
    values.iter().sum::<f64>() / values.len() as f64
}

fn gc(sequence: &str) -> f64 {
    sequence.chars().filter(|c| "GC".contains(*c)).count() as f64 / sequence.len() as f64
}

fn copies(sequence: &str, word: &str) -> f64 {
    let windows = sequence.as_bytes().windows(word.len());
    windows.filter(|w| *w == word.as_bytes()).count() as f64
}

#[test]
fn a_null_is_shown_beside_its_reference() {
    let folder = tempfile::tempdir().expect("a folder");
    let sequences = root().join("tests/oracle/backgrounds.fa");
    let real = letters(&sequences);
    let length = real[0].len();
    let text = format!(
        "set seed = 3\nmodel m = additive({{\"GA\": 1.0}})\nlet real = fasta(\"{}\")\nexperiment trial {{\n    \
         background iid(length: {length}bp, gc: 70%)\n    reference real first 11\n    sample 300\n    \
         embed \"GATC\" at center\n    measure m\n}}\nexperiment itself {{\n    background real first 11\n    \
         embed \"GATC\" at center\n    measure m\n}}\n",
        sequences.display()
    );
    let path = script(folder.path(), &text);
    let written = folder.path().join("written");
    let found = study(&path, &["--sequences", written.to_str().expect("a path")]);
    let null = &found["experiments"][0]["null"][0];
    let drawn = letters(&written.join("trial/control.fa"));
    assert_eq!(null["n"], 300);
    close(&null["gc"]["mean"], mean(drawn.iter().map(|s| gc(s))));
    close(
        &null["reference"]["gc"]["mean"],
        mean(real[..11].iter().map(|s| gc(s))),
    );
    // A site and its reverse complement are the same word here.
    let motif = &null["motifs"][0];
    assert_eq!(motif["motif"], "GATC");
    close(
        &motif["found"]["mean"],
        mean(drawn.iter().map(|s| copies(s, "GATC"))),
    );
    close(
        &motif["reference"]["mean"],
        mean(real[..11].iter().map(|s| copies(s, "GATC"))),
    );
    close(
        &motif["expected"],
        (length - 3) as f64 * 0.35f64.powi(2) * 0.15f64.powi(2),
    );
    let outcome = &null["outcomes"][0];
    let control = &found["experiments"][0]["arms"][0];
    assert_eq!(
        (&outcome["mean"], &outcome["sd"]),
        (&control["mean"], &control["sd"])
    );
    let itself = &found["experiments"][1]["arms"][0];
    assert_eq!(outcome["shift"]["mean"], itself["mean"]);
    assert_eq!(outcome["shift"]["n"], 11);
    let apart = (number(&outcome["mean"]) - number(&itself["mean"])).abs();
    assert!(number(&outcome["shift"]["wasserstein"]) >= apart - 1e-9);
    let kmers = null["reference"]["kmers"].as_array().expect("k-mers");
    assert!(!kmers.is_empty());
    for kmer in kmers {
        assert!(number(&kmer["divergence"]) > number(&kmer["within_reference"]));
    }
    // Without a reference the same is said of the backgrounds alone.
    assert!(
        found["experiments"][1]["null"][0]
            .get("reference")
            .is_none()
    );

    let shown = Ended::from(gia(["run".as_ref(), path.as_os_str()]));
    for words in [
        "Null: iid",
        "Reference: 11 sequences from ",
        "Wasserstein",
        "before it is embedded",
    ] {
        assert!(shown.out.contains(words), "{words}: {}", shown.out);
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn backgrounds_that_a_model_tells_from_the_reference_are_warned_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let sequences = root().join("experiments/ctcf_pu1/gm12878_ctcf.fa");
    let network = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let text = format!(
        "model net = load(\"{}\")\nexperiment trial {{\n    background uniform(length: 100bp)\n    \
         reference fasta(\"{}\", width: 100bp) first 100\n    sample 100\n    embed \"CCACCAGGGGGCGC\" at center\n    \
         measure net[\"CTCF\"]\n}}\n",
        network.display(),
        sequences.display()
    );
    let found = study(&script(folder.path(), &text), &[]);
    let warnings = found["experiments"][0]["warnings"]
        .as_array()
        .expect("warnings");
    assert!(
        warnings.iter().any(|w| w["warning"] == "unlike_reference"),
        "{warnings:?}"
    );
}

#[test]
fn a_ratio_of_means_is_not_a_mean_of_ratios() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "set seed = 3
model m = additive({\"GA\": 1.0}, base: 1)
experiment trial {
    background uniform(length: 40bp)
    sample 200
    embed \"GAGAGA\" at center
    measure m
    contrast fold = overall(treated) / overall(control)
    contrast each = treated / control
    contrast log_fold = log2(overall(treated) / overall(control))
    contrast difference = overall(treated) - overall(control)
    contrast paired = treated - control
    report bootstrap
    expect log_fold > 0.3
    expect overall(treated) / overall(control) > 1.2
}
";
    let path = script(folder.path(), text);
    let written = folder.path().join("written");
    let found = study(&path, &["--sequences", written.to_str().expect("a path")]);
    let level = |arm: &str| -> Vec<f64> {
        let all = letters(&written.join(format!("trial/{arm}.fa")));
        let weigh = |s: &String| 1.0 + copies(s, "GA") + copies(s, "TC");
        all.iter().map(weigh).collect()
    };
    let (treated, control) = (level("treated"), level("control"));
    let rows = found["experiments"][0]["rows"].as_array().expect("rows");
    let row = |name: &str| {
        rows.iter()
            .find(|row| row["contrast"] == name)
            .expect("a row")
    };
    let ratio = mean(treated.clone()) / mean(control.clone());
    close(&row("fold")["mean"], ratio);
    close(&row("log_fold")["mean"], ratio.log2());
    close(
        &row("each")["mean"],
        mean(treated.iter().zip(&control).map(|(t, c)| t / c)),
    );
    assert_ne!(row("fold")["mean"], row("each")["mean"]);
    // A ratio is compared with 1, so a p of 0 would say nothing.
    assert!(row("fold")["p"].is_null());
    assert!(row("log_fold")["p"].as_f64().is_some_and(|p| p < 0.01));
    // A difference of means is the mean of differences, with all that belongs to it.
    for key in ["mean", "sd", "low", "high", "p"] {
        close(&row("difference")[key], number(&row("paired")[key]));
    }
    assert_eq!(
        row("fold")["method"],
        "paired t, hull of Student's and Hall's intervals, delta method"
    );
    let bootstrap = &row("log_fold")["summaries"][0];
    close(&bootstrap["value"], ratio.log2());
    let (low, high) = (number(&bootstrap["low"]), number(&bootstrap["high"]));
    let width = number(&row("log_fold")["high"]) - number(&row("log_fold")["low"]);
    assert!(
        ((high - low) / width - 1.0).abs() < 0.15,
        "{low} to {high}, and {width}"
    );
    for claim in found["experiments"][0]["claims"]
        .as_array()
        .expect("claims")
    {
        assert_eq!(claim["verdict"], "supported", "{}", claim["reason"]);
    }
}

/// This many random records of 60 bp, each of them this often.
fn repeated_records(count: usize, times: usize) -> String {
    let mut state = 3u64;
    let mut text = String::new();
    for i in 0..count {
        let letters = (0..60).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b"ACGT"[(state >> 62) as usize])
        });
        let letters: String = letters.collect();
        for copy in 0..times {
            text += &format!(">s{i}_{copy}\n{letters}\n");
        }
    }
    text
}

#[test]
fn sources_of_a_reference_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, count, times) in [("once", 30, 1), ("often", 30, 6), ("one", 1, 6)] {
        let records = repeated_records(count, times);
        std::fs::write(folder.path().join(format!("{name}.fa")), records).expect("a file");
    }
    let experiment = |name: &str| {
        format!(
            "experiment {name} {{\n    background iid(length: 60bp, gc: 50%)\n    reference fasta(\"{name}.fa\")\n    \
             sample 200\n    embed \"GATC\" at center\n    measure m\n}}\n"
        )
    };
    let text = format!(
        "set seed = 3\nmodel m = additive({{\"GA\": 1.0}})\n{}{}{}",
        experiment("once"),
        experiment("often"),
        experiment("one")
    );
    let path = script(folder.path(), &text);
    let found = study(&path, &[]);
    let null = |i: usize| &found["experiments"][i]["null"][0];
    let shift = |i: usize| &null(i)["outcomes"][0]["shift"];
    assert!(shift(0).get("sources").is_none() && null(0)["reference"].get("sources").is_none());
    // Six copies of each record say as much as one.
    assert_eq!(shift(1)["n"], 180);
    assert_eq!(shift(1)["sources"], 30);
    assert_eq!(null(1)["reference"]["sources"], 30);
    close(&shift(1)["ks"], number(&shift(0)["ks"]));
    close(&shift(1)["p"], number(&shift(0)["p"]));
    close(
        &shift(1)["within_reference"],
        number(&shift(0)["within_reference"]),
    );
    assert_eq!(shift(2)["p"], Value::Null);
    assert_eq!(shift(2)["within_reference"], Value::Null);
    assert_eq!(
        shift(2)["p_method"],
        "none, since there are too few independent sources"
    );
    let shown = Ended::from(gia(["run".as_ref(), path.as_os_str()])).out;
    let shown: Vec<&str> = shown.split_whitespace().collect();
    let shown = shown.join(" ");
    for words in [
        "Reference: 180 sequences of 30 independent sources from ",
        "on 180 sequences of 30 independent sources of the reference",
        "p: none, since there are too few independent sources.",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}
