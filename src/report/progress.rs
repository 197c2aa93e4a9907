//! A bar that tells how far a run is, for a person who waits.

use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::diag::Style;
use crate::engine::Progress;

/// Times a second that the bar is drawn.
const DRAWS: u8 = 8;

/// Passes done, their rate and the time left, on standard error; silent where that is not a terminal.
///
/// Goes away when it is dropped, so that what is printed next stands alone.
#[derive(Debug)]
pub struct ProgressBar {
    bar: indicatif::ProgressBar,
}

impl ProgressBar {
    /// A bar on standard error; a silent one where it is not wanted, or where that is not a terminal.
    pub fn new(wanted: bool) -> ProgressBar {
        let terminal = std::io::stderr().is_terminal();
        let target = if wanted && terminal {
            ProgressDrawTarget::stderr_with_hz(DRAWS)
        } else {
            ProgressDrawTarget::hidden()
        };
        ProgressBar::on(target, Style::for_terminal(terminal))
    }

    /// A bar that is drawn elsewhere.
    pub fn on(target: ProgressDrawTarget, style: Style) -> ProgressBar {
        let bar = indicatif::ProgressBar::with_draw_target(Some(0), target);
        bar.set_style(look(style));
        ProgressBar { bar }
    }

    /// Clears the bar away; dropping it does the same.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for ProgressBar {
    fn total(&self, passes: u64) {
        self.bar.set_length(passes);
        // Passes that take seconds each must not make the bar look dead.
        self.bar.enable_steady_tick(Duration::from_millis(250));
    }

    fn done(&self, passes: u64) {
        self.bar.inc(passes);
    }

    fn phase(&self, text: &str) {
        self.bar.set_message(text.to_string());
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        self.finish();
    }
}

fn look(style: Style) -> ProgressStyle {
    let paint = if style.colour { ".cyan/dim" } else { "" };
    let template = format!(
        "{{msg}}  {{bar:24{paint}}}  {{human_pos}} of {{human_len}} passes  {{rate}}  {{left}}"
    );
    let look = ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            let rate = state.per_sec();
            let digits = if rate < 10.0 { 1 } else { 0 };
            let _ = write!(out, "{rate:.digits$}/s");
        })
        .with_key("left", |state: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&time_left(state.pos(), state.eta()));
        });
    if style.unicode {
        look.progress_chars("━━─")
    } else {
        look.progress_chars("=>-")
    }
}

/// Nothing before the first pass, since nothing is known then.
fn time_left(passes: u64, left: Duration) -> String {
    let seconds = left.as_secs();
    match (passes, seconds) {
        (0, _) => String::new(),
        (_, 0..60) => format!("{seconds} s left"),
        (_, 60..3600) => format!("{} min {:02} s left", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min left", seconds / 3600, seconds % 3600 / 60),
    }
}
