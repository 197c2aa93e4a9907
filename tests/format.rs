//! The formatter on texts that no file holds. `recorded/format.rs` tries the scripts of the tree.

use std::path::Path;
use std::time::{Duration, Instant};

use gia::syntax::format::{Unformatted, format};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::support::formatting::{HERE, formatted, keeps_meaning};

#[path = "format/program.rs"]
mod program;

#[test]
fn line_ends_and_marks_of_other_editors_go() {
    assert_eq!(
        formatted("\u{feff}## About a.\r\nlet a = 1\r\n"),
        "## About a.\nlet a = 1\n"
    );
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("\n\n;\n"), "");
    assert_eq!(formatted("\n\n# alone\n\n\n"), "# alone\n");
    assert_eq!(formatted("let a = 1;let b = 2"), "let a = 1\nlet b = 2\n");
}

#[test]
fn a_text_that_does_not_parse_is_not_formatted() {
    let Err(Unformatted::Wrong(found)) = format(HERE, "let a = \n") else {
        panic!("it was formatted");
    };
    assert_eq!(found.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        // The same programs every time: a failure that comes and goes helps nobody.
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_program_keeps_its_meaning(choices in proptest::collection::vec(any::<u8>(), 0..600)) {
        keeps_meaning(&program::program(&choices));
    }
}

/// A thousand lines within 20 ms in a release build on a machine at rest; the bound here leaves room for a busy one.
#[test]
fn a_thousand_lines_take_moments() {
    let experiment = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/ctcf_pu1/ctcf_pu1.gia"),
    );
    let experiment = experiment.expect("a script");
    let copies = 1000usize.div_ceil(experiment.lines().count());
    let text = experiment.repeat(copies);
    let once = || {
        let start = Instant::now();
        assert!(format(HERE, &text).is_ok());
        start.elapsed()
    };
    let best = (0..5).map(|_| once()).min().expect("five times");
    println!("{} lines: {best:?}", text.lines().count());
    assert!(best < Duration::from_millis(200), "{best:?}");
}
