//! A suite as Markdown, for a job summary: failures first, then all claims of each script.

use super::super::display::{claim_reason, suite_family_sentence, verdict_word as word};
use super::super::terminal::{comparison_counts, suite_summary};
use super::{SuiteFormat, effect_changes};
use gia_study::{Case, ScriptResults, ScriptStatus, SuiteResults, Verdict};

pub const FORMAT: SuiteFormat = SuiteFormat {
    option: "markdown",
    help: "Write a summary to this file, as Markdown",
    text: |suite| Ok(markdown(suite)),
};

/// Formats a suite as GitHub Flavored Markdown. Text of an author is escaped and never acts as markup.
pub fn markdown(suite: &SuiteResults) -> String {
    let mut text = format!("## gia test\n\n**{}**\n", suite_summary(suite));
    if let Some(sentence) = suite_family_sentence(suite) {
        text += &format!("\n{sentence}\n");
    }
    for file in &suite.files {
        if !matches!(
            file.ended,
            ScriptStatus::Library | ScriptStatus::FilteredOut
        ) {
            text += &script_section(suite, file);
        }
    }
    text
}

fn script_section(suite: &SuiteResults, file: &ScriptResults) -> String {
    let mut text = format!("\n### {}\n", code_span(&file.path));
    match (file.ended, file.error()) {
        (ScriptStatus::CheckFailed | ScriptStatus::RunFailed, Some(error)) => {
            let what = match file.ended {
                ScriptStatus::CheckFailed => "does not check",
                _ => "broke",
            };
            let place = error
                .place
                .as_ref()
                .map(|p| format!(" at {}", code_span(&p.to_string())));
            text += &format!(
                "\n**{what}**{}: {} {}\n",
                place.unwrap_or_default(),
                error.code,
                escaped(&error.message)
            );
        }
        (ScriptStatus::NotRun, _) => text += "\nnot run\n",
        _ => {}
    }
    if !file.cases.is_empty() {
        text += "\n| | experiment | claim | why |\n|---|---|---|---|\n";
        let fails = |case: &&Case| suite.is_failing(case.claim.verdict);
        let (failing, others): (Vec<_>, Vec<_>) = file.cases.iter().partition(fails);
        for case in failing.iter().chain(&others) {
            text += &table_row(case);
        }
        for case in failing {
            text += &format!(
                "\nTo run {} again:\n\n    {}\n",
                code_span(&case.name()),
                one_line(&case.command)
            );
        }
    }
    if let Some(replication) = &file.seeds {
        text += &format!("\nVerdicts under {}\n\n", replication.summary());
        for claim in &replication.claims {
            let name = gia_study::case_name(&claim.experiment, &claim.claim);
            text += &format!("- {}: {}\n", code_span(&name), claim.counts());
        }
    }
    if let Some(check) = &file.registration {
        text += &format!("\n{}\n\n", escaped(&check.summary()));
        for change in &check.changes {
            text += &format!("- **{}**\n", escaped(&change.message));
        }
        for note in &check.notes {
            text += &format!("- {}\n", escaped(note));
        }
    }
    if let Some(comparison) = &file.comparison {
        text += &format!(
            "\nCompared with the earlier run: {}\n",
            comparison_counts(comparison)
        );
        for change in effect_changes(comparison) {
            text += &format!("- {}\n", escaped(&change));
        }
    }
    text
}

fn table_row(case: &Case) -> String {
    let mark = match case.claim.verdict {
        Verdict::Supported => "✅",
        Verdict::Refuted => "❌",
        Verdict::Undecided => "❔",
    };
    format!(
        "| {mark} {} | {} | {} | {} |\n",
        word(case.claim.verdict),
        escaped(&case.experiment),
        code_span(&case.claim.claim),
        escaped(&claim_reason(&case.claim))
    )
}

/// The text on one line, without control characters.
fn one_line(text: &str) -> String {
    gia_base::diag::one_line(text)
}

/// Escapes text for a paragraph or a table.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '@' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Text as code, also in a table: a fence longer than any run of backticks in it.
fn code_span(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}
