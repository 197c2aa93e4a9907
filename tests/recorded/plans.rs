//! Scripts and their plans: `tests/plans/WHAT.gia` and its `.txt`, which is what `gia plan` prints.

use std::path::Path;

use gia::diag::Format;
use gia::plan;

use crate::support::script::{check, scripts, stem};
use crate::{Group, golden, trial};

pub fn group() -> Group {
    let test =
        |path: std::path::PathBuf| trial(format!("plans/{}", stem(&path)), move || show(&path));
    Group {
        name: "plans",
        min_trials: 15,
        trials: scripts("plans").into_iter().map(test).collect(),
    }
}

fn show(path: &Path) {
    let text = std::fs::read_to_string(path).expect("a text");
    let checked = check(&format!("{}.gia", stem(path)), "tests/plans", &text);
    checked.places_are_sound();
    let warnings = checked.rendered(Format::Short);
    let plan = plan::lower(checked.program());
    golden::check(
        &format!("tests/plans/{}.txt", stem(path)),
        &(plan.show() + &warnings),
    );
}
