//! Reading back the tables of `--values`.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

/// A row by the names of its columns; an empty cell is an empty text.
pub type Row = BTreeMap<String, String>;

/// The rows of a file, CSV or Parquet by its extension.
pub fn read(path: &Path) -> Vec<Row> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => csv_rows(path),
        Some("parquet") => parquet_rows(path),
        other => panic!("{other:?}"),
    }
}

fn csv_rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let header = reader.headers().expect("a header").clone();
    let rows = reader.records().map(|record| {
        let record = record.expect("a row");
        let cells = header.iter().zip(&record);
        cells
            .map(|(name, cell)| (name.to_string(), cell.to_string()))
            .collect()
    });
    rows.collect()
}

fn parquet_rows(path: &Path) -> Vec<Row> {
    let reader = SerializedFileReader::new(File::open(path).expect("a file")).expect("Parquet");
    let rows = reader.get_row_iter(None).expect("rows").map(|row| {
        let row = row.expect("a row");
        let cells = row.get_column_iter().map(|(name, field)| {
            let cell = match field {
                Field::Null => String::new(),
                Field::Str(text) => text.clone(),
                Field::Long(number) => number.to_string(),
                Field::Bool(truth) => truth.to_string(),
                // As CSV has it.
                Field::Double(number) => serde_json::json!(number).to_string(),
                other => panic!("{other:?}"),
            };
            (name.clone(), cell)
        });
        cells.collect()
    });
    rows.collect()
}

/// The number in a column.
pub fn number(row: &Row, column: &str) -> f64 {
    row[column]
        .parse()
        .unwrap_or_else(|_| panic!("{column}: {row:?}"))
}
