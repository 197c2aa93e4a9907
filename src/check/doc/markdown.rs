//! Plain text as Markdown that shows it unchanged.

/// A lone `<` begins a tag in Markdown.
pub(super) fn escape_angle_brackets(text: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for c in text.chars() {
        inside ^= c == '`';
        match c {
            '<' if !inside => out.push_str("&lt;"),
            c => out.push(c),
        }
    }
    out
}
