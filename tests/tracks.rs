//! Arithmetic on profiles: numbers of single backgrounds against SciPy (`tests/oracle/tracks.py` made them), and the same numbers
//! however a run is cut.

use serde_json::Value;

use crate::support::command::{gia, root, study};
use crate::support::numbers::difference;
use crate::support::values;

/// Relative, as float32 networks in two programs can be held to.
const TOLERANCE: f64 = 1e-5;

/// Writes a script whose models lie in `tests/models`, and runs it.
fn run(script: &str, more: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.gia");
    let models = root().join("tests/models").display().to_string();
    std::fs::write(&path, script.replace("MODELS", &models)).expect("a script");
    study(&path, more)
}

fn mean_of(study: &Value, experiment: usize, arm: &str, outcome: &str) -> f64 {
    let arms = study["experiments"][experiment]["arms"].as_array();
    let mut arms = arms.expect("arms").iter();
    let found = arms.find(|row| row["arm"] == arm && row["outcome"] == outcome);
    found.expect("the arm")["mean"].as_f64().expect("a mean")
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn outcomes_of_tracks_equal_those_of_scipy() {
    let oracle = std::fs::read_to_string(root().join("tests/oracle/tracks.json"));
    let oracle: Value = serde_json::from_str(&oracle.expect("the oracle")).expect("JSON");
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("values.csv");
    let script = root().join("tests/oracle/tracks.gia");
    for exact in [false, true] {
        let mut more = vec!["--values", table.to_str().expect("a path")];
        more.extend(exact.then_some("--exact"));
        let study = study(&script, &more);
        let rows = study["experiments"][0]["rows"].as_array().expect("rows");
        let unit = |outcome: &str| {
            let mut rows = rows.iter();
            let row = rows.find(|row| row["outcome"] == outcome);
            row.expect("the outcome")["unit"].clone()
        };
        assert_eq!(unit("summit"), "bp");
        assert_eq!(unit("bin"), Value::Null);
        assert_eq!(unit("share"), Value::Null);
        let mut compared = 0;
        for row in values::read(&table) {
            if row["arm"].is_empty() {
                continue;
            }
            let index = values::number(&row, "index") as usize;
            let wanted = &oracle[&row["arm"]][&row["outcome"]][index];
            let wanted = wanted.as_f64().unwrap_or_else(|| panic!("{row:?}"));
            let found = values::number(&row, "value");
            // The distance of a profile to itself.
            let is_close = difference(found, wanted) < TOLERANCE || (found - wanted).abs() < 1e-7;
            assert!(is_close, "{found} here, {wanted} there: {row:?}");
            compared += 1;
        }
        assert_eq!(compared, 2 * 22 * 14);
    }
}

/// Outcomes that hold columns of both strands, and of each background without edits.
const JOINT: &str = r#"
model net = load("MODELS/profile.pt2")
model both = rc_average(net)
experiment one {
    background uniform(length: 48bp)
    sample N
    arm near { embed "GATAAG" at center }
    arm far { embed "GATAAG" at 6bp }
    measure share = softmax(both.profile["plus"])[center], shape = jsd(softmax(both.profile["plus"]), control)
}
experiment fewer {
    background uniform(length: 48bp)
    sample 20
    embed "TTT" at 9bp
    measure plain = sum(net.profile["plus"])
}
"#;

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn parts_of_a_run_give_what_the_whole_gives() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.gia");
    let models = root().join("tests/models").display().to_string();
    let script = JOINT
        .replace("MODELS", &models)
        .replace("sample N", "sample 301");
    std::fs::write(&path, script).expect("a script");
    let path = path.display().to_string();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let ran = |arguments: &[&str]| {
        let output = gia(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
    };
    let whole = study(std::path::Path::new(&path), &[]);
    let parts: Vec<String> = (1..=3)
        .map(|part| {
            let (number, save) = (format!("{part}/3"), file(&format!("part{part}")));
            ran(&["run", &path, "--part", &number, "--save", &save, "-q"]);
            save
        })
        .collect();
    let json = file("merged.json");
    let mut merge = vec!["merge", path.as_str()];
    merge.extend(parts.iter().map(String::as_str));
    merge.extend(["--json", &json, "-q"]);
    ran(&merge);
    let merged = std::fs::read_to_string(&json).expect("a study");
    let merged: Value = serde_json::from_str(&merged).expect("JSON");
    for (experiment, arm, outcome) in [
        (0, "control", "share"),
        (0, "near", "share"),
        (0, "far", "shape"),
        (1, "treated", "plain"),
    ] {
        let [a, b] = [&whole, &merged].map(|study| mean_of(study, experiment, arm, outcome));
        assert!(difference(a, b) < 1e-6, "{arm} {outcome}: {a} and {b}");
        assert!(a != 0.0);
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn held_columns_are_dropped_range_by_range() {
    // 34 columns on two strands under three arms: 32 MB hold 41,120 backgrounds.
    let many = run(&JOINT.replace("sample N", "sample 42000"), &[]);
    let rows = many["experiments"][0]["rows"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row["n"] == 42_000));
    let shape = mean_of(&many, 0, "near", "shape");
    let few = run(&JOINT.replace("sample N", "sample 4000"), &[]);
    // The standard error of 4,000 is 3e-5.
    assert!((shape - mean_of(&few, 0, "near", "shape")).abs() < 2e-4);
    assert_eq!(mean_of(&many, 0, "control", "shape"), 0.0);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn experiments_stop_by_an_outcome_that_holds_columns() {
    let script = JOINT.replace("sample N", "sample until width < 0.0006 max 3000");
    let study = run(&script, &[]);
    let rows = study["experiments"][0]["rows"].as_array().expect("rows");
    let n = rows[0]["n"].as_u64().expect("n");
    assert!((100..3000).contains(&n), "{n}");
    let fixed = run(&JOINT.replace("sample N", &format!("sample {n}")), &[]);
    for outcome in ["share", "shape"] {
        let [a, b] = [&study, &fixed].map(|study| mean_of(study, 0, "far", outcome));
        assert!(difference(a, b) < 1e-6, "{outcome}: {a} and {b}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn backgrounds_are_selected_by_folds_of_tracks() {
    let study = run(
        r#"
model net = load("MODELS/profile.pt2")
model both = rc_average(net)
null random = uniform(length: 48bp)
query share = softmax(both.profile["plus"])[center]
null low = filtered(random, share between 0 and quantile(30%))
null high = filtered(random, share between quantile(70%) and 1)
null tilted = maxent(2000 * share, from: random, steps: 30)
experiment of_low { background low; sample 200; embed "GATA" at 3bp; measure share }
experiment of_high { background high; sample 200; embed "GATA" at 3bp; measure share }
experiment of_any { background random; sample 200; embed "GATA" at 3bp; measure share }
experiment of_tilted { background tilted; sample 200; embed "GATA" at 3bp; measure share }
"#,
        &[],
    );
    let mean = |experiment: usize| mean_of(&study, experiment, "control", "share");
    let [low, high, any, tilted] = [0, 1, 2, 3].map(mean);
    assert!(low < any && any < high, "{low} {any} {high}");
    assert!(tilted > any + 0.0005, "{tilted} {any}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn members_of_an_ensemble_are_folded_one_by_one() {
    let study = run(
        r#"
model net = load("MODELS/profile.pt2")
model both = rc_average(net)
model several = ensemble(net, both)
experiment one {
    background uniform(length: 48bp)
    sample 50
    embed "GATAAG" at center
    measure share = softmax(several.profile["plus"])[center]
}
experiment of_net {
    background uniform(length: 48bp)
    sample 50
    embed "GATAAG" at center
    measure share = softmax(net.profile["plus"])[center]
}
"#,
        &[],
    );
    let rows = |experiment: usize| study["experiments"][experiment]["rows"][0].clone();
    let members = rows(0)["members"].clone();
    let found = members["means"].as_array().expect("members")[0]["mean"].clone();
    assert_eq!(found, rows(1)["mean"], "{members}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_measured_track_has_the_means_of_its_places() {
    let oracle = std::fs::read_to_string(root().join("tests/oracle/tracks.json"));
    let oracle: Value = serde_json::from_str(&oracle.expect("the oracle")).expect("JSON");
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("table.csv");
    let backgrounds = root().join("tests/oracle/tracks.fa");
    let script = r#"
model net = load("MODELS/profile.pt2")
model several = ensemble(net, rc_average(net))
experiment one {
    background fasta("BACKGROUNDS")
    embed "GATAAG" at center
    measure curve = softmax(net.profile["plus"]), of_several = softmax(several.profile["minus"])[20bp..30bp],
            numbered = bins(net.profile["minus"], 3 to 9 step 2), share = softmax(net.profile["plus"])[center]
}
"#;
    let script = script.replace("BACKGROUNDS", &backgrounds.display().to_string());
    let study = run(&script, &["--csv", table.to_str().expect("a path")]);
    let experiment = &study["experiments"][0];
    let tracks = experiment["tracks"].as_array().expect("tracks");
    let named = |name: &str| tracks.iter().find(|track| track["outcome"] == name);
    let named = |name: &str| named(name).unwrap_or_else(|| panic!("{name}: {tracks:?}"));
    let places = |name: &str| named(name)["places"].as_array().expect("places").len();
    assert_eq!(
        [places("curve"), places("of_several"), places("numbered")],
        [34, 10, 4]
    );
    assert_eq!(named("curve")["places"][0], 7);
    assert_eq!(named("curve")["place_unit"], "bp");
    assert_eq!(named("numbered")["place_unit"], Value::Null);
    // Softmaxes sum to 1, and the place in the middle is the oracle's.
    let mean = |name: &str, list: &str, index: usize| -> Vec<f64> {
        let means = named(name)[list][index]["mean"].as_array().expect("means");
        means
            .iter()
            .map(|x| x.as_f64().expect("a number"))
            .collect()
    };
    let treated = mean("curve", "arms", 1);
    assert!((treated.iter().sum::<f64>() - 1.0).abs() < 1e-6);
    let of = |arm: &str, outcome: &str| {
        let values = oracle[arm][outcome].as_array().expect("values");
        let sum: f64 = values.iter().map(|x| x.as_f64().expect("a number")).sum();
        sum / values.len() as f64
    };
    let middle = 24 - 7;
    assert!(difference(treated[middle], of("treated", "share")) < TOLERANCE);
    let several = mean("of_several", "arms", 0);
    assert!(difference(several[27 - 20], of("control", "share_of_several")) < TOLERANCE);
    let numbered: f64 = mean("numbered", "arms", 1).iter().sum();
    assert!(difference(numbered, of("treated", "in_steps")) < TOLERANCE);
    // The table has a row for each place, with the number of the outcome that is measured beside it.
    let rows = values::read(&table);
    let share = rows
        .iter()
        .find(|row| row["outcome"] == "share")
        .expect("a row");
    let at_middle = rows
        .iter()
        .find(|row| row["outcome"] == "curve" && row["place"] == "24");
    let at_middle = at_middle.expect("a row of the place");
    let [a, b] = [share, at_middle].map(|row| values::number(row, "effect"));
    assert!(difference(a, b) < 1e-6, "{a} and {b}");
    assert_eq!(rows.len(), 1 + 34 + 10 + 4);
    assert_eq!((share["place"].as_str(), at_middle["p"].as_str()), ("", ""));
    let [low, high] = ["band_low", "band_high"].map(|end| values::number(at_middle, end));
    assert!(low < b && b < high);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn tracks_alone_are_an_experiment() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let script = r#"
model net = load("MODELS/profile.pt2")
experiment one {
    vary place in [10bp, 15bp, 20bp]
    background uniform(length: 48bp)
    sample 30
    embed "GATAAG" at place
    measure net.profile["plus"][place..place + 20bp]
}
"#;
    let (page, methods, figures) = (at("page.html"), at("methods.md"), at("figures"));
    let more = [
        "--report",
        &page,
        "--methods",
        &methods,
        "--figures",
        &figures,
    ];
    let study = run(script, &more);
    let tracks = study["experiments"][0]["tracks"]
        .as_array()
        .expect("tracks");
    let first: Vec<&Value> = tracks.iter().map(|track| &track["places"][0]).collect();
    assert_eq!(
        first,
        [10, 15, 20].map(Value::from).iter().collect::<Vec<_>>()
    );
    let drawn = std::fs::read_dir(&figures).expect("figures").count();
    // Of three grid points the arms and the contrast, and the design: SVG and PNG.
    assert_eq!(drawn, 2 * (3 * 2 + 1));
    let page = std::fs::read_to_string(&page).expect("a page");
    assert!(
        page.contains("of each contrast at place = 10 bp"),
        "the caption"
    );
    let methods = std::fs::read_to_string(&methods).expect("the methods");
    assert!(
        methods.contains("Curves of means along the output"),
        "{methods}"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn outputs_with_named_axes_equal_those_of_pytorch() {
    let oracle = std::fs::read_to_string(root().join("tests/oracle/axes.json"));
    let oracle: Value = serde_json::from_str(&oracle.expect("the oracle")).expect("JSON");
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("values.csv");
    let place = root().join("tests/oracle").display().to_string();
    let script = r#"
model net = load("PLACE/axes.pt2")
experiment one {
    background fasta("PLACE/tracks.fa")
    embed "GATAAG" at center
    measure bin     = net.signal["HepG2"]["H3K27ac"][24bp],
            part    = sum(net.signal["K562"]["CTCF"][24bp..28bp]),
            summit  = argmax(net.signal[1][0]),
            level   = net.levels["HepG2"][2],
            of_cell = max(net.levels["K562"]),
            cuts    = sum(bins(net.cuts["HepG2"], 2 to 4))
}
"#;
    run(
        &script.replace("PLACE", &place),
        &["--values", table.to_str().expect("a path")],
    );
    let mut compared = 0;
    for row in values::read(&table) {
        if row["arm"] != "control" {
            continue;
        }
        let index = values::number(&row, "index") as usize;
        let wanted = oracle[&row["outcome"]][index].as_f64();
        let wanted = wanted.unwrap_or_else(|| panic!("{row:?}"));
        let found = values::number(&row, "value");
        assert!(
            difference(found, wanted) < TOLERANCE,
            "{found} {wanted} {row:?}"
        );
        compared += 1;
    }
    assert_eq!(compared, 6 * 14);
}

/// What a place changes is the contrast of its track: in one sequence, number by number.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn changes_against_the_control_are_those_of_the_track() {
    let script = r#"
model net = load("MODELS/profile.pt2")
experiment one {
    background dna"ACGTTGCATGCCATGATTACAGATTACACCGGTTAACGTACGTTAGCC"
    arm near { embed "GATAAG" at center }
    measure curve = net.profile["plus"],
            gain = max(net.profile["plus"] - control),
            loss = min(net.profile["plus"] - control),
            place = argmax(net.profile["plus"] - control),
            fold = sum(log2(exp(net.profile["plus"]) / exp(net.profile["plus"])))
}
"#;
    let study = run(script, &[]);
    let track = &study["experiments"][0]["tracks"][0];
    let contrast = &track["contrasts"][0];
    let changes: Vec<f64> = contrast["mean"]
        .as_array()
        .expect("numbers")
        .iter()
        .map(|x| x.as_f64().expect("a number"))
        .collect();
    let places = track["places"].as_array().expect("places");
    let greatest = (0..changes.len()).fold(0, |a, b| if changes[b] > changes[a] { b } else { a });
    let least = changes.iter().copied().fold(f64::INFINITY, f64::min);
    let near = |outcome: &str| mean_of(&study, 0, "near", outcome);
    assert!(difference(near("gain"), changes[greatest]) < 1e-6);
    assert!(difference(near("loss"), least) < 1e-6);
    assert_eq!(Some(near("place")), places[greatest].as_f64());
    assert_eq!(mean_of(&study, 0, "control", "gain"), 0.0);
}

#[test]
fn a_track_less_the_control_is_no_outcome_of_its_own() {
    let folder = root().join("tests/models").display().to_string();
    let text = "model net = load(\"profile.pt2\")\nexperiment e {\n background uniform(length: 48bp)\n sample 20\n \
                embed \"GATAAG\" at center\n measure OUTCOME\n}\n";
    for (outcome, words) in [
        ("net.profile[\"plus\"] - control", "no outcome"),
        (
            "max((net.profile[\"plus\"] - control) - control)",
            "already",
        ),
        ("max(net.profile[\"plus\"] - treated)", "is an arm"),
    ] {
        let checked =
            crate::support::script::check("t.gia", &folder, &text.replace("OUTCOME", outcome));
        let said = checked.rendered(gia::diag::Format::Human);
        assert!(
            checked.program.is_none() && said.contains(words),
            "{outcome}: {said}"
        );
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_distance_of_negative_numbers_is_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.gia");
    let models = root().join("tests/models").display().to_string();
    let script = r#"
model net = load("MODELS/profile.pt2")
experiment one {
    background uniform(length: 48bp)
    sample 50
    embed "GATAAG" at center
    measure shape = jsd(net.profile["plus"], control)
}
"#;
    std::fs::write(&path, script.replace("MODELS", &models)).expect("a script");
    let output = gia(["run".as_ref(), path.as_os_str()]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{errors}");
    for part in ["E0601", "jsd of net.profile[\"plus\"]", "softmax(...)"] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn models_are_evaluated_by_folds_of_tracks() {
    let sequences = root().join("tests/oracle/tracks.fa");
    let text = std::fs::read_to_string(&sequences).expect("sequences");
    let records: Vec<&str> = text.split_inclusive('>').collect();
    let oracle = std::fs::read_to_string(root().join("tests/oracle/tracks.json"));
    let oracle: Value = serde_json::from_str(&oracle.expect("the oracle")).expect("JSON");
    let shares = oracle["control"]["share_of_both"]
        .as_array()
        .expect("shares");
    let shares: Vec<f64> = shares
        .iter()
        .map(|x| x.as_f64().expect("a number"))
        .collect();
    // The seven sequences with the largest shares, by the oracle, are called positive.
    let mut sorted = shares.clone();
    sorted.sort_by(f64::total_cmp);
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, is_wanted: &dyn Fn(f64) -> bool| {
        let chosen = records.iter().skip(1).zip(&shares);
        let chosen = chosen.filter(|(_, share)| is_wanted(**share));
        let text: String = chosen
            .map(|(record, _)| format!(">{}", record.trim_end_matches('>')))
            .collect();
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let positives = write("positives.fa", &|share| share >= sorted[7]);
    let negatives = write("negatives.fa", &|share| share < sorted[7]);
    let script = format!(
        r#"
model net = load("MODELS/profile.pt2")
model both = rc_average(net)
show evaluate(softmax(both.profile["plus"])[center], positives: fasta("{positives}"), negatives: fasta("{negatives}"))
"#
    );
    let study = run(&script, &[]);
    let found = study["evaluations"][0].to_string();
    assert!(found.contains("\"value\":1.0"), "{found}");
}
