//! How commands end: 0 every claim supported, 1 some claim not, 2 the program or the command line is wrong, 3 the run broke.

use super::{Ended, command, script};
use crate::support::command::gia;

const MODEL: &str = "model net = load(\"@MODELS@/gc.pt2\")\nnull plain = uniform(length: 20bp)\n";

fn run(claims: &str) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        "{MODEL}experiment e {{\n background plain\n sample 50\n embed \"GGGG\" at center\n measure net\n{claims}\n}}\n"
    );
    command("run", &script(folder.path(), &text), &["--device", "cpu"])
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn the_status_tells_what_became_of_the_claims() {
    run("").with(0, &[]);
    run("expect effect > 0\nexpect effect < 4").with(0, &[]);
    let refuted = run("expect effect > 0\nexpect effect < 0");
    refuted.with(1, &[]);
    assert!(refuted.out.contains("refuted"), "{}", refuted.out);
    let undecided = run("expect effect > 2");
    assert!(
        undecided.out.contains("undecided") == (undecided.status == Some(1)),
        "{}",
        undecided.out
    );
    let close = run("expect effect > 1.99\nexpect effect < 2.01");
    close.with(1, &[]);
}

#[test]
fn a_wrong_program_or_command_line_is_two() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = script(folder.path(), &format!("{MODEL}let x = lenght\n"));
    for name in ["check", "plan", "run"] {
        command(name, &wrong, &[]).with(2, &["script.gia:3:9: error[E0101]"]);
        let absent = folder.path().join("absent.gia");
        command(name, &absent, &[]).with(2, &["error[E0002]", "there is no file `"]);
    }
    let right = script(folder.path(), MODEL);
    for more in [
        ["--batch", "0"],
        ["--threads", "none"],
        ["--device", "tpu"],
        ["--bach", "2"],
    ] {
        command("run", &right, &more).with(2, &[more[0]]);
    }
    assert_eq!(gia(["rum", "x.gia"]).status.code(), Some(2));
    assert_eq!(gia(["--version"]).status.code(), Some(0));
    assert_eq!(gia(["run", "--help"]).status.code(), Some(0));
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_run_that_breaks_is_three() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        "{MODEL}experiment e {{\n background plain\n sample 50\n embed \"GGGG\" at center\n measure net\n}}\n"
    );
    let path = script(folder.path(), &text);
    command("run", &path, &["--device", "cuda:99"]).with(3, &["error[E0603]"]);
}
