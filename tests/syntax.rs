//! Parsing less than a file. `recorded/syntax.rs` compares the trees of whole texts.

use gia::source::Sources;
use gia::syntax;

#[test]
fn an_expression_alone() {
    let mut sources = Sources::default();
    let id = sources.add("expression", std::path::Path::new(""), "");
    assert!(syntax::parse_expression(id, "1 + 2 * width(m)").is_ok());
    assert!(syntax::parse_expression(id, "1 + ").is_err());
    assert!(syntax::parse_expression(id, "1\nlet b = 3").is_err());
}
