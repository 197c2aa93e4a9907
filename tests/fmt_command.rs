//! `gia fmt` as it is typed: what it writes, what it leaves alone, and how it ends.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::command::gia;

const UGLY: &str = "let  a=1 # one\nmotif  LONGER = \"ACGT\"\n";
const TIDY: &str = "let a        = 1  # one\nmotif LONGER = \"ACGT\"\n";
const WRONG: &str = "let a = \n";

fn fmt(arguments: &[&Path]) -> Output {
    let mut all = vec![Path::new("fmt")];
    all.extend(arguments);
    gia(all)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file")
}

fn through_standard_input(arguments: &[&str], given: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built program starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(given.as_bytes()).expect("it is read");
    drop(input);
    child.wait_with_output().expect("it ends")
}

#[test]
fn a_folder_is_formatted_with_those_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("inner");
    std::fs::create_dir_all(inner.join(".hidden")).expect("folders");
    let (one, two) = (folder.path().join("one.gia"), inner.join("two.gia"));
    let (tidy, hidden) = (inner.join("tidy.gia"), inner.join(".hidden/x.gia"));
    let other = inner.join("notes.txt");
    for (path, text) in [
        (&one, UGLY),
        (&two, UGLY),
        (&tidy, TIDY),
        (&hidden, UGLY),
        (&other, UGLY),
    ] {
        std::fs::write(path, text).expect("written");
    }
    let output = fmt(&[folder.path()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    let expected = format!("formatted {}\nformatted {}\n", two.display(), one.display());
    assert_eq!(said, expected);
    assert_eq!(
        (read(&one), read(&two), read(&tidy)),
        (TIDY.into(), TIDY.into(), TIDY.into())
    );
    assert_eq!((read(&hidden), read(&other)), (UGLY.into(), UGLY.into()));
    let again = fmt(&[folder.path()]);
    assert_eq!(
        (again.status.code(), text(&again.stdout)),
        (Some(0), String::new())
    );
}

#[test]
fn check_shows_the_difference_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.gia");
    std::fs::write(&path, UGLY).expect("written");
    let output = fmt(&[Path::new("--check"), &path]);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout);
    assert!(shown.contains("-let  a=1 # one\n"), "{shown}");
    assert!(shown.contains("+let a        = 1  # one\n"), "{shown}");
    assert!(
        shown.starts_with(&format!("--- {}\n", path.display())),
        "{shown}"
    );
    assert_eq!(text(&output.stderr), "not formatted: 1 file\n");
    assert_eq!(read(&path), UGLY);
    std::fs::write(&path, TIDY).expect("written");
    let output = fmt(&[Path::new("--check"), &path]);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(0), String::new())
    );
}

#[test]
fn a_file_that_does_not_parse_is_left_and_told_and_the_others_are_formatted() {
    let folder = tempfile::tempdir().expect("a folder");
    let (good, bad) = (
        folder.path().join("good.gia"),
        folder.path().join("bad.gia"),
    );
    std::fs::write(&good, UGLY).expect("written");
    std::fs::write(&bad, WRONG).expect("written");
    let output = fmt(&[
        folder.path(),
        Path::new("--error-format"),
        Path::new("short"),
    ]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(
        told.starts_with(&format!("{}:2:1: ", bad.display())),
        "{told}"
    );
    assert!(told.contains("error[E0001]"), "{told}");
    assert_eq!(
        (read(&good), read(&bad)),
        (TIDY.to_string(), WRONG.to_string())
    );
}

#[test]
fn what_cannot_be_read_ends_with_3() {
    let output = fmt(&[Path::new("tests/no/such/file.gia")]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr).contains("there is no file"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn standard_input_goes_to_standard_output() {
    let output = through_standard_input(&["fmt", "-"], UGLY);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(0), TIDY.to_string())
    );
    let output = through_standard_input(&["fmt", "-", "--check"], UGLY);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).contains("+let a "),
        "{}",
        text(&output.stdout)
    );
    let output = through_standard_input(&["fmt", "-"], WRONG);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(2), String::new())
    );
    assert!(
        text(&output.stderr).contains("E0001"),
        "{}",
        text(&output.stderr)
    );
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_permissions_and_a_link_stays_one() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let (file, link) = (
        folder.path().join("file.gia"),
        folder.path().join("link.gia"),
    );
    std::fs::write(&file, UGLY).expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("set");
    std::os::unix::fs::symlink(&file, &link).expect("linked");
    assert_eq!(fmt(&[&link]).status.code(), Some(0));
    assert_eq!(read(&file), TIDY);
    let mode = file.metadata().expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert!(link.symlink_metadata().expect("it is there").is_symlink());
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 2, "nothing else is left behind");
}

#[test]
fn an_upgrade_names_selected_sequences_with_let() {
    let old = "null peaks = fasta(\"a.fa\", width: 100bp)\nnull clean = without(peaks, \"GATA\")\nnull few = filtered(without(clean, \"TTTT\"), net < 1)\nnull made = shuffled(peaks)\n\
               null other = without(made, \"GATA\")\n";
    let output = through_standard_input(&["fmt", "--upgrade", "-"], old);
    let new = text(&output.stdout);
    let words: Vec<&str> = new
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        words,
        ["let", "let", "let", "null", "null"],
        "{new}{}",
        text(&output.stderr)
    );
}
