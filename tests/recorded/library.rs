//! The reference pages that `gia doc` makes: `docs/library`.

use gia::doc;

use crate::{Group, golden, trial};

pub fn group() -> Group {
    let test = |page: doc::Page| {
        trial(format!("docs/library/{}", page.file), move || {
            golden::check(&format!("docs/library/{}", page.file), &page.text);
        })
    };
    Group {
        name: "library",
        min_trials: 7,
        trials: doc::pages().into_iter().map(test).collect(),
    }
}
