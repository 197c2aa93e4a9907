//! Characters that are invisible in a script, or look like a blank.

/// A character by its name, and what is to stand in its place.
pub struct InvisibleChar {
    pub name: String,
    pub mend: &'static str,
    pub stands_for: &'static str,
}

/// The character that a token is, where it cannot be seen.
pub fn invisible_char(token: &str) -> Option<InvisibleChar> {
    let mut characters = token.chars();
    let (Some(c), None) = (characters.next(), characters.next()) else {
        return None;
    };
    let (what, is_blank) = match c {
        '\n' | '\r' | '\t' | ' ' => return None,
        '\0' => ("a NUL byte", false),
        '\u{a0}' => ("a no-break space", true),
        '\u{ad}' => ("a soft hyphen", false),
        '\u{200b}'..='\u{200d}' | '\u{2060}' => ("a character without width", false),
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            ("a mark of the reading direction", false)
        }
        '\u{2028}' | '\u{2029}' => ("a separator of lines", true),
        '\u{feff}' => ("a byte order mark", false),
        c if c.is_whitespace() => ("a wide or narrow blank", true),
        c if c.is_control() => ("a control character", false),
        _ => return None,
    };
    let (mend, stands_for) = if is_blank {
        ("write a plain blank in its place", " ")
    } else {
        ("delete it", "")
    };
    Some(InvisibleChar {
        name: format!("U+{:04X}, {what}", u32::from(c)),
        mend,
        stands_for,
    })
}
