//! Fixes for texts that do not parse, as replacements of ranges of bytes.

use std::ops::Range;

use super::super::keywords::{DECLARATIONS, STATEMENTS};
use super::super::tree::Kind;
use super::{STATEMENT, innermost_bracket, is_statement, needs_place};
use gia_base::diag::{Diagnostic, closest, equivalence_claim};
use gia_base::source::{SourceId, Span};

/// A fix in words, and ranges of bytes with their replacements.
pub struct Fix {
    words: String,
    at: Range<usize>,
    text: String,
}

impl Fix {
    pub fn added_to(self, diagnostic: Diagnostic, source: SourceId) -> Diagnostic {
        let span = Span::new(source, self.at.start, self.at.end);
        diagnostic.suggest(self.words, [(span, self.text)])
    }
}

fn add_fix(at: Range<usize>, text: impl Into<String>, words: impl Into<String>) -> Option<Fix> {
    Some(Fix {
        words: words.into(),
        at,
        text: text.into(),
    })
}

/// The fix for a common mistake; none if it is unclear what was meant.
///
/// `found` stands at byte `at`, behind `statement`.
pub fn fix_for(
    code: &str,
    at: usize,
    found: &str,
    statement: &str,
    expected: &[&str],
) -> Option<Fix> {
    let here = at..at + found.len();
    // To the end of the statement.
    let rest = &code[at..at + code[at..].find(['\n', ';', '}']).unwrap_or(code.len() - at)];
    let before = code[..at].trim_end_matches([' ', '\t']);
    let gap = before.len()..at;
    if let Some(mend) = comment_fix(code, at) {
        return Some(mend);
    }
    if expected == ["`at`"] && needs_place(statement) {
        return missing_place_fix(code, here, found, statement, rest);
    }
    if expected == ["a value"]
        && needs_place(statement)
        && let Some(what) = statement.strip_suffix(" at")
    {
        let words = format!("say where: `{what} at center`");
        return add_fix(before.len()..before.len(), " center", words);
    }
    if expected == ["a value"]
        && let [verb @ ("embed" | "insert"), kind, name] =
            statement.split_whitespace().collect::<Vec<_>>()[..]
        && Kind::is_keyword(kind)
    {
        // What is embedded is named without the word that declares it.
        let start = before.len() - before.trim_end_matches(|c| c != ' ' && c != '\t').len();
        let start = before.len() - start;
        let at = before[..start].trim_end().len() - kind.len();
        let words = format!("name it alone, and say where: `{verb} {name} at center`");
        return add_fix(at..before.len(), format!("{name} at center"), words);
    }
    if expected == ["a value"]
        && needs_place(statement)
        && !statement.contains(" at ")
        && let Some((what, place)) = statement.rsplit_once(' ')
    {
        // The place is taken for a word of the phrase.
        let start = before.len() - place.len();
        let words = format!("say where: `{what} at {place}`");
        return add_fix(start..start, "at ", words);
    }
    if expected == ["`max`"] {
        return add_fix(
            before.len()..before.len(),
            " max 100_000",
            format!("say how many backgrounds there may be at most: `{statement} max 100_000`"),
        );
    }
    let word = statement.split([' ', '\t']).next().unwrap_or_default();
    let joined = match word {
        "mutate" => Some("with"),
        "move" => Some("at"),
        _ => None,
    };
    if let Some(joined) = joined
        && !statement.contains(&format!(" {joined} "))
        && !matches!(found, "\n" | "")
    {
        return missing_keyword_fix(joined, code, at, found, statement, rest);
    }
    if found == "=" && is_statement(statement) && !expected.contains(&"a name") {
        let value = rest.trim_start_matches('=').trim();
        return add_fix(
            gap.start..at + rest.len() - rest.trim_start_matches('=').trim_start().len(),
            " ",
            format!("`{statement}` stands right before what it is about: `{statement} {value}`"),
        );
    }
    if found == "=" && expected == ["`in`"] {
        let words = format!("write `{statement} in ...`");
        return add_fix(here, "in", words);
    }
    if found == "%" && rest[1..].trim_start().starts_with(is_operand) {
        return add_fix(here, "mod", "the rest of a division is written `mod`");
    }
    if found == "*" && code[..at].ends_with('*') {
        return add_fix(at - 1..here.end, "^", "a power is written `^`");
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let last_word = &before[before.trim_end_matches(is_word).len()..];
    if matches!(found, "bp" | "kb" | "Mb" | "%")
        && last_word.starts_with(|c: char| c.is_ascii_digit())
    {
        return add_fix(
            gap,
            "",
            format!("a unit stands right behind its number: write `{last_word}{found}`"),
        );
    }
    if found == "=" && innermost_bracket(before) == Some('(') && is_argument(before, last_word) {
        let value = rest.trim_start_matches('=').trim_start();
        let value = value.split([',', ')']).next().unwrap_or_default().trim();
        return add_fix(
            gap.start..here.end,
            ":",
            format!("an argument is given with a colon: write `{last_word}: {value}`"),
        );
    }
    if expected.contains(&"a declaration")
        && found == "arm"
        && let [name] = rest["arm".len()..]
            .split('{')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()[..]
        && rest.contains('{')
    {
        let end = at + rest.find('{').unwrap_or(rest.len());
        let words =
            format!("an arm outside of experiments is a value: `let {name} = arm {{ ... }}`");
        return add_fix(at..end, format!("let {name} = arm "), words);
    }
    if expected.contains(&"a declaration") && !is_statement(found) && found != "def" {
        if let Some(close) = closest(found, DECLARATIONS.iter().copied()) {
            return add_fix(here, close, format!("did you mean `{close}`?"));
        }
    } else if expected.contains(&STATEMENT)
        && !matches!(found, "use" | "set" | "fn")
        && let Some(close) = closest(found, STATEMENTS.iter().copied())
    {
        return add_fix(here, close, format!("did you mean `{close}`?"));
    }
    if expected == ["`:`"] {
        return add_fix(
            before.len()..before.len(),
            ": Number",
            format!("a parameter has a type: write `{last_word}: Number`, or what else it is"),
        );
    }
    if word == "expect" && found == "=" && !before.ends_with('=') {
        return equality_fix(code, at, statement, rest);
    }
    if found == "in" && statement.contains("peak(") {
        return add_fix(
            here,
            "between",
            "a peak lies between two values: `peak(...) between a and b`",
        );
    }
    let sign = match found {
        "=" | "==" if before.ends_with('=') => {
            return add_fix(here, "", "a name is given its value with one `=`");
        }
        "==" if expected == ["`=`"] => {
            return add_fix(here, "=", "a name is given its value with one `=`");
        }
        "=>" | "=<" if expected.contains(&"`=`") => "=",
        // Where a value is missing, a comparison would miss it too.
        "=" if expected.contains(&"a value") => return None,
        "=" => return add_fix(here, "==", "equality is compared with `==`"),
        "≠" => "!=",
        "≤" | "=<" => "<=",
        "≥" | "=>" => ">=",
        "×" | "·" => "*",
        "–" | "—" | "−" => "-",
        "**" => "^",
        "&" | "&&" => "and",
        "|" | "||" => "or",
        "!" => return add_fix(here, "not ", "write `not`"),
        _ => return None,
    };
    add_fix(here, sign, format!("write `{sign}`"))
}

/// Whether a value may begin with this character.
fn is_operand(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '(' | '_')
}

/// `// words`, as other languages have it.
fn comment_fix(code: &str, at: usize) -> Option<Fix> {
    let start = if code[at..].starts_with("//") {
        at
    } else if code[..at].ends_with('/') && code[at..].starts_with('/') {
        at - 1
    } else {
        return None;
    };
    add_fix(start..start + 2, "#", "a comment starts with `#`")
}

/// An edit that does not say where.
fn missing_place_fix(
    code: &str,
    here: Range<usize>,
    found: &str,
    statement: &str,
    rest: &str,
) -> Option<Fix> {
    let words = |text: &str| format!("say where: `{text}`");
    let end = code[..here.start].trim_end().len();
    // What other languages have in place of `at`.
    if let Some((what, place)) = statement.split_once(" to ") {
        let to = end - place.len() - " to ".len();
        return add_fix(to..to + 4, " at ", words(&format!("{what} at {place}")));
    }
    if matches!(found, "in" | "on" | "into" | "onto" | "inside" | "@" | "=") {
        let place = rest[found.len()..].trim();
        let place = if place.is_empty() { "center" } else { place };
        let written = if rest[found.len()..].trim().is_empty() {
            "at center"
        } else {
            "at"
        };
        return add_fix(here, written, words(&format!("{statement} at {place}")));
    }
    match rest.trim() {
        "" => add_fix(
            end..end,
            " at center",
            words(&format!("{statement} at center")),
        ),
        place => add_fix(
            here.start..here.start,
            "at ",
            words(&format!("{statement} at {place}")),
        ),
    }
}

/// `mutate P "T"` and `mutate P -> "T"`, which lack `with`; `move R -> P`, which lacks `at`.
fn missing_keyword_fix(
    word: &str,
    code: &str,
    at: usize,
    found: &str,
    statement: &str,
    rest: &str,
) -> Option<Fix> {
    if found == "at" && !statement.contains(' ') {
        let place = rest["at".len()..].trim();
        let words = format!("the place stands right behind `{statement}`: `{statement} {place}`");
        return add_fix(at..at + "at ".len(), "", words);
    }
    // The first half of an arrow is read as a minus.
    let (start, what) = match statement.strip_suffix('-') {
        Some(what) if found == ">" && code[..at].ends_with('-') => (at - 1, what.trim_end()),
        _ => (at, statement),
    };
    let stands_for_word = matches!(found, ">" | "->" | "=" | "=>" | ":" | "as" | "in");
    let end = if stands_for_word {
        at + found.len()
    } else {
        at
    };
    let value = rest[end - at..].trim();
    if value.is_empty() {
        return None;
    }
    let text = match stands_for_word {
        true => word.to_string(),
        false => format!("{word} "),
    };
    add_fix(start..end, text, format!("write `{what} {word} {value}`"))
}

/// `expect effect = 1`, which no interval shows.
fn equality_fix(code: &str, at: usize, statement: &str, rest: &str) -> Option<Fix> {
    let measured = statement["expect".len()..].trim();
    if measured.contains(['<', '>', '=']) || measured.contains(" where ") {
        let sign = at..at + "=".len();
        return add_fix(sign, "==", "equality is compared with `==`");
    }
    let value = rest["=".len()..].trim_start();
    let end = [" where ", " at "]
        .iter()
        .filter_map(|word| value.find(word))
        .min();
    let value = value[..end.unwrap_or(value.len())].trim_end();
    let claim = equivalence_claim(measured, value);
    let start = code[..at].rfind(measured)?;
    let end = at + (value.as_ptr() as usize - rest.as_ptr() as usize) + value.len();
    add_fix(
        start..end,
        claim.clone(),
        format!(
            "no interval shows that a mean equals a number; claim how close it is: `expect {claim}`"
        ),
    )
}

/// Whether what stands before `=` is the name of an argument.
fn is_argument(before: &str, name: &str) -> bool {
    let head = before[..before.len() - name.len()].trim_end();
    head.ends_with(['(', ',']) && name.starts_with(|c: char| c.is_ascii_alphabetic())
}
