//! Tracks of single backgrounds and sequences: what `--values` keeps, what each member of an ensemble says, and what is predicted.

use std::path::Path;

use serde_json::Value;

use crate::support::command::{gia, root, study};
use crate::support::numbers::difference;
use crate::support::values;

/// Relative, as float32 networks in two programs can be held to.
const TOLERANCE: f64 = 1e-5;

/// Writes a script whose models lie in `tests/models` to a folder, and runs it.
fn run_in(folder: &Path, script: &str, more: &[&str]) -> Value {
    let path = folder.join("run.gia");
    let models = root().join("tests/models").display().to_string();
    let backgrounds = root().join("tests/oracle/tracks.fa").display().to_string();
    let script = script
        .replace("MODELS", &models)
        .replace("BACKGROUNDS", &backgrounds);
    std::fs::write(&path, script).expect("a script");
    study(&path, more)
}

fn numbers(list: &Value) -> Vec<f64> {
    let list = list.as_array().expect("a list").iter();
    list.map(|x| x.as_f64().expect("a number")).collect()
}

/// A number before a track, a track before it, and tracks alone.
const THREE: &str = r#"
model net = load("MODELS/profile.pt2")
experiment both {
    vary place in [10bp, 20bp]
    background uniform(length: 48bp)
    sample 40
    embed "GATAAG" at place
    measure curve = net.profile["plus"][20bp..30bp], one = net.profile["plus"][22bp]
}
experiment alone {
    background uniform(length: 48bp)
    sample 30
    embed "GATAAG" at center
    measure bins(net.profile["minus"], [3, 5])
}
experiment last {
    background uniform(length: 48bp)
    sample 30
    embed "GATAAG" at center
    measure one = net.profile["minus"][22bp]
}
"#;

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn values_of_a_track_are_those_of_its_places() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["values.csv", "values.parquet"] {
        let table = folder.path().join(name);
        let study = run_in(
            folder.path(),
            THREE,
            &["--values", table.to_str().expect("a path")],
        );
        let rows = values::read(&table);
        let of = |experiment: &str| {
            let rows = rows.iter().filter(|row| row["experiment"] == experiment);
            rows.collect::<Vec<_>>()
        };
        // Two arms and a contrast, of one number and of ten places, at two grid points.
        assert_eq!(of("both").len(), 3 * 40 * 2 * (1 + 10));
        assert_eq!(of("alone").len(), 3 * 30 * 2);
        assert_eq!(of("last").len(), 3 * 30);
        let key = |row: &values::Row| {
            ["at_place_bp", "arm", "contrast", "index", "sequence"].map(|name| row[name].clone())
        };
        let (mut numbers_of_one, mut at_22) = (Vec::new(), Vec::new());
        for row in of("both") {
            match (row["outcome"].as_str(), row["place"].as_str()) {
                ("one", "") => numbers_of_one.push((key(row), row["value"].clone())),
                ("curve", "22") => at_22.push((key(row), row["value"].clone())),
                ("curve", place) => assert!((20..30).contains(&place.parse().expect("a place"))),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(numbers_of_one.len(), 240);
        assert_eq!(numbers_of_one, at_22);
        let experiment = &study["experiments"][0];
        for (track, at) in [(0, "10"), (1, "20")] {
            let track = &experiment["tracks"][track];
            for (list, column) in [("arms", "arm"), ("contrasts", "contrast")] {
                for curve in track[list].as_array().expect("curves") {
                    let name = curve["name"].as_str().expect("a name");
                    for (place, mean) in (20..30).zip(numbers(&curve["mean"])) {
                        let place = place.to_string();
                        let values = of("both").into_iter().filter(|row| {
                            row["outcome"] == "curve"
                                && row["at_place_bp"] == at
                                && row[column] == name
                                && row["place"] == place
                        });
                        let values: Vec<f64> =
                            values.map(|row| values::number(row, "value")).collect();
                        let found = values.iter().sum::<f64>() / values.len() as f64;
                        assert_eq!(values.len(), 40);
                        assert!((found - mean).abs() < 1e-9, "{name} at {place}");
                    }
                }
            }
        }
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn two_runs_with_values_of_tracks_are_paired() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    for (name, site) in [("a", "GATAAG"), ("b", "GATTAG")] {
        let (json, table) = (at(&format!("{name}.json")), at(&format!("{name}.parquet")));
        let text = THREE.replace("GATAAG", site);
        run_in(folder.path(), &text, &["--values", &table]);
        let script = at("run.gia");
        let output = gia(["run", &script, "-q", "--json", &json, "--values", &table]);
        assert!(output.status.success());
    }
    let output = gia([
        "diff",
        &at("a.json"),
        &at("b.json"),
        "--json",
        &at("diff.json"),
    ]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    // Some effects changed.
    assert_eq!(output.status.code(), Some(1), "{errors}");
    let text = std::fs::read_to_string(at("diff.json")).expect("a comparison");
    let comparison: Value = serde_json::from_str(&text).expect("JSON");
    assert!(comparison.get("unpaired").is_none(), "{text}");
    let effects = comparison["effects"].as_array().expect("effects");
    // Two grid points, and the experiment behind the one that has tracks alone.
    assert_eq!(effects.len(), 3, "{text}");
    let mut paired = 0;
    for (effect, n) in effects.iter().zip([40, 40, 30]) {
        // What did not change at all is not estimated from pairs.
        if effect["method"] != "identical up to rounding" {
            assert_eq!(effect["paired"]["n"], n, "{effect}");
            paired += 1;
        }
    }
    assert!(paired > 0, "{text}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn each_member_of_an_ensemble_has_its_curve() {
    let folder = tempfile::tempdir().expect("a folder");
    let (figures, page) = (
        folder.path().join("figures"),
        folder.path().join("page.html"),
    );
    let more = [
        "--figures",
        figures.to_str().expect("a path"),
        "--report",
        page.to_str().expect("a path"),
    ];
    let study = run_in(
        folder.path(),
        r#"
model net = load("MODELS/profile.pt2")
model both = rc_average(net)
model several = ensemble(net, both)
experiment together {
    background uniform(length: 48bp)
    sample 50
    embed "GATAAG" at center
    measure plain = several.profile["plus"][20bp..24bp], share = softmax(several.profile["plus"])[20bp..24bp]
}
experiment first {
    background uniform(length: 48bp)
    sample 50
    embed "GATAAG" at center
    measure plain = net.profile["plus"][20bp..24bp], share = softmax(net.profile["plus"])[20bp..24bp]
}
experiment second {
    background uniform(length: 48bp)
    sample 50
    embed "GATAAG" at center
    measure plain = both.profile["plus"][20bp..24bp], share = softmax(both.profile["plus"])[20bp..24bp]
}
"#,
        &more,
    );
    let tracks = |experiment: usize| study["experiments"][experiment]["tracks"].clone();
    for track in [0, 1] {
        for list in ["arms", "contrasts"] {
            let together = tracks(0)[track][list].as_array().expect("curves").clone();
            for (number, curve) in together.iter().enumerate() {
                let members = curve["members"].as_array().expect("members");
                assert_eq!(members.len(), 2);
                for (member, alone) in members.iter().zip([1, 2]) {
                    let alone = &tracks(alone)[track][list][number];
                    assert_eq!(member["mean"], alone["mean"], "{list} {number}");
                    assert!(alone.get("members").is_none());
                }
                let [a, b] = [0, 1].map(|member| numbers(&members[member]["mean"]));
                assert_ne!(a, b);
                // The mean of outputs is that of the members; a softmax of a mean is not.
                for ((a, b), mean) in a.iter().zip(&b).zip(numbers(&curve["mean"])) {
                    let is_mean = ((a + b) / 2.0 - mean).abs() < 1e-6;
                    assert!(is_mean || track == 1, "{a} {b} {mean}");
                }
            }
        }
    }
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(page.contains("each of the 2 models of the ensemble"));
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn of_many_grid_points_some_are_drawn_and_all_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let (figures, page) = (
        folder.path().join("figures"),
        folder.path().join("page.html"),
    );
    let more = [
        "--figures",
        figures.to_str().expect("a path"),
        "--report",
        page.to_str().expect("a path"),
    ];
    let script = r#"
model net = load("MODELS/profile.pt2")
experiment one {
    vary place in 10bp to 30bp step 2bp
    background uniform(length: 48bp)
    sample 20
    embed "GATAAG" at place
    measure curve = net.profile["plus"][20bp..30bp]
}
"#;
    let study = run_in(folder.path(), script, &more);
    let tracks = study["experiments"][0]["tracks"].as_array();
    assert_eq!(tracks.expect("tracks").len(), 11);
    let drawn = std::fs::read_dir(&figures).expect("figures").count();
    // Of eight grid points the arms and the contrast, the map over all, and the design: SVG and PNG.
    assert_eq!(drawn, 2 * (8 * 2 + 1 + 1));
    for (place, is_drawn) in [(10, true), (30, true)] {
        let name = format!("one_curve_contrast_at_place___{place}_bp.png");
        assert_eq!(figures.join(&name).exists(), is_drawn, "{name}");
    }
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(page.contains("drawn at 8 of 11 grid points"), "the caption");
    let path = folder.path().join("run.gia");
    let table = gia([std::ffi::OsStr::new("run"), path.as_os_str()]);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    let map = "Down: place (bp). Across: place of the track (bp).";
    assert!(table.contains(map), "{table}");
    assert!(table.contains("draws curves with their bands"), "{table}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_predicted_track_has_the_numbers_of_its_sequence() {
    let oracle = std::fs::read_to_string(root().join("tests/oracle/tracks.json"));
    let oracle: Value = serde_json::from_str(&oracle.expect("the oracle")).expect("JSON");
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
model net = load("MODELS/profile.pt2")
let backgrounds = fasta("BACKGROUNDS")
show predict(softmax(net.profile["plus"]), backgrounds)
show predict(bins(net.profile["minus"], 3 to 9 step 2), backgrounds first 2)
show predict(net.profile["plus"][24bp], backgrounds)
"#;
    let study = run_in(folder.path(), script, &[]);
    let evaluations = study["evaluations"].as_array().expect("evaluations");
    assert_eq!(evaluations.len(), 3);
    let shares = &evaluations[0];
    assert_eq!(
        (&shares["places"][0], &shares["place_unit"]),
        (&7.into(), &"bp".into())
    );
    let tracks = shares["tracks"].as_array().expect("tracks");
    let wanted = numbers(&oracle["control"]["share"]);
    assert_eq!(tracks.len(), wanted.len());
    for (track, wanted) in tracks.iter().zip(wanted) {
        let values = numbers(&track["values"]);
        assert_eq!(values.len(), 34);
        assert!((values.iter().sum::<f64>() - 1.0).abs() < 1e-6);
        assert!(difference(values[24 - 7], wanted) < TOLERANCE);
    }
    let numbered = &evaluations[1];
    assert_eq!(numbered["places"], serde_json::json!([3, 5, 7, 9]));
    assert!(numbered.get("place_unit").is_none());
    for (track, wanted) in numbered["tracks"]
        .as_array()
        .expect("tracks")
        .iter()
        .zip(numbers(&oracle["control"]["in_steps"]))
    {
        let sum: f64 = numbers(&track["values"]).iter().sum();
        assert!(difference(sum, wanted) < TOLERANCE);
    }
    // One place is one number.
    assert!(evaluations[2]["predictions"].is_array());
    assert!(evaluations[2].get("tracks").is_none());
}
