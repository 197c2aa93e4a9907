//! Texts and their trees: `syntax/FEATURE.gia` and its `.txt`.

use gia::diag::{Format, Style, render};
use gia::source::Sources;
use gia::syntax;

use crate::support::script::{scripts, stem};
use crate::support::{golden, tree};

#[test]
fn every_tree_is_as_recorded() {
    for path in scripts("syntax") {
        let text = std::fs::read_to_string(&path).expect("a text");
        let mut sources = Sources::default();
        let folder = path.parent().expect("a folder");
        let id = sources.add(format!("{}.gia", stem(&path)), folder, &text);
        let (file, diagnostics) = syntax::parse(id, &text);
        let errors = render(&diagnostics, &sources, Format::Short, Style::PLAIN);
        golden::check(
            &format!("syntax/{}.txt", stem(&path)),
            &(tree::show(&file) + &errors),
        );
    }
}

#[test]
fn an_expression_alone() {
    let mut sources = Sources::default();
    let id = sources.add("expression", std::path::Path::new(""), "");
    assert!(syntax::parse_expression(id, "1 + 2 * width(m)").is_ok());
    assert!(syntax::parse_expression(id, "1 + ").is_err());
    assert!(syntax::parse_expression(id, "1\nlet b = 3").is_err());
}
