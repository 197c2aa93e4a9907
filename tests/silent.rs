//! Workers that do not answer, or that are killed: told, and no run waits for them once it is to end.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use crate::interrupted::{FORMULAS, NETWORK, Running, bytes_read, is_alive, study};
use crate::support::command::root;
use crate::support::written;

/// Longer than the end of a run may take, on a busy machine too. Without the signal it would wait for its worker forever.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// A run whose first experiment is done and whose second computes.
fn at_work() -> (Running, u32) {
    let network = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let text = NETWORK.replace("NET", &network.display().to_string());
    let running = Running::start_with(&text, &[("GIA_WORKER_SILENCE", "0.5")]);
    running.until("a worker is there", || !running.workers().is_empty());
    let worker = running.workers()[0];
    running.until("the quick one is done", || bytes_read(worker) > 2_000_000);
    (running, worker)
}

/// Whether a killed process goes, which takes a moment on a busy machine.
fn ends(process: u32) -> bool {
    let asked = Instant::now();
    while is_alive(process) && asked.elapsed() < MAX_WAIT {
        std::thread::sleep(Duration::from_millis(10));
    }
    !is_alive(process)
}

/// Stops the worker, ends the run by a signal, and looks at what is left.
fn stopped_worker(signal: &str) {
    let (running, worker) = at_work();
    running.signal("-STOP", &worker.to_string());
    // Long enough to be told of it.
    std::thread::sleep(Duration::from_secs(1));
    let pid = running.child.id().to_string();
    running.signal(signal, &pid);
    let asked = Instant::now();
    let (status, out, said, folder) = running.end();
    assert!(asked.elapsed() < MAX_WAIT, "{:?}", asked.elapsed());
    assert_eq!(status, Some(130), "{out}{said}");
    assert!(
        said.contains("W0617") && said.contains(&worker.to_string()),
        "{said}"
    );
    assert!(ends(worker), "the worker is left");
    let study = study(&folder.path().join("study.json"));
    assert_eq!(study["experiments"][0]["name"], "quick");
    assert_eq!(
        written::names(folder.path()),
        ["script.gia", "study.json", "values.csv"]
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_run_with_a_stopped_worker_ends_when_it_is_terminated() {
    stopped_worker("-TERM");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_run_with_a_stopped_worker_ends_when_its_terminal_goes() {
    stopped_worker("-HUP");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn the_second_signal_takes_a_stopped_worker_along() {
    let (running, worker) = at_work();
    running.signal("-STOP", &worker.to_string());
    let pid = running.child.id().to_string();
    running.signal("-TERM", &pid);
    std::thread::sleep(Duration::from_millis(200));
    running.signal("-TERM", &pid);
    let asked = Instant::now();
    let (status, _, said, folder) = running.end();
    assert!(asked.elapsed() < MAX_WAIT, "{:?}", asked.elapsed());
    assert_eq!(status, Some(143), "{said}");
    assert!(ends(worker), "the worker is left");
    assert_eq!(written::names(folder.path()), ["script.gia"]);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_worker_that_was_started_again_is_told() {
    let (running, worker) = at_work();
    running.signal("-KILL", &worker.to_string());
    let is_another = || running.workers().iter().any(|other| *other != worker);
    running.until("another worker is there", is_another);
    running.interrupt();
    let (status, out, said, _) = running.end();
    assert_eq!(status, Some(130), "{out}{said}");
    assert!(
        said.contains("W0616") && said.contains(&worker.to_string()),
        "{said}"
    );
}

#[test]
fn nohup_is_heeded() {
    let running = Running::start_ignoring_hangups(FORMULAS);
    running.works();
    let pid = running.child.id().to_string();
    running.signal("-HUP", &pid);
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_alive(running.child.id()), "it ended");
    running.signal("-KILL", &pid);
    let output = running.child.wait_with_output().expect("it ends");
    assert_eq!(output.status.signal(), Some(libc::SIGKILL));
}
