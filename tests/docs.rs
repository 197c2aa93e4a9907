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
