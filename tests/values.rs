//! `--values`: the numbers of single backgrounds are those that the study summarises, and their backgrounds are told apart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gia::engine::{NoProgress, Options};
use gia::pipeline::Script;
use gia::plan::ResolvedPlan;
use gia::report::{MAX_BUFFERED_ROWS, ValuesFile, ValuesFormat};
use gia::stats::visit_values;
use gia::study::{Background, ValueBlock, ValueKind};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::allocation::bounded;
use crate::support::command::{gia, study};
use crate::support::studies;
use crate::support::values::{Row, number, read};

/// Experiments with axes of every type, several outcomes, contrasts of differences and of means, contrasts that are rounding errors for
/// some backgrounds, more backgrounds than a block, and a number of them that the run decides.
const GRIDS: &str = "model sums = additive({\"GATA\": 0.3, \"AA\": 0.1, \"CGG\": 0.7})
null random = uniform(length: 60bp)
experiment grid {
    background random
    sample 700
    vary gap in [0bp, 5bp]
    vary site in [\"GATA\", \"CGG\"]
    vary more in [true, false]
    vary factor in [0.5, 1]
    arm one { embed site at 10bp + gap }
    arm two { embed \"GATA\" at 40bp }
    contrast raised = one - control
    contrast beyond = abs(two - control - 0.3)
    contrast ratio  = overall(two) / overall(control)
    measure s = factor * sums, loga = log2(sums + 4)
}
experiment many {
    background random
    sample 9000
    embed \"GATA\" at 10bp
    measure sums
}
experiment until {
    background random
    sample until width < 0.2 max 2000
    embed \"CGG\" at 10bp
    measure sums
}
";

/// Runs a script with `--values` in a format; returns the study and the rows.
fn run(folder: &Path, text: &str, name: &str) -> (Value, Vec<Row>) {
    let script = folder.join("script.gia");
    std::fs::write(&script, text).expect("written");
    let values = folder.join(name);
    let study = study(&script, &["--values", values.to_str().expect("a path")]);
    (study, read(&values))
}

/// The text of a cell with a JSON value.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        other => plain(&other.to_string()),
    }
}

/// A cell in which equal numbers are equal texts.
fn plain(cell: &str) -> String {
    match cell.parse::<f64>() {
        Ok(number) => number.to_string(),
        Err(_) => cell.to_string(),
    }
}

/// The values of one series by experiment, axes, arm, contrast and outcome.
fn series(rows: &[Row]) -> BTreeMap<Vec<String>, Vec<f64>> {
    let mut found: BTreeMap<Vec<String>, Vec<f64>> = BTreeMap::new();
    for row in rows {
        let axes = row.iter().filter(|(name, _)| name.starts_with("at_"));
        let mut key: Vec<String> = axes.map(|(_, cell)| plain(cell)).collect();
        key.extend(["experiment", "arm", "contrast", "outcome"].map(|name| row[name].clone()));
        let values = found.entry(key).or_default();
        assert_eq!(number(row, "index"), values.len() as f64, "{row:?}");
        values.push(number(row, "value"));
    }
    found
}

/// Compares the mean of each series with the study, and tells how many there are.
fn means_are_those_of_the_study(study: &Value, rows: &[Row]) -> usize {
    let series = series(rows);
    let all = study["experiments"].as_array().expect("a list");
    let axes = all
        .iter()
        .flat_map(|e| e["axes"].as_array().expect("a list"));
    let axes: BTreeSet<&str> = axes.map(|axis| axis["name"].as_str().unwrap()).collect();
    let mut compared = 0;
    for experiment in all {
        let arms = experiment["arms"].as_array().expect("a list");
        let contrasts = experiment["rows"].as_array().expect("a list");
        for row in arms.iter().chain(contrasts) {
            let axes = axes
                .iter()
                .map(|axis| row["at"].get(axis).map_or("".into(), cell));
            let mut key: Vec<String> = axes.collect();
            let text = |name: &str| row.get(name).map_or(String::new(), cell);
            key.extend([
                cell(&experiment["name"]),
                text("arm"),
                text("contrast"),
                text("outcome"),
            ]);
            let values = series.get(&key).unwrap_or_else(|| panic!("no {key:?}"));
            assert_eq!(
                values.len() as u64,
                row["n"].as_u64().expect("n"),
                "{key:?}"
            );
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let told = row["mean"].as_f64().expect("a mean");
            assert!(
                (mean - told).abs() <= 1e-12 * told.abs().max(1.0),
                "{key:?}: {mean}, {told}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, series.len());
    compared
}

#[test]
fn means_of_the_values_are_those_of_the_study() {
    let folder = TempDir::new().expect("a folder");
    let (study, rows) = run(folder.path(), GRIDS, "values.csv");
    // 16 grid points with two outcomes of three arms and three contrasts, and two experiments with two arms and a contrast.
    assert_eq!(
        means_are_those_of_the_study(&study, &rows),
        16 * 2 * 6 + 2 * 3
    );
    // Some differences are rounding errors, and written as the study counts them.
    let beyond: Vec<f64> = rows
        .iter()
        .filter(|row| {
            row["contrast"] == "beyond" && row["outcome"] == "s" && row["at_factor"] == "1.0"
        })
        .map(|row| number(row, "value"))
        .collect();
    let zeros = beyond.iter().filter(|value| **value == 0.0).count();
    assert!(zeros > beyond.len() / 4, "{zeros} of {}", beyond.len());
    assert!(beyond.iter().all(|value| *value == 0.0 || *value > 0.01));
}

#[test]
fn both_formats_hold_the_same_cells() {
    let folder = TempDir::new().expect("a folder");
    let (mut study, csv) = run(folder.path(), GRIDS, "values.csv");
    let (mut other, parquet) = run(folder.path(), GRIDS, "values.parquet");
    assert_eq!(csv.len(), parquet.len());
    for (a, b) in csv.iter().zip(&parquet) {
        for (name, cell) in a {
            match cell.parse::<f64>() {
                Ok(number) => assert_eq!(Ok(number), b[name].parse(), "{name}: {a:?}"),
                Err(_) => assert_eq!(cell, &b[name], "{a:?}"),
            }
        }
    }
    // The study names the file with its hash, and is else the same.
    for (study, name) in [(&mut study, "values.csv"), (&mut other, "values.parquet")] {
        let path = folder.path().join(name);
        let record = study["values"].take();
        let bytes = std::fs::read(&path).expect("a table");
        assert_eq!(record["sha256"], gia::file::sha256_of_bytes(&bytes));
        assert_eq!(record["path"], path.to_str().expect("a path"));
        study["timing"].take();
    }
    assert_eq!(study, other);
}

/// A genome of one contig, regions on both strands of which some overlap, and a variant.
fn genome(folder: &Path) {
    let mut state = 7u64;
    let letters = (0..600).map(|_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        b"ACGT"[(state >> 60) as usize & 3] as char
    });
    let letters: String = letters.collect();
    let at = |name: &str| folder.join(name);
    std::fs::write(at("g.fa"), format!(">chr7\n{letters}\n")).expect("written");
    let regions = "chr7\t100\t140\ta\t0\t+\nchr7\t110\t150\tb\t0\t-\nchr7\t300\t340\tc\t0\t-\nchr7\t400\t440\td\t0\t.\n";
    std::fs::write(at("r.bed"), regions).expect("written");
    let base = &letters[219..222];
    let other = if &base[..1] == "A" { "C" } else { "A" };
    let vcf = format!(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
         chr7\t220\tdel\t{base}\t{}\t.\t.\t.\nchr7\t220\tsnv\t{}\t{other}\t.\t.\t.\n",
        &base[..1],
        &base[..1],
    );
    std::fs::write(at("v.vcf"), vcf).expect("written");
}

#[test]
fn coordinates_are_those_of_the_regions() {
    let folder = TempDir::new().expect("a folder");
    genome(folder.path());
    let text = "model sums = additive({\"GATA\": 2.0, \"AA\": 0.25})
experiment regions {
    background genome(\"g.fa\", regions: \"r.bed\", width: 20bp)
    embed \"GATA\" at 5bp
    measure sums
}
experiment shuffles {
    background shuffled(genome(\"g.fa\", regions: \"r.bed\", width: 20bp), preserving: 2)
    sample 2 per source
    embed \"GATA\" at 5bp
    measure sums
}
experiment variants {
    background vcf(\"v.vcf\", genome: \"g.fa\", width: 40bp)
    apply variant
    measure sums
}
experiment random {
    background uniform(length: 20bp)
    sample 3
    embed \"GATA\" at 5bp
    measure sums
}
";
    let (study, rows) = run(folder.path(), text, "values.parquet");
    let of = |experiment: &str| -> Vec<Vec<String>> {
        let rows = rows
            .iter()
            .filter(|row| row["experiment"] == experiment && row["arm"] == "control");
        let columns = [
            "index",
            "source",
            "name",
            "chromosome",
            "start",
            "end",
            "strand",
        ];
        rows.map(|row| columns.map(|name| row[name].clone()).to_vec())
            .collect()
    };
    // Windows of 20 bp in the middle of each region of 40 bp, from 0 and half open; the first two overlap.
    let regions = [
        ["0", "0", "a", "chr7", "110", "130", "+"],
        ["1", "0", "b", "chr7", "120", "140", "-"],
        ["2", "1", "c", "chr7", "310", "330", "-"],
        ["3", "2", "d", "chr7", "410", "430", "+"],
    ];
    assert_eq!(of("regions"), regions);
    assert_eq!(study["experiments"][0]["rows"][0]["sources"], 3);
    let shuffles = of("shuffles");
    assert_eq!(shuffles.len(), 8);
    for (i, row) in shuffles.iter().enumerate() {
        let from = regions[i % 4];
        assert_eq!(row[2], format!("{}_shuffled_{}", from[2], i / 4));
        assert_eq!(
            (row[1].as_str(), &row[3..]),
            (from[1], &from.map(String::from)[3..])
        );
    }
    // Position 220 of the file is 219 from 0, in the middle of 40 bp.
    let variants = of("variants");
    assert_eq!(variants.len(), 2);
    for row in &variants {
        assert_eq!(row[3..], ["chr7", "199", "239", "+"].map(String::from));
    }
    // Alleles are written as the file has them, and only for backgrounds that carry one.
    let alleles = |experiment: &str| -> BTreeSet<Vec<String>> {
        let rows = rows.iter().filter(|row| row["experiment"] == experiment);
        let columns = ["position", "id", "reference", "alternate"];
        rows.map(|row| columns.map(|name| row[name].clone()).to_vec())
            .collect()
    };
    let file = std::fs::read_to_string(folder.path().join("v.vcf")).expect("the file");
    let written = file.lines().filter(|line| !line.starts_with('#'));
    let written: BTreeSet<Vec<String>> = written
        .map(|line| line.split('\t').skip(1).take(4).map(String::from).collect())
        .collect();
    assert_eq!(alleles("variants"), written);
    let none = BTreeSet::from([vec![String::new(); 4]]);
    for experiment in ["regions", "shuffles", "random"] {
        assert_eq!(alleles(experiment), none);
    }
    // Both carry the same reference sequence, and other alleles.
    let sequences: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row["experiment"] == "variants")
        .map(|row| row["sequence"].as_str())
        .collect();
    assert_eq!(sequences.len(), 2);
    for row in of("random") {
        assert_eq!(row[3..], ["", "", "", ""].map(String::from));
        assert_eq!(row[0], row[1]);
        assert_eq!(row[2], format!("uniform_{:06}", number_of(&row[0])));
    }
}

fn number_of(text: &str) -> usize {
    text.parse().expect("a number")
}

#[test]
fn sources_and_sequences_tell_backgrounds_apart() {
    let folder = TempDir::new().expect("a folder");
    let records = [
        ("a", "ACGTTGCATTGACTCAACGG"),
        ("b", "TTGACAGGCATCGATGCATC"),
        ("same", "ACGTTGCATTGACTCAACGG"),
        // The reverse complement of b.
        ("turned", "GATGCATCGATGCCTGTCAA"),
        ("c", "CATTACGGACTTGACTTACG"),
    ];
    let text: String = records
        .iter()
        .map(|(name, letters)| format!(">{name}\n{letters}\n"))
        .collect();
    std::fs::write(folder.path().join("s.fa"), text).expect("written");
    let (study, rows) = run(
        folder.path(),
        "model sums = additive({\"GATA\": 2.0, \"AA\": 0.25})
experiment e {
    background fasta(\"s.fa\")
    embed \"GATA\" at 5bp
    measure sums
}
",
        "values.csv",
    );
    let rows: Vec<&Row> = rows
        .iter()
        .filter(|row| row["contrast"] == "effect")
        .collect();
    let column = |name: &str| -> Vec<&str> { rows.iter().map(|row| row[name].as_str()).collect() };
    assert_eq!(column("source"), ["0", "1", "0", "1", "2"]);
    assert_eq!(column("name"), ["a", "b", "same", "turned", "c"]);
    assert_eq!(study["experiments"][0]["rows"][0]["sources"], 3);
    let expected = records
        .map(|(_, letters)| gia::file::sha256_of_bytes(letters.as_bytes())[..16].to_string());
    assert_eq!(column("sequence"), expected);
}

#[test]
fn merged_parts_have_the_values_of_the_whole() {
    let folder = TempDir::new().expect("a folder");
    let (grid, _) = GRIDS.split_once("experiment many").expect("experiments");
    let (_, whole) = run(folder.path(), grid, "whole.csv");
    let at = |name: &str| folder.path().join(name).display().to_string();
    for i in [1, 2] {
        let part = format!("{i}/2");
        let output = gia([
            "run",
            &at("script.gia"),
            "--part",
            &part,
            "--save",
            &at(&format!("p{i}")),
        ]);
        assert_eq!(output.status.code(), Some(0));
    }
    let output = gia([
        "merge",
        &at("script.gia"),
        &at("p2"),
        &at("p1"),
        "-q",
        "--values",
        &at("merged.csv"),
    ]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(read(&folder.path().join("merged.csv")), whole);
}

#[test]
fn values_are_computed_block_by_block() {
    let text = "model sums = additive({\"GATA\": 0.3})
experiment grid {
    background uniform(length: 80bp)
    sample 5000
    vary gap in 0bp to 39bp
    embed \"GATA\" at 10bp + gap
    measure sums
}
";
    let attempt = Script::of_text("grid.gia", Path::new(""), text);
    let script = attempt
        .script
        .unwrap_or_else(|_| panic!("{:?}", attempt.diagnostics));
    let plan = ResolvedPlan::new(gia::plan::lower(&script.program)).expect("no selections");
    let outcomes = gia::engine::run(&plan, &Options::default(), &NoProgress).expect("outcomes");
    let mut seen = 0;
    // The values alone are 4.8 MB; a block is 32 kB, and its backgrounds less than 1 MB.
    let (visited, held) = bounded(2 << 20, || {
        visit_values(&plan, &outcomes, &[0], &mut |block| {
            assert_eq!(block.backgrounds.len(), block.values.len());
            assert!(block.values.len() <= 4096);
            assert_eq!(block.backgrounds[0].index % 4096, 0);
            seen += block.values.len();
            Ok(())
        })
    });
    visited.expect("visited");
    assert_eq!(seen, 40 * 5000 * 3);
    assert!(held * 2 < seen * size_of::<f64>(), "{held}");
}

/// Writes values of so many grid points and backgrounds, and tells the most bytes that were held.
fn held(path: &Path, format: ValuesFormat, points: usize, backgrounds: usize) -> usize {
    let study = studies::cooperativity();
    let at = &study.experiments[0].rows[0].at;
    let backgrounds: Vec<Background> = (0..backgrounds)
        .map(|index| Background {
            index,
            source: index,
            name: format!("uniform_{index:06}"),
            window: None,
            variant: None,
            sequence: index as u64,
        })
        .collect();
    let values = vec![0.5; backgrounds.len()];
    let file = ValuesFile::open(path, format).expect("opened");
    let (written, held) = bounded(64 << 20, || {
        file.write(&study, |sink| {
            for _ in 0..points {
                sink(&ValueBlock {
                    experiment: "cooperativity",
                    at,
                    of: ValueKind::Arm("control"),
                    outcome: "CTCF",
                    unit: Some("logit"),
                    place: None,
                    backgrounds: &backgrounds,
                    values: &values,
                })?;
            }
            Ok(())
        })
    });
    written.expect("written");
    held
}

#[test]
fn a_table_of_any_length_takes_the_memory_of_a_buffer() {
    let folder = TempDir::new().expect("a folder");
    for (name, format) in [
        ("v.csv", ValuesFormat::Csv),
        ("v.parquet", ValuesFormat::Parquet),
    ] {
        let path = folder.path().join(name);
        let two = held(&path, format, 2 * MAX_BUFFERED_ROWS / 1000, 1000);
        let twelve = held(&path, format, 12 * MAX_BUFFERED_ROWS / 1000, 1000);
        assert!(twelve < two + two / 20, "{name}: {two} and {twelve} bytes");
    }
    let file = std::fs::File::open(folder.path().join("v.parquet")).expect("a file");
    let reader = SerializedFileReader::new(file).expect("Parquet");
    let groups = reader.metadata().row_groups();
    let rows: Vec<i64> = groups.iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows.len(), 12);
    assert!(
        rows[..11]
            .iter()
            .all(|rows| *rows == MAX_BUFFERED_ROWS as i64),
        "{rows:?}"
    );
    assert_eq!(rows.iter().sum::<i64>(), 786_000);
}

#[test]
fn a_value_that_is_not_finite_writes_nothing() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("v.csv");
    std::fs::write(&path, "earlier").expect("written");
    let study = studies::cooperativity();
    let background = Background {
        index: 0,
        source: 0,
        name: "a".into(),
        window: None,
        variant: None,
        sequence: 0,
    };
    let file = ValuesFile::open(&path, ValuesFormat::Csv).expect("opened");
    let refused = file.write(&study, |sink| {
        sink(&ValueBlock {
            experiment: "e",
            at: &study.experiments[0].rows[0].at,
            of: ValueKind::Arm("control"),
            outcome: "CTCF",
            unit: None,
            place: None,
            backgrounds: std::slice::from_ref(&background),
            values: &[f64::NAN],
        })
    });
    assert_eq!(
        refused.expect_err("refused").code,
        gia::diag::Code::NonFinite
    );
    assert_eq!(std::fs::read_to_string(&path).expect("there"), "earlier");
}

#[test]
fn what_is_wrong_is_told_before_the_run() {
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("s.gia"), "let a = 1\n").expect("written");
    std::fs::write(at("e.gia"), GRIDS).expect("written");
    for (script, values, more, status, told) in [
        (
            "e.gia",
            "v.txt",
            "",
            2,
            "a table of values ends in `.parquet` or `.csv`",
        ),
        ("e.gia", "v", "", 2, "a table of values ends in"),
        ("e.gia", "no/v.csv", "", 3, "its folder does not exist"),
        ("e.gia", "v.csv", "v.csv", 2, "E0612"),
        ("s.gia", "v.csv", "", 2, "E0622"),
    ] {
        let (script, values, more) = (
            at(script),
            at(values),
            Some(more).filter(|m| !m.is_empty()).map(at),
        );
        let mut words = vec!["run", &script, "-q", "--values", &values];
        words.extend(more.iter().flat_map(|path| ["--csv", path]));
        let output = gia(&words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains(told), "{said}");
        assert!(!Path::new(&values).exists());
    }
}
