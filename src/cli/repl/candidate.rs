//! What completion offers.

/// What may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What takes the place of the word.
    pub text: String,
    /// As it is listed.
    pub shown: String,
}

/// Whether a word goes on with what is typed; case does not matter.
pub fn begins(word: &str, typed: &str) -> bool {
    let head = word.get(..typed.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(typed))
}
