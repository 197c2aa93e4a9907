//! Text from files made safe for terminals and text files.

use std::borrow::Cow;

/// Replaces control characters and bidirectional formatting characters by visible characters of the same length in bytes, so that
/// byte offsets stay valid. Keeps line breaks and tabs.
pub fn replace_control(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        out.push(match c {
            '\n' | '\t' => c,
            '\r' if characters.peek() == Some(&'\n') => c,
            '\r' => ' ',
            _ if c.is_ascii_control() => '?',
            // C1 controls and the middle dot both take two bytes.
            _ if c.is_control() => '·',
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                '\u{fffd}'
            }
            _ => c,
        });
    }
    out
}

/// Writes control characters and bidirectional formatting characters as escapes (`\t`, `\n`, `\u{1b}`), for names in text files.
pub fn escape_control(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_hidden(c) {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether a character is a control character or a bidirectional formatting character.
fn is_hidden(c: char) -> bool {
    let is_bidirectional = matches!(
        c,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    c.is_control() || is_bidirectional
}

/// The text on one line: white space collapsed to single blanks, control characters replaced as in [`replace_control`].
pub fn one_line(text: &str) -> String {
    let joined: Vec<&str> = text.split_whitespace().collect();
    replace_control(&joined.join(" "))
}
