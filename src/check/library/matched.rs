//! `matched`: windows of a genome that are like given sequences.

use std::rc::Rc;
use std::sync::Arc;

use super::native::{Native, native};
use super::parameter_types::{Length, Sequences};
use super::parameters::parameters;
use super::sequences::cached_set;
use crate::Checker;
use crate::native_function::NativeResult;
use crate::value::Value;
use gia_base::diag::Code;
use gia_base::file::DataFile;
use gia_domain::{MatchOptions, Population, matched_windows};

pub(super) const NATIVES: &[Native] = &[native!("matched", Matched, matched)];

/// Maximum number of windows.
const MAX_WINDOWS: usize = 1_000_000;

parameters! {
    struct Matched {
        path: Rc<str>,
        like: Sequences,
        gc: f64,
        away: Length,
        per: f64,
    }
}

fn matched(checker: &mut Checker, given: Matched) -> NativeResult<Value> {
    let Sequences(population) = given.like.required()?;
    let Population::Sequences { set: like, .. } = &**population else {
        return given.like.refuse(
            Code::TypeMismatch,
            "windows are matched to sequences, not to a null model",
        );
    };
    let gc = *given.gc.required()?;
    if !(0.0..=1.0).contains(&gc) {
        let share = given.gc.without_percent_sign();
        let hint = share.map_or(String::new(), |share| format!("; did you mean {share}?"));
        return given.gc.refuse(
            Code::OutOfRange,
            format!(
                "`gc` is the largest difference in GC content, from 0% to 100%, not {gc}{hint}"
            ),
        );
    }
    let Length(away) = *given.away.required()?;
    let Ok(away) = u64::try_from(away) else {
        return given.away.refuse(
            Code::OutOfRange,
            format!("`away` is not negative, as {away} bp is"),
        );
    };
    let has_places = like.sequences.iter().any(|one| one.locus.is_some());
    if !has_places && given.away.location().argument.is_some() {
        return given.away.refuse(
            Code::UnknownArgument,
            format!(
                "where the sequences of {} lie in the genome is not known; `genome(...)` reads sequences with their places",
                like.title()
            ),
        );
    }
    let per = given.per.whole_number()?;
    let wanted = per.saturating_mul(like.sequences.len());
    if per == 0 || wanted > MAX_WINDOWS {
        return given.per.refuse(
            Code::OutOfRange,
            format!(
                "`per` is at least 1, and at most {MAX_WINDOWS} windows are drawn, not {wanted}"
            ),
        );
    }
    let options = MatchOptions {
        gc,
        away,
        per,
        seed: checker.draw_by_seed(given.path.location().call),
    };
    let full = checker.files.resolve(given.path.text());
    let identity = population.identity();
    let key = format!(
        "matched\u{0}{}\u{0}{identity:?}\u{0}{options:?}",
        full.display()
    );
    cached_set(checker, key, |checker| {
        let windows = given
            .path
            .label_error(matched_windows(&full, like, options))?;
        let file = DataFile::stamped(given.path.text(), &full, windows.genome_stamp);
        checker.files.record(file);
        Ok(Arc::new(windows.set))
    })
}
