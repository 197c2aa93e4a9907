//! Contributions as queries: what they add up to, whose they are, and that nothing about a run changes them.

use std::path::Path;

use ndarray::Array3;
use ndarray_npy::NpzReader;
use serde_json::Value;

use crate::support::command::{gia, root, study};

/// Writes a script whose models lie in `tests/models`, and runs it in float64.
pub fn run(folder: &Path, script: &str, more: &[&str]) -> Value {
    let path = folder.join("run.gia");
    let models = root().join("tests/models").display().to_string();
    let oracle = root()
        .join("tests/oracle/attribution")
        .display()
        .to_string();
    let script = script.replace("MODELS", &models).replace("ORACLE", &oracle);
    std::fs::write(&path, script).expect("a script");
    study(&path, &[&["--dtype", "float64"], more].concat())
}

/// What other programs gave for a network of `tests/oracle/attribution`.
pub fn oracle(name: &str) -> NpzReader<std::fs::File> {
    let path = root().join(format!("tests/oracle/attribution/{name}.npz"));
    NpzReader::new(std::fs::File::open(path).expect("numbers")).expect("an npz file")
}

/// The mean effect on an outcome of the first experiment.
fn effect(study: &Value, outcome: &str) -> f64 {
    let rows = study["experiments"][0]["rows"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["outcome"] == outcome);
    row.expect("the outcome")["mean"].as_f64().expect("a mean")
}

/// The numbers of the tracks of an evaluation, one list for each sequence.
pub fn tracks(study: &Value, number: usize) -> Vec<Vec<f64>> {
    let found = study["evaluations"][number]["tracks"].as_array();
    let numbers = |one: &Value| {
        let values = one["values"].as_array().expect("values").iter();
        values.map(|x| x.as_f64().expect("a number")).collect()
    };
    found.expect("tracks").iter().map(numbers).collect()
}

fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let scale = expected.abs().max(1e-3);
    assert!(
        (found - expected).abs() <= tolerance * scale,
        "{what}: {found} and {expected}"
    );
}

/// All arms are compared with the same references, so what an edit changes of the sum over all positions is what it changes of the query.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn effects_on_sums_of_contributions_are_effects_on_the_query() {
    let folder = tempfile::tempdir().expect("a folder");
    let queries = [
        "net.counts[\"plus_counts\"]",
        "log2(exp(net.counts[\"plus_counts\"]) / (exp(net.counts[\"minus_counts\"]) + 1))",
        "softmax(net.profile[\"plus\"])[center]",
        "sum(net.profile[\"plus\"][10bp..30bp]) * net.counts[\"minus_counts\"]",
        "mean(net.profile[\"plus\"], weights: softmax(net.profile[\"minus\"]))",
        "max(net.profile[\"plus\"])",
        "rc_average(net).counts[\"plus_counts\"] ^ 2",
        "max(other.counts[\"plus_counts\"], net.counts[\"minus_counts\"])",
    ];
    let mut script = r#"
        model net = load("MODELS/profile.pt2")
        model other = rc_average(net)
        experiment one {
            background uniform(length: 48bp)
            sample 5
            embed "GATAAG" at center
            measure
    "#
    .to_string();
    for (number, query) in queries.iter().enumerate() {
        script += &format!("q{number} = {query}, c{number} = sum(deepshap(of: {query}, n: 3)),\n");
    }
    script = script.trim_end().trim_end_matches(',').to_string() + "\n}\n";
    let study = run(folder.path(), &script, &[]);
    for (number, query) in queries.iter().enumerate() {
        let [own, expected] = ["c", "q"].map(|kind| effect(&study, &format!("{kind}{number}")));
        assert_close(own, expected, 2e-6, query);
    }
    let attributions = study["attributions"].as_array().expect("attributions");
    assert_eq!(attributions.len(), queries.len());
    for one in attributions {
        assert_eq!(one["completeness"]["pairs"], 2 * 5 * 3, "{one}");
        assert!(one["completeness"]["largest"].as_f64().expect("a share") < 1e-6);
    }
}

/// Without a seed, the command draws the references that a script without one does.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_script_has_the_contributions_of_the_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
        model net = load("ORACLE/NAME.pt2", length: 60bp, alphabet: "ACGT", layout: "channels_first", unknown: "zeros")
        let found = fasta("ORACLE/sequences.fa")
        show predict(deepshap(of: net[1], n: 3), found)
        show predict(gradient_times_input(of: net[1]), found)
        show predict(saliency(of: net[1]), found)
    "#;
    for name in ["pooled", "normed"] {
        let study = run(folder.path(), &script.replace("NAME", name), &[]);
        for (number, method) in ["deepshap", "gradient-times-input", "saliency"]
            .iter()
            .enumerate()
        {
            let npz = folder.path().join("map.npz");
            let oracle = root().join("tests/oracle/attribution");
            let output = gia([
                "attribute".into(),
                oracle.join(format!("{name}.pt2")),
                oracle.join("sequences.fa"),
                "--of".into(),
                "1".into(),
                "--references".into(),
                "3".into(),
                "--method".into(),
                method.into(),
                "--dtype".into(),
                "float64".into(),
                "--npz".into(),
                npz.clone(),
            ]);
            assert!(output.status.success(), "{output:?}");
            let file = std::fs::File::open(&npz).expect("written");
            let mut arrays = NpzReader::new(file).expect("an npz file");
            let expected: Array3<f32> = arrays.by_name("contributions").expect("an array");
            let expected = expected.sum_axis(ndarray::Axis(1));
            for (sequence, own) in tracks(&study, number).iter().enumerate() {
                assert_eq!(own.len(), 60);
                for (position, own) in own.iter().enumerate() {
                    let expected = f64::from(expected[[sequence, position]]);
                    assert_close(*own, expected, 1e-5, &format!("{name} {method} {position}"));
                }
            }
        }
    }
}

/// A network that counts G and C: of each base, its share of what the sequence has beyond the references.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn references_of_a_population_are_its_first_backgrounds() {
    let folder = tempfile::tempdir().expect("a folder");
    let others =
        ">r1\nAAAAAAAAAAAAAAAAAAAA\n>r2\nGGAAAAAAAAAAAAAAAAAA\n>r3\nCCCCCCCCCCCCCCCCCCCC\n";
    std::fs::write(folder.path().join("references.fa"), others).expect("written");
    std::fs::write(folder.path().join("one.fa"), ">a\nGATTACAGATTACAGATTAC\n").expect("written");
    let script = r#"
        model net = load("MODELS/gc.pt2")
        let references = fasta("references.fa")
        show predict(deepshap(of: net[0], references: references, n: 2), fasta("one.fa"))
        show predict(saliency(of: net[0]), fasta("one.fa"))
    "#;
    let study = run(folder.path(), script, &[]);
    let expected = |is_strong: bool, position: usize| match (is_strong, position < 2) {
        (true, true) => 0.5,
        (true, false) => 1.0,
        (false, true) => -0.5,
        (false, false) => 0.0,
    };
    for (position, base) in "GATTACAGATTACAGATTAC".chars().enumerate() {
        let is_strong = base == 'G' || base == 'C';
        assert_eq!(
            tracks(&study, 0)[0][position],
            expected(is_strong, position)
        );
        assert_eq!(
            tracks(&study, 1)[0][position],
            f64::from(u8::from(is_strong))
        );
    }
}

/// The contributions of an ensemble are the means of those of its members, which reports hold apart.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn ensembles_are_attributed_member_by_member() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
        model a = load("MODELS/pair.pt2")
        model b = rc_average(a)
        model both = ensemble(a, b)
        let found = fasta("some.fa")
        experiment one {
            background uniform(length: 60bp)
            sample 4
            embed "GATAAG" at center
            measure whole = sum(deepshap(of: both[0], n: 2)[20bp..40bp]),
                    first = sum(deepshap(of: a[0], n: 2)[20bp..40bp]),
                    second = sum(deepshap(of: b[0], n: 2)[20bp..40bp])
        }
    "#;
    std::fs::write(
        folder.path().join("some.fa"),
        format!(">a\n{}\n", "ACGTT".repeat(12)),
    )
    .expect("written");
    let study = run(folder.path(), script, &[]);
    let [whole, first, second] = ["whole", "first", "second"].map(|name| effect(&study, name));
    assert_close(whole, 0.5 * (first + second), 1e-5, "the ensemble");
    let rows = study["experiments"][0]["rows"].as_array().expect("rows");
    let members = rows[0]["members"]["means"].as_array().expect("members");
    let means: Vec<f64> = members
        .iter()
        .map(|member| member["mean"].as_f64().expect("a mean"))
        .collect();
    assert_close(means[0], first, 1e-5, "the first member");
    assert_close(means[1], second, 1e-5, "the second member");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn neither_batches_nor_parts_change_a_contribution() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
        model net = load("MODELS/pair.pt2")
        experiment one {
            background shuffled(uniform(length: 60bp), preserving: 2)
            sample 7
            embed "GATAAG" at center
            measure worth = sum(deepshap(of: sigmoid(net[0]) - net[1], n: 4)[25bp..40bp])
        }
    "#;
    let whole = run(folder.path(), script, &[]);
    let expected = effect(&whole, "worth");
    for more in [["--batch", "1"], ["--batch", "5"], ["--threads", "1"]] {
        let found = effect(&run(folder.path(), script, &more), "worth");
        assert_close(found, expected, 1e-5, &format!("{more:?}"));
    }
    let path = |name: &str| folder.path().join(name);
    for number in 1..=2 {
        let output = gia([
            "run".into(),
            path("run.gia"),
            "--dtype".into(),
            "float64".into(),
            "--part".into(),
            format!("{number}/2").into(),
            "--save".into(),
            path(&format!("part{number}")),
        ]);
        assert!(output.status.success(), "{output:?}");
    }
    let json = path("merged.json");
    let output = gia([
        "merge".into(),
        path("run.gia"),
        path("part1"),
        path("part2"),
        "--json".into(),
        json.clone(),
    ]);
    assert!(output.status.success(), "{output:?}");
    let merged: Value =
        serde_json::from_str(&std::fs::read_to_string(json).expect("JSON")).expect("JSON");
    assert_eq!(effect(&merged, "worth"), expected);
    assert_eq!(merged["attributions"], whole["attributions"]);
}

/// Populations may be selected by contributions.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn contributions_select_backgrounds() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
        model net = load("MODELS/gc.pt2")
        query strong = sum(deepshap(of: net[0], references: uniform(length: 20bp), n: 1))
        null rich = filtered(uniform(length: 20bp), strong between 2 and 10)
        null driven = maxent(strong, from: uniform(length: 20bp), steps: 5)
        experiment one {
            background rich
            sample 4
            mutate 3bp with "A"
            measure strong = strong
        }
        experiment two {
            background driven
            sample 2
            mutate 3bp with "A"
            measure strong = strong
        }
    "#;
    let study = run(folder.path(), script, &[]);
    let arms = study["experiments"][0]["arms"].as_array().expect("arms");
    let control = arms[0]["mean"].as_f64().expect("a mean");
    assert!((2.0..=10.0).contains(&control), "{control}");
}

/// The error of a script, checked or run.
pub fn refusal(script: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wrong.gia");
    let models = root().join("tests/models").display().to_string();
    let known = format!(">a\n{}\n", "ACGTT".repeat(12));
    std::fs::write(folder.path().join("known.fa"), &known).expect("written");
    std::fs::write(
        folder.path().join("unknown.fa"),
        known.replacen("GTT", "GNT", 1),
    )
    .expect("written");
    std::fs::write(&path, script.replace("MODELS", &models)).expect("a script");
    let output = gia(["run".as_ref(), path.as_path()]);
    assert!(!output.status.success(), "{script}: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_has_no_contributions_is_refused() {
    let cases = [
        ("deepshap(of: 2 + 1)", "expected a Query"),
        (
            "deepshap(of: argmax([net[0], net[1]]))",
            "`argmax` cannot be attributed",
        ),
        (
            "deepshap(of: jsd([net[0], net[1]], [0.5, 0.5]))",
            "`jsd` cannot be attributed",
        ),
        (
            "deepshap(of: sum(saliency(of: net[0])))",
            "contributions already",
        ),
        ("deepshap(of: net[0], n: 0)", "1 to 100000 references"),
        ("deepshap(of: net[0], preserving: 99)", "1 to 16 bases"),
        (
            "deepshap(of: net[0], references: fasta(\"known.fa\"), n: 2)",
            "2 references are asked for",
        ),
        (
            "deepshap(of: net[0], references: uniform(length: 50bp))",
            "references have 50 bp",
        ),
        ("saliency(of: truth)", "formula of occurrences of motifs"),
        (
            "integrated_gradients(of: net[0], steps: 0)",
            "1 to 10000 points",
        ),
        (
            "deepshap(of: net[0], window: 3bp)",
            "`shuffles` asks for none",
        ),
        ("smoothgrad(of: net[0], noise: 2)", "between 0 and 100 %"),
    ];
    for (query, expected) in cases {
        let script = format!(
            r#"
            model net = load("MODELS/pair.pt2")
            motif GATA = "GATAAG"
            model truth = additive({{GATA: 1.0}})
            show predict(sum({query}), fasta("known.fa"))
            "#
        );
        let said = refusal(&script).replace("\n  │ ", " ");
        assert!(said.contains(expected), "{query}: {said}");
    }
    let unknown = refusal(
        r#"
        model net = load("MODELS/pair.pt2")
        show predict(sum(deepshap(of: net[0])), fasta("unknown.fa", unknown: "keep"))
        "#,
    );
    assert!(
        unknown.contains("E0204") || unknown.contains("unknown base"),
        "{unknown}"
    );
    let inexact = refusal(
        r#"
        model net = load("MODELS/selected.pt2")
        experiment one {
            background uniform(length: 24bp)
            sample 5
            embed "GATAAG" at center
            measure sum(deepshap(of: net[0]))
        }
        "#,
    );
    assert!(
        inexact.contains("E0624") && inexact.contains("argmax"),
        "{inexact}"
    );
}

/// A map holds the contributions of the track, Student's intervals over the references that the command writes the spread of, and ranks among shuffles.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_map_has_intervals_reliability_and_ranks() {
    let folder = tempfile::tempdir().expect("a folder");
    let site = "ACTTTCAGTCGACAGATAAGCCGCTTCTTACTTTAAGGAGTGGCCTCCGTATGGTGTGCC";
    std::fs::write(
        folder.path().join("two.fa"),
        format!(">a\n{site}\n>b\n{}\n", "ACGTT".repeat(12)),
    )
    .expect("written");
    let script = r#"
        set seed = 5
        model net = load("MODELS/pair.pt2")
        let two = fasta("two.fa")
        attribution map = deepshap(on: two, of: net["GATA"], n: 4, shuffles: 19)
        show map
        show predict(deepshap(of: net["GATA"], n: 4), two)
        show saliency(on: two first 1, of: net["GATA"])
        show deepshap(on: two first 1, of: net["GATA"], n: 4, shuffles: 19, window: 5bp)
    "#;
    let study = run(folder.path(), script, &[]);
    let maps = study["maps"].as_array().expect("maps");
    let map = &maps[0];
    assert_eq!(
        (&map["references"], &map["shuffles"]),
        (&4.into(), &19.into())
    );
    let numbers = |of: &Value, key: &str| -> Vec<f64> {
        let list = of[key].as_array().expect("a list").iter();
        list.map(|x| x.as_f64().expect("a number")).collect()
    };
    let npz = folder.path().join("map.npz");
    let output = gia([
        "attribute".into(),
        root().join("tests/models/pair.pt2"),
        folder.path().join("two.fa"),
        "--of".into(),
        "GATA".into(),
        "--references".into(),
        "4".into(),
        "--seed".into(),
        "5".into(),
        "--dtype".into(),
        "float64".into(),
        "--npz".into(),
        npz.clone(),
    ]);
    assert!(output.status.success(), "{output:?}");
    let file = std::fs::File::open(&npz).expect("written");
    let mut arrays = NpzReader::new(file).expect("an npz file");
    let sd: ndarray::Array2<f32> = arrays.by_name("sd").expect("an array");
    for (number, of) in map["sequences"]
        .as_array()
        .expect("sequences")
        .iter()
        .enumerate()
    {
        assert_eq!(numbers(of, "values"), tracks(&study, 0)[number]);
        for (position, half) in numbers(of, "half_widths").iter().enumerate() {
            // Student's 0.975 quantile with 3 degrees of freedom.
            let expected = 3.182_446_305 * f64::from(sd[[number, position]]) / 2.0;
            assert!((half - expected).abs() < 1e-5, "{half} and {expected}");
        }
        for p in numbers(of, "p") {
            assert!((0.05..=1.0).contains(&p) && ((p * 20.0).round() - p * 20.0).abs() < 1e-9);
        }
        // The map of a sequence without the motif is 0 everywhere.
        assert_eq!(of["reliability"].is_null(), number == 1);
        let reliability = of["reliability"].as_f64().unwrap_or(0.0);
        assert!((-1.0..=1.0).contains(&reliability), "{reliability}");
    }
    let found = &map["sequences"][0];
    assert_eq!(found["letters"], site);
    // The site and nothing beside it.
    let p = numbers(found, "p");
    let significant = (0..60).filter(|&at| p[at] <= 0.05);
    let significant: Vec<usize> = significant.collect();
    assert!(!significant.is_empty());
    assert!(
        significant.iter().all(|at| (12..24).contains(at)),
        "{significant:?}"
    );
    // Of windows, those around the site.
    assert_eq!(maps[2]["window"], 5);
    let p = numbers(&maps[2]["sequences"][0], "p");
    assert!(p[14..20].iter().any(|p| *p <= 0.05) && p[30..].iter().all(|p| *p > 0.05));
    let plain = &maps[1]["sequences"][0];
    assert!(
        plain["half_widths"].is_null() && plain["p"].is_null() && plain["reliability"].is_null()
    );
}

/// Values that are no contributions cannot be called so.
#[test]
fn a_map_is_of_sequences() {
    let said = refusal(
        r#"
        model net = load("MODELS/pair.pt2")
        attribution map = deepshap(of: net[0])
        "#,
    );
    assert!(
        said.contains("Attribution") && said.contains("a Track"),
        "{said}"
    );
    let said = refusal(
        r#"
        model net = load("MODELS/pair.pt2")
        show deepshap(of: net[0], shuffles: 9)
        "#,
    );
    assert!(said.contains("`on` names"), "{said}");
}

/// Integrated gradients at 50 points of Gauss and Legendre, with the same references, are those of captum.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn integrated_gradients_are_those_of_captum() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
        set seed = 1
        model net = load("ORACLE/NAME.pt2", length: 60bp, alphabet: "ACGT", layout: "channels_first", unknown: "zeros")
        show predict(integrated_gradients(of: net[1], n: 3, steps: 50), fasta("ORACLE/sequences.fa"))
    "#;
    for name in ["pooled", "normed"] {
        let study = run(folder.path(), &script.replace("NAME", name), &[]);
        let mut arrays = oracle(name);
        let expected: ndarray::Array2<f64> = arrays.by_name("integrated").expect("an array");
        let largest = expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        for (sequence, own) in tracks(&study, 0).iter().enumerate() {
            for (position, own) in own.iter().enumerate() {
                let difference = (own - expected[[sequence, position]]).abs();
                assert!(
                    difference <= 1e-5 * largest,
                    "{name} {position}: {difference:e}"
                );
            }
        }
    }
}

/// A network that counts G and C has the same gradient everywhere, so that every line and every noise gives the same.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn gradients_between_sequences_agree_where_they_are_constant() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("one.fa"), ">a\nGATTACAGATTACAGATTAC\n").expect("written");
    let script = r#"
        model net = load("MODELS/gc.pt2")
        let one = fasta("one.fa")
        show predict(deepshap(of: net[0], n: 4), one)
        show predict(integrated_gradients(of: net[0], n: 4, steps: 3), one)
        show predict(expected_gradients(of: net[0], n: 4), one)
        show predict(saliency(of: net[0]), one)
        show predict(smoothgrad(of: net[0], n: 4), one)
    "#;
    let study = run(folder.path(), script, &[]);
    for (one, other) in [(0, 1), (0, 2), (3, 4)] {
        for (a, b) in tracks(&study, one)[0].iter().zip(&tracks(&study, other)[0]) {
            assert!((a - b).abs() < 1e-6, "{one} and {other}: {a} {b}");
        }
    }
}

/// The arithmetic of a query is part of what is integrated: contributions add up but for what lies between the points.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn integrals_over_the_arithmetic_of_a_query_add_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
        model net = load("MODELS/profile.pt2")
        experiment one {
            background uniform(length: 48bp)
            sample 4
            embed "GATAAG" at center
            measure
                query = log2(exp(net.counts["plus_counts"]) + 1) * rc_average(net).counts["minus_counts"],
                whole = sum(integrated_gradients(of: log2(exp(net.counts["plus_counts"]) + 1) * rc_average(net).counts["minus_counts"], n: 2, steps: 200))
        }
    "#;
    let study = run(folder.path(), script, &[]);
    assert_close(
        effect(&study, "whole"),
        effect(&study, "query"),
        1e-2,
        "the integral",
    );
    let found = &study["attributions"][0];
    assert!(
        found["completeness"]["mean"].as_f64().expect("a share") < 1e-2,
        "{found}"
    );
    assert!(
        found["method"]
            .as_str()
            .expect("text")
            .starts_with("Integrated gradients, 200 points")
    );
}

/// Weights of places that are frozen count as constants: the contributions to a weighted sum are the weighted contributions to each place.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn frozen_weights_are_those_of_the_sequence() {
    const PLACES: usize = 12;
    let folder = tempfile::tempdir().expect("a folder");
    let fasta = ">a\nGATTACAGATTACAGGCCATTTACGGGATCATGCATCCCAATTGGCAA\n";
    std::fs::write(folder.path().join("one.fa"), fasta).expect("written");
    let head = r#"
        model net = load("MODELS/profile.pt2")
        let one = fasta("one.fa")
        let profile = net.profile["plus"][20bp..32bp]
        show predict(softmax(profile), one)
    "#;
    for (method, is_exact) in [
        ("deepshap(n: 3, of: ", true),
        ("integrated_gradients(n: 2, steps: 4, of: ", false),
        ("gradient_times_input(of: ", false),
    ] {
        let weighted =
            format!("show predict({method}sum(frozen(softmax(profile)) * profile)), one)\n");
        let each =
            (0..PLACES).map(|place| format!("show predict({method}profile[{place}]), one)\n"));
        let script = format!("{head}{weighted}{}", each.collect::<String>());
        let study = run(folder.path(), &script, &[]);
        let weights = &tracks(&study, 0)[0];
        let found = &tracks(&study, 1)[0];
        let largest = found.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        for (position, found) in found.iter().enumerate() {
            let each =
                (0..PLACES).map(|place| weights[place] * tracks(&study, 2 + place)[0][position]);
            let expected: f64 = each.sum();
            assert!(
                (found - expected).abs() <= 1e-6 * largest,
                "{method} {position}: {found} {expected}"
            );
        }
        if is_exact {
            let attributions = study["attributions"].as_array().expect("attributions");
            for one in attributions {
                let missed = one["completeness"]["largest"].as_f64().expect("a share");
                assert!(missed < 1e-6, "{one}");
            }
        }
    }
}

/// What each base contributes to each place of a track, with the same references, is what PISA of tangermeme has. The two outputs are declared as bins
/// along the sequence.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn influences_on_a_track_are_those_of_tangermeme() {
    for name in ["pooled", "normed"] {
        let folder = tempfile::tempdir().expect("a folder");
        let networks = root().join("tests/oracle/attribution");
        let file = format!("{name}.pt2");
        std::fs::copy(networks.join(&file), folder.path().join(&file)).expect("copied");
        let declared = "length = 60\nlayout = \"channels_first\"\nunknown = \"zeros\"\n\n[[output]]\nname = \"bins\"\nbin = 30\n";
        std::fs::write(folder.path().join(format!("{name}.toml")), declared).expect("written");
        let script = format!(
            r#"
            set seed = 1
            model net = load("{file}")
            attribution map = pisa(of: net.bins, on: fasta("ORACLE/sequences.fa"), n: 3)
            show map
            "#
        );
        let study = run(folder.path(), &script, &[]);
        let map = &study["influence_maps"][0];
        assert_eq!(map["places"], serde_json::json!([15, 45]));
        let mut arrays = oracle(name);
        let expected: ndarray::Array3<f64> = arrays.by_name("influence").expect("an array");
        let largest = expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let sequences = map["sequences"].as_array().expect("sequences");
        assert_eq!(sequences.len(), 2);
        for (number, sequence) in sequences.iter().enumerate() {
            for (place, values) in sequence["values"]
                .as_array()
                .expect("places")
                .iter()
                .enumerate()
            {
                let values = values.as_array().expect("numbers");
                assert_eq!(values.len(), 60);
                for (position, own) in values.iter().enumerate() {
                    let own = own.as_f64().expect("a number");
                    let difference = (own - expected[[number, place, position]]).abs();
                    assert!(difference <= 1e-5 * largest, "{name} {place} {position}");
                }
            }
        }
    }
}
