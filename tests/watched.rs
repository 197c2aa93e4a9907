//! How wide the interval is, told while a run goes on, and that telling changes nothing.

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use gia::engine::{NoProgress, Options, Progress};
use gia::pipeline::{self, Script, SideOutputs};
use gia::study::Study;

/// More backgrounds than one piece of work holds, so that there is something between them.
const TEXT: &str = "model sums = additive({\"GATA\": 2.0})
experiment first {
    background uniform(length: 50bp)
    sample 30000
    embed \"GATA\" at center
    measure sums
}
experiment second {
    background uniform(length: 50bp)
    sample 30
    embed \"GATA\" at center
    measure sums
}
";

/// Sees widths, at the pace of a slow network.
#[derive(Default)]
struct Slow {
    seen: RefCell<Vec<(String, f64)>>,
}

impl Progress for Slow {
    fn set_total(&self, _: u64) {}

    fn advance(&self, _: u64) {
        std::thread::sleep(Duration::from_millis(300));
    }

    fn begin_phase(&self, _: &str) {}

    fn wants_interval_width(&self) -> bool {
        true
    }

    fn set_interval_width(&self, experiment: &str, width: f64) {
        self.seen.borrow_mut().push((experiment.to_string(), width));
    }
}

fn run(progress: &dyn Progress) -> Study {
    let attempt = Script::of_text("watched.gia", Path::new(""), TEXT);
    let script = attempt
        .script
        .unwrap_or_else(|_| panic!("{:?}", attempt.diagnostics));
    let ran = pipeline::run(
        &script,
        &Options::default(),
        progress,
        SideOutputs::default(),
        String::new(),
    );
    ran.expect("a study").study
}

#[test]
fn the_interval_narrows_as_passes_are_done() {
    let slow = Slow::default();
    let watched = run(&slow);
    let seen = slow.seen.into_inner();
    assert!(seen.len() >= 2, "{seen:?}");
    assert!(
        seen.iter().all(|(experiment, _)| experiment == "first"),
        "{seen:?}"
    );
    assert!(seen.windows(2).all(|two| two[1].1 < two[0].1), "{seen:?}");
    assert_eq!(watched.experiments, run(&NoProgress).experiments);
}
