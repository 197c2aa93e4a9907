//! `--seeds`: how the verdicts of a script hold under other draws of its backgrounds.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::command::{gia, study};
use crate::support::suites::suite;

/// A claim that holds under every seed, one that fails, and one at its threshold, so that seeds differ.
const SCRIPT: &str = "set seed = 3
model sums = additive({\"TA\": 2.0})
experiment trial {
    background uniform(length: 50bp)
    sample 60
    embed \"TATA\" at center
    measure sums
    expect effect > 1
    expect effect < 1
    expect effect > 3.2
}
";

fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

fn list<'v>(value: &'v Value, key: &str) -> &'v Vec<Value> {
    value[key].as_array().expect("a list")
}

#[test]
fn each_seed_gives_what_a_script_with_that_seed_gives() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = written(folder.path(), "a.gia", SCRIPT);
    let found = study(&script, &["--seeds", "6"]);
    let seeds = &found["seeds"];
    assert_eq!(seeds["planned"], 6);
    assert_eq!(list(seeds, "seeds").len(), 6);
    assert_eq!(seeds["seeds"][0], 3);
    for (number, seed) in list(seeds, "seeds").iter().enumerate() {
        let text = SCRIPT.replace("seed = 3", &format!("seed = {seed}"));
        let alone = study(&written(folder.path(), "b.gia", &text), &[]);
        for (of, claim) in list(seeds, "claims")
            .iter()
            .zip(list(&alone["experiments"][0], "claims"))
        {
            let run = &of["runs"][number];
            assert_eq!(run["seed"], *seed);
            assert_eq!(run["verdict"], claim["verdict"], "{}", of["claim"]);
            assert_eq!(run["mean"], claim["deciding"]["mean"], "{}", of["claim"]);
        }
    }
}

#[test]
fn counts_and_ranges_are_those_of_the_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = written(folder.path(), "a.gia", SCRIPT);
    let found = study(&script, &["--seeds", "8"]);
    let claims = list(&found["seeds"], "claims");
    for claim in claims {
        let runs = list(claim, "runs");
        for verdict in ["supported", "refuted", "undecided"] {
            let n = runs.iter().filter(|run| run["verdict"] == verdict).count();
            assert_eq!(claim[verdict], n);
        }
        let means = runs
            .iter()
            .map(|run| run["mean"].as_f64().expect("a number"));
        let (low, high) = means.fold((f64::MAX, f64::MIN), |(low, high), x| {
            (low.min(x), high.max(x))
        });
        assert_eq!(claim["lowest_mean"], low);
        assert_eq!(claim["highest_mean"], high);
        assert!(low < high, "seeds give other backgrounds");
    }
    assert_eq!(claims[0]["supported"], 8);
    assert_eq!(claims[1]["refuted"], 8);
    let mixed = &claims[2];
    assert!(mixed["supported"] != 8 && mixed["refuted"] != 8, "{mixed}");
}

#[test]
fn everything_else_is_of_the_first_seed() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = written(folder.path(), "a.gia", SCRIPT);
    let [mut alone, mut first] = [study(&script, &[]), study(&script, &["--seeds", "3"])];
    assert_eq!(
        first["command"],
        format!("{} --seeds 3", alone["command"].as_str().expect("a text"))
    );
    for study in [&mut alone, &mut first] {
        let keys = study.as_object_mut().expect("an object");
        for key in ["timing", "command", "seeds"] {
            keys.remove(key);
        }
    }
    assert_eq!(alone, first);
}

#[test]
fn a_run_and_a_suite_show_the_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = written(folder.path(), "a.gia", SCRIPT)
        .display()
        .to_string();
    let output = gia(["run", &script, "--seeds", "4"]);
    let run = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    let shown = "  trial: effect > 1\n    4 supported; deciding value ";
    assert!(run.contains("verdicts under 4 seeds: 3, "), "{run}");
    assert!(run.contains(shown), "{run}");

    let page = folder.path().join("s.html").display().to_string();
    gia(["run", &script, "--seeds", "4", "--quiet", "--report", &page]);
    let page = std::fs::read_to_string(page).expect("the page");
    assert!(page.contains("Verdicts on each claim over the seeds"));
    assert!(
        page.contains(">trial: effect &gt; 1</th><td class=\"n\">4</td>"),
        "{page}"
    );

    let ended = suite(&[&script, "--seeds", "4", "--filter", "effect > 1"]);
    assert_eq!(ended.status, Some(0), "{}", ended.out);
    assert!(ended.out.contains(shown), "{}", ended.out);
    assert!(!ended.out.contains("effect < 1"), "{}", ended.out);

    for wrong in ["0", "10001", "two"] {
        assert_eq!(
            gia(["run", &script, "--seeds", wrong]).status.code(),
            Some(2)
        );
    }
    let parts = gia([
        "run", &script, "--seeds", "2", "--part", "1/2", "--save", "p",
    ]);
    assert_eq!(parts.status.code(), Some(2));
}

#[test]
fn networks_run_under_each_seed() {
    let net = crate::support::command::root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let text = format!(
        "model net = load(\"{}\")
experiment trial {{
    background uniform(length: 100bp)
    sample 20
    embed \"CCACCAGGGGGCGC\" at center
    measure net[\"CTCF\"]
    expect effect > 0
}}
",
        net.display()
    );
    let folder = tempfile::tempdir().expect("a folder");
    let script = written(folder.path(), "a.gia", &text);
    let found = study(&script, &["--seeds", "3", "--device", "cpu"]);
    assert_eq!(found["seeds"]["claims"][0]["supported"], 3);
    let means: Vec<f64> = list(&found["seeds"]["claims"][0], "runs")
        .iter()
        .map(|run| run["mean"].as_f64().expect("a number"))
        .collect();
    assert!(means[0] != means[1] && means[1] != means[2], "{means:?}");
}
