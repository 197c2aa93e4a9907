mod figures;
mod fonts;
mod grids;
mod html;
mod tables;

use std::fs;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use gia::diag::{Code, Diagnostic, Style};
use gia::engine::Progress;
use gia::report::{OutputFile, ProgressBar, table, to_json, write_json};
use gia::study::{EnsembleEstimate, GridPoint, Study};
use indicatif::{ProgressDrawTarget, TermLike};

use crate::support::studies;

#[test]
fn colour_and_ascii_are_the_callers_choice() {
    let study = studies::cooperativity();
    let ascii = table(
        &study,
        Style {
            unicode: false,
            ..Style::PLAIN
        },
    );
    assert!(ascii.is_ascii(), "{ascii}");
    let plain = table(&study, Style::PLAIN);
    assert!(!plain.contains('\x1b'));
}

#[test]
fn any_study_and_width_makes_a_table() {
    let mut empty = studies::study(vec![studies::experiment(
        "nothing\x1b[2J",
        Some(""),
        vec![],
    )]);
    empty.provenance.models.clear();
    let mut odd = studies::importance();
    let rows = &mut odd.experiments[0].rows;
    rows[0].mean = f64::NAN;
    rows[0].low = Some(f64::NEG_INFINITY);
    rows[0].high = Some(f64::INFINITY);
    rows[0].p = Some(f64::NAN);
    odd.experiments[0].arms[0].n = 0;
    let mut flat = studies::copies();
    for row in &mut flat.experiments[0].rows {
        (row.low, row.high, row.p) = (Some(row.mean), Some(row.mean), Some(0.0));
        row.at = GridPoint::new();
    }
    let mut studies: Vec<Study> = studies::all().into_iter().map(|(_, study)| study).collect();
    studies.extend([empty, odd, flat, studies::study(vec![])]);
    for study in &studies {
        for width in [0, 1, 40, 60, 79, 200, 70_000] {
            let text = table(study, Style::PLAIN.with_width(width));
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
            assert!(!text.contains("±"));
        }
    }
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    for (name, study) in studies::all() {
        for width in [80, 100, 120] {
            let text = table(&study, Style::PLAIN.with_width(width));
            for line in text.lines() {
                let wide = line.chars().count();
                assert!(wide <= width, "{name} at {width}: {wide} wide\n{line}");
            }
        }
    }
}

/// Two outcomes with units, p values with long exponents and an ensemble: what makes a table wide.
fn wide() -> Study {
    let mut study = studies::cooperativity();
    let experiment = &mut study.experiments[0];
    experiment.claims.clear();
    let mut again = experiment.rows.clone();
    for row in &mut again {
        row.outcome = "accessibility".into();
        row.unit = Some("log odds".into());
    }
    experiment.rows.extend(again);
    for row in &mut experiment.rows {
        row.p = row.p.map(|_| 2.7e-237);
        row.q = row.p.map(|_| 4.3e-236);
        row.significant = row.q.map(|_| true);
        row.members = Some(Box::new(EnsembleEstimate {
            means: Vec::new(),
            sd: 0.012,
            between: 0.011,
            within: Some(0.4),
            mean: row.mean,
            low: row.mean - 0.25,
            high: row.mean + 0.25,
            agree: 5,
        }));
    }
    study
}

#[test]
fn a_wide_table_is_made_narrow_and_breaks_no_number() {
    let study = wide();
    let rows = table(&study, Style::PLAIN.with_width(300))
        .matches("2.7e-237")
        .count();
    for width in [56, 60, 70, 80, 90, 100, 120] {
        let text = table(&study, Style::PLAIN.with_width(width));
        for line in text.lines() {
            let wide = line.chars().count();
            assert!(wide <= width, "at {width}: {wide} wide\n{line}");
            let (opened, closed) = (line.matches('[').count(), line.matches(']').count());
            assert_eq!(opened, closed, "at {width}: {line}");
        }
        // All rows keep their p, and what the ensemble says has a place.
        let chances = text.matches("2.7e-237").count() + text.matches("<1e-99").count();
        assert!(chances >= rows, "at {width}: {chances} of {rows}\n{text}");
        assert!(text.contains("for such models"), "at {width}\n{text}");
        assert!(
            text.contains("accessibility (log odds)"),
            "at {width}\n{text}"
        );
    }
    let narrow = table(&study, Style::PLAIN.with_width(60));
    assert!(
        narrow.contains("  synergy of accessibility (log odds)\n"),
        "{narrow}"
    );
    let narrowest = table(&study, Style::PLAIN.with_width(56));
    let words: Vec<&str> = narrowest.split_whitespace().collect();
    assert!(
        words.join(" ").contains("The q column does not fit here"),
        "{narrowest}"
    );
}

#[test]
fn a_long_table_keeps_the_rows_that_decide() {
    let study = studies::cooperativity();
    let text = table(&study, Style::PLAIN);
    let mut rows = text.lines().filter(|l| l.trim_start().starts_with("54 "));
    assert!(rows.any(|l| l.contains("-0.0025")), "{text}");
    let text = table(&studies::hexamers(), Style::PLAIN);
    assert!(text.contains("AAAAAC "), "{text}");
}

#[test]
fn json_is_the_study_in_the_order_of_its_types() {
    let text = to_json(&studies::importance()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let row = &value["experiments"][0]["rows"][0];
    assert_eq!(row["mean"].as_f64(), Some(0.87294));
    assert_eq!(text, to_json(&studies::importance()).unwrap());
}

#[test]
fn a_streamed_study_is_the_text_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.json");
    let study = studies::importance();
    write_json(&study, OutputFile::open(&path).unwrap()).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), to_json(&study).unwrap());
}

#[test]
fn a_stream_that_ends_in_an_error_leaves_the_earlier_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.json");
    fs::write(&path, "earlier").unwrap();
    let refused = OutputFile::open(&path).unwrap().commit_with(|out| {
        out.write_all(b"half").unwrap();
        Err(Box::new(Diagnostic::error(Code::NonFinite, "no number")))
    });
    assert_eq!(refused.unwrap_err().code, Code::NonFinite);
    assert_eq!(fs::read_to_string(&path).unwrap(), "earlier");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_of_a_streamed_study() {
    let full = OutputFile::open("/dev/full").unwrap();
    let refused = write_json(&studies::importance(), full).unwrap_err();
    assert_eq!(refused.code, Code::WriteFailed);
    assert!(
        refused.message.contains("the disk is full"),
        "{}",
        refused.message
    );
}

#[test]
fn an_output_file_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.json");
    let names = || -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };

    drop(OutputFile::open(&path).unwrap());
    assert_eq!(names(), Vec::<String>::new());

    let file = OutputFile::open(&path).unwrap();
    assert_eq!(file.path(), path);
    assert!(!path.exists());
    file.commit(b"first").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"first");
    assert_eq!(names(), ["study.json"]);

    drop(OutputFile::open(&path).unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"first");

    let file = OutputFile::open(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"first");
    file.commit(b"second").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"second");
    assert_eq!(names(), ["study.json"]);
}

#[test]
fn a_path_that_cannot_be_written_is_known_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let fixed = folder.path().join("fixed.json");
    fs::write(&fixed, "kept").unwrap();
    let mut permissions = fs::metadata(&fixed).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&fixed, permissions).unwrap();
    for (path, reason) in [
        (folder.path().to_path_buf(), "it is a folder"),
        (folder.path().join("new/"), "it is a folder"),
        (
            folder.path().join("none/a.json"),
            "its folder does not exist",
        ),
        (fixed.join("a.json"), "a part of its path is not a folder"),
        (fixed.clone(), "permission is denied"),
        ("".into(), "its name is empty"),
    ] {
        let diagnostic = OutputFile::open(&path).unwrap_err();
        assert_eq!(diagnostic.code, Code::WriteFailed);
        assert!(
            diagnostic.message.ends_with(reason),
            "{}",
            diagnostic.message
        );
    }
    assert_eq!(fs::read(&fixed).unwrap(), b"kept");
}

#[cfg(unix)]
#[test]
fn an_output_file_follows_links_and_streams() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (end, link) = (
        folder.path().join("end.json"),
        folder.path().join("link.json"),
    );
    fs::write(&end, "old").unwrap();
    fs::set_permissions(&end, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&end, &link).unwrap();
    OutputFile::open(&link).unwrap().commit(b"new").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&end).unwrap(), b"new");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&end), 0o640);

    // A new file gets the same permissions as any other program's.
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    OutputFile::open(&ours).unwrap().commit(b"").unwrap();
    fs::File::create(&theirs).unwrap();
    assert_eq!(mode(&ours), mode(&theirs));

    OutputFile::open("/dev/null")
        .unwrap()
        .commit(b"gone")
        .unwrap();
    assert!(!fs::symlink_metadata("/dev/null").unwrap().is_file());
}

/// A terminal that remembers what was written to it.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<String>>);

impl TermLike for Written {
    fn width(&self) -> u16 {
        120
    }
    fn move_cursor_up(&self, _: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> std::io::Result<()> {
        self.write_str(text)
    }
    fn write_str(&self, text: &str) -> std::io::Result<()> {
        self.0.lock().unwrap().push_str(text);
        Ok(())
    }
    fn clear_line(&self) -> std::io::Result<()> {
        Ok(())
    }
    fn flush(&self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

#[test]
fn a_bar_tells_how_far_the_run_is() {
    let screen = Written::default();
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 255);
    let bar = ProgressBar::with_draw_target(target, Style::PLAIN);
    bar.begin_phase("predicting");
    bar.set_total(40_000);
    // The bar is drawn only so many times a second.
    for _ in 0..4 {
        std::thread::sleep(std::time::Duration::from_millis(30));
        bar.advance(2_500);
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    let text = screen.0.lock().unwrap().clone();
    assert!(text.contains("predicting"), "{text}");
    assert!(text.contains("10,000 of 40,000 passes"), "{text}");
    assert!(text.contains("/s") && text.contains(" left"), "{text}");
    assert!(!text.contains('\x1b'), "{text:?}");
}

#[test]
fn a_bar_tells_the_memory_and_how_wide_intervals_are() {
    let screen = Written::default();
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 255);
    let bar = ProgressBar::with_draw_target(target, Style::PLAIN.with_width(120));
    bar.begin_phase("predicting");
    bar.set_total(1_000);
    bar.set_workers(&[std::process::id()]);
    bar.set_interval_width("narrow", 0.123456);
    for _ in 0..4 {
        std::thread::sleep(std::time::Duration::from_millis(30));
        bar.advance(100);
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    let text = screen.0.lock().unwrap().clone();
    assert!(text.contains("narrow: interval 0.1235 wide"), "{text}");
    assert!(text.contains(" MB  ") || text.contains(" GB  "), "{text}");
    // A run has steps, each with a total of its own.
    bar.set_total(50);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let text = screen.0.lock().unwrap().clone();
    assert!(text.contains(" 0 of 50 passes"), "{text}");
}

#[test]
fn a_bar_fits_its_terminal() {
    for width in [60, 80] {
        let screen = Written::default();
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 255);
        let bar = ProgressBar::with_draw_target(target, Style::PLAIN.with_width(width));
        bar.begin_phase("predicting");
        bar.set_total(1_000_000);
        bar.set_workers(&[std::process::id()]);
        bar.set_interval_width("an experiment with a long name", 0.123456);
        bar.advance(400_000);
        std::thread::sleep(std::time::Duration::from_millis(300));
        let text = screen.0.lock().unwrap().clone();
        assert!(text.contains("400,000 of 1,000,000 passes"), "{text}");
        // Facts that do not fit are left out whole.
        assert!(!text.contains("an exp"), "{text}");
    }
}

#[test]
fn a_bar_hears_that_nobody_wants_the_rest() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let bar = ProgressBar::new(false);
    assert!(!bar.is_stopped());
    let bar = bar.stop_when(&STOP);
    assert!(!bar.is_stopped());
    STOP.store(true, Ordering::Relaxed);
    assert!(bar.is_stopped());
}
