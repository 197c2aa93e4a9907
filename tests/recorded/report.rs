//! Tables and JSON of the studies in `support/studies.rs`: `tests/report`.

use gia::diag::Style;
use gia::report::{table, to_json};

use crate::support::studies::{self, all};
use crate::{Group, golden, trial};

pub fn group() -> Group {
    let mut trials = Vec::new();
    for (name, _) in all() {
        for width in [80, 120] {
            trials.push(trial(format!("report/{name}_{width}"), move || {
                let study = all().into_iter().find(|(other, _)| *other == name);
                let (_, study) = study.expect("a study");
                let text = table(&study, Style::PLAIN.with_width(width));
                golden::check(&format!("tests/report/{name}_{width}.txt"), &text);
            }));
        }
    }
    trials.push(trial("report/colour".into(), || {
        let coloured = Style {
            colour: true,
            ..Style::PLAIN
        };
        let text = table(&studies::cooperativity(), coloured);
        golden::check("tests/report/colour.txt", &text);
    }));
    trials.push(trial("report/importance.json".into(), || {
        let text = to_json(&studies::importance()).expect("JSON");
        golden::check("tests/report/importance.json", &text);
    }));
    Group {
        name: "report",
        min_trials: 12,
        trials,
    }
}
