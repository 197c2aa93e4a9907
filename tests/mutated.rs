//! Scripts of the tree with changes that make most of them wrong: whatever a script says, `check`, `plan` and `fmt`
//! answer in bounded time and memory, nothing panics, and what is formatted stays as it is when it is formatted again.
//!
//! Each script follows from its number alone. The one that is tried is written to a file first, which is left behind
//! where the process dies.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gia::diag::{Format, Style, render};
use gia::engine::{MemoryEstimate, Options};
use gia::plan;
use gia::source::{SourceId, Sources};
use gia::syntax::format::{Unformatted, format};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::allocation::bounded;
use crate::support::script::scripts_below;

/// Bytes that one script may take.
const MOST_BYTES: usize = 1 << 30;

/// How long one script may take. Without optimisation everything is some ten times slower.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 5 });

/// A script of the tree and the folder that its paths start from.
struct Seed {
    folder: PathBuf,
    text: String,
}

/// The scripts of the tests, of the experiments and of the documents, in a fixed order.
fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for folder in [
        "tests/diagnostics",
        "tests/plans",
        "tests/syntax",
        "experiments",
        "stdlib",
    ] {
        seeds.extend(scripts_below(folder).into_iter().map(|path| Seed {
            folder: path.parent().expect("a folder").to_path_buf(),
            text: String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).into_owned(),
        }));
    }
    let mut pages: Vec<PathBuf> = std::fs::read_dir("docs/cookbook")
        .expect("the cookbook")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    pages.push("docs/language.md".into());
    pages.sort();
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("a text");
        let blocks = text.split("```gia\n").skip(1);
        seeds.extend(
            blocks
                .filter_map(|rest| rest.split_once("\n```"))
                .map(|(block, _)| Seed {
                    folder: "experiments/ctcf_pu1".into(),
                    text: format!("{block}\n"),
                }),
        );
    }
    assert!(seeds.len() > 300, "{} scripts", seeds.len());
    seeds
}

/// What stands in for a number, a name, a sign.
const STRANGE: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "1e9",
    "1e308",
    "1e-308",
    "0.5",
    "30%",
    "100%",
    "101%",
    "0bp",
    "1bp",
    "1e9bp",
    "1e12bp",
    "-1bp",
    "3bp",
    "99bp",
    "100bp",
    "1000000",
    "1000001",
    "1 to 1000000",
    "0bp to 100bp",
    "[]",
    "{}",
    "()",
    "\"\"",
    "\"N\"",
    "\"GATA\"",
    "dna\"W\"",
    "center",
    "start",
    "end",
    "center - 5bp",
    "control",
    "treated",
    "effect",
    "true",
    "none",
    "bases",
    "quantile(10%)",
    "uniform(length: 100bp)",
    "rc",
    "width",
    "over gap",
    "between 1 and 2",
    "without a",
    ".x",
    "[0]",
    "+",
    "-",
    "*",
    "/",
    "^",
    "div",
    "mod",
    "..",
    "to",
    "step 0bp",
    "==",
    "=",
    "<",
    "and",
    "or",
    "not",
    "in",
    "at",
    ",",
    ";",
    ":",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\n",
    "\"",
    "#",
    "##",
    "\\",
    "\r\n",
    "\t",
    "\u{feff}",
    "é",
    "“",
    "\u{200b}",
    "\u{1f9ec}",
    "\0",
];

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Words, blanks and signs of a text.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for c in text.chars() {
        match pieces.last_mut() {
            Some(last) if is_word(c) && last.ends_with(is_word) => last.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    pieces
}

/// The script of a number: one of the tree with one change to eight.
fn script(number: u64, seeds: &[Seed]) -> Seed {
    let mut random = ChaCha8Rng::seed_from_u64(number);
    let seed = &seeds[random.random_range(0..seeds.len())];
    let mut pieces = pieces(&seed.text);
    for _ in 0..random.random_range(1..=8) {
        if pieces.is_empty() {
            break;
        }
        let at = random.random_range(0..pieces.len());
        let other = random.random_range(0..pieces.len());
        match random.random_range(0..10) {
            0 => drop(pieces.remove(at)),
            1 => pieces.insert(at, pieces[other].clone()),
            2 => pieces.swap(at, other),
            3 | 4 => pieces[at] = strange(&mut random),
            5 => pieces.insert(at, strange(&mut random)),
            6 => repeat_lines(&mut pieces, at, &mut random),
            7 => pieces.truncate(at),
            8 => {
                let end = (at + random.random_range(1..30)).min(pieces.len());
                drop(pieces.drain(at..end));
            }
            _ => {
                let donor = &seeds[random.random_range(0..seeds.len())];
                let lines: Vec<&str> = donor.text.lines().collect();
                let line = lines.get(random.random_range(0..lines.len().max(1)));
                pieces.insert(at, format!("\n{}\n", line.copied().unwrap_or_default()));
            }
        }
    }
    Seed {
        folder: seed.folder.clone(),
        text: pieces.concat(),
    }
}

fn strange(random: &mut impl Rng) -> String {
    STRANGE[random.random_range(0..STRANGE.len())].to_string()
}

/// Repeats the line around a piece, up to 40 times: what doubles in every line grows without bound.
fn repeat_lines(pieces: &mut Vec<String>, at: usize, random: &mut impl Rng) {
    let start = pieces[..at]
        .iter()
        .rposition(|p| p == "\n")
        .map_or(0, |i| i + 1);
    let end = pieces[at..]
        .iter()
        .position(|p| p == "\n")
        .map_or(pieces.len(), |i| at + i);
    let line: Vec<String> = pieces[start..end].to_vec();
    let times = random.random_range(1..=40);
    let mut rows = Vec::new();
    for i in 0..times {
        rows.push("\n".to_string());
        // The declared name gets a number, so that the lines are no duplicates of each other.
        rows.extend(line.iter().enumerate().map(|(k, piece)| match k {
            2 if piece.chars().all(is_word) => format!("{piece}{i}"),
            _ => piece.clone(),
        }));
    }
    pieces.splice(end..end, rows);
}

/// What `gia check`, `gia plan` and `gia fmt` do with a script.
fn try_out(script: &Seed) {
    let mut sources = Sources::default();
    let main = sources.add("mutated.gia", &script.folder, &script.text);
    let checked = gia::check::check(main, &mut sources);
    for label in checked.diagnostics.iter().flat_map(|d| &d.labels) {
        let text = &sources.get(label.span.source).text;
        assert!(text.get(label.span.range()).is_some(), "{label:?}");
    }
    assert!(
        checked.program.is_some() || checked.diagnostics.iter().any(|d| d.is_error()),
        "neither a program nor an error"
    );
    for format in [Format::Human, Format::Short, Format::Json] {
        render(&checked.diagnostics, &sources, format, Style::PLAIN);
    }
    if let Some(program) = &checked.program {
        let plan = plan::lower(program);
        let _ = (
            plan.show(),
            MemoryEstimate::of(&plan, &Options::default()).to_string(),
        );
    }
    match format(SourceId(0), &script.text) {
        Ok(once) => match format(SourceId(0), &once) {
            Ok(twice) => assert_eq!(once, twice, "formatted again"),
            Err(error) => panic!("formatted, it is not formatted again: {error:?}\n{once}"),
        },
        Err(Unformatted::Wrong(_)) => {}
        Err(Unformatted::Changed) => panic!("formatted, it would say something else"),
    }
}

/// Tries the scripts of these numbers on all processors.
fn try_all(numbers: std::ops::Range<u64>, threads: usize) {
    let seeds = seeds();
    let next = AtomicU64::new(numbers.start);
    let working = AtomicUsize::new(threads);
    let present: Vec<Mutex<Option<(u64, Instant)>>> =
        (0..threads).map(|_| Mutex::new(None)).collect();
    let wrong: Mutex<Vec<String>> = Mutex::default();
    let largest = AtomicUsize::new(0);
    let left_behind = |thread: usize| {
        Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("mutated_{}_{thread}.gia", numbers.start))
    };
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (seeds, next, present, working, wrong, largest, end) = (
                &seeds,
                &next,
                &present,
                &working,
                &wrong,
                &largest,
                numbers.end,
            );
            let left_behind = left_behind(thread);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        break;
                    }
                    let script = script(number, seeds);
                    let told = format!("{number} in {}\n{}", script.folder.display(), script.text);
                    std::fs::write(&left_behind, &told).expect("it can be written");
                    *present[thread].lock().expect("a lock") = Some((number, Instant::now()));
                    let (result, held) = bounded(MOST_BYTES, || {
                        catch_unwind(AssertUnwindSafe(|| try_out(&script)))
                    });
                    *present[thread].lock().expect("a lock") = None;
                    largest.fetch_max(held, Ordering::Relaxed);
                    if result.is_err() {
                        wrong.lock().expect("a lock").push(told);
                    }
                }
                let _ = std::fs::remove_file(&left_behind);
                working.fetch_sub(1, Ordering::Relaxed);
            });
        }
        while working.load(Ordering::Relaxed) > 0 {
            std::thread::sleep(Duration::from_millis(50));
            for (thread, present) in present.iter().enumerate() {
                let Some((number, since)) = *present.lock().expect("a lock") else {
                    continue;
                };
                if since.elapsed() > LONGEST {
                    eprintln!(
                        "{number} takes more than {LONGEST:?}: {}",
                        left_behind(thread).display()
                    );
                    std::process::abort();
                }
            }
        }
    });
    let wrong = wrong.into_inner().expect("a lock");
    assert!(
        wrong.is_empty(),
        "{}\n\n{} wrong",
        wrong.join("\n---\n"),
        wrong.len()
    );
    println!("at most {} MB for one script", largest.into_inner() >> 20);
}

#[test]
fn some_scripts_break_nothing() {
    try_all(0..400, 1);
}

/// `make check-mutated-scripts`. GIA_MUTATED asks for other numbers: `5000..6000`.
#[test]
#[ignore = "it takes minutes"]
fn a_hundred_thousand_scripts_break_nothing() {
    let asked = std::env::var("GIA_MUTATED").unwrap_or_else(|_| "0..100000".to_string());
    let numbers = asked
        .split_once("..")
        .and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    try_all(numbers.expect("two numbers, as in 5000..6000"), threads);
}
