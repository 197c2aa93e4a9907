//! The explanation of a diagnostic code, for a terminal and for the reference page.

use std::fmt::Write;

use super::markdown::escape_angle_brackets;
use gia_base::diag::{Code, ExampleKind};

/// The number, meaning, explanation and examples of a code as plain text for a terminal, wrapped at `columns` (at least 20).
pub fn to_plain_text(code: Code, columns: usize) -> String {
    let fill = |text: &str| textwrap::fill(&text.replace('\n', " "), columns.max(20));
    let explanation = code.explanation();
    let mut out = format!("{}\n\n{}\n", code.number(), fill(code.meaning()));
    if !explanation.paragraph.is_empty() {
        let _ = write!(out, "\n{}\n", fill(explanation.paragraph));
    }
    for example in &explanation.examples {
        let _ = write!(out, "\n{}:\n\n", example.kind.title());
        let text = match example.kind {
            ExampleKind::Network(_) => {
                let text = example.text.trim().replace('\n', " ");
                textwrap::fill(&text, columns.saturating_sub(4).max(20))
            }
            ExampleKind::Wrong
            | ExampleKind::Mended
            | ExampleKind::WrongRun
            | ExampleKind::MendedRun
            | ExampleKind::Commands
            | ExampleKind::MendedCommands
            | ExampleKind::File(..) => example.text.to_string(),
        };
        for line in text.lines() {
            let indent = if line.is_empty() { "" } else { "    " };
            let _ = writeln!(out, "{indent}{line}");
        }
    }
    out
}

/// The number, meaning, explanation and examples of a code in Markdown, below a heading of their own.
pub(super) fn to_markdown(code: Code) -> String {
    let explanation = code.explanation();
    let mut out = format!(
        "\n### {}\n\n{}\n\n{}\n",
        code.number(),
        escape_angle_brackets(code.meaning()),
        escape_angle_brackets(explanation.paragraph)
    );
    for example in &explanation.examples {
        let fence = match example.kind {
            ExampleKind::Wrong | ExampleKind::WrongRun => "gia-mistake",
            ExampleKind::Mended | ExampleKind::MendedRun => "gia-mended",
            ExampleKind::Commands | ExampleKind::MendedCommands => "sh",
            ExampleKind::File(..) => "text",
            ExampleKind::Network(_) => {
                let _ = write!(
                    out,
                    "\n{}: {}",
                    example.kind.title(),
                    escape_angle_brackets(example.text)
                );
                continue;
            }
        };
        let _ = write!(
            out,
            "\n{}:\n\n```{fence}\n{}```\n",
            example.kind.title(),
            example.text
        );
    }
    out
}
