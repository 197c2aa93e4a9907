mod studies;

use gia::diag::Style;
use gia::report::{table, to_json};
use gia::result::Study;

use crate::support::golden;

fn all() -> [(&'static str, Study); 5] {
    [
        ("importance", studies::importance()),
        ("cooperativity", studies::cooperativity()),
        ("copies", studies::copies()),
        ("outcomes", studies::outcomes()),
        ("hexamers", studies::hexamers()),
    ]
}

#[test]
fn tables_read_as_stored() {
    for (name, study) in all() {
        for width in [80, 120] {
            let text = table(&study, Style::PLAIN.with_width(width));
            golden::check(&format!("report/{name}_{width}.txt"), &text);
        }
    }
}

#[test]
fn colour_and_ascii_are_the_callers_choice() {
    let study = studies::cooperativity();
    let coloured = Style {
        colour: true,
        ..Style::PLAIN
    };
    golden::check("report/colour.txt", &table(&study, coloured));
    let ascii = table(
        &study,
        Style {
            unicode: false,
            ..Style::PLAIN
        },
    );
    assert!(ascii.is_ascii(), "{ascii}");
    let plain = table(&study, Style::PLAIN);
    assert!(!plain.contains('\x1b'));
}
