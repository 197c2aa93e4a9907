//! Runs that break: each is told with its code, ends with 3, and leaves nothing half-written.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gia::diag::Code;
use gia::wire::{self, Reply, Request};
use tempfile::TempDir;

use super::{Ended, command, command_where, script};
use crate::support::archive::{Records, network};
use crate::support::written;

/// A folder with a network `net.pt2`, its declaration and a script that measures it.
struct Place {
    folder: TempDir,
    script: PathBuf,
}

const SCRIPT: &str = "null plain = uniform(length: 20bp)\n\nmodel net = load(\"net.pt2\")\n\n\
                      experiment e {\n background plain\n sample 20\n embed \"GGGG\" at center\n measure net[0]\n}\n";

impl Place {
    fn new(name: &str, text: &str) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let model = network(name);
        for ending in ["pt2", "toml"] {
            let copy = folder.path().join("net").with_extension(ending);
            std::fs::copy(model.with_extension(ending), copy).expect("copied");
        }
        let script = script(folder.path(), text);
        Place { folder, script }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, more: &[&str]) -> Ended {
        command("run", &self.script, more)
    }

    /// Runs with `--json` to a file that is not there, and then to one that is.
    fn breaks(&self, more: &[&str], parts: &[&str]) {
        let json = self.path("study.json");
        let shown = json.display().to_string();
        let more = [more, &["--json", &shown]].concat();
        let before = self.names();
        self.run(&more).with(3, parts);
        assert_eq!(self.names(), before, "something was left");
        std::fs::write(&json, "earlier").expect("written");
        self.run(&more).with(3, parts);
        let kept = std::fs::read_to_string(&json).expect("still there");
        assert_eq!(kept, "earlier");
    }

    fn names(&self) -> Vec<String> {
        written::names(self.folder.path())
    }
}

fn nowhere(path: &Path) -> String {
    path.join("gia-worker").display().to_string()
}

#[test]
fn checking_and_planning_start_no_worker() {
    let place = Place::new("gc", SCRIPT);
    let nowhere = nowhere(place.folder.path());
    let variables = [("GIA_WORKER", nowhere.as_str())];
    command_where("check", &place.script, &[], &variables).with(0, &[]);
    command_where("plan", &place.script, &[], &variables).with(0, &[]);
    command_where("run", &place.script, &[], &variables)
        .with(3, &["error[E0602]", "gia-worker` cannot be started"]);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn checking_and_planning_read_no_weights() {
    let place = Place::new("quarter", SCRIPT);
    // As many bytes as before, but others: what reads them finds that the checksum is wrong.
    let whole = Records::of("quarter").write(place.folder.path(), "net.pt2");
    std::fs::remove_file(place.path("net.toml")).expect("removed");
    let mut bytes = std::fs::read(&whole).expect("the archive");
    let weight = Records::of("quarter").record("weights/weight_0").clone();
    let at = bytes
        .windows(weight.len())
        .position(|window| window == weight)
        .expect("the weight's bytes");
    bytes[at..at + weight.len()].fill(0);
    std::fs::write(&whole, bytes).expect("written");
    command("check", &place.script, &[]).with(0, &[]);
    command("plan", &place.script, &[]).with(0, &[]);
    place.breaks(
        &["--device", "cpu"],
        &[
            "error[E0501]",
            "net.pt2` is damaged: its record `data/weights/weight_0`",
        ],
    );
}

#[test]
fn a_program_that_is_no_worker_is_told_with_its_last_words() {
    let place = Place::new("gc", SCRIPT);
    let run = |worker: &str| command_where("run", &place.script, &[], &[("GIA_WORKER", worker)]);
    run("/bin/true").with(3, &["error[E0602]"]);
    run("/bin/cat").with(3, &["error[E0602]"]);
    run(&place.folder.path().display().to_string()).with(3, &["cannot be started"]);
    let impostor = |text: &str| {
        let path = place.path("impostor");
        std::fs::write(&path, text).expect("written");
        let mut permissions = std::fs::metadata(&path).expect("a file").permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
        std::fs::set_permissions(&path, permissions).expect("made a program");
        path.display().to_string()
    };
    let ended = run(&impostor(
        "#!/bin/sh\necho 'libtorch_cpu.so: no such file' >&2\nexit 127\n",
    ));
    ended.with(3, &["error[E0602]", "127", "libtorch_cpu.so: no such file"]);
    run(&impostor(
        "#!/bin/sh\necho 'a greeting that is no frame'\ncat > /dev/null\n",
    ))
    .with(3, &["error[E0602]"]);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_worker_of_another_version_is_refused() {
    let mut hello = Vec::new();
    let request = Request::Hello {
        version: wire::VERSION + 1,
        device: wire::Device::Cpu,
        threads: 1,
        precision: wire::Precision::Float32,
        incremental: wire::IncrementalMode::Never,
    };
    wire::send(&mut hello, &request, &[]).expect("memory takes it");
    let mut child = Command::new(env!("CARGO_BIN_EXE_gia-worker"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the worker starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(&hello).expect("heard");
    drop(input);
    let output = child.wait_with_output().expect("the worker ends");
    let (reply, _) = wire::receive::<Reply>(&mut output.stdout.as_slice())
        .expect("a frame")
        .expect("an answer");
    let Reply::Failed(failure) = reply else {
        panic!("{reply:?}");
    };
    assert_eq!(failure.code, Code::WorkerFailed.number());
    let versions = format!(
        "version {} of the worker protocol, but `gia-worker` uses version {}",
        wire::VERSION + 1,
        wire::VERSION
    );
    assert!(failure.message.contains(&versions), "{}", failure.message);
    assert!(failure.help.is_some());
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_worker_takes_no_arguments() {
    let output = Command::new(env!("CARGO_BIN_EXE_gia-worker"))
        .arg("--help")
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("gia-worker takes none"), "{said}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn another_file_than_the_declared_one_is_not_run() {
    let place = Place::new("gc", SCRIPT);
    let toml = place.path("net.toml");
    let text = std::fs::read_to_string(&toml).expect("the declaration");
    let declared = text.split("sha256  = \"").nth(1).expect("a hash")[..64].to_string();
    let other = declared.chars().rev().collect::<String>();
    std::fs::write(&toml, text.replace(&declared, &other)).expect("written");
    command("check", &place.script, &[]).with(0, &[]);
    place.breaks(
        &["--device", "cpu"],
        &["error[E0507]", "`net.pt2`", &other, &declared],
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_number_that_is_none_names_model_background_and_arm() {
    let folder = tempfile::tempdir().expect("a folder");
    let fasta = folder.path().join("given.fa");
    let full = "G".repeat(20);
    std::fs::write(
        &fasta,
        format!(">one\n{full}\n>two\n{full}\n>three\n{full}\n"),
    )
    .expect("written");
    let text = format!(
        "model net = load(\"net.pt2\")\nexperiment emptied {{\n background fasta(\"{}\")\n\
         arm half {{ embed \"AAAAAAAAAA\" at 0bp }}\n arm bare {{ embed \"AAAAAAAAAAAAAAAAAAAA\" at 0bp }}\n\
         measure net\n}}\n",
        fasta.display()
    );
    let place = Place::new("nan", &text);
    place.breaks(
        &["--device", "cpu"],
        &[
            "error[E0601]",
            "`net[0]` is NaN",
            "`one`",
            "`bare`",
            "`emptied`",
        ],
    );
}

#[test]
fn a_result_that_cannot_be_written_is_told_before_anything_runs() {
    let place = Place::new("gc", SCRIPT);
    // Nothing can run, so whatever is told is told first.
    let nowhere = nowhere(place.folder.path());
    for target in [
        place.path("no/folder/study.json"),
        place.folder.path().to_path_buf(),
    ] {
        let target = target.display().to_string();
        let ended = command_where(
            "run",
            &place.script,
            &["--json", &target],
            &[("GIA_WORKER", &nowhere)],
        );
        ended.with(3, &["error[E0605]", &target]);
    }
    let taken = place.path("taken");
    std::fs::write(&taken, "a file").expect("written");
    let taken = taken.display().to_string();
    command_where(
        "run",
        &place.script,
        &["--sequences", &taken],
        &[("GIA_WORKER", &nowhere)],
    )
    .with(3, &["error[E0605]", "cannot be written"]);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_device_that_is_not_there_is_told_with_what_is_missing() {
    let place = Place::new("gc", SCRIPT);
    place.breaks(
        &["--device", "cuda:99"],
        &["error[E0603]", "cuda:99 cannot be used: ", "--device cpu"],
    );
}

#[test]
fn a_model_file_cut_short_is_told_at_its_place_in_the_script() {
    let place = Place::new("gc", SCRIPT);
    let model = place.path("net.pt2");
    let whole = std::fs::read(&model).expect("the network");
    std::fs::write(&model, &whole[..whole.len() / 2]).expect("written");
    for name in ["check", "plan", "run"] {
        command(name, &place.script, &[])
            .with(2, &["script.gia:3:", "error[E0501]", "net.pt2` is damaged"]);
    }
}

#[test]
fn an_operator_that_is_not_known_is_told_at_its_place_in_the_script() {
    let place = Place::new("bessel", SCRIPT);
    command("check", &place.script, &[]).with(
        2,
        &[
            "script.gia:3:",
            "error[E0503]",
            "`special_bessel_j0.default`, 2 calls: `forward` of Bessel",
        ],
    );
}
