//! The files of `gia run --maps`: arrays, tables, regions and values along a genome, held against the JSON and against `gia attribute`.

use std::fs::{self, File};
use std::path::Path;

use ndarray::{Array0, Array2, Array3, Axis};
use ndarray_npy::{NpzReader, ReadableElement};
use serde_json::Value;

use crate::support::command::{gia, root, study};

/// Writes a script, runs it in float64 with `--maps maps`, and reads its JSON.
fn run(folder: &Path, script: &str) -> Value {
    let path = folder.join("run.gia");
    let root = root().display().to_string();
    fs::write(&path, script.replace("ROOT", &root)).expect("a script");
    let maps = folder.join("maps");
    let maps = maps.to_str().expect("UTF-8");
    study(&path, &["--dtype", "float64", "--maps", maps])
}

fn arrays(folder: &Path, name: &str) -> NpzReader<File> {
    let file = File::open(folder.join("maps").join(name));
    NpzReader::new(file.expect("written")).expect("an npz file")
}

fn array<T: ReadableElement>(npz: &mut NpzReader<File>, name: &str) -> Array3<T> {
    npz.by_name(name).expect("an array")
}

fn numbers(of: &Value, key: &str) -> Vec<f64> {
    let list = of[key].as_array().expect("a list").iter();
    list.map(|x| x.as_f64().expect("a number")).collect()
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join("maps").join(name)).expect("written")
}

/// Hypothetical contributions are those of the command, whose own are held against tangermeme; they do not change the study.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn arrays_are_those_of_the_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let script = r#"
        model net = load("ROOT/tests/oracle/attribution/NAME.pt2", length: 60bp, alphabet: "ACGT", layout: "channels_first", unknown: "zeros")
        let found = fasta("ROOT/tests/oracle/attribution/sequences.fa")
        show deepshap(on: found, of: net[1], n: 3)
        show gradient_times_input(on: found, of: net[1])
        show saliency(on: found, of: net[1])
    "#;
    for name in ["pooled", "normed"] {
        let script = script.replace("NAME", name);
        let with_files = run(folder, &script);
        let without = study(&folder.join("run.gia"), &["--dtype", "float64"]);
        assert_eq!(with_files["maps"], without["maps"]);
        let mut files: Vec<String> = fs::read_dir(folder.join("maps"))
            .expect("the folder")
            .map(|file| {
                file.expect("a file")
                    .file_name()
                    .into_string()
                    .expect("UTF-8")
            })
            .filter(|name| name.ends_with(".npz") && name.matches('.').count() == 1)
            .collect();
        files.sort();
        assert_eq!(files.len(), 3, "{files:?}");
        let methods = ["deepshap", "gradient-times-input", "saliency"];
        for ((number, method), file) in methods.iter().enumerate().zip(&files) {
            let path = folder.join("command.npz");
            let oracle = root().join("tests/oracle/attribution");
            let network = oracle.join(format!("{name}.pt2"));
            let output = gia([
                "attribute",
                network.to_str().expect("UTF-8"),
                oracle.join("sequences.fa").to_str().expect("UTF-8"),
                "--of",
                "1",
                "--references",
                "3",
                "--method",
                method,
                "--dtype",
                "float64",
                "--npz",
                path.to_str().expect("UTF-8"),
            ]);
            assert!(output.status.success(), "{output:?}");
            let mut theirs = NpzReader::new(File::open(&path).expect("written")).expect("an npz");
            let mut ours = arrays(folder, file);
            let one_hot = array::<f32>(&mut ours, "one_hot");
            assert_eq!(one_hot, array::<f32>(&mut theirs, "one_hot"));
            let hypothetical = array::<f32>(&mut ours, "hypothetical");
            let expected = array::<f32>(&mut theirs, "hypothetical");
            let largest = expected.iter().fold(0.0f32, |most, x| most.max(x.abs()));
            assert!(largest > 0.0);
            for (found, expected) in hypothetical.iter().zip(&expected) {
                assert!(
                    (found - expected).abs() <= 1e-6 * largest,
                    "{name} {method}"
                );
            }
            // Of the bases that are there, they are the contributions of the JSON.
            let observed = (&hypothetical * &one_hot).sum_axis(Axis(1));
            let contributions = array::<f32>(&mut ours, "contributions").sum_axis(Axis(1));
            let map = &with_files["maps"][number];
            for (sequence, of) in map["sequences"]
                .as_array()
                .expect("a list")
                .iter()
                .enumerate()
            {
                for (position, value) in numbers(of, "values").iter().enumerate() {
                    let at = [sequence, position];
                    assert_eq!(contributions[at], *value as f32);
                    assert!((observed[at] - contributions[at]).abs() <= 1e-6 * largest);
                }
            }
            let stem = file.trim_end_matches(".npz");
            for (kind, whole) in [("ohe", &one_hot), ("attr", &hypothetical)] {
                let mut own = arrays(folder, &format!("{stem}.{kind}.npz"));
                assert_eq!(array::<f32>(&mut own, "arr_0"), *whole);
            }
        }
        fs::remove_dir_all(folder.join("maps")).expect("removed");
    }
}

/// The network counts G and C, so its gradient is 1 at both and 0 at A and T, wherever it is taken.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn every_method_has_hypothetical_contributions() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("one.fa"), ">one\nGATTACAGATTACAGATTAC\n").expect("written");
    fs::write(folder.join("g.fa"), ">g\nGGGGGGGGGGGGGGGGGGGG\n").expect("written");
    let script = r#"
        model net = load("ROOT/tests/models/gc.pt2")
        let one = fasta("one.fa")
        let g = fasta("g.fa")
        attribution deep = deepshap(on: one, of: net[0], references: g, n: 1)
        attribution integrated = integrated_gradients(on: one, of: net[0], references: g, n: 1, steps: 3)
        attribution expected = expected_gradients(on: one, of: net[0], references: g, n: 1)
        attribution smooth = smoothgrad(on: one, of: net[0], n: 3)
        attribution plain = saliency(on: one, of: net[0])
        attribution corrected = gradient_times_input(on: one, of: net[0])
        attribution squared = gradient_times_input(on: one, of: net[0] ^ 2)
        show deep
        show integrated
        show expected
        show smooth
        show plain
        show corrected
        show squared
    "#;
    run(folder, script);
    let compared = [-1.0, 0.0, 0.0, -1.0];
    let gradient = [0.0, 1.0, 1.0, 0.0];
    // Six of the twenty bases are G or C, and the derivative of a square is twice the number.
    for (name, by_base) in [
        ("deep", compared),
        ("integrated", compared),
        ("expected", compared),
        ("smooth", gradient),
        ("plain", gradient),
        ("corrected", [-0.5, 0.5, 0.5, -0.5]),
        ("squared", [-6.0, 6.0, 6.0, -6.0]),
    ] {
        let mut npz = arrays(folder, &format!("{name}.npz"));
        let found = array::<f32>(&mut npz, "hypothetical");
        assert_eq!(found.dim(), (1, 4, 20));
        for ((_, base, position), value) in found.indexed_iter() {
            let expected = by_base[base];
            assert!(
                (value - expected).abs() < 1e-5,
                "{name} {position}: {value}, {expected}"
            );
        }
    }
}

/// Windows of a genome: p and regions are those of the JSON, and the bedGraph has the mean where windows overlap.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn regions_and_values_lie_on_the_genome() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let bed =
        "peak2\t50\t150\tfirst\t0\t+\npeak2\t60\t160\tsecond\t0\t-\npeak1\t0\t100\tthird\t0\t+\n";
    fs::write(folder.join("windows.bed"), bed).expect("written");
    let script = r#"
        model net = load("ROOT/experiments/ctcf_pu1/ctcf_pu1.pt2")
        let windows = genome("ROOT/tests/docs/genome.fa", regions: "windows.bed")
        attribution map = deepshap(on: windows, of: net["CTCF"], n: 4, shuffles: 19)
        show map
    "#;
    let study = run(folder, script);
    let sequences = study["maps"][0]["sequences"].as_array().expect("sequences");
    let mut npz = arrays(folder, "map.npz");
    let references: Array0<i64> = npz.by_name("reference_count").expect("a number");
    assert_eq!(references.into_scalar(), 4);
    let names: Array2<u8> = npz.by_name("names").expect("names");
    let p: Array2<f32> = npz.by_name("p").expect("p");
    let half_widths: Array2<f32> = npz.by_name("half_widths").expect("half widths");
    let mut expected = std::collections::BTreeMap::new();
    let mut significant = std::collections::BTreeSet::new();
    for (number, of) in sequences.iter().enumerate() {
        let name = names.row(number).to_vec();
        let name = String::from_utf8(name).expect("UTF-8");
        assert_eq!(name.trim_end_matches('\0'), of["name"]);
        let origin = &of["origin"];
        let contig = origin["chromosome"].as_str().expect("a contig").to_string();
        let start = origin["start"].as_i64().expect("a position") - 1;
        let step = if origin["reverse"] == true { -1 } else { 1 };
        let values = numbers(of, "values");
        for (at, value) in values.iter().enumerate() {
            let key = (contig.clone(), start + step * at as i64);
            let (p_here, width) = (numbers(of, "p")[at], numbers(of, "half_widths")[at]);
            assert_eq!(p[[number, at]], p_here as f32);
            assert_eq!(half_widths[[number, at]], width as f32);
            if p_here <= 0.05 {
                significant.insert((of["name"].as_str().expect("a name").to_string(), key.1));
            }
            expected.entry(key).or_insert_with(Vec::new).push(*value);
        }
    }
    assert!(!significant.is_empty());
    let graph = text(folder, "map.bedgraph");
    assert_eq!(graph.lines().count(), expected.len());
    // 100 bp of one contig, and 110 of two windows on the other.
    assert_eq!(expected.len(), 210);
    for (line, ((contig, at), values)) in graph.lines().zip(&expected) {
        let fields: Vec<&str> = line.split('\t').collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert_eq!(
            fields[..3],
            [contig.clone(), at.to_string(), (at + 1).to_string()]
        );
        let found: f64 = fields[3].parse().expect("a number");
        assert!((found - mean).abs() <= 1e-12 * mean.abs().max(1e-3));
    }
    let mut covered = std::collections::BTreeSet::new();
    for line in text(folder, "map.bed").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [start, end]: [i64; 2] = [1, 2].map(|at| fields[at].parse().expect("a position"));
        let name = fields[3].to_string();
        assert_eq!(fields[5], if name == "second" { "-" } else { "+" });
        let of = sequences.iter().find(|of| of["name"] == name);
        let of = of.expect("a sequence");
        let first = of["origin"]["start"].as_i64().expect("a position") - 1;
        let sum: f64 = (start..end)
            .map(|at| numbers(of, "values")[(at - first).unsigned_abs() as usize])
            .sum();
        let found: f64 = fields[6].parse().expect("a sum");
        assert!((found - sum).abs() <= 1e-9 * sum.abs().max(1e-3), "{line}");
        assert_eq!(fields[7], "0.05");
        covered.extend((start..end).map(|at| (name.clone(), at)));
    }
    assert_eq!(covered, significant);
    let table = text(folder, "map.csv");
    assert_eq!(table.lines().count(), 301);
    let row: Vec<&str> = table.lines().nth(1).expect("a row").split(',').collect();
    assert_eq!(row[..4], ["first", "0", "peak2", "50"]);
    assert_eq!(
        row[5].parse::<f64>().expect("a number"),
        numbers(&sequences[0], "values")[0]
    );
    assert!(folder.join("maps/map.parquet").exists());
}

/// What has no place in a genome has no bedGraph, and without shuffles there are no regions.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn files_without_content_are_not_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("one.fa"), ">one\nGATTACAGATTACAGATTAC\n").expect("written");
    let script = r#"
        model net = load("ROOT/tests/models/gc.pt2")
        show saliency(on: fasta("one.fa"), of: net[0] / 2)
        show saliency(on: fasta("one.fa"), of: net[0] * 2)
    "#;
    run(folder, script);
    let names = fs::read_dir(folder.join("maps")).expect("the folder");
    let names = names.map(|file| file.expect("a file").file_name().into_string());
    let mut names: Vec<String> = names.map(|name| name.expect("UTF-8")).collect();
    names.sort();
    // Two maps whose names differ in what file names cannot have, five files each, and nothing else.
    assert_eq!(names.len(), 10, "{names:?}");
    let numbered = names.iter().filter(|name| name.contains("_2_2."));
    assert_eq!(numbered.count(), 5, "{names:?}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_cannot_be_written_is_refused_before_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let net = root().join("tests/models/gc.pt2");
    fs::write(folder.join("one.fa"), ">one\nGATTACAGATTACAGATTAC\n").expect("written");
    fs::write(folder.join("map.csv"), "mine").expect("written");
    let net = net.display();
    let with_map = format!(
        "model net = load(\"{net}\")\nattribution map = saliency(on: fasta(\"one.fa\"), of: net[0])\nshow map\n"
    );
    let without = format!("model net = load(\"{net}\")\nshow predict(net[0], fasta(\"one.fa\"))\n");
    fs::write(folder.join("map.gia"), with_map).expect("written");
    fs::write(folder.join("none.gia"), without).expect("written");
    let cases: [(&str, &[&str], &str); 4] = [
        ("none.gia", &["--maps", "maps"], "this script shows none"),
        ("map.gia", &["--maps", "one.fa"], "cannot be written"),
        (
            "map.gia",
            &["--maps", "maps", "--csv", "maps/map.csv"],
            "would both write",
        ),
        (
            "map.gia",
            &["--maps", "maps", "--part", "1/2", "--save", "part"],
            "cannot be used with",
        ),
    ];
    for (script, more, said) in cases {
        let absolute = |word: &&str| match word.starts_with('-') || word.contains("/2") {
            true => word.to_string(),
            false => folder.join(word).display().to_string(),
        };
        let mut words = vec!["run".to_string(), folder.join(script).display().to_string()];
        words.extend(more.iter().map(absolute));
        let output = gia(&words);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{words:?}");
        assert!(
            error.replace('\n', " ").contains(said),
            "{words:?}: {error}"
        );
        assert!(!folder.join("maps").exists(), "{words:?}");
    }
    // A file of an earlier run is replaced.
    let words = [
        "run",
        &folder.join("map.gia").display().to_string(),
        "--maps",
        &folder.display().to_string(),
    ]
    .map(str::to_string);
    assert!(gia(&words).status.success());
    assert!(
        fs::read_to_string(folder.join("map.csv"))
            .expect("a table")
            .starts_with("sequence,")
    );
}

/// What each base would contribute by saturation mutagenesis: the query with it less the mean over the four. Occlusion says nothing of single bases.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn mutations_have_hypothetical_contributions_and_windows_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("one.fa"), ">one\nGATTACAGATTACAGATTAC\n").expect("written");
    let script = r#"
        model net = load("ROOT/tests/models/gc.pt2")
        attribution mutated = saturation_mutagenesis(on: fasta("one.fa"), of: net[0])
        attribution occluded = occlusion(on: fasta("one.fa"), of: net[0], n: 2)
        show mutated
        show occluded
    "#;
    run(folder, script);
    // The network counts G and C: half a count more or less than the mean over the bases.
    let found: Array3<f32> = array(&mut arrays(folder, "mutated.npz"), "hypothetical");
    assert_eq!(found.dim(), (1, 4, 20));
    for ((_, base, _), number) in found.indexed_iter() {
        assert_eq!(*number, if base == 1 || base == 2 { 0.5 } else { -0.5 });
    }
    assert!(folder.join("maps/mutated.attr.npz").exists());
    assert!(folder.join("maps/occluded.npz").exists());
    assert!(!folder.join("maps/occluded.attr.npz").exists());
}
