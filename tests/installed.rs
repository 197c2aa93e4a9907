//! An installed `gia`: it finds its workers and a libtorch that one of them serves, or says what is missing and how to get it.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::archive::network;
use crate::support::command::root;

/// A folder as `pip install` fills it, with `gia` and a worker for PyTorch 2.10 to 2.12.
struct Installation {
    folder: tempfile::TempDir,
}

impl Installation {
    fn new() -> Installation {
        // In the target folder, so that programs are linked and not copied.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let made = Installation { folder };
        made.link(env!("CARGO_BIN_EXE_gia"), "bin/gia");
        let worker = Path::new(env!("CARGO_BIN_EXE_gia")).with_file_name("gia-worker");
        let workers = format!("{}/gia_lang/workers", Self::PACKAGES);
        made.link(worker, &format!("{workers}/torch-2.11/gia-worker"));
        made
    }

    const PACKAGES: &str = "lib/python3.12/site-packages";

    fn path(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        let folder = path.parent().expect("a folder");
        std::fs::create_dir_all(folder).expect("a folder");
        path
    }

    fn link(&self, program: impl AsRef<Path>, name: &str) {
        std::fs::hard_link(program, self.path(name)).expect("a program");
    }

    /// The package `torch` in a folder of packages: its libraries are those that the worker is built with, whatever version it states.
    fn torch(&self, packages: &str, version: &str) -> PathBuf {
        let stated = format!("__version__ = '{version}'\n");
        std::fs::write(self.path(&format!("{packages}/torch/version.py")), stated).expect("a file");
        let lib = self.path(&format!("{packages}/torch/lib"));
        if !lib.exists() {
            symlink(libtorch().join("lib"), &lib).expect("a link");
        }
        lib
    }

    /// A program `python3` that is none, in a folder for the path.
    fn shim(&self, command: &str) -> PathBuf {
        self.program("shims/python3", command);
        self.path("shims")
    }

    fn program(&self, name: &str, command: &str) {
        let path = self.path(name);
        std::fs::write(&path, format!("#!/bin/sh\n{command}\n")).expect("a file");
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, all).expect("permissions");
    }

    fn run(&self, words: &[&str], variables: &[(&str, &Path)]) -> (Option<i32>, String) {
        let output: Output = Command::new(self.path("bin/gia"))
            .args(words)
            .env_clear()
            .env("NO_COLOR", "1")
            .env("HOME", self.folder.path().join("home"))
            .envs(variables.iter().copied())
            .output()
            .expect("the program starts");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("text");
        let words = said.split_whitespace().filter(|word| *word != "│");
        (output.status.code(), words.collect::<Vec<_>>().join(" "))
    }

    /// Predicts a sequence.
    fn predict(&self, variables: &[(&str, &Path)]) -> (Option<i32>, String) {
        self.predict_with(&[], variables)
    }

    fn predict_with(&self, more: &[&str], variables: &[(&str, &Path)]) -> (Option<i32>, String) {
        let fasta = self.path("one.fa");
        std::fs::write(&fasta, format!(">one\n{}\n", "ACGT".repeat(5))).expect("a file");
        let model = network("quarter").display().to_string();
        let fasta = fasta.display().to_string();
        let words = [&["predict", &model, &fasta], more].concat();
        self.run(&words, variables)
    }
}

/// The libtorch that the worker is built with.
fn libtorch() -> PathBuf {
    let given = std::env::var_os("LIBTORCH").map(PathBuf::from);
    given.unwrap_or_else(|| root().join(".libtorch/torch"))
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn the_pytorch_of_its_own_python_is_used() {
    let installed = Installation::new();
    let lib = installed.torch(Installation::PACKAGES, "2.11.0+cpu");
    let (status, said) = installed.predict(&[]);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = installed.run(&["doctor"], &[]);
    assert_eq!(status, Some(0), "{said}");
    let line = format!(
        "torch 2.11 in `{}`, of the Python that gia is installed in: used",
        lib.display()
    );
    for part in [
        &line,
        "(torch 2.10 to 2.12)",
        "networks: run by torch 2.11.0",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn the_first_that_a_worker_serves_is_used() {
    let installed = Installation::new();
    installed.torch(Installation::PACKAGES, "2.99.1");
    let environment = installed.path("active");
    std::fs::create_dir_all(environment.join("bin")).expect("a folder");
    std::fs::write(environment.join("bin/python3"), "").expect("a file");
    installed.torch("active/lib/python3.10/site-packages", "2.12.0");
    let (status, said) = installed.run(&["doctor"], &[("VIRTUAL_ENV", &environment)]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("torch 2.99 in"), "{said}");
    assert!(
        said.contains("of the Python that gia is installed in: not served"),
        "{said}"
    );
    assert!(said.contains("of the active Python: used"), "{said}");
}

#[test]
fn each_range_of_versions_has_its_worker() {
    let installed = Installation::new();
    let worker = format!(
        "{}/gia_lang/workers/torch-2.13/gia-worker",
        Installation::PACKAGES
    );
    installed.program(&worker, "echo started for 2.13 >&2; exit 1");
    installed.torch(Installation::PACKAGES, "2.13.1+cu130");
    let (_, said) = installed.run(&["doctor"], &[]);
    for part in [
        "(torch 2.10 to 2.12)",
        "(torch 2.13 to 2.15)",
        "is installed in: used",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let (status, said) = installed.predict(&[]);
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("started for 2.13"), "{said}");
    installed.torch(Installation::PACKAGES, "2.9.0");
    let (_, said) = installed.predict(&[]);
    for part in [
        "needs PyTorch 2.10 to 2.15",
        "`pip install 'torch>=2.10,<2.16'`",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn without_pytorch_only_networks_cannot_be_run() {
    let installed = Installation::new();
    let (status, said) = installed.predict(&[]);
    assert_eq!(status, Some(3), "{said}");
    for part in [
        "E0623",
        "running a network needs PyTorch, and none was found",
        "`pip install 'torch>=2.10,<2.13'`",
        "`gia libtorch fetch`",
        "`gia doctor`",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let script = root()
        .join("experiments/ctcf_pu1/ctcf_pu1.gia")
        .display()
        .to_string();
    let (status, said) = installed.run(&["check", &script], &[]);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = installed.run(&["doctor"], &[]);
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("networks: cannot be run"), "{said}");
}

#[test]
fn a_pytorch_that_no_worker_serves_is_named() {
    let installed = Installation::new();
    installed.torch(Installation::PACKAGES, "2.9.1");
    let (status, said) = installed.predict(&[]);
    assert_eq!(status, Some(3), "{said}");
    for part in [
        "E0623",
        "needs PyTorch 2.10 to 2.12, but found are torch 2.9 in",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn a_newer_pytorch_runs_networks_in_its_python() {
    let installed = Installation::new();
    installed.torch(Installation::PACKAGES, "2.99.1");
    installed.program("bin/python3", "echo started \"$@\" >&2\nexit 1");
    let (status, said) = installed.run(&["doctor"], &[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("run in Python by torch 2.99"), "{said}");
    let (status, said) = installed.predict(&[]);
    assert_eq!(status, Some(3), "{said}");
    for part in [
        "E0623",
        "add `--allow-python` to run `.pt2` files in Python",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let (status, said) = installed.predict_with(&["--allow-python"], &[]);
    assert_eq!(status, Some(3), "{said}");
    for part in [
        "W0517",
        "this gia serves PyTorch 2.10 to 2.12 and 2.99 is installed",
        "`pip install 'torch>=2.10,<2.13'`",
        "started -m gia_lang.worker",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_shim_is_asked_where_its_pytorch_is() {
    let installed = Installation::new();
    let lib = installed.torch("versions/3.12/packages", "2.11.0");
    let torch = lib.parent().expect("a folder").display().to_string();
    let shims = installed.shim(&format!("echo '{torch}'"));
    let (status, said) = installed.run(&["doctor"], &[("PATH", &shims)]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("of the active Python: used"), "{said}");
    // It is not asked if another one goes before.
    installed.torch(Installation::PACKAGES, "2.11.0");
    let shims = installed.shim("echo > \"$0.asked\"");
    let (status, said) = installed.predict(&[("PATH", &shims)]);
    assert_eq!(status, Some(0), "{said}");
    assert!(!shims.join("python3.asked").exists());
}

#[test]
fn a_shim_that_does_not_answer_is_left() {
    let installed = Installation::new();
    for command in ["exec /bin/sleep 1000", "exit 127", "echo /nowhere"] {
        let shims = installed.shim(command);
        let (status, said) = installed.predict(&[("PATH", &shims)]);
        assert_eq!(status, Some(3), "{said}");
        assert!(said.contains("and none was found"), "{command}: {said}");
    }
}

#[test]
fn a_python_is_asked_once() {
    let installed = Installation::new();
    let shims = installed.shim("echo asked >> \"$0.asked\"");
    let (status, said) = installed.predict(&[("PATH", &shims)]);
    assert_eq!(status, Some(3), "{said}");
    let asked = std::fs::read_to_string(shims.join("python3.asked")).expect("a file");
    assert_eq!(asked, "asked\n");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn the_one_that_is_named_goes_before_all_others() {
    let installed = Installation::new();
    installed.torch(Installation::PACKAGES, "2.11.0");
    let named = installed.torch("named", "2.10.0");
    let named = named.parent().expect("a folder");
    let (status, said) = installed.run(&["doctor"], &[("GIA_LIBTORCH", named)]);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("torch 2.10 in") && said.contains("named by GIA_LIBTORCH: used"),
        "{said}"
    );
    assert!(
        !said.contains("of the Python that gia is installed in"),
        "{said}"
    );
    let nowhere = installed.path("nowhere");
    let (status, said) = installed.predict(&[("GIA_LIBTORCH", &nowhere)]);
    assert_eq!(status, Some(3), "{said}");
    assert!(
        said.contains("E0623") && said.contains("found are none in"),
        "{said}"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_folder_that_was_fetched_is_found() {
    let installed = Installation::new();
    installed.torch("data/gia/libtorch", "2.11.0");
    let data = installed.path("data");
    let (status, said) = installed.run(&["doctor"], &[("XDG_DATA_HOME", &data)]);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("fetched by `gia libtorch fetch`: used"),
        "{said}"
    );
}

#[test]
fn without_a_worker_the_message_says_so() {
    let installed = Installation::new();
    let workers = installed.path(&format!("{}/gia_lang/workers", Installation::PACKAGES));
    std::fs::remove_dir_all(workers).expect("removed");
    let (status, said) = installed.predict(&[]);
    assert_eq!(status, Some(3), "{said}");
    assert!(
        said.contains("E0602") && said.contains("nor installed with it"),
        "{said}"
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn the_demo_is_written_and_run_and_never_overwritten() {
    let installed = Installation::new();
    installed.torch(Installation::PACKAGES, "2.11.0");
    let folder = installed.path("demo").display().to_string();
    let (status, said) = installed.run(&["demo", &folder], &[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("26 claims: 26 supported"), "{said}");
    let script = installed.path("demo/ctcf_pu1.gia");
    std::fs::write(&script, "# mine\n").expect("a file");
    let (status, said) = installed.run(&["demo", &folder], &[]);
    assert_eq!(status, Some(3), "{said}");
    assert!(
        said.contains("E0612") && said.contains("ctcf_pu1.gia` is there"),
        "{said}"
    );
    assert_eq!(
        std::fs::read_to_string(&script).expect("a file"),
        "# mine\n"
    );
}
