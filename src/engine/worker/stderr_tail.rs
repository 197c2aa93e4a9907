//! The last lines of the standard error of a worker.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Maximum number of lines that are kept.
const MAX_LINES: usize = 5;
/// Time to wait for the last lines after the process has ended.
const READ_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum length of a line in bytes.
const MAX_LINE_BYTES: u64 = 4096;

/// Reads a pipe on a thread until its other end is closed, and keeps the last lines.
pub struct StderrTail {
    lines: Arc<Mutex<VecDeque<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl StderrTail {
    pub fn read(pipe: impl Read + Send + 'static) -> StderrTail {
        let lines = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&lines);
        let reader = std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            loop {
                let mut line = Vec::new();
                match (&mut pipe)
                    .take(MAX_LINE_BYTES)
                    .read_until(b'\n', &mut line)
                {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {
                        let line = String::from_utf8_lossy(&line).trim_end().to_string();
                        let Ok(mut kept) = kept.lock() else { return };
                        if !line.is_empty() {
                            kept.push_back(line);
                        }
                        if kept.len() > MAX_LINES {
                            kept.pop_front();
                        }
                    }
                }
            }
        });
        StderrTail {
            lines,
            reader: Some(reader),
        }
    }

    /// Takes the last lines, after the process has ended.
    pub fn take(&mut self) -> Vec<String> {
        let ended = Instant::now();
        if let Some(reader) = self.reader.take() {
            // The pipe of a process that cannot be killed stays open, so the wait has a timeout.
            while !reader.is_finished() && ended.elapsed() < READ_TIMEOUT {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        self.lines
            .lock()
            .map(|mut lines| lines.drain(..).collect())
            .unwrap_or_default()
    }
}
