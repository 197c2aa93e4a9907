//! Experiments that draw backgrounds until a rule holds: they stop at the first look at which it does, whatever the batches.

use serde_json::Value;

use super::{Ended, script};
use crate::support::command::{gia, root, study};

const HEAD: &str = "set seed = 4
model gc = additive({\"GATA\": 2.0, \"S\": 0.1})
null random = uniform(length: 60bp)
";

fn run(text: &str, more: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    study(&script(folder.path(), &format!("{HEAD}{text}")), more)
}

fn experiment(name: &str, sample: &str, more: &str) -> String {
    format!(
        "experiment {name} {{\n    background random\n    sample {sample}\n    embed \"GATA\" at center\n    measure gc\n{more}}}\n"
    )
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// Half the width of the confidence sequence, by its formula.
fn half_width(sd: f64, n: f64, most: f64) -> f64 {
    let alpha = 0.05f64;
    let rate = (-2.0 * alpha.ln() + (1.0 - 2.0 * alpha.ln()).ln()) / (100.0 * most).sqrt();
    let grown = n * rate + 1.0;
    sd * (2.0 * grown / (n * n * rate) * (grown.sqrt() / alpha).ln()).sqrt()
}

#[test]
fn a_run_stops_at_the_first_look_that_is_narrow_enough() {
    // Student's is the interval of the formula above.
    let text = "set interval = \"student\"\n".to_string()
        + &experiment("narrow", "until width < 0.15 max 5000", "");
    let found = run(&text, &[]);
    let stopping = &found["experiments"][0]["stopping"];
    let n = stopping["n"].as_u64().expect("a count");
    assert!((200..3000).contains(&n), "{n}");
    assert_eq!(stopping["reached"], true);
    assert_eq!(stopping["until"], "width < 0.15");
    assert_eq!(stopping["max"], 5000);

    // The looks: 100, then a tenth more each.
    let mut looks = vec![100u64];
    while looks[looks.len() - 1] < n {
        looks.push((looks[looks.len() - 1] as f64 * 1.1).ceil() as u64);
    }
    assert_eq!(looks[looks.len() - 1], n);
    assert_eq!(stopping["looks"], looks.len());

    let row = &found["experiments"][0]["rows"][0];
    assert_eq!(row["n"], n);
    assert_eq!(row["method"], "paired confidence sequence");
    let width = number(&row["high"]) - number(&row["low"]);
    assert!((width - 2.0 * half_width(number(&row["sd"]), n as f64, 5000.0)).abs() < 1e-10);
    assert!(width < 0.15);
    // At the look before it was not: the same backgrounds, drawn as a fixed number.
    for (size, is_narrow) in [(n, true), (looks[looks.len() - 2], false)] {
        let fixed = run(&experiment("narrow", &size.to_string(), ""), &[]);
        let fixed = &fixed["experiments"][0]["rows"][0];
        let width = 2.0 * half_width(number(&fixed["sd"]), size as f64, 5000.0);
        assert_eq!(width < 0.15, is_narrow, "{size}: {width}");
        if is_narrow {
            assert_eq!((&fixed["mean"], &fixed["sd"]), (&row["mean"], &row["sd"]));
        }
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn batches_and_threads_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let network = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let text = format!(
        "model net = load(\"{}\")\nexperiment a {{\n    background uniform(length: 100bp)\n    sample until width < 0.9 max 5000\n    \
         embed \"CCACCAGGGGGCGC\" at center\n    measure net[\"CTCF\"]\n}}\n",
        network.display()
    );
    let path = script(folder.path(), &text);
    let stripped = |more: &[&str]| {
        let mut found = study(&path, more);
        for key in ["timing", "command"] {
            found.as_object_mut().expect("a study").remove(key);
        }
        found["experiments"].clone()
    };
    let whole = stripped(&[]);
    let pieces = stripped(&["--batch", "7", "--threads", "1"]);
    assert_eq!(whole[0]["stopping"], pieces[0]["stopping"]);
    let (a, b) = (&whole[0]["rows"][0], &pieces[0]["rows"][0]);
    assert!(a["n"].as_u64() < Some(2000), "{}", a["n"]);
    assert_eq!(a["n"], b["n"]);
    assert!((number(&a["mean"]) - number(&b["mean"])).abs() < 1e-5 * number(&a["sd"]).max(1e-3));
}

#[test]
fn claims_end_a_run_and_a_limit_does() {
    let text = [
        experiment("yes", "until decided max 4000", "    expect effect > 1.5\n"),
        experiment("no", "until decided max 4000", "    expect effect > 2.5\n"),
        experiment(
            "never",
            "until decided max 300",
            "    expect abs(effect) < 2\n",
        ),
        // Shares every sequence with the others, and stands on its own.
        experiment("fixed", "900", ""),
    ]
    .concat();
    let found = run(&text, &[]);
    let experiments = found["experiments"].as_array().expect("experiments");
    let of = |i: usize| &experiments[i];
    for (i, verdict, reached) in [(0, "supported", true), (1, "refuted", true)] {
        assert_eq!(of(i)["claims"][0]["verdict"], verdict);
        assert_eq!(of(i)["stopping"]["reached"], reached);
        assert!(of(i)["stopping"]["n"].as_u64().expect("a count") < 1000);
        let method = of(i)["claims"][0]["method"].as_str().expect("a method");
        assert!(method.contains("confidence sequence"), "{method}");
    }
    if of(2)["claims"][0]["verdict"] == "undecided" {
        assert_eq!(of(2)["stopping"]["n"], 300);
        assert_eq!(of(2)["stopping"]["reached"], false);
        assert_eq!(of(2)["stopping"]["ended"], "maximum");
        assert_eq!(of(2)["stopping"]["reason"], "the claim is undecided");
    } else {
        panic!("the threshold is too far: {}", of(2)["claims"][0]["reason"]);
    }
    assert!(of(3).get("stopping").is_none());
    // Each is what it is alone.
    for (i, name) in ["yes", "no", "never"].iter().enumerate() {
        let start = text
            .find(&format!("experiment {name}"))
            .expect("the experiment");
        let end = text[start..].find("}\n").expect("its end") + start + 2;
        let alone = run(&text[start..end], &[]);
        assert_eq!(alone["experiments"][0]["rows"], of(i)["rows"], "{name}");
    }
    let alone = run(&experiment("fixed", "900", ""), &[]);
    assert_eq!(alone["experiments"][0]["rows"], of(3)["rows"]);
}

#[test]
fn what_never_differs_is_looked_at_a_thousand_times() {
    let text = format!(
        "{HEAD}experiment same {{\n    background random\n    sample until width < 0.1 max 100_000\n    \
         embed \"GATA\" at center\n    measure long\n}}\n"
    );
    // No background holds it.
    let text = text.replace(
        "null",
        "model long = additive({\"GATAAGCCCTTTAGACCTTGAC\": 1.0})\nnull",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let found = study(&script(folder.path(), &text), &[]);
    let stopping = &found["experiments"][0]["stopping"];
    assert_eq!(stopping["reached"], false);
    assert_eq!(stopping["ended"], "constant");
    assert_eq!(
        stopping["reason"],
        "the estimate has the same value for every background, so more of them would give no interval"
    );
    assert!(
        (1000..1100).contains(&stopping["n"].as_u64().expect("a count")),
        "{stopping}"
    );
}

/// Runs a script for its study, its page, its methods and what the terminal shows, with spaces for line breaks.
fn reported(text: &str) -> (Value, [String; 3]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(folder.path(), &format!("{HEAD}{text}"));
    let outputs = ["page.html", "methods.md"].map(|name| folder.path().join(name));
    let [page, methods] = outputs
        .each_ref()
        .map(|path| path.to_str().expect("a path"));
    let found = study(&path, &["--report", page, "--methods", methods]);
    let [page, methods] = outputs.map(|path| std::fs::read_to_string(path).expect("a report"));
    let shown = Ended::from(gia(["run".as_ref(), path.as_os_str()])).out;
    let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    (
        found["experiments"][0]["stopping"].clone(),
        [page, methods, shown].map(words),
    )
}

#[test]
fn reports_say_which_claims_more_backgrounds_would_not_decide() {
    let text = "model long = additive({\"GATAAGCCCTTTAGACCTTGAC\": 1.0})\n".to_string()
        + &experiment(
            "same",
            "until decided max 4000",
            "    measure never = long\n    expect effect.gc > 1.5\n    expect effect.never > 0\n",
        )
        .replace("    measure gc\n    measure", "    measure gc,");
    let (stopping, reports) = reported(&text);
    let reason = "1 of 2 claims is undecided and more backgrounds would not decide it, since all so far give the same value";
    assert_eq!(
        (
            &stopping["reached"],
            &stopping["ended"],
            &stopping["reason"]
        ),
        (&false.into(), &"constant".into(), &reason.into())
    );
    assert!(stopping["n"].as_u64() < Some(1100), "{stopping}");
    for report in &reports {
        assert!(report.contains(reason), "{report}");
    }
    assert!(
        reports[2].contains("until decided: stopped after 25 looks without it, at most 4,000"),
        "{}",
        reports[2]
    );
}

#[test]
fn reports_say_that_there_are_too_few_sources() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut bases = 1u64;
    let records = (0..40).map(|i| {
        let letters = (0..60).map(|_| {
            bases = bases
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            char::from(b"ACGT"[(bases >> 62) as usize])
        });
        format!(">s{i}\n{}\n", letters.collect::<String>())
    });
    let file = folder.path().join("set.fa");
    std::fs::write(&file, records.collect::<String>()).expect("a file");
    let text = experiment(
        "few",
        "until decided max 200",
        "    expect effect > 1.5\n    expect effect < 1.99\n",
    )
    .replace(
        "background random",
        &format!(
            "background shuffled(fasta(\"{}\"), preserving: 1)",
            file.display()
        ),
    );
    let (stopping, reports) = reported(&text);
    assert_eq!(
        (&stopping["reached"], &stopping["ended"], &stopping["n"]),
        (&false.into(), &"maximum".into(), &200.into())
    );
    let reason = stopping["reason"].as_str().expect("a reason");
    let sources = "the backgrounds come from 40 independent sources, and intervals that hold at every look need 100";
    assert!(reason.ends_with(sources), "{reason}");
    for report in &reports {
        assert!(report.contains(reason), "{report}");
    }
    assert!(
        reports[2].contains("until decided: not reached with the 200 allowed, after"),
        "{}",
        reports[2]
    );
}

#[test]
fn a_rule_that_is_satisfied_has_no_reason() {
    let (stopping, _) = reported(&experiment("narrow", "until width < 0.3 max 5000", ""));
    assert_eq!(stopping["ended"], "satisfied");
    assert!(stopping.get("reason").is_none(), "{stopping}");
}

#[test]
fn the_plan_and_the_sequences_say_how_many() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = experiment("narrow", "until width < 0.3 max 5000", "");
    let path = script(folder.path(), &format!("{HEAD}{text}"));
    let planned = Ended::from(gia(["plan".as_ref(), path.as_os_str()]));
    assert!(
        planned
            .out
            .contains("until width < 0.3: at most that many; first interim analysis at 100"),
        "{}",
        planned.out
    );
    let mut lines = planned.out.lines().map(str::trim);
    let passes = lines.find(|line| line.starts_with("planned "));
    assert!(
        passes.is_some_and(|line| line.ends_with("at most")),
        "{}",
        planned.out
    );
    let written = folder.path().join("sequences");
    let found = study(&path, &["--sequences", written.to_str().expect("a path")]);
    let n = found["experiments"][0]["stopping"]["n"]
        .as_u64()
        .expect("a count");
    for arm in ["control", "treated"] {
        let text =
            std::fs::read_to_string(written.join(format!("narrow/{arm}.fa"))).expect("sequences");
        assert_eq!(text.matches('>').count() as u64, n);
    }
    let shown = Ended::from(gia(["run".as_ref(), path.as_os_str()]));
    assert!(
        shown
            .out
            .contains("backgrounds drawn until width < 0.3: enough after"),
        "{}",
        shown.out
    );
}
