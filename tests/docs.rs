//! What the manual has to name. `recorded/documents.rs` tries the blocks of the documents.

use crate::support::command::root;

/// Every function that a script can call stands in the manual.
#[test]
fn the_manual_names_the_built_in_functions() {
    let manual = std::fs::read_to_string(root().join("docs/language.md")).expect("the manual");
    for entry in gia::doc::functions() {
        let name = format!("`{}`", entry.name);
        assert!(manual.contains(&name), "docs/language.md lacks {name}");
    }
}

#[test]
fn the_citation_names_the_version_of_the_package() {
    let citation = std::fs::read_to_string(root().join("CITATION.cff")).expect("the citation");
    let version = format!("version: {}", env!("CARGO_PKG_VERSION"));
    assert!(citation.lines().any(|line| line == version), "{version}");
}
