//! Rejection sampling of backgrounds. Candidates are tried in the order of their indices, so which are accepted depends
//! on the seed, the population and the query alone.

use std::collections::HashMap;

use crate::Progress;
use crate::crew::Crew;
use crate::finite::not_finite;
use crate::job::run_job;
use crate::progress::go_on;
use gia_base::diag::{Code, Diagnostic, Outcome, counted};
use gia_plan::{Bound, Job, Plan, Selection, Task};
use gia_study::Filter;

/// Candidates that the numbers of a share are taken from.
const PILOT: usize = 1000;
/// Number of candidates after which a filter that accepts almost none is given up.
const MOST: usize = 1_000_000;
/// At least one of this many candidates must be accepted.
const NONE_OF: usize = 10_000;

/// Finds the backgrounds for which the query lies between two bounds.
pub(super) fn filter(
    plan: &Plan,
    filter: &Selection,
    (low, high): (Bound, Bound),
    crew: &mut Crew,
    progress: &dyn Progress,
) -> Outcome<(Vec<u32>, Filter)> {
    let population = &plan.populations[filter.population].population;
    let words = filter.words.trim_start_matches("with ");
    let size = population.size().unwrap_or(MOST).min(MOST);
    let mut values = ask(plan, filter, 0..PILOT.min(size), crew, progress)?;
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let (low, high) = (number(low, &sorted), number(high, &sorted));
    let mut indices = Vec::with_capacity(filter.count);
    let mut tried = 0;
    loop {
        for &value in &values {
            if (low..=high).contains(&value) {
                indices.push(tried as u32);
            }
            tried += 1;
            if indices.len() == filter.count {
                let passed = Filter {
                    filter: words.to_string(),
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
                words,
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

/// The value of the query for each of some candidates.
fn ask(
    plan: &Plan,
    filter: &Selection,
    candidates: std::ops::Range<usize>,
    crew: &mut Crew,
    progress: &dyn Progress,
) -> Outcome<Vec<f64>> {
    let mut found: HashMap<usize, Vec<f32>> = HashMap::new();
    for job in &filter.jobs {
        let job = Job {
            tasks: vec![Task {
                variant: 0,
                done: candidates.start,
                count: candidates.end,
            }],
            ..job.clone()
        };
        let mut answers = run_job(plan, &job, crew, progress, &|_| true, &mut |_| ())?;
        if let Some((variant, fault)) = answers.faults.any() {
            let asker = format!("which `{}` reads", filter.words);
            let diagnostic = not_finite(plan, &job, variant, fault, Some(asker));
            return Err(Box::new(diagnostic));
        }
        go_on(progress)?;
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
                    "the query is {value} for background `{name}`, {}",
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
