//! The last lines that a worker wrote to standard error.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const LINES: usize = 5;
/// How long the last lines of a worker that has ended are waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is kept of one line, in bytes.
const LONGEST: u64 = 4096;

/// Listens to a pipe until its other end is closed.
pub struct LastWords {
    lines: Arc<Mutex<VecDeque<String>>>,
    listener: Option<JoinHandle<()>>,
}

impl LastWords {
    pub fn listen(pipe: impl Read + Send + 'static) -> LastWords {
        let lines = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&lines);
        let listener = std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            loop {
                let mut line = Vec::new();
                match (&mut pipe).take(LONGEST).read_until(b'\n', &mut line) {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {
                        let line = String::from_utf8_lossy(&line).trim_end().to_string();
                        let Ok(mut kept) = kept.lock() else { return };
                        if !line.is_empty() {
                            kept.push_back(line);
                        }
                        if kept.len() > LINES {
                            kept.pop_front();
                        }
                    }
                }
            }
        });
        LastWords {
            lines,
            listener: Some(listener),
        }
    }

    /// The last lines of a worker that has ended.
    pub fn take(&mut self) -> Vec<String> {
        let ended = Instant::now();
        if let Some(listener) = self.listener.take() {
            // The pipe of a process that cannot be killed stays open.
            while !listener.is_finished() && ended.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        self.lines
            .lock()
            .map(|mut lines| lines.drain(..).collect())
            .unwrap_or_default()
    }
}
