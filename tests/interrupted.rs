//! `Ctrl-C`: what is finished is kept, what is not is told, and nothing is left behind.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::command::root;
use crate::support::written;

/// An experiment that is done at once, and one that takes minutes.
pub const FORMULAS: &str = "model sums = additive({\"GATA\": 4.0, \"AA\": 0.25})
experiment quick {
    background uniform(length: 50bp)
    sample 20
    embed \"GATA\" at center
    measure sums
    expect effect > 1
}
experiment slow {
    background uniform(length: 2000bp)
    sample 2000000
    embed \"GATA\" at center
    measure sums
    expect effect > 1
}
";

pub const NETWORK: &str = "model net = load(\"NET\")
experiment quick {
    background iid(length: 100bp, gc: 0.4)
    sample 20
    embed \"CCACCAGGGGGCGC\" at center
    measure net[\"CTCF\"]
}
experiment slow {
    background uniform(length: 100bp)
    sample 5000000
    embed \"CCACCAGGGGGCGC\" at center
    measure net[\"CTCF\"]
}
";

pub struct Running {
    pub folder: tempfile::TempDir,
    pub child: Child,
}

impl Running {
    /// Starts `gia run` in a group of processes of its own, as a shell does, and waits until it is at work.
    pub fn start(text: &str) -> Running {
        Running::start_with(text, &[])
    }

    /// With more variables in its environment.
    pub fn start_with(text: &str, variables: &[(&str, &str)]) -> Running {
        Running::start_under(text, variables, libc::SIG_DFL)
    }

    /// As `nohup` does.
    pub fn start_ignoring_hangups(text: &str) -> Running {
        Running::start_under(text, &[], libc::SIG_IGN)
    }

    #[expect(
        unsafe_code,
        reason = "the disposition of a signal is set between fork and exec"
    )]
    fn start_under(text: &str, variables: &[(&str, &str)], hangup: libc::sighandler_t) -> Running {
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("script.gia");
        std::fs::write(&script, text).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_gia"));
        // SAFETY: between fork and exec it calls one function, which is safe to call there.
        unsafe {
            command.pre_exec(move || {
                libc::signal(libc::SIGHUP, hangup);
                Ok(())
            });
        }
        let child = command
            .args([
                "run",
                "script.gia",
                "--json",
                "study.json",
                "--values",
                "values.csv",
                "--device",
                "cpu",
            ])
            .current_dir(folder.path())
            .env("NO_COLOR", "1")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("the built program starts");
        let running = Running { folder, child };
        let is_open = |name: &String| name.starts_with(".gia-");
        running.until("the output is opened", || {
            running.names().iter().any(is_open)
        });
        running
    }

    pub fn names(&self) -> Vec<String> {
        written::names(self.folder.path())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    #[track_caller]
    pub fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let started = Instant::now();
        while !is_so() {
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "in vain: {what}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until it has computed for half a second: all that is quick is done by then.
    pub fn works(&self) {
        self.until("it works", || ticks(self.child.id()) > 50);
    }

    /// What a terminal sends to every process of the group in front.
    pub fn interrupt(&self) {
        self.signal("-INT", &format!("-{}", self.child.id()));
    }

    pub fn signal(&self, signal: &str, to: &str) {
        let sent = Command::new("kill").args([signal, "--", to]).status();
        assert!(sent.expect("kill is there").success());
    }

    /// Processes of workers that `gia` started.
    pub fn workers(&self) -> Vec<u32> {
        let found = Command::new("pgrep")
            .args(["-P", &self.child.id().to_string()])
            .output()
            .expect("pgrep is there");
        let text = String::from_utf8_lossy(&found.stdout).into_owned();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    pub fn end(self) -> (Option<i32>, String, String, tempfile::TempDir) {
        let output = self.child.wait_with_output().expect("it ends");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
            self.folder,
        )
    }
}

/// Hundredths of a second that a process has computed for.
fn ticks(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name of the program, in parentheses, may hold blanks.
    let after = text.rsplit(')').next().unwrap_or_default();
    let fields = after.split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// Bytes that a process has read, from its pipe too.
pub fn bytes_read(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("rchar: "));
    line.and_then(|n| n.parse().ok()).unwrap_or(0)
}

pub fn is_alive(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

pub fn study(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("the study is written");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn what_is_finished_is_kept() {
    let running = Running::start(FORMULAS);
    running.works();
    running.interrupt();
    let (status, out, said, folder) = running.end();
    assert_eq!(status, Some(130), "{out}{said}");
    assert!(
        out.contains("the run was stopped before its end, without slow"),
        "{out}"
    );
    assert!(out.contains("1 claim: 1 supported"), "{out}");
    assert!(
        !said.contains("error") && !said.contains("stopping"),
        "{said}"
    );
    let study = study(&folder.path().join("study.json"));
    assert_eq!(
        study["interrupted"]["left_out"],
        serde_json::json!(["slow"])
    );
    let experiments = study["experiments"].as_array().expect("a list");
    assert_eq!(experiments.len(), 1);
    assert_eq!(experiments[0]["name"], "quick");
    assert_eq!(experiments[0]["rows"][0]["n"], 20);
    assert_eq!(
        written::names(folder.path()),
        ["script.gia", "study.json", "values.csv"]
    );
    // The values are those of the experiment that is finished.
    let values = crate::support::values::read(&folder.path().join("values.csv"));
    assert_eq!(values.len(), 20 * 3);
    assert!(values.iter().all(|row| row["experiment"] == "quick"));
    // What is kept is what a run to the end finds.
    let (quick, _) = FORMULAS
        .split_once("experiment slow")
        .expect("two experiments");
    let script = folder.path().join("quick.gia");
    std::fs::write(&script, quick).expect("written");
    let whole = crate::support::command::study(&script, &[]);
    assert_eq!(whole["experiments"][0], {
        let mut kept = experiments[0].clone();
        kept["claims"][0]["place"]["file"] =
            whole["experiments"][0]["claims"][0]["place"]["file"].clone();
        kept
    });
}

#[test]
fn where_nothing_is_finished_nothing_is_written() {
    let (_, slow) = FORMULAS
        .split_once("experiment slow")
        .expect("two experiments");
    let (model, _) = FORMULAS.split_once("experiment").expect("experiments");
    let running = Running::start(&format!("{model}experiment slow{slow}"));
    std::thread::sleep(Duration::from_millis(300));
    running.interrupt();
    let (status, out, said, folder) = running.end();
    assert_eq!(status, Some(130), "{out}{said}");
    assert!(said.contains("E0609"), "{said}");
    assert_eq!(written::names(folder.path()), ["script.gia"]);
}

#[test]
fn the_second_ends_at_once_and_leaves_no_file() {
    let running = Running::start(FORMULAS);
    std::thread::sleep(Duration::from_millis(300));
    // Two in a row, sooner than any piece of work ends.
    running.interrupt();
    running.interrupt();
    let (status, _, said, folder) = running.end();
    assert_eq!(status, Some(130), "{said}");
    let left = written::names(folder.path());
    assert!(
        left.iter().all(|name| !name.starts_with(".gia-")),
        "{left:?}"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn workers_hear_no_interrupt_and_end_with_the_run() {
    let network = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let running = Running::start(&NETWORK.replace("NET", &network.display().to_string()));
    running.until("a worker is there", || !running.workers().is_empty());
    let workers = running.workers();
    // What the quick one asks is a few thousand bytes, of the slow one millions.
    running.until("the quick one is done", || {
        bytes_read(workers[0]) > 2_000_000
    });
    running.interrupt();
    let (status, out, said, folder) = running.end();
    assert_eq!(status, Some(130), "{out}{said}");
    let study = study(&folder.path().join("study.json"));
    assert_eq!(study["experiments"][0]["name"], "quick");
    assert!(
        workers.iter().all(|pid| !is_alive(*pid)),
        "a worker is left"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn workers_end_when_the_run_is_killed() {
    let network = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let running = Running::start(&NETWORK.replace("NET", &network.display().to_string()));
    running.until("a worker is there", || !running.workers().is_empty());
    let workers = running.workers();
    running.signal("-KILL", &running.child.id().to_string());
    let gone = || workers.iter().all(|pid| !is_alive(*pid));
    running.until("the workers end", gone);
    let part = running.path("study.json");
    assert!(!part.exists());
}
