//! The grammar of gia for tree-sitter, for editors and whatever else reads scripts without running them.

use tree_sitter_language::LanguageFn;

unsafe extern "C" {
    fn tree_sitter_gia() -> *const ();
}

/// The language, for `Parser::set_language`.
pub const LANGUAGE: LanguageFn = unsafe { LanguageFn::from_raw(tree_sitter_gia) };

/// Which node is coloured as what.
pub const HIGHLIGHTS_QUERY: &str = include_str!("../../queries/highlights.scm");
