//! The only module that prints: results to standard output, diagnostics and notes to standard error.
//!
//! Invariant: a failed write to standard output is an error with exit status 3, except for a closed pipe (`gia run x.gia | head`).
//! Text from a file never reaches a terminal as a control sequence.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::{ErrorFormat, Status};
use gia_base::diag::{self, Code, Diagnostic, Outcome, Style};
use gia_base::source::Sources;

/// The first error of writing to standard output.
static STDOUT_ERROR: Mutex<Option<io::Error>> = Mutex::new(None);
/// The value of `--error-format`.
static FORMAT: OnceLock<ErrorFormat> = OnceLock::new();

/// Sets the format of [`print_diagnostics`].
pub fn set_format(format: ErrorFormat) {
    // Set once, before any command runs.
    let _ = FORMAT.set(format);
}

/// Prints to standard output, with control characters replaced.
pub fn print_out(text: &str) {
    print_exact(&without_control(text, stdout_style().colour));
}

/// Prints to standard output, byte for byte: for text that another program reads.
pub fn print_exact(text: &str) {
    let mut failed = failed();
    if failed.is_none()
        && let Err(error) = io::stdout().write_all(text.as_bytes())
    {
        *failed = Some(error);
    }
}

/// Flushes standard output, so that its text appears before later text on standard error.
pub fn flush() {
    let mut failed = failed();
    if failed.is_none()
        && let Err(error) = io::stdout().flush()
    {
        *failed = Some(error);
    }
}

/// Prints rendered text to standard error, byte for byte.
pub fn eprint_exact(text: &str) {
    // There is nowhere to report that standard error is closed.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Prints a line to standard error.
pub fn eprint_line(line: &str) {
    // There is nowhere to report that standard error is closed.
    let _ = writeln!(io::stderr(), "{}", diag::replace_control(line));
}

/// Prints diagnostics to standard error in the given format.
pub fn print_as(diagnostics: &[Diagnostic], sources: &Sources, format: ErrorFormat) {
    if diagnostics.is_empty() {
        return;
    }
    let style = style(io::stderr().is_terminal());
    let text = diag::render(diagnostics, sources, format.into(), style);
    eprint_exact(&text);
}

/// Prints diagnostics without a place in a script, in the format of `--error-format`.
pub fn print_diagnostics(diagnostics: &[Diagnostic]) {
    let format = FORMAT.get().copied().unwrap_or(ErrorFormat::Human);
    print_as(diagnostics, &Sources::default(), format);
}

/// Prints what a command has to say, or why it failed, and returns its status.
pub fn print_outcome(outcome: Outcome<String>) -> Status {
    match outcome {
        Ok(text) => {
            print_out(&text);
            Status::Success
        }
        Err(diagnostic) => {
            let status = Status::of_error(&diagnostic);
            print_diagnostics(&[*diagnostic]);
            status
        }
    }
}

/// A duration for people: `2.5 s`, `3 min 05 s`, `1 h 20 min`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// The style for a terminal or, if `terminal` is false, for a file or a pipe.
pub fn style(terminal: bool) -> Style {
    Style::for_terminal(terminal)
}

/// The style of standard output.
pub fn stdout_style() -> Style {
    style(io::stdout().is_terminal())
}

/// Records that a write to standard output failed.
pub fn record_failure(error: io::Error) {
    failed().get_or_insert(error);
}

/// Flushes standard output and reports an error of writing to it. Returns the exit status of a command that ended with `status`.
pub fn finish(status: Status) -> Status {
    flush();
    match failed().take() {
        Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let reason = match error.kind() {
                io::ErrorKind::StorageFull => "the disk is full".to_string(),
                _ => error.to_string(),
            };
            let message = format!("cannot write to standard output: {reason}");
            print_diagnostics(&[Diagnostic::error(Code::WriteFailed, message)]);
            status.max(Status::RunFailed)
        }
        _ => status,
    }
}

fn failed() -> MutexGuard<'static, Option<io::Error>> {
    STDOUT_ERROR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Replaces control characters. Keeps colours if `colours` is set.
fn without_control(text: &str, colours: bool) -> Cow<'_, str> {
    if !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}').filter(|_| colours) {
        let end = at + colour_length(&rest[at..]).unwrap_or(0);
        out.push_str(&diag::replace_control(&rest[..at]));
        if end == at {
            out.push('?');
            rest = &rest[at + 1..];
        } else {
            out.push_str(&rest[at..end]);
            rest = &rest[end..];
        }
    }
    out.push_str(&diag::replace_control(rest));
    Cow::Owned(out)
}

/// Length in bytes of the ANSI sequence at the start of a text, if it only sets a colour or a weight.
fn colour_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("\u{1b}[")?;
    let end = inside.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    inside[end..].starts_with('m').then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colour_sequences_are_kept() {
        let text = "\u{1b}[1;31mred\u{1b}[0m \u{1b}]0;title\u{7}\t\n";
        assert_eq!(
            without_control(text, true),
            "\u{1b}[1;31mred\u{1b}[0m ?]0;title?\t\n"
        );
        assert_eq!(
            without_control(text, false),
            "?[1;31mred?[0m ?]0;title?\t\n"
        );
        assert_eq!(without_control("a\tb\n", false), "a\tb\n");
    }
}
