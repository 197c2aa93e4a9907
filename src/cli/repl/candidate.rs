//! Completion candidates.

/// A text that completion offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The replacement of the word.
    pub text: String,
    /// The text in the list of candidates.
    pub displayed: String,
}

/// Whether a word starts with the typed text, ignoring case.
pub fn has_prefix(word: &str, typed: &str) -> bool {
    let head = word.get(..typed.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(typed))
}
