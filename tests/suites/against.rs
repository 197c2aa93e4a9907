//! Effects beside those of an earlier run, or of another model.

use std::path::{Path, PathBuf};

use crate::support::command::gia_with;
use crate::support::suites::{Ended, NOWHERE, suite};

fn gia(arguments: &[&str]) -> Ended {
    gia_with(arguments, NOWHERE).into()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A script whose one effect is the weight of a model.
fn script(folder: &Path, weight: f64) -> PathBuf {
    let path = folder.join("weight.gia");
    let text = format!(
        "set seed = 2\nmodel sums = additive({{\"GATA\": {weight}, \"S\": 0.1}})\nexperiment e {{\n    background uniform(length: 60bp)\n    \
         sample 400\n    embed \"GATA\" at center\n    measure sums\n    expect effect > 1\n}}\n"
    );
    std::fs::write(&path, text).expect("written");
    path
}

#[test]
fn a_suite_beside_its_own_studies_is_unchanged() {
    let folder = tempfile::tempdir().expect("a folder");
    let studies = shown(&folder.path().join("studies"));
    suite(&["tests/suites/known", "--studies", &studies])
        .with(0, "2 files, 5 claims: 5 supported; 1 library beside");
    let again = suite(&["tests/suites/known", "--against", &studies, "--jobs", "2"])
        .with(0, "2 files, 5 claims: 5 supported; 1 library beside");
    let told = again.out.matches("compared with the earlier run: ").count();
    assert_eq!(told, 2, "{}", again.out);
    assert!(again.out.contains("1 effect in both: 1 unchanged") || again.out.contains("unchanged"));
    assert!(!again.out.contains(" changed"), "{}", again.out);
}

#[test]
fn another_model_changes_the_effect() {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = (folder.path().join("a.json"), folder.path().join("b.json"));
    let run = |weight: f64, json: &Path, more: &[&str]| {
        let script = script(folder.path(), weight);
        gia(&[&["run", &shown(&script), "--json", &shown(json)], more].concat())
    };
    assert_eq!(run(2.0, &before, &[]).status, Some(0));
    let same = run(2.0, &after, &["--against", &shown(&before)]);
    assert_eq!(same.status, Some(0), "{}", same.out);
    assert!(
        same.out.ends_with("1 effect in both: 1 unchanged\n"),
        "{}",
        same.out
    );
    let other = run(3.0, &after, &["--against", &shown(&before)]);
    assert_eq!(other.status, Some(1), "{}", other.out);
    assert!(
        other.out.ends_with("1 effect in both: 1 changed\n"),
        "{}",
        other.out
    );

    let diff = |more: &[&str]| {
        let both = [shown(&before), shown(&after)];
        gia(&[&["diff", &both[0], &both[1]], more].concat())
    };
    assert_eq!(diff(&[]).status, Some(1));
    // One is no difference where two is the margin.
    assert_eq!(diff(&["--margin", "2"]).status, Some(0));
    let json = folder.path().join("diff.json");
    let quiet = diff(&["--quiet", "--json", &shown(&json)]);
    assert_eq!((quiet.status, quiet.out.as_str()), (Some(1), ""));
    let text = std::fs::read_to_string(&json).expect("written");
    let found: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(found["schema"], "gia-comparison/1");
    let effect = &found["effects"][0];
    assert_eq!(effect["change"], "changed");
    assert!((effect["difference"].as_f64().expect("a number") - 1.0).abs() < 0.1);
    let low = effect["low"].as_f64().expect("an end");
    let high = effect["high"].as_f64().expect("an end");
    assert!(low > 0.5 && low < 1.0 && high < 1.5, "{low} {high}");

    // As a suite of one script, beside one study: a failure, and told as such.
    let script = shown(&script(folder.path(), 3.0));
    let tested = suite(&[&script, "--against", &shown(&before)]);
    assert_eq!(tested.status, Some(1), "{}", tested.out);
    assert!(
        tested
            .out
            .ends_with("1 file, 1 claim: 1 supported; 1 effect changed\n")
    );
}

#[test]
fn rows_that_come_and_go_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(folder.path(), 2.0);
    let text = std::fs::read_to_string(&path).expect("the script");
    let (before, after) = (folder.path().join("a.json"), folder.path().join("b.json"));
    gia(&["run", &shown(&path), "--json", &shown(&before)]);
    std::fs::write(&path, text.replace("experiment e", "experiment f")).expect("written");
    gia(&["run", &shown(&path), "--json", &shown(&after)]);
    let ended = gia(&["diff", &shown(&before), &shown(&after)]);
    ended.with(1, "0 effects in both; 1 new, 1 gone");
}

#[test]
fn what_is_no_study_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.json");
    std::fs::write(&path, "{\"schema\": \"gia-study/9\"}").expect("written");
    let path = shown(&path);
    let ended = gia(&["diff", &path, &path]);
    assert_eq!(ended.status, Some(2));
    assert!(ended.said.contains("E0405"), "{}", ended.said);
    let absent = gia(&["diff", "absent.json", &path]);
    assert_eq!(absent.status, Some(2));
    assert!(absent.said.contains("E0002"), "{}", absent.said);
    let run = suite(&["tests/suites/known/additive.gia", "--against", &path]);
    assert_eq!(run.status, Some(3), "{}", run.said);
    assert_eq!(run.out, "", "nothing ran");
}
