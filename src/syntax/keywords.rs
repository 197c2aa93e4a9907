//! The words of the language, by where they may stand.
//!
//! Invariant: every word of these lists is a word of the grammar.

/// Words that begin a declaration.
pub const DECLARATIONS: &[&str] = &[
    "use",
    "set",
    "fn",
    "let",
    "model",
    "motif",
    "null",
    "construct",
    "query",
    "attribution",
    "experiment",
    "show",
];

/// Words that begin a statement of an experiment other than a step or a binding.
pub const STATEMENTS: &[&str] = &[
    "vary",
    "background",
    "reference",
    "sample",
    "arm",
    "factorial",
    "measure",
    "contrast",
    "expect",
    "report",
];

/// Reserved words, which cannot be names.
pub const KEYWORDS: &[&str] = &[
    "experiment",
    "arm",
    "measure",
    "expect",
    "where",
    "at",
    "in",
    "to",
    "step",
    "as",
    "and",
    "or",
    "not",
    "div",
    "mod",
    "true",
    "false",
];

/// Words that stand between the parts of a statement, and may be names elsewhere.
pub const JOINING: &[&str] = &[
    "first", "until", "decided", "keeping", "without", "over", "between", "beyond", "top",
    "bottom", "of",
];

/// Whether a word begins a declaration or a statement. One that is not reserved may be a name, and is one where it stands alone.
pub fn begins_statement(word: &str) -> bool {
    DECLARATIONS.contains(&word) || STATEMENTS.contains(&word)
}
