//! Filters of backgrounds: which ones come through is found out before anything else is predicted.
//!
//! Candidates are looked at in the order of their indices, so what comes through depends on the seed, the population and
//! the query alone.

use std::collections::HashMap;
use std::sync::Arc;

use super::run::{Crew, run_job};
use super::{Options, Progress};
use crate::diag::{Code, Diagnostic, Outcome, counted};
use crate::plan::{Bound, Filter, Job, Plan, Task};

/// Candidates that the numbers of a share are taken from.
const PILOT: usize = 1000;
/// Candidates after which a filter that lets almost nothing through is given up.
const MOST: usize = 1_000_000;
/// Of these candidates at least one must come through.
const NONE_OF: usize = 10_000;

/// What a filter came down to.
#[derive(Debug, Clone, PartialEq)]
pub struct Passed {
    /// As the author wrote it.
    pub words: String,
    pub low: f64,
    pub high: f64,
    /// How many backgrounds came through of how many that were looked at.
    pub count: usize,
    pub tried: usize,
}

/// Finds out which backgrounds the filters of a plan let through, and puts them into it.
///
/// Fails where too few come through, and as [`super::run`] does.
pub fn settle(
    mut plan: Plan,
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<(Plan, Vec<Passed>)> {
    let filters = std::mem::take(&mut plan.filters);
    if filters.is_empty() {
        return Ok((plan, Vec::new()));
    }
    let jobs = filters.iter().flat_map(|filter| &filter.jobs);
    let mut crew = Crew::open(&plan, jobs, options, progress)?;
    progress.phase("filtering");
    progress.total(filters.iter().map(|filter| filter.count as u64).sum());
    let mut made = HashMap::new();
    let mut passed = Vec::new();
    for filter in &filters {
        let (indices, found) = sieve(&plan, filter, &mut crew, progress)?;
        made.insert(filter.key, Arc::from(indices));
        passed.push(found);
    }
    for planned in &mut plan.populations {
        planned.population = planned.population.settled(&made);
    }
    Ok((plan, passed))
}

fn sieve(
    plan: &Plan,
    filter: &Filter,
    crew: &mut Crew,
    progress: &dyn Progress,
) -> Outcome<(Vec<u32>, Passed)> {
    let population = &plan.populations[filter.population].population;
    let size = population.size().unwrap_or(MOST).min(MOST);
    let mut values = ask(plan, filter, 0..PILOT.min(size), crew, progress)?;
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let (low, high) = (number(filter.low, &sorted), number(filter.high, &sorted));
    let mut indices = Vec::with_capacity(filter.count);
    let mut tried = 0;
    loop {
        for &value in &values {
            if (low..=high).contains(&value) {
                indices.push(tried as u32);
            }
            tried += 1;
            if indices.len() == filter.count {
                let passed = Passed {
                    words: filter.words.clone(),
                    low,
                    high,
                    count: indices.len(),
                    tried,
                };
                return Ok((indices, passed));
            }
        }
        if tried >= size || (tried >= NONE_OF && indices.is_empty()) {
            let message = format!(
                "{} of {} came through `{}`, and {} are needed",
                match indices.len() {
                    0 => "none".to_string(),
                    n => n.to_string(),
                },
                counted(tried, "background"),
                filter.words,
                filter.count
            );
            let range = sorted.first().zip(sorted.last());
            let (least, most) = range.map_or((f64::NAN, f64::NAN), |(a, b)| (*a, *b));
            return Err(Box::new(
                Diagnostic::error(Code::TooFewBackgrounds, message).help(format!(
                    "for the first {} the query lies between {least:.4} and {most:.4}; {}",
                    sorted.len(),
                    match population.size() {
                        Some(_) => "widen the bounds, or sample fewer",
                        None => "widen the bounds",
                    }
                )),
            ));
        }
        // As many as the share so far lets expect, and some more.
        let share = indices.len().max(1) as f64 / tried as f64;
        let wanted = (filter.count - indices.len()) as f64 / share * 1.1;
        let next = match indices.len() {
            0 => NONE_OF - tried,
            _ => (wanted as usize).clamp(PILOT, 64 * PILOT),
        };
        let next = next.min(size - tried);
        values = ask(plan, filter, tried..tried + next, crew, progress)?;
    }
}

/// The query's number for each of some candidates.
fn ask(
    plan: &Plan,
    filter: &Filter,
    candidates: std::ops::Range<usize>,
    crew: &mut Crew,
    progress: &dyn Progress,
) -> Outcome<Vec<f64>> {
    let mut found: HashMap<usize, Vec<f32>> = HashMap::new();
    for job in &filter.jobs {
        let job = Job {
            tasks: vec![Task {
                variant: 0,
                count: candidates.end,
            }],
            ..job.clone()
        };
        let mut answers = run_job(plan, &job, candidates.start, crew, progress)?;
        let rows = answers.values.remove(&0).unwrap_or_default();
        for (place, &reading) in answers.readings.iter().enumerate() {
            let column = rows.iter().skip(place).step_by(answers.readings.len());
            found.insert(reading, column.copied().collect());
        }
    }
    let mut values = Vec::with_capacity(candidates.len());
    for (i, candidate) in candidates.enumerate() {
        let value = filter
            .query
            .evaluate(&mut |reading: usize| f64::from(found[&reading][i]));
        if !value.is_finite() {
            let population = &plan.populations[filter.population].population;
            let name = population.name(plan.settings.seed, candidate);
            return Err(Box::new(Diagnostic::error(
                Code::NonFinite,
                format!(
                    "the query of `{}` is {value} for background `{name}`",
                    filter.words
                ),
            )));
        }
        values.push(value);
    }
    Ok(values)
}

/// A bound as a number: of a share, the quantile of the sorted numbers (linear between neighbours: Hyndman and Fan, The
/// American Statistician 50:361, 1996, definition 7).
fn number(bound: Bound, sorted: &[f64]) -> f64 {
    match bound {
        Bound::Value(value) => value,
        Bound::Share(share) => {
            let place = share * sorted.len().saturating_sub(1) as f64;
            let below = place.floor() as usize;
            let above = (below + 1).min(sorted.len().saturating_sub(1));
            let (a, b) = (sorted[below], sorted[above]);
            a + (b - a) * (place - below as f64)
        }
    }
}
