//! The words of the language, as the tables of the manual explain them and its scripts show them.
//!
//! Invariant: the manual is the one text; a word that no table explains has no entry.

use super::{Entry, Origin};
use gia_syntax::keywords::JOINING;
use gia_syntax::tree::PLACE;

const MANUAL: &str = include_str!("../manual/language.md");

/// Lines of scripts that are shown for one word.
const MAX_EXAMPLES: usize = 3;

/// A row of a table: how something is written, and what is said of it.
struct TableRow {
    form: String,
    text: String,
}

/// Documentation of a keyword, from the tables of the language manual: each way to write it, and what it does.
pub fn word_entry(word: &str) -> Option<Entry> {
    let found: Vec<TableRow> = table_rows()
        .filter(|row| first_word(&row.form) == word)
        .collect();
    if word.is_empty() || found.is_empty() {
        return None;
    }
    let mut forms = Vec::new();
    let mut texts = Vec::new();
    for row in found {
        if !forms.contains(&row.form) {
            forms.push(row.form);
        }
        if !texts.contains(&row.text) {
            texts.push(row.text);
        }
    }
    Some(Entry {
        name: word.to_string(),
        origin: Origin::Language,
        forms,
        text: texts.join("\n"),
        examples: example_lines(word),
    })
}

/// What is said of a word of phrases, such as `with`: the parameter that it gives, and the functions that take it.
///
/// `functions` are those that make edits.
pub fn phrase_word_entry(word: &str, functions: &[Entry]) -> Option<Entry> {
    let parameter = match word {
        "at" => PLACE,
        PLACE => return None,
        other => other,
    };
    let takes = |entry: &&Entry| {
        let form = entry.forms.first().map_or("", String::as_str);
        let (_, declared) = form.split_once('(').unwrap_or_default();
        let mut parameters = declared.split(", ").skip(1);
        parameters.any(|text| text.split(':').next() == Some(parameter))
    };
    let takers: Vec<&Entry> = functions.iter().filter(takes).collect();
    if takers.is_empty() {
        return None;
    }
    let verbs: Vec<String> = takers
        .iter()
        .map(|entry| format!("`{}`", entry.name))
        .collect();
    let verbs = match verbs.as_slice() {
        [head @ .., last] if !head.is_empty() => format!("{} and {last}", head.join(", ")),
        all => all.concat(),
    };
    let means = match word == parameter {
        true => {
            format!("In a step of an arm, the word before the argument `{parameter}` of {verbs}.")
        }
        false => format!(
            "In a step of an arm, the word before the place of {verbs}, which is the argument `{parameter}` of a call."
        ),
    };
    // Phrases from the manual, else the declarations.
    let holds = |text: &&String| {
        let mut tokens = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        tokens.any(|token| token == word)
    };
    let phrases = takers.iter().filter_map(|taker| word_entry(&taker.name));
    let phrases: Vec<Entry> = phrases.collect();
    let forms = phrases.iter().flat_map(|entry| &entry.forms).filter(holds);
    let mut forms: Vec<String> = forms.cloned().collect();
    if forms.is_empty() {
        forms.extend(takers.iter().flat_map(|taker| taker.forms.clone()));
    }
    let spoken = phrases.iter().flat_map(|entry| &entry.examples);
    let called = takers.iter().flat_map(|taker| &taker.examples);
    let examples = spoken.chain(called).filter(holds).take(MAX_EXAMPLES);
    Some(Entry {
        name: word.to_string(),
        origin: Origin::Language,
        forms,
        text: means,
        examples: examples.cloned().collect(),
    })
}

/// Documentation of a word that begins no statement (a unit, a value such as `center`, the subject of a section), from the manual.
pub fn topic_entry(word: &str) -> Option<Entry> {
    if word.is_empty() {
        return None;
    }
    let section = section_of(word);
    let mut forms = Vec::new();
    let mut texts = Vec::new();
    let mut shown = Vec::new();
    if let Some(section) = section {
        texts.extend(first_paragraph(section));
        shown.extend(first_block(section));
    } else {
        let stands_between = JOINING.contains(&word);
        for line in MANUAL.lines().filter(|line| line.starts_with("| `")) {
            let mut cells = line.trim_matches(['|', ' ']).split(" | ");
            let (Some(form), Some(text)) = (cells.next(), cells.last()) else {
                continue;
            };
            if names_word(form, word) || stands_between && joins(form, word) {
                forms.push(form.replace('`', ""));
                texts.push(without_links(text));
            }
        }
        texts.extend(sentences_naming(word));
        shown = script_lines_with(word);
    }
    if texts.is_empty() {
        return None;
    }
    forms.insert(0, word.to_string());
    Some(Entry {
        name: word.to_string(),
        origin: Origin::Language,
        forms,
        text: texts.join("\n"),
        examples: shown,
    })
}

/// The section whose heading is a word, in the singular or the plural.
fn section_of(word: &str) -> Option<&'static str> {
    let wanted = word.to_lowercase();
    let is_wanted = |heading: &str| {
        let heading = heading.trim().to_lowercase();
        let heading = heading.strip_prefix("an ").unwrap_or(&heading);
        heading == wanted || heading.strip_suffix('s') == Some(wanted.as_str())
    };
    MANUAL
        .split("\n## ")
        .skip(1)
        .find(|section| section.lines().next().is_some_and(is_wanted))
}

/// The first paragraph below a heading that is neither a table nor a script.
fn first_paragraph(section: &str) -> Option<String> {
    let paragraph = section.split("\n\n").skip(1).find(|paragraph| {
        !paragraph.starts_with(['|', '`', '-', '#'])
            || paragraph.starts_with("`") && !paragraph.starts_with("```")
    })?;
    Some(without_links(&paragraph.replace('\n', " ")))
}

/// The first `experiment` of a section's scripts, or the first script without one.
fn first_block(section: &str) -> Option<String> {
    let (_, script) = section.split_once("```gia\n")?;
    let (script, _) = script.split_once("\n```")?;
    Some(block_of(script, "experiment").unwrap_or_else(|| script.to_string()))
}

/// The lines from one that begins with a word and opens a brace to the one that closes it.
fn block_of(script: &str, word: &str) -> Option<String> {
    let mut lines = script.lines();
    let opens = |line: &&str| first_word(line) == word && line.ends_with('{');
    let first = lines.by_ref().find(opens)?;
    let mut block = vec![first];
    for line in lines {
        block.push(line);
        if line.starts_with('}') {
            return Some(block.join("\n"));
        }
    }
    None
}

/// Whether a text in backquotes is a word, a call of it or, for a unit, a number with it.
fn names_word(text: &str, word: &str) -> bool {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .into_iter()
        .map(|code| code.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'))
        .any(|code| code == word || is_call_of(code, word))
}

/// Whether a word stands behind the first one of what a text has in backquotes: `first` in `LIST first n`.
fn joins(text: &str, word: &str) -> bool {
    let mut quoted = text.split('`').skip(1).step_by(2);
    quoted.any(|code| code.split(' ').nth(1) == Some(word))
}

/// Whether a text is a call: the word, and brackets behind it.
fn is_call_of(code: &str, word: &str) -> bool {
    code.strip_prefix(word)
        .is_some_and(|rest| rest.starts_with('('))
}

/// Sentences of the manual's paragraphs that name a word.
fn sentences_naming(word: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut script = false;
    for line in MANUAL.lines() {
        script ^= line.starts_with("```");
        if script || line.starts_with('|') || !names_word(line, word) {
            continue;
        }
        let text = without_links(line.trim_start_matches("- "));
        let of_line = text.split_inclusive(". ").filter(|s| names_word(s, word));
        found.extend(of_line.map(|sentence| sentence.trim().to_string()));
    }
    found.truncate(MAX_EXAMPLES);
    found
}

/// The lines of the manual's scripts, without the blanks around them.
fn script_lines() -> impl Iterator<Item = &'static str> {
    let mut script = false;
    MANUAL.lines().filter_map(move |line| {
        if let Some(kind) = line.strip_prefix("```") {
            script = kind == "gia";
            return None;
        }
        script.then_some(line.trim())
    })
}

/// Lines of the manual's scripts that hold a word, or a number with it.
fn script_lines_with(word: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in script_lines() {
        let tokens = line.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
        let mut tokens =
            tokens.map(|t| t.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'));
        let shown = line.starts_with(|c: char| c.is_ascii_lowercase())
            && !line.ends_with(['{', '(', ','])
            && tokens.any(|token| token == word);
        if shown && found.len() < MAX_EXAMPLES && !found.iter().any(|known| known == line) {
            found.push(line.to_string());
        }
    }
    found
}

/// Words that have an entry.
pub fn documented_words() -> impl Iterator<Item = &'static str> {
    MANUAL
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(first_word)
        .filter(|word| !word.is_empty())
}

/// The letters, digits and `_` that a text begins with.
fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// Rows of the tables. What the row says comes first, the cells between it and the form behind, in brackets.
fn table_rows() -> impl Iterator<Item = TableRow> {
    MANUAL.lines().filter_map(|line| {
        let (form, _) = line.strip_prefix("| `")?.split_once('`')?;
        let cells = line.trim_end_matches('|').split(" | ").map(str::trim);
        let mut said: Vec<String> = cells
            .skip(1)
            .filter(|c| !c.is_empty())
            .map(without_links)
            .collect();
        let mut text = said.pop()?;
        if !said.is_empty() {
            text = format!("{text} ({})", said.join("; "));
        }
        Some(TableRow {
            form: form.to_string(),
            text,
        })
    })
}

/// Lines of the manual's scripts that begin with a word.
fn example_lines(word: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    // What is written over several lines is shown whole, once.
    let mut scripts = MANUAL.split("```gia\n").skip(1);
    found.extend(scripts.find_map(|script| block_of(script, word)));
    for line in script_lines() {
        let shown = first_word(line) == word && !line.ends_with('{');
        if shown && found.len() < MAX_EXAMPLES && found.iter().all(|known| known != line) {
            found.push(line.to_string());
        }
    }
    found
}

/// Markdown without its links.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        out.push_str(before);
        let parts = link.split_once("](").and_then(|(shown, after)| {
            let (_, behind) = after.split_once(')')?;
            (!shown.contains('[')).then_some((shown, behind))
        });
        if let Some((shown, behind)) = parts {
            out.push_str(shown);
            rest = behind;
        } else {
            out.push('[');
            rest = link;
        }
    }
    out + rest
}
