//! Values that are not finite numbers: blamed on who reads them, and what others found is kept.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::command::{gia, root};

struct Ended {
    status: Option<i32>,
    out: String,
    said: String,
    study: Option<Value>,
}

fn run(text: &str) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let net = root().join("tests/predict/logarithm.pt2");
    std::fs::write(at("s.gia"), text.replace("NET", &net.display().to_string())).expect("written");
    let words: [PathBuf; 5] = [
        "run".into(),
        at("s.gia"),
        "--json".into(),
        at("s.json"),
        "--error-format=short".into(),
    ];
    let output = gia(words);
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let study = |path: &Path| serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok();
    Ended {
        status: output.status.code(),
        out: text(&output.stdout),
        said: text(&output.stderr),
        study: study(&at("s.json")),
    }
}

/// The network gives the logarithm of the number of A, and some background has none.
const NETWORK: &str = "model net = load(\"NET\")
model sums = additive({\"GATA\": 2.0})
null random = uniform(length: 12bp)
experiment a {
    background random
    sample 5
    embed \"TTTAAA\" at 0bp
    measure net[0]
}
experiment b {
    background random
    sample 300
    embed \"TTTAAA\" at 0bp
    measure first = sums, second = net[0]
}
experiment c {
    background random
    sample 5
    embed \"AAATTT\" at 0bp
    measure net[0]
}
";

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn the_experiment_that_reads_it_is_blamed_and_the_others_are_kept() {
    let ended = run(NETWORK);
    assert_eq!(ended.status, Some(3), "{}", ended.said);
    assert!(ended.said.contains("E0601"), "{}", ended.said);
    for part in [
        "is -inf for background `uniform_0",
        "outcome `second` reads in arm `control` of experiment `b`",
    ] {
        assert!(ended.said.contains(part), "{part}: {}", ended.said);
    }
    assert!(!ended.said.contains("experiment `a`"), "{}", ended.said);
    assert!(
        ended.out.contains("── a ──") && ended.out.contains("── c ──"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("without b"), "{}", ended.out);
    let study = ended.study.expect("a study");
    let names: Vec<_> = study["experiments"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|e| &e["name"])
        .collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!(study["interrupted"]["left_out"], serde_json::json!(["b"]));
    assert!(study["interrupted"]["because"].is_string());
}

#[test]
fn a_formula_without_a_value_is_no_loss_for_others() {
    let ended = run("model sums = additive({\"GATA\": 2.0})
experiment a {
    background uniform(length: 50bp)
    sample 20
    embed \"GATA\" at center
    measure sums
}
experiment b {
    background uniform(length: 50bp)
    sample 20
    embed \"GATA\" at center
    measure log(sums - 100)
}
");
    assert_eq!(ended.status, Some(3), "{}", ended.said);
    assert!(ended.said.contains("experiment `b`"), "{}", ended.said);
    assert!(ended.out.contains("── a ──"), "{}", ended.out);
    assert_eq!(ended.study.expect("a study")["experiments"][0]["name"], "a");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn where_nothing_is_left_nothing_is_written() {
    let (models, _) = NETWORK.split_once("experiment a").expect("experiments");
    let (_, b) = NETWORK.split_once("experiment b").expect("experiments");
    let (b, _) = b.split_once("experiment c").expect("experiments");
    let ended = run(&format!("{models}experiment b{b}"));
    assert_eq!(ended.status, Some(3), "{}", ended.said);
    assert!(ended.said.contains("experiment `b`"), "{}", ended.said);
    assert!(ended.study.is_none() && ended.out.is_empty());
}
