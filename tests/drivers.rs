//! `report drivers` against a regression on the sequences that a run writes, for models whose truth is known.

use std::path::Path;

use serde_json::Value;

use crate::support::command::{gia, root, study};

fn script(folder: &Path, text: &str) -> std::path::PathBuf {
    let path = folder.join("run.gia");
    std::fs::write(&path, text).expect("a script");
    path
}

/// Sequences of a FASTA file.
fn sequences(path: &Path) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(path).expect("a file of sequences");
    let mut found: Vec<Vec<u8>> = Vec::new();
    for line in text.lines() {
        match line.starts_with('>') {
            true => found.push(Vec::new()),
            false => found.last_mut().expect("a name first").extend(line.bytes()),
        }
    }
    found
}

/// Occurrences of a word on both strands; W is A or T.
fn occurrences(bases: &[u8], word: &str) -> f64 {
    let fits = |letter: u8, base: u8| match letter {
        b'W' => base == b'A' || base == b'T',
        letter => letter == base,
    };
    let complement = |letter: &u8| match letter {
        b'A' => b'T',
        b'C' => b'G',
        b'G' => b'C',
        b'T' => b'A',
        other => *other,
    };
    let forward = word.as_bytes().to_vec();
    let reverse: Vec<u8> = forward.iter().rev().map(complement).collect();
    let is_at = |window: &[u8], word: &[u8]| word.iter().zip(window).all(|(&l, &b)| fits(l, b));
    let windows = bases.windows(word.len());
    windows
        .filter(|w| is_at(w, &forward) || is_at(w, &reverse))
        .count() as f64
}

fn gc(bases: &[u8]) -> f64 {
    let strong = bases.iter().filter(|&&base| base == b'C' || base == b'G');
    strong.count() as f64 / bases.len() as f64
}

/// Coefficients and residual share of least squares, by Gaussian elimination of the normal equations.
fn least_squares(columns: &[Vec<f64>], y: &[f64]) -> (Vec<f64>, f64) {
    let n = y.len() as f64;
    let centred = |values: &[f64]| -> Vec<f64> {
        let mean = values.iter().sum::<f64>() / n;
        values.iter().map(|x| x - mean).collect()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let x: Vec<Vec<f64>> = columns.iter().map(|column| centred(column)).collect();
    let y = centred(y);
    let p = x.len();
    let mut rows: Vec<Vec<f64>> = (0..p)
        .map(|i| {
            (0..p)
                .map(|j| dot(&x[i], &x[j]))
                .chain([dot(&x[i], &y)])
                .collect()
        })
        .collect();
    for i in 0..p {
        let pivot = rows[i].clone();
        for (j, row) in rows.iter_mut().enumerate().filter(|(j, _)| *j != i) {
            let factor = row[i] / pivot[i];
            assert!(factor.is_finite(), "column {j} of {p}");
            row.iter_mut()
                .zip(&pivot)
                .for_each(|(a, b)| *a -= factor * b);
        }
    }
    let b: Vec<f64> = (0..p).map(|i| rows[i][p] / rows[i][i]).collect();
    let left: Vec<f64> = (0..y.len())
        .map(|k| y[k] - (0..p).map(|i| b[i] * x[i][k]).sum::<f64>())
        .collect();
    (b, 1.0 - dot(&left, &left) / dot(&y, &y))
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[track_caller]
fn close(found: f64, wanted: f64) {
    // Outcomes are float32.
    assert!(
        (found - wanted).abs() < 2e-5 * wanted.abs().max(0.1),
        "{found}, and {wanted} is wanted"
    );
}

const TRUTH: &str = r#"
model sites = additive({"GATAAG": 1.0}, base: 1.0)
model around = additive({"CCW": 0.5}, base: 2.0)
experiment trial {
    background uniform(length: 120bp)
    sample 700
    embed "GATAAG" at 50bp
    measure sites * around
    report drivers(around, "TATA")
}
"#;

#[test]
fn features_and_coefficients_are_those_of_the_written_sequences() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(folder.path(), TRUTH);
    let place = folder.path().join("written");
    let found = study(&path, &["--sequences", place.to_str().unwrap()]);
    let control = sequences(&place.join("trial/control.fa"));
    let treated = sequences(&place.join("trial/treated.fa"));
    assert_eq!(control.len(), 700);
    let around = |bases: &Vec<u8>| 2.0 + 0.5 * occurrences(bases, "CCW");
    let outcome = |bases: &Vec<u8>| (1.0 + occurrences(bases, "GATAAG")) * around(bases);
    let of_control = |of: &dyn Fn(&Vec<u8>) -> f64| control.iter().map(of).collect::<Vec<f64>>();
    let features = [
        ("control", of_control(&outcome)),
        ("GC content", of_control(&|bases| gc(bases))),
        (
            "occurrences of GATAAG",
            of_control(&|bases| occurrences(bases, "GATAAG")),
        ),
        (
            "GC beside the edit",
            of_control(&|bases| gc(&[&bases[40..50], &bases[56..66]].concat())),
        ),
        ("around", of_control(&around)),
        (
            "occurrences of TATA",
            of_control(&|bases| occurrences(bases, "TATA")),
        ),
    ];
    let effects: Vec<f64> = treated
        .iter()
        .zip(&control)
        .map(|(t, c)| outcome(t) - outcome(c))
        .collect();
    let drivers = &found["experiments"][0]["rows"][0]["drivers"];
    let named: Vec<&str> = drivers["features"]
        .as_array()
        .expect("features")
        .iter()
        .map(|feature| feature["feature"].as_str().expect("a name"))
        .collect();
    let wanted: Vec<&str> = features.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, wanted);
    assert_eq!(drivers["dropped"], Value::Array(Vec::new()));
    assert_eq!(drivers["n"], 700);
    let columns: Vec<Vec<f64>> = features.iter().map(|(_, values)| values.clone()).collect();
    let (coefficients, r2) = least_squares(&columns, &effects);
    close(number(&drivers["r2"]), r2);
    for (i, (name, values)) in features.iter().enumerate() {
        let feature = &drivers["features"][i];
        close(number(&feature["per_unit"]), coefficients[i]);
        close(number(&feature["mean"]), values.iter().sum::<f64>() / 700.0);
        let mut others = columns.clone();
        others.remove(i);
        let lost = r2 - least_squares(&others, &effects).1;
        close(number(&feature["unique"]), lost);
        assert_eq!(
            feature["by_construction"].as_f64(),
            (*name == "control").then_some(-1.0)
        );
    }
    // A site multiplies what is around it, whether or not the control has one.
    let around = &drivers["features"][4];
    assert!(number(&around["p"]) < 0.01, "{around}");
    assert!(r2 > 0.5, "{r2}");
    let tenths = around["tenths"].as_array().expect("tenths");
    let counted: f64 = tenths.iter().map(|tenth| number(&tenth["n"])).sum();
    assert_eq!(counted, 700.0);
    let (first, last) = (&tenths[0], &tenths[tenths.len() - 1]);
    let in_first = |value: &f64| *value <= number(&first["to"]) + 1e-9;
    let of_first: Vec<f64> = columns[4]
        .iter()
        .zip(&effects)
        .filter_map(|(value, effect)| in_first(value).then_some(*effect))
        .collect();
    close(
        number(&first["mean"]),
        of_first.iter().sum::<f64>() / of_first.len() as f64,
    );
    assert!(
        number(&first["mean"]) + 1.0 < number(&last["mean"]),
        "{tenths:?}"
    );
}

/// The drivers of the first row of a script's only experiment.
fn drivers_of(text: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let found = study(&script(folder.path(), text), &[]);
    found["experiments"][0]["rows"][0]["drivers"].clone()
}

#[test]
fn too_few_backgrounds_are_said_to_be_too_few() {
    for n in [2, 9, 49] {
        let text = TRUTH.replace("sample 700", &format!("sample {n}"));
        let found = drivers_of(&text);
        assert_eq!(found["features"], Value::Array(Vec::new()), "{n}");
        assert_eq!(found["r2"], Value::Null, "{n}");
        let note = found["note"].as_str().expect("a note");
        assert!(note.starts_with("too few: "), "{n}: {note}");
    }
}

#[test]
fn an_effect_that_is_the_same_for_all_has_no_drivers() {
    // Nothing in the backgrounds can make or break a site of this length.
    let text = r#"
model sites = additive({"GATAAGGATAAGGATAAGGATAAG": 1.0})
experiment trial {
    background uniform(length: 120bp)
    sample 200
    embed "GATAAGGATAAGGATAAGGATAAG" at 50bp
    measure sites
    report drivers
}
"#;
    let found = drivers_of(text);
    assert_eq!(found["note"], "every background gives the same value");
    assert_eq!(found["r2"], Value::Null);
}

#[test]
fn features_that_say_the_same_or_nothing_are_left_out_with_the_reason() {
    let text = TRUTH.replace(
        "drivers(around, \"TATA\")",
        "drivers(around, 2 * around - 1, \"GATAAGGATAAG\", \"CCW\")",
    );
    let found = drivers_of(&text);
    let dropped: Vec<(String, String)> = found["dropped"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|d| {
            (
                d["feature"].as_str().unwrap().into(),
                d["reason"].as_str().unwrap().into(),
            )
        })
        .collect();
    let wanted = [
        (
            "2 * around - 1",
            "is a linear function of the features before it",
        ),
        (
            "occurrences of GATAAGGATAAG",
            "is the same for every background",
        ),
        (
            "occurrences of CCW",
            "is a linear function of the features before it",
        ),
    ];
    let wanted = wanted.map(|(feature, reason)| (feature.to_string(), reason.to_string()));
    let mut sorted = dropped.clone();
    sorted.sort();
    let mut expected = wanted.to_vec();
    expected.sort();
    assert_eq!(sorted, expected);
}

#[test]
fn an_edit_without_flanks_has_none() {
    let text = r#"
model around = additive({"CCW": 0.5}, base: 2.0)
experiment trial {
    background uniform(length: 120bp)
    sample 200
    randomize start..end
    measure around
    report drivers
}
"#;
    let found = drivers_of(text);
    let reason = &found["dropped"][0];
    assert_eq!(reason["feature"], "GC beside the edit");
    assert_eq!(
        reason["reason"],
        "has no bases: the edits leave none beside them"
    );
    // What is written does not depend on what was there, so that the slope is the one by construction.
    let control = &found["features"][0];
    let (slope, se) = (
        number(&control["per_unit"]),
        number(&control["se"]) / number(&control["sd"]),
    );
    assert!((slope + 1.0).abs() < 4.0 * se, "{control}");
    assert_eq!(number(&control["by_construction"]), -1.0);
}

#[test]
fn shuffles_of_one_source_count_as_one() {
    let text = format!(
        r#"
model sites = additive({{"GATAAG": 1.0}}, base: 1.0)
model around = additive({{"CCW": 0.5}}, base: 2.0)
let peaks = fasta("{}", width: 100bp)
experiment trial {{
    background shuffled(peaks, preserving: 2)
    sample 4 per source
    embed "GATAAG" at 50bp
    measure sites * around
    report drivers(around)
}}
"#,
        root()
            .join("experiments/ctcf_pu1/gm12878_ctcf.fa")
            .display()
    );
    let found = drivers_of(&text);
    assert_eq!(found["n"], 2000);
    assert_eq!(found["sources"], 500);
    for feature in found["features"].as_array().expect("features") {
        assert!(number(&feature["freedom"]) < 500.0, "{feature}");
    }
    assert!(
        found["method"].as_str().unwrap().contains("CR2"),
        "{}",
        found["method"]
    );
    let one = text.replace(
        "width: 100bp)",
        "width: 100bp)\nnull few = shuffled(peaks, preserving: 2)",
    );
    let one = one.replace(
        "background shuffled(peaks, preserving: 2)",
        "background few",
    );
    let one = one.replace("sample 4 per source", "sample 12");
    let found = drivers_of(&one);
    assert!(
        found["note"]
            .as_str()
            .expect("a note")
            .starts_with("too few: 12 "),
        "{found}"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_network_that_only_drivers_read_is_predicted_for_the_backgrounds() {
    let network = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let text = |report: &str| {
        format!(
            "model net = load(\"{}\")\nmodel sites = additive({{\"CCW\": 1.0}})\n\
             experiment trial {{\n background uniform(length: 100bp)\n sample 150\n embed \"GATAAG\" at center\n \
             measure sites\n report {report}\n}}\n",
            network.display()
        )
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(folder.path(), &text("drivers(net[\"CTCF\"])"));
    let place = folder.path().join("written");
    let found = study(&path, &["--sequences", place.to_str().unwrap()]);
    let feature = &found["experiments"][0]["rows"][0]["drivers"]["features"][3];
    assert_eq!(feature["feature"], "net[\"CTCF\"]");
    let json = folder.path().join("p.json");
    let fasta = place.join("trial/control.fa");
    let output = gia([
        "predict".as_ref(),
        network.as_os_str(),
        fasta.as_os_str(),
        "--json".as_ref(),
        json.as_os_str(),
    ]);
    assert!(output.status.success());
    let predicted: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let rows = predicted["predictions"].as_array().expect("predictions");
    let sum: f64 = rows.iter().map(|row| number(&row["values"][0])).sum();
    close(number(&feature["mean"]), sum / 150.0);
    // Parts of a run merge to the same study.
    let whole = found["experiments"][0]["rows"].clone();
    let parts: Vec<std::path::PathBuf> = (1..=2)
        .map(|part| {
            let saved = folder.path().join(format!("{part}.part"));
            let number = format!("{part}/2");
            let arguments = [
                "run".as_ref(),
                path.as_os_str(),
                "--part".as_ref(),
                number.as_ref(),
                "--save".as_ref(),
                saved.as_os_str(),
            ];
            assert!(gia(arguments).status.success());
            saved
        })
        .collect();
    let merged = folder.path().join("merged.json");
    let arguments = [
        "merge".as_ref(),
        path.as_os_str(),
        parts[0].as_os_str(),
        parts[1].as_os_str(),
        "--json".as_ref(),
        merged.as_os_str(),
    ];
    let output = gia(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let merged: Value = serde_json::from_str(&std::fs::read_to_string(&merged).unwrap()).unwrap();
    assert_eq!(merged["experiments"][0]["rows"], whole);
}

#[test]
fn motifs_of_a_construct_that_changes_along_an_axis_are_counted() {
    let text = r#"
model sites = additive({"GATAAG": 1.0, "CACGTG": 1.0}, base: 1.0)
experiment trial {
    vary gap in [0bp, 5bp, 30bp]
    background uniform(length: 120bp)
    sample 400
    factorial ["GATAAG" as one, gap, "CACGTG" as two] at 30bp
    measure exp(sites)
    report drivers
}
"#;
    let folder = tempfile::tempdir().expect("a folder");
    let found = study(&script(folder.path(), text), &[]);
    let rows = found["experiments"][0]["rows"].as_array().expect("rows");
    // Two main effects and an interaction at three distances.
    assert_eq!(rows.len(), 9);
    for row in rows {
        let drivers = &row["drivers"];
        let names = |key: &str| -> Vec<String> {
            let list = drivers[key].as_array().expect("a list").iter();
            list.map(|of| of["feature"].as_str().expect("a name").to_string())
                .collect()
        };
        let mut all = [names("features"), names("dropped")].concat();
        all.sort();
        let wanted = [
            "GC beside the edit",
            "GC content",
            "control",
            "occurrences of CACGTG",
            "occurrences of GATAAG",
        ];
        assert_eq!(all, wanted, "{row}");
    }
    // The bases beside one site are the same at every distance, those beside both are not.
    let beside = |row: &Value| -> f64 {
        let features = row["drivers"]["features"].as_array().expect("features");
        let of_row = features
            .iter()
            .find(|f| f["feature"] == "GC beside the edit");
        number(&of_row.expect("the feature")["mean"])
    };
    let of = |contrast: &str| -> Vec<f64> {
        let rows = rows.iter().filter(|row| row["contrast"] == contrast);
        rows.map(beside).collect()
    };
    assert_eq!(of("one")[0], of("one")[2]);
    assert_ne!(of("two")[0], of("two")[2]);
    assert_ne!(
        of("interaction(one, two)")[0],
        of("interaction(one, two)")[2]
    );
}
