//! Tables of measured numbers.

use gia_base::diag::{Code, Outcome};
use gia_domain::MeasuredColumn;

fn read(text: &str) -> Outcome<MeasuredColumn> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.csv");
    std::fs::write(&path, text).unwrap();
    MeasuredColumn::read(&path, "signal").map_err(|mut error| {
        let folder = format!("{}/", folder.path().display());
        error.message = error.message.replace(&folder, "");
        error
    })
}

#[track_caller]
fn refused(text: &str, message: &str) {
    let error = read(text).unwrap_err();
    assert_eq!(
        (error.code, error.message.as_str()),
        (Code::BadTable, message)
    );
}

#[test]
fn tables_as_programs_write_them() {
    for text in [
        "name,signal\na,1\nb,2\n",
        "\u{feff}name,signal\r\na,1\r\nb,2\r\n\r\n",
        "\n\nname\tsignal\na\t1\nb\t2\n",
        "\"name\",\"other\",\"signal\"\n\"a\",\"x\",\" 1.0 \"\nb,,2e0\n",
    ] {
        let column = read(text).unwrap_or_else(|error| panic!("{}", error.message));
        assert_eq!((column.numbers["a"], column.numbers["b"]), (1.0, 2.0));
        assert_eq!(column.numbers.len(), 2);
    }
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    for (text, message) in [
        (
            "name,signal\na,1\nb,2,7\n",
            "`m.csv:3`: the row has 3 cells, but the header has 2",
        ),
        (
            "name,signal\na\n",
            "`m.csv:2`: the row has 1 cell, but the header has 2",
        ),
        (
            "name,signal\na,\n",
            "`m.csv:2`: the cell in the column \"signal\" is empty",
        ),
        (
            "name,signal\na,NA\n",
            "`m.csv:2`: `NA` in the column \"signal\" is not a finite number",
        ),
        (
            "name,signal\na,\"1\nb,2\n",
            "`m.csv:2`: `1\\nb,2` in the column \"signal\" is not a finite number",
        ),
        ("name,signal\na,1\na,2\n", "`m.csv:3`: duplicate row `a`"),
        (
            "name,signal,signal\na,1,2\n",
            "`m.csv` has several columns \"signal\"",
        ),
    ] {
        refused(text, message);
    }
    let parted = read("name;signal\na;1\n").unwrap_err();
    assert_eq!(
        (parted.code, parted.message.as_str()),
        (
            Code::NoSuchItem,
            "`m.csv` has no column \"signal\" after the names"
        )
    );
    let help = parted.help.unwrap_or_default();
    assert!(help.contains("semicolons"), "{help}");
}
