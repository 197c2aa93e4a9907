//! Edits that diagnostics suggest.

use std::path::Path;

use gia::diag::Format;
use gia::source::SourceId;

use crate::support::script::{check, scripts, stem};

/// `recorded/diagnostics.rs` makes each edit; this holds how many there are and how many leave a script that checks.
#[test]
fn most_mends_make_a_script_right() {
    let (mut tried, mut right) = (0, 0);
    for path in scripts("diagnostics") {
        let text = std::fs::read_to_string(&path).expect("a text");
        let name = format!("{}.gia", stem(&path));
        for (_, suggestion) in check(&name, "tests/diagnostics", &text).edits() {
            let mended = suggestion.apply(SourceId(0), &text).expect("an edit");
            tried += 1;
            let again = check(&name, "tests/diagnostics", &mended);
            right += usize::from(again.program.is_some());
        }
    }
    assert!(tried > 100, "{tried} mends were tried");
    assert!(
        right * 4 > tried * 3,
        "{right} of {tried} mends gave a script that checks"
    );
}

#[test]
fn a_machine_reads_mends() {
    let checked = check("a.gia", "tests/diagnostics", "let gap = 5bp + 3\n");
    let json: serde_json::Value =
        serde_json::from_str(&checked.rendered(Format::Json)).expect("one object");
    let replacement = &json["suggestions"][0]["replacements"][0];
    assert_eq!(replacement["text"], "3bp");
    assert_eq!(
        (
            &replacement["line"],
            &replacement["column"],
            &replacement["end_column"]
        ),
        (&1.into(), &17.into(), &18.into())
    );
    assert!(Path::new(replacement["file"].as_str().expect("a file")).ends_with("a.gia"));
}
