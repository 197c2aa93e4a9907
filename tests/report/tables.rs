//! The table of a study: read back, it is the study.

use bytes::Bytes;
use gia::report::{Cells, TidyTable, to_csv, to_parquet};
use gia::study::{ConfidenceBand, Study, Summary};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::json;

use crate::support::studies;

fn table(study: &Study) -> TidyTable {
    TidyTable::of(study).unwrap_or_else(|e| panic!("{}", e.message))
}

fn column<'a>(table: &'a TidyTable, name: &str) -> &'a Cells {
    let found = table.columns.iter().find(|column| column.name == name);
    &found.unwrap_or_else(|| panic!("no column {name}")).cells
}

/// A study with a cell of every kind, and empty ones of each.
fn mixed() -> Study {
    let mut study = studies::cooperativity();
    study.experiments.extend(studies::copies().experiments);
    study.experiments.extend(studies::outcomes().experiments);
    let row = &mut study.experiments[0].rows[0];
    row.band = Some(ConfidenceBand {
        low: -1e-300,
        high: 2.5,
        method: "max |t|".into(),
    });
    row.summaries = vec![Summary {
        summary: "median".into(),
        value: Some(0.1),
        low: Some(0.05),
        high: None,
        p: None,
        method: "order statistics".into(),
    }];
    row.contrast = "a \"quoted\", name\nwith lines".into();
    study
}

#[test]
fn a_row_for_each_grid_point_contrast_and_outcome() {
    let study = mixed();
    let table = table(&study);
    assert_eq!(
        table.rows(),
        study
            .experiments
            .iter()
            .map(|e| e.rows.len())
            .sum::<usize>()
    );
    assert!(
        table
            .columns
            .iter()
            .all(|column| column.cells.len() == table.rows())
    );
    let gaps = match column(&table, "at_gap_bp") {
        Cells::Whole(cells) => cells,
        other => panic!("{other:?}"),
    };
    assert_eq!(gaps[3], Some(2));
    assert_eq!(gaps.last(), Some(&None));
    assert!(matches!(column(&table, "at_site"), Cells::Text(_)));
    assert!(matches!(column(&table, "at_copies"), Cells::Whole(_)));
    assert!(matches!(column(&table, "median"), Cells::Number(cells) if cells[0] == Some(0.1)));
    assert!(
        !table
            .columns
            .iter()
            .any(|column| column.name == "median_high")
    );
}

#[test]
fn columns_are_documented() {
    let docs = std::fs::read_to_string(crate::support::command::root().join("docs/tables.md"))
        .expect("the document");
    for column in &table(&studies::importance()).columns {
        assert!(
            docs.contains(&format!("`{}`", column.name)),
            "{} is not in docs/tables.md",
            column.name
        );
    }
}

#[test]
fn csv_reads_back_to_the_same_bits() {
    let table = table(&mixed());
    let bytes = to_csv(&table).expect("CSV");
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header: Vec<String> = reader
        .headers()
        .expect("a header")
        .iter()
        .map(String::from)
        .collect();
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    assert_eq!(header, names);
    let records: Vec<csv::StringRecord> = reader.records().map(|r| r.expect("a record")).collect();
    assert_eq!(records.len(), table.rows());
    for (c, column) in table.columns.iter().enumerate() {
        for (r, record) in records.iter().enumerate() {
            let cell = Some(&record[c]).filter(|cell| !cell.is_empty());
            match &column.cells {
                Cells::Text(cells) => assert_eq!(cell.map(String::from), cells[r]),
                Cells::Whole(cells) => {
                    assert_eq!(cell.map(|c| c.parse::<i64>().expect("whole")), cells[r])
                }
                Cells::Truth(cells) => {
                    assert_eq!(cell.map(|c| c.parse::<bool>().expect("a truth")), cells[r])
                }
                Cells::Number(cells) => {
                    let number = cell.map(|c| c.parse::<f64>().expect("a number").to_bits());
                    assert_eq!(number, cells[r].map(f64::to_bits));
                }
            }
        }
    }
}

#[test]
fn parquet_reads_back_to_the_same_table() {
    let table = table(&mixed());
    let bytes = to_parquet(&table).expect("Parquet");
    let reader = SerializedFileReader::new(Bytes::from(bytes)).expect("a Parquet file");
    let about = reader
        .metadata()
        .file_metadata()
        .key_value_metadata()
        .expect("metadata");
    let said = |key: &str| {
        about
            .iter()
            .find(|kv| kv.key == key)
            .and_then(|kv| kv.value.as_deref())
    };
    assert_eq!(said("gia.command"), Some("gia run spacing.gia"));
    assert_eq!(said("gia.unit.at_gap_bp"), Some("bp"));
    let rows: Vec<_> = reader
        .get_row_iter(None)
        .expect("rows")
        .map(|r| r.expect("a row"))
        .collect();
    assert_eq!(rows.len(), table.rows());
    for (r, row) in rows.iter().enumerate() {
        for ((name, field), column) in row.get_column_iter().zip(&table.columns) {
            assert_eq!(*name, column.name);
            let expected = match &column.cells {
                Cells::Text(cells) => cells[r].clone().map(Field::Str),
                Cells::Whole(cells) => cells[r].map(Field::Long),
                Cells::Number(cells) => cells[r].map(Field::Double),
                Cells::Truth(cells) => cells[r].map(Field::Bool),
            };
            assert_eq!(*field, expected.unwrap_or(Field::Null), "{name} of row {r}");
        }
    }
}

#[test]
fn an_empty_study_is_an_empty_table() {
    let table = table(&studies::study(vec![]));
    assert_eq!(table.rows(), 0);
    let bytes = to_parquet(&table).expect("Parquet");
    let reader = SerializedFileReader::new(Bytes::from(bytes)).expect("a Parquet file");
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(
        to_csv(&table)
            .expect("CSV")
            .iter()
            .filter(|b| **b == b'\n')
            .count(),
        1
    );
}

#[test]
fn an_axis_of_mixed_values_is_text_and_a_bad_number_is_refused() {
    let mut study = studies::copies();
    study.experiments[0].rows[0].at = studies::at([("copies", json!("none"))]);
    match column(&table(&study), "at_copies") {
        Cells::Text(cells) => assert_eq!(cells[1].as_deref(), Some("2")),
        other => panic!("{other:?}"),
    }
    study.experiments[0].rows[0].mean = f64::NAN;
    let refused = TidyTable::of(&study).expect_err("not a number");
    assert_eq!(refused.code, gia::diag::Code::NonFinite);
}

#[test]
fn no_two_columns_share_a_name() {
    let mut study = studies::cooperativity();
    let mut other = study.experiments[0].clone();
    for (name, unit) in [("gap_bp", None), ("gap_bp_2", None)] {
        other.axes.push(gia::study::Axis {
            name: name.to_string(),
            unit: unit.map(str::to_string),
            values: vec![json!(1)],
        });
        for row in &mut other.rows {
            let known = row
                .at
                .iter()
                .map(|(axis, value)| (axis.clone(), value.clone()));
            row.at = known.chain([(name.to_string(), json!(1))]).collect();
        }
    }
    study.experiments.push(other);
    let names = |study: &Study| {
        let columns = table(study).columns.into_iter().map(|column| column.name);
        let mut axes: Vec<String> = columns.filter(|name| name.starts_with("at_")).collect();
        axes.sort();
        axes
    };
    let expected = ["at_gap_bp", "at_gap_bp_2", "at_gap_bp_3"];
    assert_eq!(names(&study), expected);
    assert!(
        matches!(column(&table(&study), "at_gap_bp"), Cells::Whole(cells) if cells[3] == Some(2))
    );
    study.experiments.reverse();
    assert_eq!(names(&study), expected);
    let units = to_parquet(&table(&study)).expect("Parquet");
    let read = SerializedFileReader::new(Bytes::from(units)).expect("Parquet");
    assert!(
        read.metadata()
            .file_metadata()
            .key_value_metadata()
            .is_some()
    );
}
