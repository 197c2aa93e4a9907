//! A run in parts gives, put together in any order, what the whole run gives.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Ended, script};
use crate::support::command::{gia, root, study};

const TEXT: &str = "set seed = 9
model gc = additive({\"GATA\": 2.0, \"S\": 0.1})
model net = load(\"NET\")
experiment sweep {
    vary gap in 0bp to 20bp step 5bp
    background uniform(length: 100bp)
    sample 101
    arm one { embed \"GATA\" at 10bp }
    arm two { one; embed \"GATA\" at 20bp + gap }
    arm mixed { shuffle 0bp..4bp }
    measure gc
    expect two - one > 0
    expect increasing(two over gap)
}
experiment network {
    background uniform(length: 100bp)
    reference fasta(\"SITES\", width: 100bp) first 7
    sample 40
    embed \"CCACCAGGGGGCGC\" at center
    measure net[\"CTCF\"]
    report median, bootstrap
}
show evaluate(gc, fasta(\"SITES\", width: 100bp), fasta(\"OTHERS\"))
";

fn written(folder: &Path) -> PathBuf {
    let place = |path: &str| root().join(path).display().to_string();
    let text = TEXT
        .replace("NET", &place("experiments/ctcf_pu1/ctcf_pu1.pt2"))
        .replace("SITES", &place("experiments/ctcf_pu1/gm12878_ctcf.fa"))
        .replace("OTHERS", &place("tests/oracle/backgrounds.fa"));
    script(folder, &text)
}

fn run_part(script: &Path, part: &str, save: &Path) -> Ended {
    Ended::from(gia([
        "run".as_ref(),
        script.as_os_str(),
        "--part".as_ref(),
        part.as_ref(),
        "--save".as_ref(),
        save.as_os_str(),
    ]))
}

fn merge(script: &Path, parts: &[&Path], json: &Path) -> Ended {
    let mut arguments = vec!["merge".as_ref(), script.as_os_str()];
    arguments.extend(parts.iter().map(|part| part.as_os_str()));
    arguments.extend(["--json".as_ref(), json.as_os_str()]);
    Ended::from(gia(arguments))
}

/// Numbers that may differ by rounding, as batches of a network do, by less than this.
const ROUNDING: f64 = 1e-5;

fn alike(a: &Value, b: &Value, place: &str) {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            assert!(x.keys().eq(y.keys()), "{place}");
            x.iter()
                .for_each(|(key, value)| alike(value, &y[key], &format!("{place}.{key}")));
        }
        (Value::Array(x), Value::Array(y)) => {
            assert_eq!(x.len(), y.len(), "{place}");
            let both = x.iter().zip(y).enumerate();
            both.for_each(|(i, (a, b))| alike(a, b, &format!("{place}[{i}]")));
        }
        (Value::Number(x), Value::Number(y)) => {
            let (x, y) = (x.as_f64().expect("finite"), y.as_f64().expect("finite"));
            assert!(
                (x - y).abs() <= ROUNDING * x.abs().max(1.0),
                "{place}: {x}, {y}"
            );
        }
        _ => assert_eq!(a, b, "{place}"),
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn parts_in_any_order_are_the_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = written(folder.path());
    let whole = study(&script, &[]);
    let parts: Vec<PathBuf> = (1..=3)
        .map(|i| {
            let save = folder.path().join(format!("part{i}"));
            let ended = run_part(&script, &format!("{i}/3"), &save);
            assert_eq!(ended.status, Some(0), "{}", ended.said);
            assert_eq!(ended.out, "");
            save
        })
        .collect();
    let json = folder.path().join("merged.json");
    let ended = merge(&script, &[&parts[2], &parts[0], &parts[1]], &json);
    assert!(matches!(ended.status, Some(0 | 1)), "{}", ended.said);
    let merged: Value =
        serde_json::from_str(&std::fs::read_to_string(&json).expect("a study")).expect("JSON");
    // The formula's numbers are the same to the last bit; a network's differ by the rounding of other batches.
    assert_eq!(whole["experiments"][0], merged["experiments"][0]);
    assert_eq!(whole["evaluations"], merged["evaluations"]);
    alike(
        &whole["experiments"][1],
        &merged["experiments"][1],
        "network",
    );
    for key in ["script", "seed", "versions", "device", "models", "data"] {
        assert_eq!(whole[key], merged[key], "{key}");
    }
    assert!(
        merged["command"]
            .as_str()
            .expect("a command")
            .starts_with("gia merge ")
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn parts_that_are_no_run_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let script_path = written(folder.path());
    let at = |name: &str| folder.path().join(name);
    let json = at("merged.json");
    for (part, name) in [("1/2", "one"), ("2/2", "two"), ("1/3", "third")] {
        assert_eq!(run_part(&script_path, part, &at(name)).status, Some(0));
    }
    let refused = |parts: &[&str], words: &str| {
        let paths: Vec<PathBuf> = parts.iter().map(|name| at(name)).collect();
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        let ended = merge(&script_path, &paths, &json);
        assert_eq!(ended.status, Some(3), "{words}");
        let said = ended
            .said
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .replace("│ ", "");
        assert!(said.contains(words), "{words}: {said}");
        assert!(!json.exists());
    };
    refused(&["two"], "parts are missing: 1/2");
    refused(&["one", "one", "two"], "are the same part, 1 of 2");
    refused(&["two", "third"], "and `");
    let mut bytes = std::fs::read(at("one")).expect("a part");
    std::fs::write(at("short"), &bytes[..bytes.len() - 3]).expect("written");
    refused(&["short", "two"], "is damaged");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(at("changed"), &bytes).expect("written");
    refused(&["changed", "two"], "is damaged");
    std::fs::write(at("text"), "no part").expect("written");
    refused(&["text", "two"], "is not a part of a run");
    bytes[8] = 99;
    std::fs::write(at("newer"), &bytes).expect("written");
    refused(&["newer", "two"], "another version");
    refused(&["nowhere", "two"], "there is no file");
    // The same script with another seed is another run.
    let text = std::fs::read_to_string(&script_path).expect("the script");
    std::fs::write(&script_path, text.replace("seed = 9", "seed = 8")).expect("written");
    refused(&["one", "two"], "is a part of another run");
}

#[test]
fn a_run_that_cannot_be_cut_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "model m = additive({\"GATA\": 2.0})
experiment a {
    background uniform(length: 50bp)
    sample until width < 1 max 1000
    embed \"GATA\" at center
    measure m
}
";
    let path = script(folder.path(), text);
    let save = folder.path().join("part");
    let ended = run_part(&path, "1/2", &save);
    assert_eq!(ended.status, Some(3));
    assert!(ended.said.contains("cannot be split"), "{}", ended.said);
    assert!(!save.exists());
    for part in ["0/2", "3/2", "2", "1/0", "a/b"] {
        let ended = run_part(&path, part, &save);
        assert_eq!(ended.status, Some(2), "{part}");
        assert!(ended.said.contains("the second of four"), "{}", ended.said);
    }
    let alone = Ended::from(gia([
        "run".as_ref(),
        path.as_os_str(),
        "--part".as_ref(),
        "1/2".as_ref(),
    ]));
    assert_eq!(alone.status, Some(2));
}
