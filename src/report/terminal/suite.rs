//! Suites on a terminal: a line for each claim, and details of those that fail.

use super::layout::Page;
use super::number::count;
use super::{claims, comparison};
use crate::display::{claim_reason, suite_family_sentence};
use gia_base::diag::{Style, replace_control};
use gia_study::{Case, ScriptResults, ScriptStatus, SuiteResults, Verdict};

/// Indentation as wide as the mark before a claim.
const INDENT: usize = 15;

/// The results of one script; `brief` leaves out what is as expected.
pub fn script_text(
    suite: &SuiteResults,
    file: &ScriptResults,
    brief: bool,
    style: Style,
) -> String {
    let mut page = Page::new(style);
    let fails = suite.has_failure(file);
    match file.ended {
        ScriptStatus::FilteredOut | ScriptStatus::Library => return String::new(),
        ScriptStatus::Completed if brief && !fails => return String::new(),
        _ => {}
    }
    let path = style.bold(&replace_control(&file.path));
    let time = match file.ended {
        ScriptStatus::NotRun => "not run".to_string(),
        _ => format!("{:.1} s", file.seconds),
    };
    page.line(&format!("{path}  {}", style.dim(&time)));
    for case in &file.cases {
        if !brief || suite.is_failing(case.claim.verdict) {
            case_lines(&mut page, suite, case);
        }
    }
    if let (ScriptStatus::CheckFailed | ScriptStatus::RunFailed, Some(error)) =
        (file.ended, file.error())
    {
        let what = match file.ended {
            ScriptStatus::CheckFailed => "does not check",
            _ => "broke",
        };
        let text = format!("{what}: {} {}", error.code, error.message);
        for line in page.wrapped(&text, "  ! ", "    ") {
            let line = style.red(&line);
            page.line(&line);
        }
    }
    if let Some(replication) = file.seeds.as_ref().filter(|_| !brief) {
        super::seeds::show(&mut page, replication);
    }
    if let Some(check) = file
        .registration
        .as_ref()
        .filter(|check| !brief || !check.unchanged)
    {
        super::registration(&mut page, check);
    }
    if let Some(found) = &file.comparison {
        let text = format!(
            "  compared with the earlier run: {}",
            comparison::change_counts(found)
        );
        let text = match found.is_changed() {
            true => style.red(&text),
            false => style.dim(&text),
        };
        page.line(&text);
        comparison::change_summary(&mut page, found);
    }
    page.line("");
    page.into_text()
}

fn case_lines(page: &mut Page, suite: &SuiteResults, case: &Case) {
    let style = page.style;
    let verdict = case.claim.verdict;
    let indent = " ".repeat(INDENT);
    let mark = claims::verdict_mark(verdict, style);
    for (i, line) in page
        .wrapped(&case.name(), &indent, &indent)
        .iter()
        .enumerate()
    {
        match line.get(INDENT..) {
            Some(text) if i == 0 => page.line(&format!("{mark}{text}")),
            _ => page.line(line),
        }
    }
    if verdict == Verdict::Supported {
        return;
    }
    for line in page.wrapped(
        &replace_control(&claim_reason(&case.claim)),
        &indent,
        &indent,
    ) {
        page.line(&line);
    }
    if !suite.is_failing(verdict) {
        return;
    }
    // Not wrapped: they are to be clicked on and copied.
    if let Some(place) = &case.claim.place {
        page.line(&style.dim(&format!("{indent}{}", replace_control(&place.to_string()))));
    }
    page.line(&style.dim(&format!("{indent}{}", replace_control(&case.command))));
}

/// What chance does to the claims of the suite, wrapped; none for a single claim.
pub fn family_note(suite: &SuiteResults, style: Style) -> Option<String> {
    let sentence = suite_family_sentence(suite)?;
    let mut page = Page::new(style);
    page.note(&sentence);
    Some(page.into_text())
}

/// `12 files, 26 claims: 24 supported, 1 refuted, 1 undecided; 1 file broke`.
pub fn summary(suite: &SuiteResults) -> String {
    let counts = suite.totals();
    let counted = |n: usize, what: &str| {
        let plural = if n == 1 { "" } else { "s" };
        format!("{} {what}{plural}", count(n))
    };
    let mut text = format!(
        "{}, {}",
        counted(counts.files, "file"),
        counted(counts.claims, "claim")
    );
    let undecided = match suite.undecided_allowed {
        true => "undecided (allowed)",
        false => "undecided",
    };
    let verdicts: Vec<String> = [
        (counts.supported, "supported"),
        (counts.refuted, "refuted"),
        (counts.undecided, undecided),
    ]
    .iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, word)| format!("{} {word}", count(*n)))
    .collect();
    if !verdicts.is_empty() {
        text += &format!(": {}", verdicts.join(", "));
    }
    let does = |n: usize, one: &str, many: &str| match n {
        1 => format!("1 file {one}"),
        n => format!("{} files {many}", count(n)),
    };
    let others = [
        (counts.changed_effects, {
            format!("{} changed", counted(counts.changed_effects, "effect"))
        }),
        (counts.changed_registrations, {
            format!(
                "{} not as registered",
                counted(counts.changed_registrations, "script")
            )
        }),
        (
            counts.wrong,
            does(counts.wrong, "does not check", "do not check"),
        ),
        (counts.broke, does(counts.broke, "broke", "broke")),
        (
            counts.not_run,
            does(counts.not_run, "was not run", "were not run"),
        ),
        (counts.libraries, {
            let plural = if counts.libraries == 1 { "y" } else { "ies" };
            format!("{} librar{plural} beside", count(counts.libraries))
        }),
    ];
    for (_, told) in others.iter().filter(|(n, _)| *n > 0) {
        text += &format!("; {told}");
    }
    if suite.interrupted {
        text += "; stopped before the end";
    }
    text
}
