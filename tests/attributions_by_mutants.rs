//! Contributions by what changes of a sequence do: saturation mutagenesis and occlusion.

use ndarray::Array2;

use crate::attributions::{oracle, refusal, run, tracks};

/// Relative to the largest contribution. Predictions reach `gia` as numbers of float32: those of `normed`, about 0.3, are rounded by 1e-8, and its
/// contributions are differences of them of at most 0.002.
const TOLERANCE: f64 = 3e-5;

/// With the references that the script draws, both are those of tangermeme and of a loop in PyTorch.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn both_are_those_of_other_programs() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
        set seed = 1
        model net = load("ORACLE/NAME.pt2", length: 60bp, alphabet: "ACGT", layout: "channels_first", unknown: "zeros")
        let found = fasta("ORACLE/sequences.fa")
        show predict(saturation_mutagenesis(of: net[1]), found)
        show predict(occlusion(of: net[1], width: 7bp, n: 3), found)
    "#;
    for name in ["pooled", "normed"] {
        let study = run(folder.path(), &script.replace("NAME", name), &[]);
        let mut arrays = oracle(name);
        for (number, array) in ["saturation", "occlusion"].iter().enumerate() {
            let expected: Array2<f64> = arrays.by_name(array).expect("an array");
            let largest = expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
            assert!(largest > 0.0, "{array}");
            for (sequence, own) in tracks(&study, number).iter().enumerate() {
                for (position, own) in own.iter().enumerate() {
                    let difference = (own - expected[[sequence, position]]).abs();
                    assert!(
                        difference <= TOLERANCE * largest,
                        "{name} {array} {position}: {difference:e}"
                    );
                }
            }
        }
    }
}

/// What mutations change of the corrected gradient elsewhere, as tangermeme has it.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn dependency_maps_are_those_of_tangermeme() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
        use syntax
        model net = load("ORACLE/NAME.pt2", length: 60bp, alphabet: "ACGT", layout: "channels_first", unknown: "zeros")
        experiment found = dependency_map(
            on: fasta("ORACLE/sequences.fa")[0], of: gradient_times_input(of: net[1]), places: 20bp to 29bp
        )
    "#;
    for name in ["pooled", "normed"] {
        let study = run(folder.path(), &script.replace("NAME", name), &[]);
        let mut arrays = oracle(name);
        let expected: Array2<f64> = arrays.by_name("dependencies").expect("an array");
        let largest = expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let tracks = study["experiments"][0]["tracks"].as_array();
        let tracks = tracks.expect("tracks");
        assert_eq!(tracks.len(), 10);
        for (mutated, track) in tracks.iter().enumerate() {
            let means = track["contrasts"][0]["mean"].as_array().expect("means");
            for (position, mean) in means.iter().enumerate() {
                let difference = mean.as_f64().expect("a number") - expected[[position, mutated]];
                assert!(
                    difference.abs() <= 1e-5 * largest,
                    "{name} {mutated} {position}: {difference:e}"
                );
            }
        }
    }
}

/// Two maps of two sequences: each measure as SciPy has it, and their means.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn maps_are_compared_as_by_scipy() {
    const MEASURES: [&str; 5] = [
        "pearson",
        "spearman",
        "cosine",
        "sign_agreement",
        "top_overlap",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
        set seed = 1
        model net = load("ORACLE/NAME.pt2", length: 60bp, alphabet: "ACGT", layout: "channels_first", unknown: "zeros")
        let found = fasta("ORACLE/sequences.fa")
        attribution one = saturation_mutagenesis(on: found, of: net[1])
        attribution other = occlusion(on: found, of: net[1], width: 7bp, n: 3)
        show compare_maps(one, other)
        show compare_maps(one, one)
    "#;
    for name in ["pooled", "normed"] {
        let study = run(folder.path(), &script.replace("NAME", name), &[]);
        let mut arrays = oracle(name);
        let expected: Array2<f64> = arrays.by_name("agreement").expect("an array");
        let of = |evaluation: usize, sequence: usize, measure: &str| {
            let agreement = &study["evaluations"][evaluation]["agreements"][sequence];
            agreement[measure].as_f64().expect("a number")
        };
        for (column, measure) in MEASURES.into_iter().enumerate() {
            for sequence in 0..2 {
                let difference = of(0, sequence, measure) - expected[[sequence, column]];
                assert!(difference.abs() < 1e-4, "{name} {measure}: {difference:e}");
                assert!((of(1, sequence, measure) - 1.0).abs() < 1e-12, "{measure}");
            }
            let mean = &study["evaluations"][0]["measures"][column];
            assert_eq!(mean["measure"], measure);
            let (value, low) = (&mean["value"], &mean["low"]);
            let average = (of(0, 0, measure) + of(0, 1, measure)) / 2.0;
            assert!((value.as_f64().expect("a mean") - average).abs() < 1e-12);
            assert!(low.as_f64().expect("an end") <= average);
        }
    }
    let refused = refusal(
        r#"
        model net = load("MODELS/pair.pt2")
        let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        show compare_maps(saliency(on: fasta("known.fa"), of: net[0]), saliency(on: other, of: net[0]))
        "#,
    );
    let refused = refused.replace("\n  │ ", " ");
    assert!(refused.contains("the same sequences"), "{refused}");
}

/// A formula of known truth needs no network: of a site, three of four bases at each position take its weight away.
#[test]
fn a_known_truth_is_read_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let sequence = "ATATATATATGATTACATATATATATATAT";
    let fasta = format!(">site\n{sequence}\n>none\n{}\n", "AT".repeat(15));
    std::fs::write(folder.path().join("two.fa"), fasta).expect("written");
    let script = r#"
        motif site = "GATTACA"
        model truth = additive({site: 2})
        let two = fasta("two.fa")
        show saturation_mutagenesis(on: two, of: truth)
        show occlusion(on: two, of: truth, width: 1bp, n: 50)
        attribution map = saturation_mutagenesis(on: two, of: truth, shuffles: 19)
        show map
    "#;
    let study = run(folder.path(), script, &[]);
    let values = |map: usize| -> Vec<f64> {
        let values = study["maps"][map]["sequences"][0]["values"].as_array();
        let values = values.expect("values").iter();
        values.map(|x| x.as_f64().expect("a number")).collect()
    };
    for (position, own) in values(0).iter().enumerate() {
        let is_inside = (10..17).contains(&position);
        let expected = if is_inside { 1.5 } else { 0.0 };
        assert_eq!(*own, expected, "{position}");
    }
    // Occlusion by single bases: a share of the weight, that of references with another base.
    for (position, own) in values(1).iter().enumerate() {
        let is_inside = (10..17).contains(&position);
        assert_eq!(*own > 0.5, is_inside, "{position}: {own}");
    }
    let map = &study["maps"][2]["sequences"][0];
    let p = map["p"].as_array().expect("p");
    for (position, p) in p.iter().enumerate() {
        let is_inside = (10..17).contains(&position);
        assert_eq!(
            p.as_f64().expect("a number") <= 0.05,
            is_inside,
            "{position}"
        );
    }
}

/// Predictions of changed sequences need no slope, so that any query has contributions.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn queries_without_a_slope_have_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"
        model net = load("MODELS/profile.pt2")
        null plain = uniform(length: 48bp)
        experiment e {
            background plain
            sample 4
            embed "GATTACA" at center
            measure summit = argmax(net.profile["plus"]), moved = sum(saturation_mutagenesis(of: argmax(net.profile["plus"])))
        }
    "#;
    let study = run(folder.path(), script, &[]);
    let rows = study["experiments"][0]["rows"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row["mean"].is_number()), "{rows:?}");
}
