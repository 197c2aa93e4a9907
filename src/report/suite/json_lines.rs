//! One JSON object per line: a `case` for each claim, an `effect` for each compared effect, a `file` for each script, and last
//! the `summary`.

use serde::Serialize;

use super::SuiteFormat;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_study::{
    Case, EffectChange, EffectKey, Problem, RegistrationCheck, ScriptResults, ScriptStatus,
    SeedReplication, SuiteResults, SuiteTotals,
};

pub const FORMAT: SuiteFormat = SuiteFormat {
    option: "json-lines",
    help: "Write the results to this file, one JSON object per line",
    text: json_lines,
};

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum JsonLine<'s> {
    Case {
        file: &'s str,
        is_failure: bool,
        #[serde(flatten)]
        case: &'s Case,
    },
    Effect {
        file: &'s str,
        #[serde(flatten)]
        effect: &'s EffectChange,
    },
    New {
        file: &'s str,
        #[serde(flatten)]
        effect: &'s EffectKey,
    },
    Gone {
        file: &'s str,
        #[serde(flatten)]
        effect: &'s EffectKey,
    },
    File {
        file: &'s str,
        ended: ScriptStatus,
        seconds: f64,
        problems: &'s [Problem],
        #[serde(skip_serializing_if = "Option::is_none")]
        registration: Option<&'s RegistrationCheck>,
        #[serde(skip_serializing_if = "Option::is_none")]
        seeds: Option<&'s SeedReplication>,
        command: &'s str,
    },
    Summary {
        schema: &'static str,
        #[serde(flatten)]
        counts: SuiteTotals,
        undecided_allowed: bool,
        /// Number of claims of the family that spans scripts; null without one.
        family_claims: Option<usize>,
        expected_false_supports: f64,
        interrupted: bool,
        seconds: f64,
    },
}

/// Serialises a suite as JSON lines, documented in `docs/json.md`.
///
/// # Errors
/// [`Code::NonFinite`] if there is a number that JSON cannot represent.
pub fn json_lines(suite: &SuiteResults) -> Outcome<String> {
    let mut lines: Vec<JsonLine> = Vec::new();
    for file in &suite.files {
        if file.ended != ScriptStatus::FilteredOut {
            script_lines(suite, file, &mut lines);
        }
    }
    let (family_claims, expected_false_supports) = suite.family();
    lines.push(JsonLine::Summary {
        schema: "gia-suite/1",
        counts: suite.totals(),
        undecided_allowed: suite.undecided_allowed,
        family_claims,
        expected_false_supports,
        interrupted: suite.interrupted,
        seconds: suite.seconds,
    });
    let mut text = String::new();
    for line in &lines {
        text += &serde_json::to_string(line).map_err(|error| {
            let message = format!("the suite cannot be written as JSON: {error}");
            Box::new(Diagnostic::error(Code::NonFinite, message))
        })?;
        text.push('\n');
    }
    Ok(text)
}

fn script_lines<'s>(suite: &SuiteResults, file: &'s ScriptResults, lines: &mut Vec<JsonLine<'s>>) {
    let path = file.path.as_str();
    lines.extend(file.cases.iter().map(|case| JsonLine::Case {
        file: path,
        is_failure: suite.is_failing(case.claim.verdict),
        case,
    }));
    if let Some(comparison) = &file.comparison {
        let effects = comparison.effects.iter();
        lines.extend(effects.map(|effect| JsonLine::Effect { file: path, effect }));
        let new = comparison.new.iter();
        lines.extend(new.map(|effect| JsonLine::New { file: path, effect }));
        let gone = comparison.gone.iter();
        lines.extend(gone.map(|effect| JsonLine::Gone { file: path, effect }));
    }
    lines.push(JsonLine::File {
        file: path,
        ended: file.ended,
        seconds: file.seconds,
        problems: &file.problems,
        registration: file.registration.as_ref(),
        seeds: file.seeds.as_ref(),
        command: &file.command,
    });
}
