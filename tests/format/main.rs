//! The formatter on texts that no file holds. `recorded/format.rs` tries the scripts of the tree.

use gia_syntax::format::{Unformatted, format};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use formatting::{HERE, formatted, keeps_meaning};

#[path = "../support/formatting.rs"]
mod formatting;
#[path = "program.rs"]
mod program;
#[path = "../support/tree.rs"]
mod tree;

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
