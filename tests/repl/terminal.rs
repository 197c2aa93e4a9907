//! The built program at a terminal, and without one.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::command::root;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program with these lines as its standard input: exit status, standard output and error.
fn piped(arguments: &[&str], lines: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gia"))
        .arg("repl")
        .args(arguments)
        .current_dir(root().join("experiments/ctcf_pu1"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built program starts");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(lines.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn lines_that_are_piped_in_are_entries() {
    let (status, out, errors) = piped(&[], "let a = [\n 1,\n 2\n]\ncount(a)\n:quit\nnothing\n");
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    assert_eq!(out, "a: List<Number> = [1, 2]\nNumber = 2\n");
}

#[test]
fn the_exit_status_is_that_of_a_script() {
    let trial = "motif S = \"CCACCAGG\"\nmodel m = additive({S: 2.0, \"AA\": 0.25})\n";
    let claim = |claim: &str| {
        format!(
            "{trial}experiment e {{ background uniform(length: 50bp); sample 50; embed S at center; measure m; expect {claim} }}\n1\n"
        )
    };
    assert_eq!(piped(&[], &claim("effect > 1")).0, Some(0));
    assert_eq!(piped(&[], &claim("effect > 10")).0, Some(1));
    let (status, out, errors) = piped(&[], "nothing\nlet a = 1\n");
    assert_eq!((status, out.as_str()), (Some(2), "a: Number = 1\n"));
    assert!(errors.contains("E0101"), "{errors}");
    // An entry that is never closed is told at the end.
    assert_eq!(piped(&[], "let a = [1,\n").0, Some(2));
    assert_eq!(piped(&["nothing.gia"], "").0, Some(2));
    let (status, out, _) = piped(&["ctcf_pu1.gia"], "net\n");
    assert_eq!(status, Some(0));
    assert!(out.contains("Model"), "{out}");
}

/// The program on a terminal of its own.
struct Terminal {
    child: Child,
    screen: File,
}

impl Terminal {
    #[expect(
        unsafe_code,
        reason = "the standard library cannot open a pseudoterminal"
    )]
    fn open(state: &Path) -> Terminal {
        let (mut ours, mut theirs) = (0, 0);
        // SAFETY: both places are written to before they are read, and nothing else is asked for.
        let opened = unsafe {
            libc::openpty(
                &mut ours,
                &mut theirs,
                std::ptr::null_mut(),
                std::ptr::null(),
                std::ptr::null(),
            )
        };
        assert_eq!(opened, 0, "there is a terminal");
        // SAFETY: the descriptors were just opened and belong to nobody else.
        let (screen, terminal) = unsafe { (File::from_raw_fd(ours), File::from_raw_fd(theirs)) };
        let end = || terminal.try_clone().expect("another handle");
        let child = Command::new(env!("CARGO_BIN_EXE_gia"))
            .arg("repl")
            .current_dir(root())
            .env("XDG_STATE_HOME", state)
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .env("COLUMNS", "80")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("the built program starts");
        Terminal { child, screen }
    }

    fn press(&mut self, keys: &str) {
        self.screen.write_all(keys.as_bytes()).expect("typed");
    }

    /// Reads until a text is on the screen.
    fn wait_for(&mut self, text: &str) -> String {
        let mut seen = Vec::new();
        let mut byte = [0];
        while !String::from_utf8_lossy(&seen).contains(text) {
            match self.is_readable() && self.screen.read(&mut byte).is_ok_and(|n| n == 1) {
                true => seen.push(byte[0]),
                false => panic!("no {text:?}: {}", String::from_utf8_lossy(&seen)),
            }
        }
        String::from_utf8_lossy(&seen).into_owned()
    }

    /// Whether something comes before one has waited too long.
    #[expect(
        unsafe_code,
        reason = "the standard library cannot wait for input with a time limit"
    )]
    fn is_readable(&self) -> bool {
        let mut asked = libc::pollfd {
            fd: self.screen.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one descriptor is asked about, which is open.
        let ready = unsafe { libc::poll(&mut asked, 1, PATIENCE.as_millis() as i32) };
        ready == 1
    }

    /// The exit status of the program, which must end.
    fn ended(&mut self) -> Option<i32> {
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("it is there") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().expect("it is there");
        panic!("the program does not end");
    }
}

#[test]
fn a_terminal_has_colours_keys_and_a_history_that_lasts() {
    let state = tempfile::tempdir().expect("a folder");
    let mut first = Terminal::open(state.path());
    first.wait_for("gia> ");
    first.press("let number = 42\r");
    // Coloured as it is typed: `let` is a word of the language.
    let seen = first.wait_for(" = 42\r\n");
    assert!(seen.contains("\x1b[35mlet\x1b[0m"), "{seen:?}");
    // Ctrl-C clears a line and ends nothing; Tab completes; Ctrl-D ends.
    first.wait_for("gia> ");
    first.press("nonsense\x03");
    first.wait_for("gia> ");
    first.press("numb\t * 2\r");
    first.wait_for(" = 84");
    first.wait_for("gia> ");
    first.press("\x04");
    assert_eq!(first.ended(), Some(0));

    let history = state.path().join("gia/history");
    let kept = std::fs::metadata(&history).expect("the history is there");
    assert_eq!(kept.permissions().mode() & 0o777, 0o600);

    let mut second = Terminal::open(state.path());
    second.wait_for("gia> ");
    second.press("let number = 1\r");
    second.wait_for(" = 1\r\n");
    second.wait_for("gia> ");
    // Two entries up is the last one of the session before.
    second.press("\x1b[A\x1b[A\r");
    second.wait_for(" = 2\r\n");
    second.wait_for("gia> ");
    second.press(":quit\r");
    assert_eq!(second.ended(), Some(0));
}

#[test]
fn a_history_that_cannot_be_written_stops_nobody() {
    let state = tempfile::tempdir().expect("a folder");
    std::fs::write(state.path().join("gia"), "no folder").expect("written");
    let mut terminal = Terminal::open(state.path());
    terminal.wait_for("gia> ");
    terminal.press("1 + 1\r");
    terminal.wait_for(" = 2\r\n");
    terminal.wait_for("gia> ");
    terminal.press("\x04");
    assert_eq!(terminal.ended(), Some(0));
}
