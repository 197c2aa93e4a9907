//! The only module that prints: results to standard output, diagnostics and notes to standard error.
//!
//! Invariant: text that cannot be written is told and makes the program end with 3, but for a reader that has gone away
//! (`gia run x.gia | head`). Nothing out of a file reaches a terminal as a control sequence.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::{ErrorFormat, Status};
use gia_base::diag::{self, Code, Diagnostic, Style};
use gia_base::source::Sources;

/// Why standard output takes no more text.
static FAILED: Mutex<Option<io::Error>> = Mutex::new(None);
/// The form of diagnostics that the command line asks for.
static FORMAT: OnceLock<ErrorFormat> = OnceLock::new();

/// Sets the form of the diagnostics that no command hands on: those of standard output and of workers.
pub fn set_format(format: ErrorFormat) {
    // Set once, before any command runs.
    let _ = FORMAT.set(format);
}

/// Prints to standard output, with control characters made visible.
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

/// Writes what is still buffered, so that it stands before what comes next.
pub fn flush() {
    let mut failed = failed();
    if failed.is_none()
        && let Err(error) = io::stdout().flush()
    {
        *failed = Some(error);
    }
}

/// Prints text of several lines, rendered already, to standard error.
pub fn tell_whole(text: &str) {
    // Nobody is left to tell where standard error is closed.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Prints a line to standard error.
pub fn tell(line: &str) {
    // Nobody is left to tell where standard error is closed.
    let _ = writeln!(io::stderr(), "{}", diag::visible(line));
}

/// Prints diagnostics to standard error in a form.
pub fn print_as(diagnostics: &[Diagnostic], sources: &Sources, format: ErrorFormat) {
    if diagnostics.is_empty() {
        return;
    }
    let style = style(io::stderr().is_terminal());
    let text = diag::render(diagnostics, sources, format.into(), style);
    tell_whole(&text);
}

/// Prints diagnostics that point into no text, in the form that the command line asks for.
pub fn print_plain(diagnostics: &[Diagnostic]) {
    let format = FORMAT.get().copied().unwrap_or(ErrorFormat::Human);
    print_as(diagnostics, &Sources::default(), format);
}

/// How long something took, in words.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// How to write for this terminal, or for none.
pub fn style(terminal: bool) -> Style {
    Style::for_terminal(terminal)
}

/// How to write to standard output.
pub fn stdout_style() -> Style {
    style(io::stdout().is_terminal())
}

/// Notes that a write to standard output failed.
pub fn note_failure(error: io::Error) {
    failed().get_or_insert(error);
}

/// Writes what is still buffered; the status of a command that ended with `status`, given what became of its output.
pub fn finish(status: Status) -> Status {
    flush();
    match failed().take() {
        Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let reason = match error.kind() {
                io::ErrorKind::StorageFull => "the disk is full".to_string(),
                _ => error.to_string(),
            };
            let message = format!("standard output cannot be written: {reason}");
            print_plain(&[Diagnostic::error(Code::Write, message)]);
            status.max(Status::RunBroke)
        }
        _ => status,
    }
}

fn failed() -> MutexGuard<'static, Option<io::Error>> {
    FAILED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The text with control characters made visible. Colours stay where they are wanted.
fn without_control(text: &str, colours: bool) -> Cow<'_, str> {
    if !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}').filter(|_| colours) {
        let end = at + colour_length(&rest[at..]).unwrap_or(0);
        out.push_str(&diag::visible(&rest[..at]));
        if end == at {
            out.push('?');
            rest = &rest[at + 1..];
        } else {
            out.push_str(&rest[at..end]);
            rest = &rest[end..];
        }
    }
    out.push_str(&diag::visible(rest));
    Cow::Owned(out)
}

/// Bytes of the sequence at the start of a text, where it sets a colour or a weight and does nothing else.
fn colour_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("\u{1b}[")?;
    let end = inside.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    inside[end..].starts_with('m').then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_sets_colours_and_nothing_else() {
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
