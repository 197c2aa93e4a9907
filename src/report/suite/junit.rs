//! JUnit's XML: a test suite for each script, a test case for each claim.
//!
//! A refuted or undecided claim is a *failure*; a script that does not check or whose run failed is an *error*.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::super::display::verdict_word as word;
use super::super::terminal::comparison_counts;
use super::{SuiteFormat, effect_changes, verdict_sentence};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_study::{Problem, ScriptResults, ScriptStatus, SuiteResults, Verdict};

pub const FORMAT: SuiteFormat = SuiteFormat {
    option: "junit",
    help: "Write the results to this file, as JUnit XML",
    text: junit,
};

/// Serialises a suite as an XML document.
///
/// # Errors
/// None that are known: characters that XML cannot represent are left out.
pub fn junit(suite: &SuiteResults) -> Outcome<String> {
    let mut report = Report::new("gia");
    report.set_time(std::time::Duration::from_secs_f64(suite.seconds.max(0.0)));
    for file in &suite.files {
        if !matches!(
            file.ended,
            ScriptStatus::Library | ScriptStatus::FilteredOut
        ) {
            report.add_test_suite(test_suite_element(suite, file));
        }
    }
    report.to_string().map_err(|error| {
        let message = format!("the suite cannot be written as JUnit XML: {error}");
        Box::new(Diagnostic::error(Code::WriteFailed, message))
    })
}

fn test_suite_element(suite: &SuiteResults, file: &ScriptResults) -> TestSuite {
    let mut found = TestSuite::new(file.path.as_str());
    found.set_time(std::time::Duration::from_secs_f64(file.seconds.max(0.0)));
    found.add_property(Property::new("command", file.command.as_str()));
    for case in &file.cases {
        let verdict = case.claim.verdict;
        let mut status = match verdict {
            Verdict::Supported => TestCaseStatus::success(),
            _ if suite.is_failing(verdict) => TestCaseStatus::non_success(NonSuccessKind::Failure),
            _ => TestCaseStatus::skipped(),
        };
        if verdict != Verdict::Supported {
            status
                .set_message(verdict_sentence(case))
                .set_type(word(verdict));
        }
        if suite.is_failing(verdict) {
            let place = case.claim.place.as_ref().map(|p| format!("{p}\n"));
            status.set_description(format!(
                "{}\n{}to run it again: {}",
                verdict_sentence(case),
                place.unwrap_or_default(),
                case.command
            ));
        }
        let mut found_case = TestCase::new(case.name(), status);
        found_case.set_classname(file.path.as_str());
        found_case.add_property(Property::new("command", case.command.as_str()));
        let seeds = file.seeds.as_ref();
        let seeds = seeds.and_then(|seeds| seeds.of(&case.experiment, &case.claim.claim));
        if let Some(verdicts) = seeds {
            found_case.add_property(Property::new("seeds", verdicts.counts()));
        }
        if let Some(place) = &case.claim.place {
            found_case
                .extra
                .insert("file".into(), place.file.as_str().into());
            let line = place.line.to_string();
            found_case.extra.insert("line".into(), line.as_str().into());
        }
        found.add_test_case(found_case);
    }
    if let Some(check) = &file.registration {
        let mut status = TestCaseStatus::success();
        if !check.unchanged {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let changes = check.changes.iter().map(|change| change.message.as_str());
            status
                .set_type("changed")
                .set_message(check.summary())
                .set_description(changes.collect::<Vec<_>>().join("\n"));
        }
        let mut case = element_named("the script as registered", file, status);
        case.add_property(Property::new("registration", check.summary()));
        found.add_test_case(case);
    }
    if let Some(comparison) = &file.comparison {
        let mut status = TestCaseStatus::success();
        if comparison.is_changed() {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_message(comparison_counts(comparison))
                .set_type("changed")
                .set_description(effect_changes(comparison).join("\n"));
        }
        found.add_test_case(element_named(
            "effects compared with the earlier run",
            file,
            status,
        ));
    }
    match file.ended {
        ScriptStatus::CheckFailed => {
            found.add_test_case(element_named(
                "the script checks",
                file,
                error(file.error()),
            ));
        }
        ScriptStatus::RunFailed => {
            found.add_test_case(element_named("the run ends", file, error(file.error())));
        }
        ScriptStatus::NotRun => {
            let mut status = TestCaseStatus::skipped();
            status.set_message("not run");
            found.add_test_case(element_named("the run ends", file, status));
        }
        ScriptStatus::Completed | ScriptStatus::Library | ScriptStatus::FilteredOut => {}
    }
    found
}

fn element_named(name: &str, file: &ScriptResults, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(file.path.as_str());
    case
}

fn error(problem: Option<&Problem>) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    if let Some(problem) = problem {
        let place = problem.place.as_ref().map(|p| format!("{p}: "));
        let help = problem.help.as_ref().map(|help| format!("\nhelp: {help}"));
        status
            .set_type(problem.code.as_str())
            .set_message(problem.message.as_str())
            .set_description(format!(
                "{}{}: {}{}",
                place.unwrap_or_default(),
                problem.code,
                problem.message,
                help.unwrap_or_default()
            ));
    }
    status
}
