//! Parsing less than a file. `recorded/syntax.rs` compares the trees of whole texts.

use gia_base::source::Sources;

#[test]
fn an_expression_alone() {
    let mut sources = Sources::default();
    let id = sources.add("expression", std::path::Path::new(""), "");
    assert!(gia_syntax::parse_expression(id, "1 + 2 * width(m)").is_ok());
    assert!(gia_syntax::parse_expression(id, "1 + ").is_err());
    assert!(gia_syntax::parse_expression(id, "1\nlet b = 3").is_err());
}
