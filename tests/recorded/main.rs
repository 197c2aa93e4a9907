//! One test for each recorded file: `cargo test --test recorded diagnostics/E0301` runs those whose names contain the text.
//!
//! Each module finds the files of one kind and makes a named trial of each. `docs/testing.md` lists them.

mod cases;
mod codes;
mod coming_from;
mod diagnostics;
mod documents;
mod excerpt;
mod experiments;
mod format;
mod golden;
mod library;
mod models;
mod networks;
mod plans;
mod render;
mod repl;
mod report;
mod suites;
#[path = "../support/recorded.rs"]
mod support;
mod syntax;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// Trials of one kind of recorded file.
struct Group {
    name: &'static str,
    /// Fewer than these mean that files were not found.
    min_trials: usize,
    trials: Vec<Trial>,
}

thread_local! {
    /// The message of a panic in the trial that runs on this thread; `None` outside of a trial.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut groups = vec![
        golden::group(),
        cases::group(),
        codes::group(),
        coming_from::group(),
        diagnostics::diagnoses(),
        diagnostics::suggestions(),
        models::group(),
        excerpt::group(),
        experiments::group(),
        format::styles(),
        format::scripts_of_the_tree(),
        library::group(),
        networks::group(),
        plans::group(),
        render::group(),
        repl::group(),
        report::group(),
        suites::group(),
        syntax::group(),
    ];
    groups.extend(documents::groups());
    let mut trials = Vec::new();
    for group in groups {
        let (name, found, least) = (group.name, group.trials.len(), group.min_trials);
        trials.push(trial(format!("inventory/{name}"), move || {
            assert!(found >= least, "{found} {name}, at least {least} expected");
        }));
        trials.extend(group.trials);
    }
    let mut names = BTreeSet::new();
    for trial in &trials {
        assert!(names.insert(trial.name()), "two tests `{}`", trial.name());
    }
    let default_hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANIC.with(|message| match &mut *message.borrow_mut() {
            Some(message) => *message = info.to_string(),
            None => default_hook(info),
        });
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test that passes unless it panics.
///
/// The message of the panic becomes the message of the failure, so that it is printed once.
fn trial(name: String, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        PANIC.set(Some(String::new()));
        let ended = panic::catch_unwind(AssertUnwindSafe(test));
        let message = PANIC.take().unwrap_or_default();
        ended.map_err(|_| Failed::from(message))
    })
}

/// Marks a trial that runs a network: `make test-without-libtorch` ignores it.
fn needs_worker(trial: Trial) -> Trial {
    trial.with_ignored_flag(!cfg!(feature = "worker"))
}
