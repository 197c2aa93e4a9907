//! Syntax errors in words about the program, never with the name of a grammar rule.

mod fixes;
mod invisible_chars;

use pest::error::{Error, ErrorVariant, InputLocation};

use super::Rule;
use super::keywords::{DECLARATIONS, KEYWORDS, STATEMENTS};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_base::source::{SourceId, Span};

const STATEMENT: &str = "a statement of an experiment";
/// What may follow in a phrase, for error messages.
const PHRASE_WORD: &str = "a word and a value";

pub fn position(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}

pub fn diagnostic(source: SourceId, code: &str, error: &Error<Rule>) -> Diagnostic {
    let at = position(error);
    let found = token_at(code, at);
    let mut expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => {
            expectations(positives, innermost_bracket(&code[..at]))
        }
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    let statement = statement_before(code, at);
    let may_have_place = expected.contains(&"`at`") || expected.contains(&PHRASE_WORD);
    if needs_place(statement) && may_have_place && !statement.contains(" at ") {
        // An edit does not end before it has a place.
        expected = vec!["`at`"];
    }
    expected.retain(|word| *word != PHRASE_WORD);
    if lacks_higher_bound(statement) && !matches!(expected.as_slice(), ["a value"]) {
        expected = vec!["`and`"];
    }
    if statement.starts_with("sample until") {
        // The rule has its words, and it does not end before its limit.
        if let Some(word) = ["`max`", "`width` or `decided`"]
            .into_iter()
            .find(|word| expected.contains(word))
        {
            expected = vec![word];
        }
    }
    if statement.starts_with("report") && expected == ["a name"] {
        expected = vec!["the name of a summary, such as `median`"];
    }
    if let Some(misspelt) = misspelt_statement(source, code, at, statement) {
        return misspelt;
    }
    let span = Span::new(source, at, at + found.len());
    let subject = match found {
        "" => "the text ends too early".to_string(),
        "\n" => "the line ends too early".to_string(),
        token => match invisible_chars::invisible_char(token) {
            Some(unseen) => format!("unexpected {}", unseen.name),
            None => format!("unexpected `{token}`"),
        },
    };
    let label = if expected.is_empty() {
        "here".to_string()
    } else {
        format!("expected {}", list(&expected))
    };
    let diagnostic = Diagnostic::error(Code::Syntax, subject).at(span, label);
    if let Some(unseen) = invisible_chars::invisible_char(found) {
        return diagnostic.suggest(unseen.mend, [(span, unseen.stands_for.to_string())]);
    }
    if let Some(mend) = fixes::fix_for(code, at, found, statement, &expected) {
        return mend.added_to(diagnostic, source);
    }
    match help(code, at, found, &expected) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

fn is_statement(word: &str) -> bool {
    STATEMENTS.contains(&word)
}

/// An error on the first word of a statement that does not parse, where that word is close to one of the language.
fn misspelt_statement(
    source: SourceId,
    code: &str,
    at: usize,
    statement: &str,
) -> Option<Diagnostic> {
    let end = statement.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let word = &statement[..end.unwrap_or(statement.len())];
    let known = || STATEMENTS.iter().chain(DECLARATIONS).copied();
    if !is_unknown_word(word) || known().any(|known| known == word) || !in_braces(code, at) {
        return None;
    }
    let close = closest(word, known())?;
    let start = code[..at].rfind(statement)?;
    let diagnostic = Diagnostic::error(Code::Syntax, format!("there is no statement `{word}`"));
    let span = Span::new(source, start, start + word.len());
    Some(diagnostic.at(span, "unknown statement").did_you_mean(close))
}

/// The text from the start of a statement up to a byte.
fn statement_before(code: &str, at: usize) -> &str {
    let before = &code[..at];
    let start = before.rfind(['\n', ';', '{']).map_or(0, |i| i + 1);
    before[start..].trim()
}

/// Whether the text ends with `between` and one bound.
fn lacks_higher_bound(statement: &str) -> bool {
    let mut words = statement.split([' ', '\t', '(', ')', '[', ']']);
    let last = words.rfind(|word| matches!(*word, "between" | "and"));
    last == Some("between")
}

/// Whether a statement ends with `at` and a place.
fn needs_place(statement: &str) -> bool {
    let word = statement.split([' ', '\t']).next();
    matches!(word, Some("embed" | "insert" | "factorial"))
}

/// A word that could be a name.
fn is_unknown_word(token: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    token.starts_with(|c: char| c.is_ascii_alphabetic())
        && token.chars().all(is_word)
        && !KEYWORDS.contains(&token)
}

/// Whether a brace is open, as in an experiment or an arm.
fn in_braces(code: &str, at: usize) -> bool {
    innermost_bracket(&code[..at]) == Some('{')
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
    } else if [
        "==", "!=", "<=", ">=", "->", "=>", "=<", "..", "&&", "||", "**",
    ]
    .iter()
    .any(|sign| rest.starts_with(sign))
    {
        2
    } else {
        first.len_utf8()
    };
    &rest[..end]
}

/// Fixes for common mistakes.
fn help(code: &str, at: usize, found: &str, expected: &[&str]) -> Option<String> {
    let before = code[..at].trim_end_matches([' ', '\t']);
    if KEYWORDS.contains(&found) && expected.contains(&"a name") {
        return Some(format!(
            "`{found}` is a word of the language; choose another name"
        ));
    }
    if expected.contains(&"a declaration") {
        if is_statement(found) {
            return Some("this belongs between the braces of an `experiment NAME { ... }`".into());
        }
        if found == "def" {
            return Some("functions are declared with `fn`".into());
        }
    } else if expected.contains(&STATEMENT) {
        if matches!(found, "use" | "set" | "fn") {
            return Some(format!("`{found}` stands outside of experiments"));
        }
        if is_unknown_word(found) {
            return Some(format!(
                "statements are `let`, `{}`, and edits",
                STATEMENTS.join("`, `")
            ));
        }
    }
    if found == "across" {
        return Some(
            "`across models` stands right behind the comparison, before `where` and `at`".into(),
        );
    }
    if matches!(found, "+" | "-" | "*" | "/") && before.ends_with('\n') {
        return Some(format!(
            "a statement ends with its line; put `{found}` at the end of the line above, or brackets around the whole"
        ));
    }
    match found {
        "'" | "“" | "”" | "‘" | "’" | "«" | "»" => {
            Some("texts stand in straight double quotes: \"...\"".into())
        }
        _ => None,
    }
}

/// The tokens that the grammar accepts at the position of the error, in words, each once.
fn expectations(rules: &[Rule], bracket: Option<char>) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = Vec::new();
    for rule in rules {
        if let Some(word) = describe(*rule)
            && !words.contains(&word)
        {
            words.push(word);
        }
    }
    // Where an expression may go on, an operator could follow almost anywhere; say what ends it instead.
    let before = words.len();
    words.retain(|word| *word != "an operator");
    if words.len() < before {
        match bracket {
            Some('(') if !words.contains(&"`)`") => words.push("`)`"),
            Some('[') if !words.contains(&"`]`") => words.push("`]`"),
            Some('{') | None if !words.contains(&"the end of the statement") => {
                words.insert(0, "the end of the statement");
            }
            _ => {}
        }
    }
    // A step may be any value, and a phrase may go on with any word.
    if words.contains(&STATEMENT) {
        words.retain(|word| !matches!(*word, "a value" | "a name" | "a number"));
    }
    if words.contains(&"an edit, the name of an arm") && words.contains(&STATEMENT) {
        words.retain(|word| *word != "an edit, the name of an arm");
    }
    if words.contains(&PHRASE_WORD) || words.contains(&"`at`") {
        words.retain(|word| *word != "a name");
    }
    // A comma goes on with a phrase, whose end is what is missed.
    if words.contains(&"the end of the statement") {
        words.retain(|word| *word != "`,`");
    }
    // What a value may be needs no list.
    if words.contains(&"a value") {
        words.retain(|word| !matches!(*word, "a name" | "a number" | "a declaration"));
    }
    words
}

/// The bracket that is open at the end of a text.
pub fn innermost_bracket(before: &str) -> Option<char> {
    let mut open = Vec::new();
    let mut quoted = false;
    for c in before.chars() {
        match c {
            '"' | '\n' => quoted = c == '"' && !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => open.push(c),
            ')' | ']' | '}' => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
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
        file | item | use_item | set_item | fn_item | experiment_item | show_item => {
            "a declaration"
        }
        kw_show => "a declaration",
        ranking | top | bottom | kw_top | kw_bottom => "`top` or `bottom`",
        kw_of => "`of`",
        binding | kind | kw_use | kw_set | kw_fn | kw_experiment | kw_let | kw_model | kw_motif
        | kw_null | kw_construct | kw_query => "a declaration",
        statement | vary | background | reference | sample | arm | factorial | measure
        | contrast | expect | report => STATEMENT,
        summary => "the name of a summary, such as `median`",
        comma => "`,`",
        labels => "a label",
        keeping | without | between | over | kw_keeping | kw_without | kw_between | kw_over => {
            "an operator"
        }
        expr | number | text | name | list | map | map_entry | group | sequence | truth
        | block_value | arm_block | minus | not => match rule {
            name => "a name",
            _ => "a value",
        },
        arm_value => "a value",
        parameter | parameters => "a parameter",
        argument => "an argument",
        Rule::r#type => "a type",
        block | steps => "`{`",
        step | phrase | verb => "an edit, the name of an arm",
        outcome => "an outcome",
        condition => "`where`",
        level | kw_at | at_word => "`at`",
        clause => PHRASE_WORD,
        kw_in => "`in`",
        kw_as => "`as`",
        first | kw_first => "an operator",
        beyond | kw_beyond => "`beyond`",
        kw_max => "`max`",
        across | kw_across => "`across models`",
        kw_models => "`models`",
        per_source | kw_per => "`per source`",
        kw_source => "`source`",
        narrow | decided | kw_width | kw_decided => "`width` or `decided`",
        until => "a value",
        assign => "`=`",
        colon => "`:`",
        open_round => "`(`",
        close_round => "`)`",
        close_square => "`]`",
        open_curly => "`{`",
        close_curly => "`}`",
        call | index | field | or | and | less_equal | greater_equal | not_equal | equal | less
        | greater | step_by | to | region | add | subtract | multiply | divide | div | modulo
        | power => "an operator",
        EOI => "the end of the statement",
        unit => "a unit",
        digits => "a number",
        _ => return None,
    })
}
