//! Claims about several experiments, and families of claims, as a user meets them: `gia run`, `gia test` and the REPL.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::command::{self, gia, study};
use crate::support::session;

/// One experiment for each threshold: `effect > THRESHOLD` of a weak site, whose effect differs between backgrounds.
fn script(settings: &str, thresholds: &[f64]) -> String {
    let mut text = format!(
        "{settings}\n\
         motif SITE = \"CCACCAGG\"\n\
         model net = thermodynamic({{SITE: 1}}, attraction: 4, reach: 8bp, activation: 2, base: -3)\n\
         null plain = uniform(length: 40bp)\n"
    );
    for (i, threshold) in thresholds.iter().enumerate() {
        text += &format!(
            "experiment e{i} {{\n    background plain\n    sample 60\n    embed SITE at center\n    measure net[\"expression\"]\n    \
             expect effect > {threshold}\n}}\n"
        );
    }
    text
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a script");
    path
}

fn claims(study: &Value) -> Vec<&Value> {
    let experiments = study["experiments"].as_array().expect("experiments");
    let within = experiments
        .iter()
        .flat_map(|e| e["claims"].as_array().expect("claims"));
    within
        .chain(study["claims"].as_array().into_iter().flatten())
        .collect()
}

/// A threshold that is supported alone with a p between 0.01 and 0.05.
fn barely_supported() -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(folder.path(), "probe.gia", &script("", &[0.0]));
    let run = study(&path, &[]);
    let deciding = &claims(&run)[0]["deciding"];
    let [mean, low] = ["mean", "low"].map(|key| deciding[key].as_f64().expect("a number"));
    low - 0.1 * (mean - low)
}

#[test]
fn a_family_takes_verdicts_that_are_not_rare_enough() {
    let folder = tempfile::tempdir().expect("a folder");
    let barely = barely_supported();
    let thresholds = [0.0, barely, barely, barely, barely];
    let alone = write(folder.path(), "alone.gia", &script("", &thresholds));
    let alone = study(&alone, &[]);
    assert_eq!(alone["family"]["scope"], "claim");
    assert_eq!(alone["family"]["claims"], 5);
    let expected = alone["family"]["expected_false_supports"].as_f64();
    assert!((expected.expect("a number") - 0.125).abs() < 1e-12);
    assert!(
        claims(&alone)
            .iter()
            .all(|claim| claim["verdict"] == "supported")
    );

    let text = script("set family = \"script\"", &thresholds);
    let path = write(folder.path(), "together.gia", &text);
    let together = study(&path, &[]);
    let found = claims(&together);
    assert_eq!(found[0]["verdict"], "supported");
    for claim in &found[1..] {
        assert_eq!(claim["verdict"], "undecided", "{claim}");
        assert_eq!(claim["alone"], "supported");
        let p = claim["p"].as_f64().expect("p");
        assert!((0.001..0.05).contains(&p), "{p}");
        assert!(claim["family_p"].as_f64().expect("p") > 0.05);
    }
    let printed = gia(["run", &path.display().to_string()]);
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    let words = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("supported alone (p = "), "{printed}");
    assert!(
        words.contains("The 5 claims of the script are judged as one family (Holm)"),
        "{printed}"
    );
}

#[test]
fn a_suite_judges_the_claims_of_its_scripts_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let barely = barely_supported();
    let settings = "set family = \"suite\"";
    write(
        folder.path(),
        "a.gia",
        &script(settings, &[0.0, barely, barely]),
    );
    write(folder.path(), "b.gia", &script(settings, &[barely, barely]));
    write(folder.path(), "c.gia", &script("", &[barely]));
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (lines, studies, junit) = (at("lines.jsonl"), at("studies"), at("junit.xml"));
    let whole = folder.path().display().to_string();
    let output = gia([
        "test",
        &whole,
        "--json-lines",
        &lines,
        "--studies",
        &studies,
        "--junit",
        &junit,
    ]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let words = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("The 5 claims of the suite's family are judged together (Holm)."),
        "{printed}"
    );
    assert!(
        words.ends_with("3 files, 6 claims: 2 supported, 4 undecided"),
        "{printed}"
    );
    let lines = std::fs::read_to_string(lines).expect("lines");
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let summary = lines.last().expect("a summary");
    assert_eq!(summary["family_claims"], 5);
    // 2.5 % for the family, and 2.5 % for the claim that is judged alone.
    let expected = summary["expected_false_supports"]
        .as_f64()
        .expect("a number");
    assert!((expected - 0.05).abs() < 1e-12, "{expected}");
    let cases: Vec<&Value> = lines.iter().filter(|line| line["type"] == "case").collect();
    assert_eq!(cases[0]["family_p"].as_f64().map(|p| p < 0.05), Some(true));
    assert_eq!(cases[5]["verdict"], "supported");

    // The studies and JUnit have the verdicts of the suite.
    let stored = std::fs::read_dir(&studies).expect("studies");
    assert!(stored.count() > 0);
    let mut undecided = 0;
    for name in ["a", "b"] {
        let path = walk(Path::new(&studies), &format!("{name}.json")).expect("a study");
        let study: Value =
            serde_json::from_str(&std::fs::read_to_string(path).expect("text")).expect("JSON");
        assert_eq!(study["family"]["claims"], 5);
        undecided += claims(&study)
            .iter()
            .filter(|claim| claim["alone"] == "supported")
            .count();
    }
    assert_eq!(undecided, 4);
    let junit = std::fs::read_to_string(junit).expect("JUnit");
    assert_eq!(junit.matches("supported alone (p = ").count(), 8, "{junit}");
}

/// The file of this name somewhere in a folder.
fn walk(folder: &Path, name: &str) -> Option<PathBuf> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = walk(&path, name) {
                return Some(found);
            }
        } else if path.file_name().is_some_and(|known| known == name) {
            return Some(path);
        }
    }
    None
}

#[test]
fn a_filter_never_makes_a_family_smaller() {
    let folder = tempfile::tempdir().expect("a folder");
    let barely = barely_supported();
    let text = script("set family = \"script\"", &[barely, 0.0, 0.0, 0.0]);
    let path = write(folder.path(), "filtered.gia", &text);
    let output = gia(["test", &path.display().to_string(), "--filter", "e0"]);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("supported alone"), "{printed}");
}

const COMPARED: &str = "
motif SITE = \"CCACCAGG\"
model net = thermodynamic({SITE: 1}, attraction: 4, reach: 8bp, activation: 2, base: -3)
null plain = uniform(length: 60bp)
null rich = iid(gc: 70%, length: 60bp)

fn site(on: Population, n: Number) -> Experiment = experiment {
    vary shift in [0bp, 10bp]
    background on
    sample n
    embed SITE at center + shift
    measure net[\"expression\"]
}
experiment first  = site(plain, 60)
experiment second = site(rich, 80)
experiment again  = site(plain, 60)

expect first.effect - second.effect > -1
expect abs(first.effect - second.effect) < 2 where shift == 10bp
expect first.effect >= again.effect
expect 0.5 * first.effect - again.effect / 2 < 0.01
";

#[test]
fn experiments_are_compared_point_by_point() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(folder.path(), "compared.gia", COMPARED);
    let run = study(&path, &[]);
    let found = run["claims"].as_array().expect("claims");
    let points: Vec<u64> = found
        .iter()
        .filter_map(|claim| claim["points"].as_u64())
        .collect();
    assert_eq!(points, [2, 1, 2, 2]);
    let start = |i: usize| found[i]["method"].as_str().unwrap_or_default().to_string();
    assert!(start(0).starts_with("Welch's t"), "{}", start(0));
    assert!(start(2).starts_with("paired t"), "{}", start(2));
    assert_eq!(found[1]["deciding"]["at"]["shift"], 10);
    // Equal experiments differ in nothing, in any sample.
    assert_eq!(found[2]["verdict"], "supported");
    assert_eq!(found[3]["deciding"]["high"], 0.0);
    assert_eq!(found[0]["verdict"], "supported");
    assert_eq!(found[0]["place"]["line"], 18);
}

#[test]
fn independent_streams_give_each_experiment_backgrounds_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("set streams = \"independent\"\n{COMPARED}");
    let path = write(folder.path(), "apart.gia", &text);
    let run = study(&path, &[]);
    let mean = |experiment: usize| run["experiments"][experiment]["rows"][0]["mean"].as_f64();
    assert_ne!(mean(0), mean(2));
    let method = run["claims"][2]["method"].as_str().unwrap_or_default();
    assert!(method.starts_with("Welch's t"), "{method}");
    let shared = write(folder.path(), "shared.gia", COMPARED);
    let shared = study(&shared, &[]);
    let mean = |experiment: usize| shared["experiments"][experiment]["rows"][0]["mean"].as_f64();
    assert_eq!(mean(0), mean(2));
}

#[test]
fn shuffles_of_one_file_are_compared_by_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "
model net = load(\"experiments/ctcf_pu1/ctcf_pu1.pt2\")
let peaks = fasta(\"peaks.fa\")
fn site(on: Population, n: Number, m: Motif) -> Experiment = experiment {
    background on
    sample n
    embed m at center
    measure net[\"CTCF\"]
}
motif CTCF = \"CCACCAGGGGGCGC\"
motif PU1 = \"AAAGAGGAAGTG\"
experiment shuffles = site(shuffled(peaks, preserving: 2), 60, CTCF)
experiment more = site(shuffled(peaks, preserving: 1), 45, PU1)
expect shuffles.effect - more.effect > 0
";
    let net = command::root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let text = text.replace(
        "experiments/ctcf_pu1/ctcf_pu1.pt2",
        &net.display().to_string(),
    );
    let mut peaks = String::new();
    let mut state = 7u64;
    for record in 0..15 {
        peaks += &format!(">peak{record}\n");
        for _ in 0..100 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            peaks.push(['A', 'C', 'G', 'T'][(state >> 62) as usize]);
        }
        peaks.push('\n');
    }
    write(folder.path(), "peaks.fa", &peaks);
    let path = write(folder.path(), "by_source.gia", &text);
    let run = study(&path, &[]);
    let claim = &run["claims"][0];
    let method = claim["method"].as_str().unwrap_or_default();
    assert!(
        method.starts_with("t of samples with common backgrounds or sources (CR2)"),
        "{claim}"
    );
    assert_eq!(claim["verdict"], "supported", "{claim}");
}

#[test]
fn a_claim_at_the_prompt_runs_what_it_compares() {
    let entries = "motif SITE = \"CCACCAGG\"\n\
        model net = thermodynamic({SITE: 1}, attraction: 4, reach: 8bp, activation: 2, base: -3)\n\
        null plain = uniform(length: 60bp)\n\
        experiment one { background plain; sample 40; embed SITE at center; measure net[\"expression\"] }\n\
        experiment two { background plain; sample 40; embed SITE at 5bp; measure net[\"expression\"] }\n\
        expect one.effect - two.effect < 1\n";
    let mut here = session::session(command::root());
    let mut printed = String::new();
    for entry in entries.lines() {
        printed += &session::answer(&mut here, entry.trim()).0;
    }
    assert!(
        printed.contains("Claims about several experiments"),
        "{printed}"
    );
    assert!(printed.contains("one.effect - two.effect < 1"), "{printed}");
}
