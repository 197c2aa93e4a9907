//! The book: every script of its pages runs, what they show came out of it, its links lead somewhere, and it leaves no page out.

mod links;
mod shown;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::docs::{Block, blocks, scripts_folder};

/// Scripts of this page are run beside what tangermeme makes of them, by `coming_from`.
const RUN_ELSEWHERE: &str = "docs/coming_from.md";

/// Runs one script and compares it with what its page says.
fn run(block: &Block, next: Option<&Block>, folder: &Path, name: &str) {
    std::fs::write(folder.join(name), &block.text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(["run", name, "--threads", "1"])
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C.UTF-8")
        .env("COLUMNS", "100")
        .output()
        .expect("the built program starts");
    let (told, said) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let wanted = i32::from(block.kind == "gia-unsupported");
    let place = block.place();
    assert_eq!(output.status.code(), Some(wanted), "{place}:\n{told}{said}");
    if let Some(next) = next.filter(|next| shown::is_excerpt(next)) {
        shown::compare(next, &told);
    }
}

/// Two at a time: most of a short run is spent starting libtorch.
#[test]
fn scripts_of_the_pages_run_and_come_out_as_said() {
    let folder = scripts_folder();
    let blocks = blocks();
    let scripts: Vec<usize> = (0..blocks.len())
        .filter(|i| matches!(blocks[*i].kind.as_str(), "gia" | "gia-unsupported"))
        .filter(|i| blocks[*i].document != RUN_ELSEWHERE)
        .collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(i) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = format!("block_{i}.gia");
                    run(&blocks[*i], blocks.get(i + 1), folder.path(), &name);
                }
            });
        }
    });
    assert!(scripts.len() >= 40, "{} scripts", scripts.len());
}
