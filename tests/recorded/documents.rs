//! Blocks of the documents, tried on the built program: `support/documents.rs` tells their kinds.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use gia::source::Sources;
use libtest_mimic::Trial;

use crate::support::command::root;
use crate::support::documents::{Block, blocks_of, documents, scripts_folder};
use crate::support::formatting::formatted;
use crate::{Group, excerpt, golden, needs_worker, trial};

/// The page whose scripts `coming_from.rs` runs beside what tangermeme makes of them.
pub const COMPARED_PAGE: &str = "docs/coming_from.md";

/// Held while a page is rewritten, as several tests rewrite blocks of one page.
static REWRITING: Mutex<()> = Mutex::new(());

/// Replaces the text of a block in its document.
pub fn replace_block(block: &Block, text: &str) {
    let _rewriting = REWRITING.lock().unwrap_or_else(|e| e.into_inner());
    let path = root().join(&block.document);
    let page = std::fs::read_to_string(&path).expect("a document");
    let fenced = |text: &str| format!("```{}\n{text}```\n", block.kind);
    let page = page.replace(&fenced(&block.text), &fenced(text));
    std::fs::write(&path, page).expect("a document can be written");
}

/// Panics with a difference unless the block holds a text; with `UPDATE_EXPECT=1` puts it there.
fn holds(block: &Block, text: &str) {
    if golden::updates() {
        replace_block(block, text);
    } else {
        golden::check_text(&block.place(), &block.text, text);
    }
}

pub fn groups() -> Vec<Group> {
    let blocks: Arc<[Block]> = documents().iter().flat_map(|p| blocks_of(p)).collect();
    let of = |name, min_trials, kinds: &[&str], what: &'static str, test: fn(&[Block], usize)| {
        let mut trials = Vec::new();
        for (i, block) in blocks.iter().enumerate() {
            if kinds.contains(&block.kind.as_str()) {
                let blocks = blocks.clone();
                let title = format!("{}/{what}", block.place());
                trials.push(trial(title, move || test(&blocks, i)));
            }
        }
        Group {
            name,
            min_trials,
            trials,
        }
    };
    let whole = ["gia", "gia-unsupported", "gia-check"];
    let mut run = of("scripts that run", 50, &whole[..2], "run", runs_as_said);
    run.trials
        .retain(|trial| !trial.name().starts_with(COMPARED_PAGE));
    run.trials = run.trials.into_iter().map(needs_worker).collect();
    let files = ["python", "toml"];
    let mut files = of("files", 2, &files, "file", is_the_file_of_the_tests);
    files.trials.retain(|trial| {
        let named = |block: &&Block| format!("{}/file", block.place()) == trial.name();
        let block = blocks.iter().find(named);
        block.is_some_and(|block| file_of_the_tests(block).is_some())
    });
    vec![
        of("scripts that check", 60, &whole, "check", checks),
        run,
        of("scripts in style", 11, &whole[..1], "format", is_formatted),
        of("fragments", 1, &["gia-fragment"], "parse", parses),
        of(
            "mistakes",
            3,
            &["gia-wrong"],
            "mistake",
            is_diagnosed_as_shown,
        ),
        files,
        transcript(),
    ]
}

/// `gia COMMAND NAME` on a script, in a folder.
fn gia(arguments: &[&str], script: &Block, name: &str, folder: &Path) -> Output {
    std::fs::write(folder.join(name), &script.text).expect("written");
    Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(arguments)
        .arg(name)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C.UTF-8")
        .env("COLUMNS", "100")
        .output()
        .expect("the built program starts")
}

fn checks(blocks: &[Block], i: usize) {
    let folder = scripts_folder();
    let output = gia(&["check"], &blocks[i], "block.gia", folder.path());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "it does not check:\n{said}");
    assert!(output.stderr.is_empty(), "it is warned of:\n{said}");
}

fn runs_as_said(blocks: &[Block], i: usize) {
    let folder = scripts_folder();
    let output = gia(
        &["run", "--threads", "1"],
        &blocks[i],
        "block.gia",
        folder.path(),
    );
    let (told, said) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let wanted = i32::from(blocks[i].kind == "gia-unsupported");
    assert_eq!(output.status.code(), Some(wanted), "{told}{said}");
    let Some(next) = blocks.get(i + 1).filter(|next| excerpt::is_excerpt(next)) else {
        return;
    };
    match excerpt::missing(&next.text, &told) {
        None => {}
        Some(_) if golden::updates() => replace_block(next, &excerpt::updated(&next.text, &told)),
        Some(line) => panic!(
            "{}: the run did not print this here:\n{line}\nbut:\n{told}",
            next.place()
        ),
    }
}

fn is_formatted(blocks: &[Block], i: usize) {
    holds(&blocks[i], &formatted(&blocks[i].text));
}

fn parses(blocks: &[Block], i: usize) {
    let errors = |text: &str| {
        let mut sources = Sources::default();
        let id = sources.add("fragment.gia", Path::new(""), text);
        gia::syntax::parse(id, text).1
    };
    let text = &blocks[i].text;
    let inside = format!("experiment fragment {{\n{text}}}\n");
    let (whole, part) = (errors(text), errors(&inside));
    assert!(
        whole.is_empty() || part.is_empty(),
        "it parses neither as a script ({:?}) nor in an experiment ({:?})",
        whole.iter().map(|d| &d.message).collect::<Vec<_>>(),
        part.iter().map(|d| &d.message).collect::<Vec<_>>()
    );
}

fn is_diagnosed_as_shown(blocks: &[Block], i: usize) {
    let shown = blocks.get(i + 1).expect("a diagnosis follows");
    assert_eq!(shown.kind, "text", "what follows {}", blocks[i].place());
    let folder = scripts_folder();
    let output = gia(&["check"], &blocks[i], "spacing.gia", folder.path());
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    holds(shown, &format!("{}\n", said.trim_end()));
}

/// The file of `tests/docs` that a block names in the comment of its first line.
fn file_of_the_tests(block: &Block) -> Option<std::path::PathBuf> {
    let first = block.text.lines().next().unwrap_or_default();
    let name = first.strip_prefix('#')?.trim_start_matches(['#', ' ']);
    let path = root().join("tests/docs").join(name);
    path.is_file().then_some(path)
}

fn is_the_file_of_the_tests(blocks: &[Block], i: usize) {
    let path = file_of_the_tests(&blocks[i]).expect("a file");
    holds(
        &blocks[i],
        &std::fs::read_to_string(path).expect("a file of the tests"),
    );
}

/// The page on your own network shows what the program prints.
fn transcript() -> Group {
    let test: fn() = || {
        let blocks = blocks_of(&root().join("docs/own_network.md"));
        let script = blocks.iter().find(|block| block.kind == "gia-unsupported");
        let script = script.expect("the page has a script");
        let shown = blocks
            .iter()
            .find(|block| block.text.contains("$ gia plan"));
        let shown = shown.expect("the page shows its plan");
        holds(shown, &retold(shown, script));
    };
    let trials: Vec<Trial> = vec![needs_worker(trial(
        "docs/own_network.md/transcript".into(),
        test,
    ))];
    Group {
        name: "transcripts",
        min_trials: 1,
        trials,
    }
}

/// A transcript with what each command in it prints now, but for the seed, the machine and the time at the end of a run.
fn retold(transcript: &Block, script: &Block) -> String {
    let folder = scripts_folder();
    std::fs::write(folder.path().join("first.gia"), &script.text).expect("written");
    let mut text = String::new();
    for entry in transcript.text.split("$ gia ").skip(1) {
        let (command, before) = entry
            .split_once('\n')
            .expect("a command and what it prints");
        let mut arguments: Vec<&str> = command.split(' ').collect();
        if arguments[0] == "run" {
            arguments.extend(["--device", "cpu"]);
        }
        let output = Command::new(env!("CARGO_BIN_EXE_gia"))
            .args(&arguments)
            .current_dir(folder.path())
            .output()
            .expect("the built program starts");
        let printed = String::from_utf8_lossy(&output.stdout);
        let about_the_machine = |text: &str| text.find("\nseed: ").unwrap_or(text.len());
        let results = &printed[..about_the_machine(&printed)];
        let rest = &before[about_the_machine(before)..];
        text += &format!("$ gia {command}\n{results}{rest}");
    }
    text
}
