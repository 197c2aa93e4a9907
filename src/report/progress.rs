//! A bar that tells how far a run is, for a person who waits.

mod memory;
mod suite;

pub use suite::{FileProgress, SuiteBar};

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressDrawTarget, ProgressState, ProgressStyle};

use super::number::short;
use crate::diag::{Style, one_line};
use crate::engine::Progress;

/// Times a second that the bar is drawn.
const DRAWS: u8 = 8;

/// Passes done, their rate, the time left, how wide the interval is by the numbers so far, and the memory that `gia` and its
/// workers hold, on standard error; silent where that is not a terminal.
///
/// Goes away when it is dropped, so that what is printed next stands alone.
#[derive(Debug)]
pub struct ProgressBar {
    bar: indicatif::ProgressBar,
    beside: Beside,
    /// Set by whoever listens to the user.
    stop: Option<&'static AtomicBool>,
}

/// What stands beside the bar.
#[derive(Debug, Default, Clone)]
struct Beside(Arc<Mutex<Facts>>);

#[derive(Debug, Default)]
struct Facts {
    /// Processes of the workers, of each run that is shown.
    workers: Vec<Vec<u32>>,
    /// The experiment that is looked at and the width of its widest interval.
    width: Option<String>,
}

impl Beside {
    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn workers_of(&self, run: usize, pids: &[u32]) {
        let workers = &mut self.facts().workers;
        workers.resize(workers.len().max(run + 1), Vec::new());
        workers[run] = pids.to_vec();
    }

    fn width_of(&self, experiment: &str, width: f64) {
        let text = format!("{}: interval {} wide", one_line(experiment), short(width));
        self.facts().width = Some(text);
    }

    fn memory(&self) -> Option<String> {
        let workers: Vec<u32> = self.facts().workers.iter().flatten().copied().collect();
        memory::resident(&workers).map(memory::shown)
    }
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
        let beside = Beside::default();
        bar.set_style(look(style, &beside));
        ProgressBar {
            bar,
            beside,
            stop: None,
        }
    }

    /// The run is to stop when this is set.
    pub fn until(mut self, stop: &'static AtomicBool) -> ProgressBar {
        self.stop = Some(stop);
        self
    }

    /// Clears the bar away; dropping it does the same.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for ProgressBar {
    fn total(&self, passes: u64) {
        // A run has several steps, each with a total of its own.
        self.bar.reset();
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

    fn width(&self, experiment: &str, width: f64) {
        self.beside.width_of(experiment, width);
    }

    fn wants_width(&self) -> bool {
        !self.bar.is_hidden()
    }

    fn workers(&self, pids: &[u32]) {
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

fn look(style: Style, beside: &Beside) -> ProgressStyle {
    let paint = if style.colour { ".cyan/dim" } else { "" };
    let template = format!(
        "{{msg}}  {{bar:24{paint}}}  {{human_pos}} of {{human_len}} passes  {{rate}}  {{left}}  {{memory}}  {{width}}"
    );
    let (of_memory, of_width) = (beside.clone(), beside.clone());
    let look = ProgressStyle::with_template(&template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
            let rate = state.per_sec();
            let digits = if rate < 10.0 { 1 } else { 0 };
            let _ = write!(out, "{rate:.digits$}/s");
        })
        .with_key("left", |state: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&time_left(state.pos(), state.eta()));
        })
        .with_key("memory", move |_: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&of_memory.memory().unwrap_or_default());
        })
        .with_key("width", move |_: &ProgressState, out: &mut dyn Write| {
            let width = &of_width.facts().width;
            let _ = out.write_str(width.as_deref().unwrap_or_default());
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
