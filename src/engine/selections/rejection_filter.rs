//! Rejection sampling of backgrounds. Candidates are tried in the order of their indices, so which ones are accepted depends only on the
//! seed, the population and the query.

use std::collections::HashMap;
use std::ops::Range;

use crate::Progress;
use crate::job::run_job;
use crate::joint;
use crate::non_finite::not_finite;
use crate::progress::check_cancelled;
use crate::worker_pool::WorkerPool;
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};
use gia_plan::{Bound, Job, Plan, Selection, Task};
use gia_study::RejectionStats;

/// Number of leading candidates from which quantiles are estimated; also the minimum size of a batch of candidates.
const PILOT_CANDIDATES: usize = 1000;
/// Maximum number of candidates.
const MAX_CANDIDATES: usize = 1_000_000;
/// Number of candidates after which a filter that has accepted none is given up.
const MAX_CANDIDATES_WITHOUT_ACCEPTANCE: usize = 10_000;

/// Finds the first backgrounds for which the query lies between two bounds. Returns their indices, ascending, with statistics.
pub(super) fn filter(
    plan: &Plan,
    selection: &Selection,
    (low, high): (Bound, Bound),
    pool: &mut WorkerPool,
    progress: &dyn Progress,
) -> Outcome<(Vec<u32>, RejectionStats)> {
    let population = &plan.populations[selection.population].population;
    let size = population
        .size()
        .unwrap_or(MAX_CANDIDATES)
        .min(MAX_CANDIDATES);
    let mut values = query_values(
        plan,
        selection,
        0..PILOT_CANDIDATES.min(size),
        pool,
        progress,
    )?;
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let (low, high) = (bound_value(low, &sorted), bound_value(high, &sorted));
    let mut indices = Vec::with_capacity(selection.count);
    let mut tried = 0;
    loop {
        for &value in &values {
            if (low..=high).contains(&value) {
                indices.push(tried as u32);
            }
            tried += 1;
            if indices.len() == selection.count {
                let stats = RejectionStats {
                    filter: selection.condition.clone(),
                    low,
                    high,
                    count: indices.len(),
                    tried,
                };
                return Ok((indices, stats));
            }
        }
        if tried >= size || (tried >= MAX_CANDIDATES_WITHOUT_ACCEPTANCE && indices.is_empty()) {
            let message = format!(
                "`{}` accepts {} of {}, and {} are needed",
                selection.condition,
                match indices.len() {
                    0 => "none".to_string(),
                    n => n.to_string(),
                },
                pluralize(tried, "background"),
                selection.count
            );
            let range = sorted.first().zip(sorted.last());
            let (min, max) = range.map_or((f64::NAN, f64::NAN), |(a, b)| (*a, *b));
            return Err(Box::new(
                Diagnostic::error(Code::TooFewBackgrounds, message).help(format!(
                    "for the first {}, the query lies between {min:.4} and {max:.4}; {}",
                    sorted.len(),
                    match population.size() {
                        Some(_) => "widen the bounds, or sample fewer backgrounds",
                        None => "widen the bounds",
                    }
                )),
            ));
        }
        // The number expected to suffice at the acceptance rate so far, plus 10 %.
        let acceptance_rate = indices.len().max(1) as f64 / tried as f64;
        let wanted = (selection.count - indices.len()) as f64 / acceptance_rate * 1.1;
        let next = match indices.len() {
            0 => MAX_CANDIDATES_WITHOUT_ACCEPTANCE - tried,
            _ => (wanted as usize).clamp(PILOT_CANDIDATES, 64 * PILOT_CANDIDATES),
        };
        let next = next.min(size - tried);
        values = query_values(plan, selection, tried..tried + next, pool, progress)?;
    }
}

/// The value of the query for each candidate of a range of indices.
fn query_values(
    plan: &Plan,
    selection: &Selection,
    candidates: Range<usize>,
    pool: &mut WorkerPool,
    progress: &dyn Progress,
) -> Outcome<Vec<f64>> {
    let task = |range: &Range<usize>| Task {
        variant: 0,
        done: range.start,
        count: range.end,
    };
    let over = |range: &Range<usize>| {
        let jobs = selection.jobs.iter().map(|job| Job {
            tasks: vec![task(range)],
            ..job.clone()
        });
        jobs.collect::<Vec<Job>>()
    };
    let mut found: HashMap<usize, Vec<f32>> = HashMap::new();
    for window in plan.windows(&over(&candidates)) {
        let window = window.start.max(candidates.start)..window.end.min(candidates.end);
        let jobs = over(&window);
        let (mut outcomes, mut held) = (Vec::new(), Vec::new());
        for job in &jobs {
            let (answers, columns) = run_job(plan, job, pool, progress, &|_| true, &mut |_| ())?;
            if let Some((variant, fault)) = answers.non_finite.any() {
                let reader = format!("which `{}` reads", selection.condition);
                let diagnostic = not_finite(plan, job, variant, fault, Some(reader));
                return Err(Box::new(diagnostic));
            }
            check_cancelled(progress)?;
            outcomes.push(answers);
            held.push(columns);
        }
        joint::fill(plan, &jobs, &held, &mut outcomes);
        for answers in &mut outcomes {
            let rows = answers.values.remove(&0).unwrap_or_default();
            for (place, &reading) in answers.readings.iter().enumerate() {
                let column = rows.iter().skip(place).step_by(answers.readings.len());
                found.entry(reading).or_default().extend(column.copied());
            }
        }
    }
    let mut values = Vec::with_capacity(candidates.len());
    for (i, candidate) in candidates.enumerate() {
        let value = selection
            .query
            .evaluate(&mut |reading: usize| f64::from(found[&reading][i]));
        if !value.is_finite() {
            let population = &plan.populations[selection.population].population;
            let name = population.name(plan.settings.seed, candidate);
            return Err(Box::new(Diagnostic::error(
                Code::NonFinite,
                format!(
                    "the query is {value} for background `{name}`, {}",
                    selection.description
                ),
            )));
        }
        values.push(value);
    }
    Ok(values)
}

/// A bound as a value of the query. Quantiles are those of the sorted values, with linear interpolation (Hyndman and Fan, The
/// American Statistician 50:361, 1996, definition 7).
fn bound_value(bound: Bound, sorted: &[f64]) -> f64 {
    match bound {
        Bound::Value(value) => value,
        Bound::Quantile(fraction) => {
            let position = fraction * sorted.len().saturating_sub(1) as f64;
            let below = position.floor() as usize;
            let above = (below + 1).min(sorted.len().saturating_sub(1));
            let (a, b) = (sorted[below], sorted[above]);
            a + (b - a) * (position - below as f64)
        }
    }
}
