//! One script under several seeds.
//!
//! Invariant: one study is in memory beside the first, and the study of the first seed is that of a run without further seeds.

use super::{RunResult, Script, SideOutputs, run, run_with_seed};
use gia_base::diag::{Code, Outcome};
use gia_base::file::sha256_of_bytes;
use gia_engine::{IdleWorkers, Options, Progress};
use gia_study::SeedReplication;

/// Number of hexadecimal digits of a derived seed: 52 bits, which a float64 holds.
const SEED_DIGITS: usize = 13;

/// Seed number `index` of a replication. The first, number 0, is the seed of the script; another is the first 13 hexadecimal digits of the
/// SHA-256 of `gia seed SEED INDEX`.
fn derived_seed(seed: u64, index: usize) -> u64 {
    if index == 0 {
        return seed;
    }
    seed_of_text(&format!("gia seed {seed} {index}"), seed)
}

/// The seed of a pilot: the first 13 hexadecimal digits of the SHA-256 of `gia pilot SEED`.
pub(super) fn pilot_seed(seed: u64) -> u64 {
    seed_of_text(&format!("gia pilot {seed}"), seed)
}

fn seed_of_text(text: &str, otherwise: u64) -> u64 {
    let hash = sha256_of_bytes(text.as_bytes());
    let digits = hash.get(..SEED_DIGITS).unwrap_or_default();
    u64::from_str_radix(digits, 16).unwrap_or(otherwise)
}

/// Runs a script under its own seed and `planned - 1` further ones. The result is that of its own seed, with the verdicts under all of them.
/// `outputs` and `command` as for [`run`].
///
/// A further run that is stopped, or fails, ends the series. What was complete before is in the study, and a failure is among the problems.
///
/// # Errors
/// As [`run`], for the seed of the script.
pub fn run_under_seeds(
    script: &Script,
    planned: usize,
    options: &Options,
    progress: &dyn Progress,
    outputs: SideOutputs,
    command: String,
) -> Outcome<RunResult> {
    if planned <= 1 {
        return run(script, options, progress, outputs, command);
    }
    // The runs share the workers and the networks that these have loaded.
    let options = Options {
        idle_workers: IdleWorkers::enabled(),
        ..options.clone()
    };
    let numbered = |index: usize| SeedProgress {
        of_run: progress,
        prefix: format!("seed {} of {planned}", index + 1),
    };
    let is_complete = |ran: &RunResult| ran.study.interrupted.is_none() && ran.problems.is_empty();
    let mut replication = SeedReplication::new(planned);
    let mut first = run(script, &options, &numbered(0), outputs, command)?;
    if is_complete(&first) {
        replication.add(&first.study);
        let seed = script.program.settings.seed;
        for index in 1..planned {
            let seed = derived_seed(seed, index);
            match run_with_seed(script, seed, &options, &numbered(index)) {
                Ok(ran) if is_complete(&ran) => replication.add(&ran.study),
                Ok(ran) => {
                    first.problems.extend(ran.problems);
                    break;
                }
                Err(diagnostic) if diagnostic.code == Code::Interrupted => break,
                Err(diagnostic) => {
                    first.problems.push(*diagnostic);
                    break;
                }
            }
        }
    }
    first.study.seeds = Some(replication);
    Ok(first)
}

/// The progress of a run under one of several seeds.
struct SeedProgress<'p> {
    of_run: &'p dyn Progress,
    prefix: String,
}

impl Progress for SeedProgress<'_> {
    fn set_total(&self, passes: u64) {
        self.of_run.set_total(passes);
    }

    fn advance(&self, passes: u64) {
        self.of_run.advance(passes);
    }

    fn begin_phase(&self, text: &str) {
        self.of_run.begin_phase(&format!("{}, {text}", self.prefix));
    }

    fn set_interval_width(&self, experiment: &str, width: f64) {
        self.of_run.set_interval_width(experiment, width);
    }

    fn wants_interval_width(&self) -> bool {
        self.of_run.wants_interval_width()
    }

    fn set_workers(&self, pids: &[u32]) {
        self.of_run.set_workers(pids);
    }

    fn is_stopped(&self) -> bool {
        self.of_run.is_stopped()
    }
}

#[cfg(test)]
mod tests {
    use super::{derived_seed, run_under_seeds};
    use crate::pipeline::{Script, SideOutputs};
    use gia_engine::{Options, Progress};
    use std::cell::Cell;
    use std::path::Path;

    /// Stops the run in the phase of this seed.
    struct StopAt {
        seed: &'static str,
        is_reached: Cell<bool>,
    }

    impl Progress for StopAt {
        fn set_total(&self, _: u64) {}

        fn advance(&self, _: u64) {}

        fn begin_phase(&self, text: &str) {
            self.is_reached.set(text.starts_with(self.seed));
        }

        fn is_stopped(&self) -> bool {
            self.is_reached.get()
        }
    }

    #[test]
    fn the_seeds_before_a_stop_are_kept() {
        let text = "model sums = additive({\"TA\": 2.0})
experiment trial {
    background uniform(length: 50bp)
    sample 100
    embed \"TATA\" at center
    measure sums
    expect effect > 1
}
";
        let script = Script::of_text("a script", Path::new(""), text).script;
        let script = script.map_err(|_| "it does not check").expect("a script");
        let run = |seed| {
            let progress = StopAt {
                seed,
                is_reached: Cell::new(false),
            };
            run_under_seeds(
                &script,
                4,
                &Options::default(),
                &progress,
                SideOutputs::default(),
                String::new(),
            )
        };
        let ran = run("seed 3 of 4").expect("the first seed is complete");
        let seeds = ran.study.seeds.expect("several seeds");
        assert_eq!(seeds.seeds, [0, derived_seed(0, 1)]);
        assert!(!seeds.is_complete() && ran.problems.is_empty());
        assert_eq!(seeds.claims[0].runs.len(), 2);
        let whole = run("no such seed")
            .expect("complete")
            .study
            .seeds
            .expect("several seeds");
        assert!(whole.is_complete());
        assert_eq!(whole.claims[0].runs[..2], seeds.claims[0].runs[..]);
        assert!(run("seed 1 of 4").is_err(), "nothing is complete");
    }

    /// Expected values are those of `printf 'gia seed 3 1' | sha256sum`.
    #[test]
    fn seeds_are_addressed() {
        assert_eq!(derived_seed(3, 0), 3);
        assert_eq!(derived_seed(3, 1), 0x14d6f68840e94);
        assert_eq!(derived_seed(0, 4), 0x598044b4daabb);
    }
}
