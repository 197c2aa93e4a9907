//! The reference pages of the book: the standard library by what its functions make, and the codes of diagnostics.
//!
//! Invariant: a page depends on the sources alone, so that a test can tell whether a committed page is up to date.

use std::fmt::Write;

use super::markdown::escape_angle_brackets;
use super::{Entry, Origin, functions};
use gia_base::diag::Code;

/// A reference page in Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The name of its file, without a folder.
    pub file: String,
    /// The whole page.
    pub text: String,
}

/// The first line of each page, so that nobody edits it by hand.
const GENERATED_NOTICE: &str = "<!-- Made by `gia doc --into`, from the sources. -->\n\n";

/// The pages about the prelude: name of the file, title, and result types of the functions on it.
const SUBJECTS: &[(&str, &str, &[&str])] = &[
    ("models", "Models", &["Model"]),
    (
        "populations",
        "Null models and sequences",
        &["Population", "Sequences"],
    ),
    (
        "motifs",
        "Motifs and constructs",
        &["Motif", "List<Motif>", "List<Cluster>", "Construct"],
    ),
    ("edits", "Edits", &["Edit", "Variant"]),
    ("evaluation", "How good a model is", &["Evaluation"]),
    (
        "attribution",
        "What each base contributes",
        &["Contributions"],
    ),
    ("numbers", "Numbers", &[]),
];

/// All reference pages: an index, one page for each subject of the prelude and for each module, and the codes of diagnostics.
pub fn pages() -> Vec<Page> {
    let functions = functions();
    let mut chapters: Vec<PageContent> = Vec::new();
    for (file, title, _) in SUBJECTS {
        let on_it = |entry: &&Entry| entry.origin == Origin::Prelude && subject(entry) == *file;
        chapters.push(PageContent {
            file: format!("{file}.md"),
            title: title.to_string(),
            head: "Every script sees these functions.".to_string(),
            entries: functions.iter().filter(on_it).collect(),
        });
    }
    for (module, text) in crate::modules() {
        let head = text.lines().map_while(|line| line.strip_prefix("# "));
        let on_it = |entry: &&Entry| entry.origin == Origin::Module(module);
        chapters.push(PageContent {
            file: format!("{module}.md"),
            title: format!("Module `{module}`"),
            head: head.collect::<Vec<_>>().join(" "),
            entries: functions.iter().filter(on_it).collect(),
        });
    }
    let index = Page {
        file: "README.md".into(),
        text: index(&chapters),
    };
    std::iter::once(index)
        .chain(chapters.iter().map(PageContent::page))
        .chain(std::iter::once(codes()))
        .collect()
}

/// The file of the page for a function of the prelude, by its result type.
fn subject(entry: &Entry) -> &'static str {
    let makes = entry.result().unwrap_or_default();
    let place = SUBJECTS.iter().find(|(_, _, made)| made.contains(&makes));
    place
        .or(SUBJECTS.last())
        .map_or("numbers", |(file, _, _)| file)
}

struct PageContent<'a> {
    file: String,
    title: String,
    head: String,
    entries: Vec<&'a Entry>,
}

impl PageContent<'_> {
    fn page(&self) -> Page {
        let mut text = format!("{GENERATED_NOTICE}# {}\n\n{}\n", self.title, self.head);
        for entry in &self.entries {
            let _ = write!(text, "\n## `{}`\n\n", entry.name);
            let _ = write!(text, "```gia-fragment\n{}\n```\n\n", entry.forms.join("\n"));
            let _ = writeln!(text, "{}", escape_angle_brackets(&entry.text));
            if !entry.examples.is_empty() {
                let _ = write!(
                    text,
                    "\n```gia-fragment\n{}\n```\n",
                    entry.examples.join("\n")
                );
            }
        }
        Page {
            file: self.file.clone(),
            text,
        }
    }
}

fn index(chapters: &[PageContent]) -> String {
    let mut text = format!(
        "{GENERATED_NOTICE}# The standard library\n\nFunctions by what they make. `gia doc NAME` prints one of them on the terminal. \
         [codes.md](codes.md) lists the codes of diagnostics.\n"
    );
    for chapter in chapters {
        let _ = write!(text, "\n## [{}]({})\n\n", chapter.title, chapter.file);
        text.push_str("| function | |\n|---|---|\n");
        for entry in &chapter.entries {
            let (name, file) = (&entry.name, &chapter.file);
            let summary = escape_angle_brackets(entry.summary()).replace('|', "\\|");
            let _ = writeln!(text, "| [`{name}`]({file}#{name}) | {summary} |");
        }
    }
    text
}

fn codes() -> Page {
    let mut text = format!(
        "{GENERATED_NOTICE}# Codes of diagnostics\n\nCodes that begin with `E` stop a run, those with `W` do not. `gia explain CODE` prints one of \
         them on the terminal.\n"
    );
    let mut numbers: Vec<Code> = Code::ALL.to_vec();
    numbers.sort_by_key(|code| code.number()[1..].to_string());
    let mut group = "";
    let mut sections = String::new();
    for code in numbers {
        let number = code.number();
        if subject_of(number) != group {
            text.push_str(&std::mem::take(&mut sections));
            group = subject_of(number);
            let _ = write!(text, "\n## {group}\n\n| code | |\n|---|---|\n");
        }
        let meaning = escape_angle_brackets(code.meaning()).replace('|', "\\|");
        let _ = writeln!(
            text,
            "| [`{number}`](#{}) | {meaning} |",
            number.to_lowercase()
        );
        sections.push_str(&super::codes::to_markdown(code));
    }
    text.push_str(&sections);
    Page {
        file: "codes.md".into(),
        text,
    }
}

/// The subject of a code, by its hundred.
fn subject_of(number: &str) -> &'static str {
    match number.get(1..3) {
        Some("00") => "Reading the text",
        Some("01") => "Names",
        Some("02") => "Types and units",
        Some("03") => "The shape of an experiment",
        Some("04") => "Data files",
        Some("05") => "Models",
        Some("06") => "Running",
        _ => "Others",
    }
}
