//! What the parser could not read, in words about the program: never the name of a grammar rule.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::Rule;
use crate::diag::{Code, Diagnostic};
use crate::source::{SourceId, Span};

pub fn position(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}

pub fn diagnostic(source: SourceId, code: &str, error: &Error<Rule>) -> Diagnostic {
    let at = position(error);
    let found = token_at(code, at);
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => expectations(positives),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    let span = Span::new(source, at, at + found.len());
    let subject = match found {
        "" => "the text ends too early".to_string(),
        "\n" => "the line ends too early".to_string(),
        token => format!("unexpected `{token}`"),
    };
    let label = if expected.is_empty() {
        "here".to_string()
    } else {
        format!("expected {}", list(&expected))
    };
    let mut diagnostic = Diagnostic::error(Code::Syntax, subject).at(span, label);
    if let Some(help) = help(code, at, found) {
        diagnostic = diagnostic.help(help);
    }
    diagnostic
}

/// The word, number or sign at a byte; empty at the end of the text.
fn token_at(code: &str, at: usize) -> &str {
    let rest = &code[at..];
    let mut chars = rest.char_indices();
    let Some((_, first)) = chars.next() else {
        return "";
    };
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let end = if first == '"' {
        rest[1..].find(['"', '\n']).map_or(rest.len(), |i| {
            if rest.as_bytes()[i + 1] == b'"' {
                i + 2
            } else {
                i + 1
            }
        })
    } else if is_word(first) {
        rest.find(|c| !is_word(c)).unwrap_or(rest.len())
    } else {
        first.len_utf8()
    };
    &rest[..end]
}

/// Mends for mistakes that are easy to make.
fn help(code: &str, at: usize, found: &str) -> Option<String> {
    let before = code[..at].trim_end_matches([' ', '\t']);
    if found.starts_with('"') && (found.len() < 2 || !found.ends_with('"')) {
        return Some("a text ends on its line, with a double quote".into());
    }
    if matches!(found, "bp" | "kb" | "Mb") && before.ends_with(|c: char| c.is_ascii_digit()) {
        return Some(format!(
            "a unit stands right behind its number: write `3{found}`"
        ));
    }
    if matches!(found, "+" | "-" | "*" | "/") && before.ends_with('\n') {
        return Some(format!(
            "a statement ends with its line; put `{found}` at the end of the line above, or brackets around the whole"
        ));
    }
    match found {
        "'" => Some("texts stand in double quotes".into()),
        "=" if before.ends_with('=') => Some("equality is compared with `==`".into()),
        "&" => Some("write `and`".into()),
        "|" => Some("write `or`".into()),
        "!" => Some("write `not`".into()),
        "def" => Some("functions are declared with `fn`".into()),
        _ => None,
    }
}

/// What may stand at the place of the error, each once, in words.
fn expectations(rules: &[Rule]) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = Vec::new();
    for rule in rules {
        if let Some(word) = describe(*rule) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
    }
    // Where an expression may go on, an operator could follow almost anywhere; say what ends it instead.
    if words.len() > 1 {
        words.retain(|word| *word != "an operator" && *word != "`(`, `[` or `.`");
    }
    words
}

fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_string(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

fn describe(rule: Rule) -> Option<&'static str> {
    use Rule::*;
    Some(match rule {
        item | use_item | set_item | fn_item | experiment_item => "a declaration",
        binding | kind => "a declaration",
        statement | vary | background | sample | arm | edit | embed | factorial | measure
        | contrast | expect => "a statement of an experiment",
        expr | number | text | name | list | group | sequence | truth | block_value | minus
        | not => match rule {
            name => "a name",
            _ => "a value",
        },
        parameter | parameters => "a parameter",
        argument => "an argument",
        Rule::r#type => "a type",
        block => "`{`",
        step => "an edit or the name of an arm",
        outcome => "an outcome",
        condition => "`where`",
        level | kw_at => "`at`",
        kw_in => "`in`",
        kw_as => "`as`",
        kw_first => "`first`",
        call | index | field => "`(`, `[` or `.`",
        or | and | less_equal | greater_equal | not_equal | equal | less | greater | step_by
        | to | region | add | subtract | multiply | divide | div | modulo | power => "an operator",
        EOI => "the end of the statement",
        unit => "a unit",
        digits => "a number",
        _ => return None,
    })
}
