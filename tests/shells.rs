//! Completions and manual pages: the programs that read them do read them.

use std::process::{Command, Stdio};

use crate::support::command::gia;

fn printed(arguments: &[&str]) -> String {
    let output = gia(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

fn is_there(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    found.is_ok()
}

/// What bash offers for a line whose last word is being typed.
fn offered(script: &str, words: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("gia.bash");
    std::fs::write(&path, script).expect("written");
    let (last, before) = words.split_last().expect("a word");
    let previous = before.last().copied().unwrap_or_default();
    let line = format!(
        "source '{}'; COMP_WORDS=({}); COMP_CWORD={}; _gia gia '{last}' '{previous}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        path.display(),
        words
            .iter()
            .map(|word| format!("'{word}'"))
            .collect::<Vec<_>>()
            .join(" "),
        words.len() - 1,
    );
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-c", &line])
        .output()
        .expect("bash starts");
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .expect("text")
        .lines()
        .map(str::to_string)
        .collect()
}

#[test]
fn bash_completes_commands_and_options() {
    if !is_there("bash") {
        eprintln!("bash is not installed, so its completions were not tried");
        return;
    }
    let script = printed(&["completions", "bash"]);
    let commands = offered(&script, &["gia", "f"]);
    assert!(commands.contains(&"fmt".to_string()), "{commands:?}");
    let options = offered(&script, &["gia", "fmt", "--c"]);
    assert_eq!(options, ["--check"]);
    let formats = offered(&script, &["gia", "check", "--error-format", ""]);
    assert_eq!(formats, ["human", "short", "json"]);
}

#[test]
fn every_shell_has_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for word in ["fmt", "explain", "error-format"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    let output = gia(["completions", "tcsh"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_manual_page_says_what_help_says() {
    let page = printed(&["man"]);
    assert!(page.contains(".TH gia 1"), "{page}");
    for word in ["gia\\-run(1)", "gia\\-fmt(1)", "Exit status"] {
        assert!(page.contains(word), "{word} in {page}");
    }
    if !is_there("groff") {
        eprintln!("groff is not installed, so the page was not set");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    printed(&[
        "man",
        "--into",
        &folder.path().join("man1").display().to_string(),
    ]);
    for (name, words) in [
        ("gia.1", "in silico experiments"),
        ("gia-fmt.1", "standard input"),
        ("gia-run.1", "--sequences"),
    ] {
        let output = Command::new("groff")
            .args(["-man", "-Tutf8", "-ww", "-P-cbou"])
            .arg(folder.path().join("man1").join(name))
            .output()
            .expect("groff starts");
        let set = String::from_utf8_lossy(&output.stdout);
        // Some installations set `-` as a minus sign.
        let set = set.replace('\u{2212}', "-");
        let flat = set.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{name}: {set}");
    }
}
