//! The progress bar of a run.

mod lines;
mod memory;
mod suite;

pub use lines::ProgressLines;
pub use suite::{FileProgress, SuiteBar};

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{HumanCount, ProgressDrawTarget, ProgressState, ProgressStyle};
use textwrap::core::display_width;

use super::number::four_digits;
use gia_base::diag::{Style, one_line};
use gia_engine::Progress;

/// Redraws of the bar per second.
const REDRAWS_PER_SECOND: u8 = 8;
/// Terminals with fewer columns get a shorter bar.
const NARROW_TERMINAL_COLUMNS: usize = 100;

/// A progress bar on standard error: passes done, their rate, the time left, the current width of the interval, and the memory
/// of `gia` and its workers. Silent if standard error is not a terminal.
///
/// Dropping it clears the bar.
#[derive(Debug)]
pub struct ProgressBar {
    bar: indicatif::ProgressBar,
    beside: ProgressFacts,
    /// Set when the user asks to stop.
    stop: Option<&'static AtomicBool>,
}

/// The facts beside the bar.
#[derive(Debug, Default, Clone)]
struct ProgressFacts(Arc<Mutex<Facts>>);

#[derive(Debug, Default)]
struct Facts {
    /// Process ids of the workers, for each run that is shown.
    workers: Vec<Vec<u32>>,
    /// The experiment of the latest interim analysis and the width of its widest interval.
    width: Option<String>,
    /// The phase of the run, shown before the bar.
    phase: String,
}

impl ProgressFacts {
    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn workers_of(&self, run: usize, pids: &[u32]) {
        let workers = &mut self.facts().workers;
        workers.resize(workers.len().max(run + 1), Vec::new());
        workers[run] = pids.to_vec();
    }

    fn width_of(&self, experiment: &str, width: f64) {
        let text = format!(
            "{}: interval {} wide",
            one_line(experiment),
            four_digits(width)
        );
        self.facts().width = Some(text);
    }

    fn memory(&self) -> Option<String> {
        let workers: Vec<u32> = self.facts().workers.iter().flatten().copied().collect();
        memory::resident_bytes(&workers).map(memory::format_bytes)
    }
}

impl ProgressBar {
    /// A bar on standard error; a silent one if it is not wanted or standard error is not a terminal.
    pub fn new(wanted: bool) -> ProgressBar {
        let terminal = std::io::stderr().is_terminal();
        let target = if wanted && terminal {
            ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND)
        } else {
            ProgressDrawTarget::hidden()
        };
        ProgressBar::with_draw_target(target, Style::for_terminal(terminal))
    }

    /// A bar with another draw target.
    pub fn with_draw_target(target: ProgressDrawTarget, style: Style) -> ProgressBar {
        let bar = indicatif::ProgressBar::with_draw_target(Some(0), target);
        let beside = ProgressFacts::default();
        bar.set_style(look(style, &beside));
        ProgressBar {
            bar,
            beside,
            stop: None,
        }
    }

    /// Stops the run when the flag is set.
    pub fn stop_when(mut self, stop: &'static AtomicBool) -> ProgressBar {
        self.stop = Some(stop);
        self
    }

    /// Clears the bar; dropping it does the same.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for ProgressBar {
    fn set_total(&self, passes: u64) {
        // A run has several steps, each with a total of its own.
        self.bar.reset();
        self.bar.set_length(passes);
        // Passes that take seconds each must not make the bar look dead.
        self.bar.enable_steady_tick(Duration::from_millis(250));
    }

    fn advance(&self, passes: u64) {
        self.bar.inc(passes);
    }

    fn begin_phase(&self, text: &str) {
        self.beside.facts().phase = text.to_string();
        self.bar.set_message(text.to_string());
    }

    fn set_interval_width(&self, experiment: &str, width: f64) {
        self.beside.width_of(experiment, width);
    }

    fn wants_interval_width(&self) -> bool {
        !self.bar.is_hidden()
    }

    fn set_workers(&self, pids: &[u32]) {
        self.beside.workers_of(0, pids);
    }

    fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        self.finish();
    }
}

fn look(style: Style, beside: &ProgressFacts) -> ProgressStyle {
    let paint = if style.colour { ".cyan/dim" } else { "" };
    let bar_width = if style.width < NARROW_TERMINAL_COLUMNS {
        10
    } else {
        24
    };
    let template = format!("{{msg}}  {{bar:{bar_width}{paint}}}  {{facts}}");
    let beside = beside.clone();
    let look = ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key(
            "facts",
            move |state: &ProgressState, out: &mut dyn Write| {
                let taken = display_width(&beside.facts().phase) + bar_width + 4;
                // The last column is left free, lest a terminal begins another line.
                let room = style.width.saturating_sub(taken + 1);
                let _ = out.write_str(&facts_that_fit(&facts(state, &beside), room));
            },
        );
    if style.unicode {
        look.progress_chars("━━─")
    } else {
        look.progress_chars("=>-")
    }
}

/// The facts after the bar, the most important first.
fn facts(state: &ProgressState, beside: &ProgressFacts) -> [String; 5] {
    let rate = state.per_sec();
    let digits = if rate < 10.0 { 1 } else { 0 };
    let (done, all) = (count_passes(state.pos()), state.len().map(count_passes));
    let width = beside.facts().width.clone();
    [
        format!("{done} of {} passes", all.unwrap_or_default()),
        time_left(state.pos(), state.eta()),
        format!("{rate:.digits$}/s"),
        beside.memory().unwrap_or_default(),
        width.unwrap_or_default(),
    ]
}

fn count_passes(passes: u64) -> String {
    HumanCount(passes).to_string()
}

/// Joins as many facts as fit into the room, at least the first.
fn facts_that_fit(facts: &[String], room: usize) -> String {
    let mut text = String::new();
    for fact in facts.iter().filter(|fact| !fact.is_empty()) {
        let gap = if text.is_empty() { "" } else { "  " };
        if text.is_empty() || display_width(&text) + gap.len() + display_width(fact) <= room {
            text.push_str(gap);
            text.push_str(fact);
        }
    }
    text
}

/// The time left; empty before the first pass.
fn time_left(passes: u64, left: Duration) -> String {
    let seconds = left.as_secs();
    match (passes, seconds) {
        (0, _) => String::new(),
        (_, 0..60) => format!("{seconds} s left"),
        (_, 60..3600) => format!("{} min {:02} s left", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min left", seconds / 3600, seconds % 3600 / 60),
    }
}
