//! Saturation mutagenesis of one sequence: `ism`, `gia ism`, their numbers against tangermeme's, and their pictures.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::command::{gia, root, study};

const NET: &str = "experiments/ctcf_pu1/ctcf_pu1.pt2";
const SITES: &str = "tests/oracle/tangermeme/sites.fa";

fn number(of: &Value) -> f64 {
    of.as_f64().unwrap_or_else(|| panic!("{of} is no number"))
}

fn numbers(of: &Value) -> Vec<f64> {
    of.as_array().expect("a list").iter().map(number).collect()
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("read");
    serde_json::from_str(&text).expect("JSON")
}

fn oracle() -> Value {
    read(&root().join("tests/oracle/tangermeme/saturation.json"))
}

/// Every change is that of tangermeme, and importance is its attribution without the factor 3/4.
fn compare(map: &Value, wanted: &Value) {
    let of = &map["importance"][0];
    let (changes, values) = (numbers(&of["changes"]), numbers(&of["values"]));
    let wanted_changes = wanted["changes"].as_array().expect("a list");
    assert_eq!(changes.len(), 4 * wanted_changes.len());
    for (position, wanted) in wanted_changes.iter().enumerate() {
        for (base, wanted) in numbers(wanted).into_iter().enumerate() {
            let found = changes[4 * position + base];
            assert!(
                (found - wanted).abs() < 1e-5,
                "{position} {base}: {found} {wanted}"
            );
        }
    }
    for (found, wanted) in values.iter().zip(numbers(&wanted["attributions"])) {
        assert!((0.75 * found - wanted).abs() < 1e-5, "{found} {wanted}");
    }
}

#[test]
fn changes_and_importance_are_those_of_tangermeme() {
    let oracle = oracle();
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("ism.gia");
    let mut text = format!(
        "use syntax\nmodel net = load(\"{}\")\nlet sites = fasta(\"{}\")\n",
        root().join(NET).display(),
        root().join(SITES).display()
    );
    let tasks = [("ctcf", "CTCF"), ("pu1", "PU.1")];
    for i in 0..2 {
        for (task, name) in tasks {
            text += &format!("experiment e{i}_{task} = ism(on: sites[{i}], of: net[\"{name}\"])\n");
        }
    }
    fs::write(&script, text).expect("written");
    let study = study(&script, &[]);
    let experiments = study["experiments"].as_array().expect("a list");
    assert_eq!(experiments.len(), 4);
    for experiment in experiments {
        let map = &experiment["mutation_map"];
        let name = map["sequence"].as_str().expect("a name");
        let task = experiment["name"]
            .as_str()
            .expect("a name")
            .split_once('_')
            .expect("e0_ctcf")
            .1;
        compare(map, &oracle["sequences"][name][task]);
    }
}

#[test]
fn the_command_draws_the_map_of_a_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let (json, page, figures, script) = (
        folder.path().join("ism.json"),
        folder.path().join("ism.html"),
        folder.path().join("figures"),
        folder.path().join("ism.gia"),
    );
    let output = gia([
        "ism",
        NET,
        SITES,
        "--name",
        "chr11:190037-190237",
        "--of",
        "CTCF",
        "--json",
        &json.display().to_string(),
        "--report",
        &page.display().to_string(),
        "--figures",
        &figures.display().to_string(),
        "--script",
        &script.display().to_string(),
    ]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        printed.contains("one sequence: no replication"),
        "{printed}"
    );
    assert!(
        printed.contains("importance of the letters of chr11:190037-190237"),
        "{printed}"
    );
    compare(
        &read(&json)["experiments"][0]["mutation_map"],
        &oracle()["sequences"]["chr11:190037-190237"]["ctcf"],
    );
    for file in ["ism_mutations.svg", "ism_mutations.png"] {
        assert!(
            figures.join(file).metadata().expect("drawn").len() > 1000,
            "{file}"
        );
    }
    let page = fs::read_to_string(&page).expect("the page");
    assert!(page.contains("minus the mean change of the outcome by the other letters"));
    // The script does the same.
    let kept = study(&script, &[]);
    assert_eq!(
        kept["experiments"][0]["mutation_map"],
        read(&json)["experiments"][0]["mutation_map"]
    );
}

#[test]
fn a_locus_is_mapped_by_the_positions_of_its_contig() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("ism.json");
    let run = |more: &[&str]| {
        let mut arguments = vec!["ism", NET, "--of", "CTCF", "--quiet", "--json"];
        let path = json.display().to_string();
        arguments.push(&path);
        arguments.extend(more);
        let output = gia(&arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        read(&json)["experiments"][0]["mutation_map"].clone()
    };
    let locus = [
        "--locus",
        "peak2:61-140",
        "--genome",
        "tests/docs/genome.fa",
    ];
    let whole = run(&locus);
    assert_eq!(whole["sequence"], "peak2:51-150");
    assert_eq!(whole["origin"]["start"], 51);
    assert_eq!(whole["reference"].as_str().expect("letters").len(), 100);
    let part = run(&[&locus[..], &["--around", "20"]].concat());
    assert_eq!(
        numbers(&part["positions"]),
        (40..60).map(f64::from).collect::<Vec<_>>()
    );
    let values = |map: &Value| numbers(&map["importance"][0]["values"]);
    for (found, wanted) in values(&part).iter().zip(&values(&whole)[40..60]) {
        assert!((found - wanted).abs() < 1e-5);
    }
    // The other strand, letter by letter.
    let reverse = run(&[&locus[..], &["--reverse"]].concat());
    let complement = |letter: char| match letter {
        'A' => 'T',
        'C' => 'G',
        'G' => 'C',
        _ => 'A',
    };
    let letters = whole["reference"].as_str().expect("letters");
    let turned: String = letters.chars().rev().map(complement).collect();
    assert_eq!(reverse["reference"], turned);
    assert_eq!(reverse["origin"]["start"], 150);
    assert_eq!(reverse["origin"]["reverse"], true);
    let bases = run(&["--sequence", letters]);
    assert_eq!(values(&bases), values(&whole));
}

#[test]
fn only_saturation_of_one_sequence_is_a_map() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("maps.gia");
    let text = format!(
        "model net = load(\"{}\")\nlet sites = fasta(\"{}\")\n\
         experiment several {{ vary p in 40bp to 44bp; vary b in bases; background sites first 2; mutate p with b; measure net[\"CTCF\"] }}\n\
         experiment turned {{ vary b in bases; vary p in 40bp to 44bp; background sites[0]; mutate p with b; measure net[\"CTCF\"] }}\n\
         experiment wide {{ vary p in 40bp to 44bp; vary b in bases; background sites[0]; mutate p with b; mutate p + 9bp with b; measure net[\"CTCF\"] }}\n\
         experiment other {{ vary p in 40bp to 44bp; vary b in bases; background sites[0]; arm m {{ mutate p with b }}; measure net[\"CTCF\"]; contrast c = 2 * m - 2 * control }}\n",
        root().join(NET).display(),
        root().join(SITES).display()
    );
    fs::write(&script, text).expect("written");
    let study = study(&script, &[]);
    let has_map = |name: &str| {
        let all = study["experiments"].as_array().expect("a list");
        let found = all.iter().find(|experiment| experiment["name"] == name);
        found.expect("the experiment").get("mutation_map").is_some()
    };
    assert!(has_map("turned"));
    for name in ["several", "wide", "other"] {
        assert!(!has_map(name), "{name}");
    }
}

#[test]
fn what_the_command_cannot_map_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let bases = "ACGT".repeat(25);
    let twice = written("twice.fa", format!(">a\n{bases}\n>a\n{bases}\n"));
    let odd = written("odd.fa", format!(">n\nN{}\n>short\nACGT\n", &bases[1..]));
    let cases: [(&[&str], &str); 12] = [
        (
            &[NET, &twice, "--of", "CTCF", "--name", "a"],
            "2 records called `a`",
        ),
        (
            &[NET, &odd, "--of", "CTCF", "--name", "n"],
            "--keep-unknown",
        ),
        (&[NET, &odd, "--of", "CTCF", "--name", "short"], "has 4 bp"),
        (
            &[NET, "--of", "CTCF", "--sequence", &bases, "--name", "a"],
            "cannot be used with",
        ),
        (&[NET, SITES], "no task was chosen"),
        (&[NET, SITES, "--of", "CTCFF"], "did you mean `--of CTCF`"),
        (&[NET, "--of", "CTCF"], "required"),
        (
            &[NET, "--of", "CTCF", "--sequence", "ACGT"],
            "takes sequences of 100 bp",
        ),
        (
            &[NET, "--of", "CTCF", "--sequence", "ACGNT"],
            "`N` at position 4",
        ),
        (
            &[NET, "--of", "CTCF", "--locus", "peak2:51-150"],
            "--genome",
        ),
        (
            &[
                NET,
                "--of",
                "CTCF",
                "--locus",
                "peak9999:51-150",
                "--genome",
                "tests/docs/genome.fa",
            ],
            "E0229",
        ),
        (
            &[NET, SITES, "--of", "CTCF", "--name", "nothing"],
            "no sequence called `nothing`",
        ),
    ];
    for (arguments, words) in cases {
        let output = gia([&["ism"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn of_a_record_only_itself_matters() {
    let folder = tempfile::tempdir().expect("a folder");
    let (fasta, json) = (
        folder.path().join("mixed.fa"),
        folder.path().join("ism.json"),
    );
    let bases = "ACGTTGCATC".repeat(12);
    fs::write(&fasta, format!(">short\nACGT\n>long\n{bases}\n")).expect("written");
    let alone = folder.path().join("alone.fa");
    fs::write(&alone, format!(">long\n{bases}\n")).expect("written");
    let run = |fasta: &Path| {
        let (fasta, json) = (fasta.display().to_string(), json.display().to_string());
        let name = ["--name", "long", "--around", "3"];
        let said = gia([
            &["ism", NET, &fasta, "--of", "CTCF", "--json", &json],
            &name[..],
        ]
        .concat());
        let error = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(said.status.code(), Some(0), "{error}");
        let map = read(Path::new(&json))["experiments"][0]["mutation_map"].clone();
        (map, String::from_utf8_lossy(&said.stdout).into_owned())
    };
    let ((mixed, _), (alone, printed)) = (run(&fasta), run(&alone));
    assert_eq!(mixed["reference"], alone["reference"]);
    assert_eq!(mixed["importance"], alone["importance"]);
    // The middle 100 of 120 bases, at the positions that they have there.
    assert_eq!(mixed["origin"]["start"], 11);
    assert_eq!(alone["cut"], 10);
    assert!(
        printed.contains("Positions in the whole record, counted from 0."),
        "{printed}"
    );
    let command = printed
        .lines()
        .find(|line| line.starts_with("to run it again"));
    assert!(
        command.expect("a command").contains("--around 3"),
        "{printed}"
    );
}

#[test]
fn rna_is_mapped_by_its_own_letters() {
    let folder = tempfile::tempdir().expect("a folder");
    let json = folder.path().join("ism.json").display().to_string();
    let bases = "ACGU".repeat(15);
    let net = "experiments/koo2021/rbp.pt2";
    let said = gia([
        "ism",
        net,
        "--sequence",
        &bases,
        "--around",
        "2",
        "--json",
        &json,
    ]);
    let error = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(0), "{error}");
    let map = read(Path::new(&json))["experiments"][0]["mutation_map"].clone();
    assert_eq!(map["letters"], "ACGU");
}

#[test]
fn letters_apart_are_drawn_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("apart.gia");
    let text = format!(
        "use syntax\nmodel net = load(\"{}\")\nexperiment e = ism(on: fasta(\"{}\")[0], of: net[\"CTCF\"], places: [40bp, 60bp, 62bp])\n",
        root().join(NET).display(),
        root().join(SITES).display()
    );
    fs::write(&script, text).expect("written");
    let output = gia(["run", &script.display().to_string()]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        printed.lines().any(|line| line == "  40 60 62"),
        "{printed}"
    );
}

/// A site that one change destroys is not destroyed again by a second one, which is an interaction of the size of the site.
#[test]
fn pairs_interact_where_one_change_is_enough() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("pairs.gia");
    let bases = "AAAAAAAAAACGATAAGAAAAAAAAA";
    let text = format!(
        "use syntax\nmodel net = additive({{\"CGATAAG\": 1.5}})\n\
         experiment pairs = ism2(on: dna\"{bases}\", of: net, places: [8bp, 12bp], within: 3bp)\n"
    );
    fs::write(&script, text).expect("written");
    let study = study(&script, &[]);
    let rows = study["experiments"][0]["rows"].as_array().expect("rows");
    let interactions: Vec<&Value> = rows
        .iter()
        .filter(|row| row["contrast"] == "interaction")
        .collect();
    assert_eq!(interactions.len(), 2 * 3 * 16);
    for row in interactions {
        let at = |name: &str| number(&row["at"][name]) as usize;
        let changes = |place: usize, letter: &str| {
            (10..17).contains(&place) && bases[place..=place] != *letter
        };
        let letter = |name: &str| row["at"][name].as_str().expect("a letter").to_string();
        let place = at("position");
        let both =
            changes(place, &letter("first")) && changes(place + at("distance"), &letter("second"));
        let expected = if both { 1.5 } else { 0.0 };
        assert!((number(&row["mean"]) - expected).abs() < 1e-6, "{row}");
        assert!(row["low"].is_null());
    }
}
