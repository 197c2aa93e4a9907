//! Prepares a text for the grammar without moving a byte: comments become blanks, and so does every line break that
//! does not end a statement. Spans into the prepared text are spans into the original.

/// A text ready to be parsed, and the documentation found on the way.
pub struct Layout {
    /// As many bytes as the original, in the same places.
    pub code: String,
    /// `##` lines in order: the byte where the line starts, and its text.
    pub docs: Vec<DocLine>,
}

pub struct DocLine {
    /// Offset of the first byte of the line.
    pub line_start: usize,
    /// Offset after the line break.
    pub next_line: usize,
    pub text: String,
}

/// Words after which a statement goes on in the next line.
const JOINING_WORDS: &[&str] = &[
    "and", "or", "not", "to", "step", "div", "mod", "in", "at", "as", "where", "measure", "expect",
];

pub fn prepare(text: &str) -> Layout {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut docs = Vec::new();
    let mut brackets: Vec<u8> = Vec::new();
    // End of the last token before the cursor, to tell what a line ends with.
    let mut token_end = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = text_end(bytes, at);
                token_end = at;
            }
            b'#' => {
                let end = line_end(bytes, at);
                if bytes[at..].starts_with(b"##") {
                    docs.push(DocLine {
                        line_start: line_start(bytes, at),
                        next_line: (end + 1).min(bytes.len()),
                        text: text[at + 2..end].trim().to_string(),
                    });
                }
                code[at..end].fill(b' ');
                at = end;
            }
            b'\n' => {
                let inside = matches!(brackets.last(), Some(b'(' | b'['));
                if inside || joins(&text[..token_end]) {
                    code[at] = b' ';
                }
                at += 1;
            }
            byte => {
                match byte {
                    b'(' | b'[' | b'{' => brackets.push(byte),
                    b')' | b']' | b'}' => {
                        brackets.pop();
                    }
                    _ => {}
                }
                at += 1;
                if !byte.is_ascii_whitespace() {
                    token_end = at;
                }
            }
        }
    }
    // Whole comments were blanked, byte for byte, so what was UTF-8 still is.
    let code = String::from_utf8_lossy(&code).into_owned();
    Layout { code, docs }
}

/// Offset after the closing quote, or of the end of the line when there is none.
fn text_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\n' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..]
        .iter()
        .position(|&b| b == b'\n')
        .map_or(bytes.len(), |i| from + i)
}

fn line_start(bytes: &[u8], from: usize) -> usize {
    bytes[..from]
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(0, |i| i + 1)
}

/// Whether a statement goes on after a line that ends like this.
fn joins(before: &str) -> bool {
    let Some(last) = before.bytes().last() else {
        return false;
    };
    if b"+-*/^<>=,".contains(&last) || before.ends_with("..") {
        return true;
    }
    let word_start = before
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .map_or(0, |i| i + 1);
    before
        .get(word_start..)
        .is_some_and(|word| JOINING_WORDS.contains(&word))
}
