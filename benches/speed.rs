//! Speed as ratios: `make check-speed`.
//!
//! Each check divides one time by another, both measured here and now, so that the machine cancels out. Most compare a work with one
//! of a tenth of its size: what grows linearly takes ten times as long, what grows with the square a hundred times.

use std::collections::HashMap;
use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use gia::check::check;
use gia::diag::{Format, Style, render};
use gia::engine::{JobOutcomes, Outcomes};
use gia::plan;
use gia::repl::{Session, Setup, StopFlag, complete, hint};
use gia::report::to_html;
use gia::source::{SourceId, Sources};
use gia::stats::analyse;
use gia::study::Study;
use gia::syntax::format::format;
use serde_json::json;

#[path = "../tests/support/studies.rs"]
mod studies;

/// Each time is the least of so many.
const ROUNDS: usize = 3;

/// How much longer ten times the work may take: linear growth, with room for caches and a busy machine.
const LINEAR: f64 = 25.0;

/// One ratio and what it may be at most.
struct Ratio {
    what: &'static str,
    found: f64,
    max: f64,
}

impl Ratio {
    /// Prints the ratio; returns whether it is above its bound.
    fn is_slow(&self) -> bool {
        let Ratio { what, found, max } = self;
        let slow = found > max;
        let verdict = if slow { "TOO SLOW" } else { "ok" };
        println!("{verdict:>8}  {found:8.2} of at most {max:5.1}  {what}");
        slow
    }
}

fn main() -> ExitCode {
    let checks: [fn() -> Vec<Ratio>; 8] = [
        || vec![formatting()],
        || vec![checking()],
        || vec![blank_lines()],
        || vec![diagnosing()],
        || vec![page()],
        || session().into(),
        || analysis().into(),
        large_grids,
    ];
    let slow = checks.map(|check| check().iter().filter(|ratio| ratio.is_slow()).count());
    ExitCode::from(u8::from(slow.iter().sum::<usize>() > 0))
}

fn best(mut work: impl FnMut()) -> Duration {
    let once = |_| {
        let started = Instant::now();
        work();
        started.elapsed()
    };
    (0..ROUNDS).map(once).min().unwrap_or(Duration::MAX)
}

/// The time of the work at ten times the size over its time at the size.
fn growth<T>(what: &'static str, prepare: impl Fn(usize) -> T, work: impl Fn(&T)) -> Ratio {
    let [small, large] = [1, 10].map(|size| {
        let prepared = prepare(size);
        best(|| work(&prepared))
    });
    Ratio {
        what,
        found: large.div_duration_f64(small),
        max: LINEAR,
    }
}

fn formatting() -> Ratio {
    let script = include_str!("../experiments/ctcf_pu1/ctcf_pu1.gia");
    growth(
        "formatting 10,000 lines over 1,000",
        |size| script.repeat(size * 1000_usize.div_ceil(script.lines().count())),
        |text| assert!(black_box(format(SourceId(0), text)).is_ok()),
    )
}

fn checking() -> Ratio {
    growth(
        "checking 20,000 documented lines over 2,000",
        |size| {
            let mut text = String::new();
            for i in 0..1000 * size {
                let _ = write!(text, "## a number\nlet a{i}  =  {i}\n");
            }
            text
        },
        |text| checked(text),
    )
}

fn blank_lines() -> Ratio {
    growth(
        "checking 400,000 blank lines over 40,000",
        |size| format!("let a = 1\n{}let b = 2\n", "\n".repeat(40_000 * size)),
        |text| checked(text),
    )
}

fn diagnosing() -> Ratio {
    growth(
        "diagnosing 10,000 unknown names over 1,000",
        |size| {
            let mut text = String::new();
            for i in 0..1000 * size {
                let _ = writeln!(text, "let a{i} = unknown{i}");
            }
            text
        },
        |text| {
            let mut sources = Sources::default();
            let main = sources.add("speed.gia", Path::new("."), text);
            let found = check(main, &mut sources).diagnostics;
            let shown = render(&found, &sources, Format::Short, Style::PLAIN);
            assert_eq!(shown.lines().count(), text.lines().count());
        },
    )
}

fn checked(text: &str) {
    let mut sources = Sources::default();
    let main = sources.add("speed.gia", Path::new("."), text);
    assert!(black_box(check(main, &mut sources)).program.is_some());
}

fn page() -> Ratio {
    growth(
        "a page of 10,000 rows over 1,000",
        |size| study_of(334 * size as i64),
        |study| assert!(black_box(to_html(study)).is_ok()),
    )
}

/// A study with three rows at each of many points.
fn study_of(points: i64) -> Study {
    let study = studies::all()
        .into_iter()
        .find(|(name, _)| *name == "cooperativity");
    let (_, mut study) = study.expect("a study");
    let experiment = &mut study.experiments[0];
    let template: Vec<_> = experiment.rows[..3].to_vec();
    experiment.axes = vec![studies::lengths("gap", 0..points)];
    experiment.rows = (0..points)
        .flat_map(|gap| {
            template.iter().cloned().map(move |mut row| {
                row.at = studies::at([("gap", json!(gap))]);
                row.mean += (gap as f64).sin();
                row
            })
        })
        .collect();
    study
}

/// A session begins in the time of a few checks of an empty script, and completion takes less than a session's beginning.
fn session() -> [Ratio; 2] {
    let begin = || {
        let setup = Setup {
            options: Default::default(),
            folder: Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf(),
            progress: false,
            stop: StopFlag::default(),
        };
        Session::new(setup, Style::PLAIN)
    };
    let empty = best(|| checked(""));
    let beginning = best(|| assert!(black_box(begin()).names().len() > 50));
    let mut session = begin();
    let model = "model net = load(\"experiments/ctcf_pu1/ctcf_pu1.pt2\")";
    session.enter(model, &mut |_| {});
    let lines = [
        "",
        "exp",
        "jaspar(\"",
        "net[\"",
        "load(\"",
        "experiment e {\n    background ",
        ":help ",
        "let x = ",
    ];
    let slowest = lines.map(|line| {
        best(|| {
            black_box(complete(
                line,
                line.len(),
                session.names(),
                session.folder(),
            ));
            black_box(hint(line, session.names(), session.folder()));
        })
    });
    let slowest = slowest.into_iter().max().unwrap_or_default();
    [
        Ratio {
            what: "the beginning of a session over the check of an empty script",
            found: beginning.div_duration_f64(empty),
            max: 5.0,
        },
        Ratio {
            what: "completion of a line over the beginning of a session",
            found: slowest.div_duration_f64(beginning),
            max: 2.0,
        },
    ]
}

/// Grid points by a thousand backgrounds; then with a claim over all of them, whose band takes 2,000 draws.
fn analysis() -> [Ratio; 2] {
    let [small, large, claimed] =
        [(200, ""), (2_000, ""), (200, "expect effect > 0")].map(|(points, claim)| {
            let (plan, outcomes) = experiment(points, claim);
            best(|| assert!(black_box(analyse(&plan, &outcomes)).is_ok()))
        });
    [
        Ratio {
            what: "statistics of 2,000 grid points over 200",
            found: large.div_duration_f64(small),
            max: LINEAR,
        },
        Ratio {
            what: "statistics of 200 grid points with a claim over those without",
            found: claimed.div_duration_f64(small),
            max: 40.0,
        },
    ]
}

/// The seconds of the statistics of ten thousand grid points and more over a thousand backgrounds, independent or shuffles of fifty sequences;
/// and what the 2,000 draws of a band and a claim cost beside the rest.
fn large_grids() -> Vec<Ratio> {
    let folder = std::env::temp_dir().join(format!("gia-speed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let record = |i: usize| {
        let base = |k: usize| ['A', 'C', 'G', 'T'][(k * k * 31 + k * 7 + i * i * 13) % 97 % 4];
        format!(">{i}\n{}\n", (0..11_000).map(base).collect::<String>())
    };
    let fasta = folder.join("sources.fa");
    std::fs::write(&fasta, (0..50).map(record).collect::<String>()).expect("a file");
    let shuffles = format!("shuffled(fasta(\"{}\"), preserving: 1)", fasta.display());
    let mut ratios = Vec::new();
    for (of, background) in [
        ("independent backgrounds", "uniform(length: 11kb)"),
        ("shuffles of 50 sequences", shuffles.as_str()),
    ] {
        let named = "vary word in kmers(7)\nembed word at center";
        let ordered = "vary place in 1bp to 10000bp\nembed \"GATAAG\" at place";
        let [plain, drawn] = [
            (named, "", "16,384 named grid points, without draws"),
            (
                ordered,
                "expect effect > 0",
                "10,000 grid points, with 2,000 draws",
            ),
        ]
        .map(|(grid, claim, what)| {
            let (plan, outcomes) = laid_out(background, grid, claim);
            let time = best(|| assert!(black_box(analyse(&plan, &outcomes)).is_ok()));
            println!(
                "{:>8.2} s  statistics of {what}, over 1,000 {of}",
                time.as_secs_f64()
            );
            time
        });
        ratios.push(Ratio {
            what: "statistics of a large grid with draws over one without",
            found: drawn.div_duration_f64(plain),
            max: 40.0,
        });
    }
    let _ = std::fs::remove_dir_all(&folder);
    ratios
}

/// An experiment with made-up predictions: a thousand numbers for each variant, of which each grid point has one of its own.
fn experiment(points: usize, claim: &str) -> (plan::Plan, Outcomes) {
    let grid = format!("vary place in 1bp to {points}bp\nembed \"GATAAG\" at place");
    laid_out("uniform(length: 20kb)", &grid, claim)
}

/// An experiment of this background, grid and claim, with made-up predictions.
fn laid_out(background: &str, grid: &str, claim: &str) -> (plan::Plan, Outcomes) {
    let text = format!(
        "model truth = additive({{\"GATAAG\": 2}})\n\
         experiment e {{\n{grid}\nbackground {background}\nsample 1000\nmeasure truth\n{claim}\n}}\n"
    );
    let mut sources = Sources::default();
    let main = sources.add("speed.gia", Path::new("."), &text);
    let program = check(main, &mut sources).program.expect("a program");
    let plan = plan::lower(&program);
    let noise = |variant: usize| -> Vec<f32> {
        let number = |i: usize| ((i * 2_654_435_761 + variant * 40_503) % 65_521) as f32 / 65_521.0;
        (0..1000).map(number).collect()
    };
    let jobs = plan.jobs.iter().map(|job| {
        let variants = job.tasks.iter().map(|task| task.variant);
        let values: HashMap<usize, Vec<f32>> = variants.map(|v| (v, noise(v))).collect();
        JobOutcomes {
            readings: job.readings.clone(),
            values,
            ..JobOutcomes::default()
        }
    });
    let outcomes = Outcomes {
        jobs: jobs.collect(),
        ..Outcomes::default()
    };
    (plan, outcomes)
}
