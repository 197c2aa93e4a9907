//! Metropolis walks towards a high value of a query. The walks of a block run side by side: one step of each makes one
//! request.

use std::collections::HashMap;

use crate::Progress;
use crate::crew::Crew;
use crate::job::{Kept, features};
use crate::pieces::{most_sequences, on_strand};
use crate::progress::go_on;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::{Patch, Steps};
use gia_plan::{Plan, Selection};
use gia_study::Walk;
use gia_wire::Rows;

/// Where walks from the first backgrounds have come after so many proposals.
pub(super) fn walk(
    plan: &Plan,
    selection: &Selection,
    steps: usize,
    crew: &mut Crew,
    progress: &dyn Progress,
) -> Outcome<(Vec<Vec<u8>>, Walk)> {
    let population = &plan.populations[selection.population].population;
    let sampler = population.sampler(plan.settings.seed);
    let count = selection.count;
    let columns = selection.jobs.iter().map(|job| job.columns.len());
    let most = most_sequences(sampler.length(), columns.max().unwrap_or(1));
    let mut sequences: Vec<Vec<u8>> = (0..count).map(|i| sampler.again_at(i)).collect();
    let mut accepted = 0usize;
    let mut sums = [0.0; 3];
    let asking = Asking {
        plan,
        selection,
        progress,
        kept: selection
            .jobs
            .iter()
            .map(|job| features(plan, job))
            .collect(),
    };
    for (block, bases) in sequences.chunks_mut(most).enumerate() {
        let first = block * most;
        let mut walks: Vec<Steps> = (first..first + bases.len())
            .map(|i| Steps::new(plan.settings.seed, sampler.identity(), i as u64))
            .collect();
        let name = |i: usize| population.name(plan.settings.seed, first + i);
        let none: Vec<Option<Patch>> = vec![None; bases.len()];
        let mut values = asking.ask(crew, bases, &none, &name)?;
        sums[0] += values.iter().sum::<f64>();
        for step in 1..=steps {
            let proposals: Vec<_> = walks
                .iter_mut()
                .zip(bases.iter())
                .map(|(walk, bases)| walk.propose(bases))
                .collect();
            let patches: Vec<Option<Patch>> =
                proposals.iter().map(|p| Some(p.patch.clone())).collect();
            let proposed = asking.ask(crew, bases, &patches, &name)?;
            for (i, (proposal, new)) in proposals.iter().zip(proposed).enumerate() {
                if proposal.is_accepted(new - values[i]) {
                    proposal.patch.apply(&mut bases[i]);
                    values[i] = new;
                    accepted += 1;
                }
            }
            if step == steps.div_ceil(2) {
                sums[1] += values.iter().sum::<f64>();
            }
        }
        sums[2] += values.iter().sum::<f64>();
    }
    let walked = Walk {
        walk: selection.words.clone(),
        count,
        accepted: accepted as f64 / (count * steps).max(1) as f64,
        means: sums.map(|sum| sum / count.max(1) as f64),
    };
    Ok((sequences, walked))
}

struct Asking<'a> {
    plan: &'a Plan,
    selection: &'a Selection,
    progress: &'a dyn Progress,
    /// What is kept of the answers to each of the selection's jobs.
    kept: Vec<Vec<Kept>>,
}

impl Asking<'_> {
    /// The value of the query for each sequence with its patch.
    fn ask(
        &self,
        crew: &mut Crew,
        bases: &[Vec<u8>],
        patches: &[Option<Patch>],
        name: &dyn Fn(usize) -> String,
    ) -> Outcome<Vec<f64>> {
        let length = bases.first().map_or(0, Vec::len);
        let mut found: HashMap<usize, Vec<f64>> = HashMap::new();
        for (job, kept) in self.selection.jobs.iter().zip(&self.kept) {
            let mut rows = Rows::new(length);
            for (number, (bases, patch)) in bases.iter().zip(patches).enumerate() {
                rows.backgrounds.extend_from_slice(bases);
                rows.push(number, patch.clone());
            }
            let rows = on_strand(rows, job.strand);
            let answers = crew.answer(self.plan, job, &rows)?;
            self.progress.done(rows.len() as u64);
            go_on(self.progress)?;
            for (&reading, kept) in job.readings.iter().zip(kept) {
                let numbers = answers.chunks_exact(job.columns.len());
                let numbers = numbers.map(|row| f64::from(kept.of(row)));
                found.insert(reading, numbers.collect());
            }
        }
        let mut values = Vec::with_capacity(bases.len());
        for (i, _) in bases.iter().enumerate() {
            let query = &self.selection.query;
            let value = query.evaluate(&mut |reading: usize| found[&reading][i]);
            if !value.is_finite() {
                return Err(Box::new(Diagnostic::error(
                    Code::NonFinite,
                    format!(
                        "the query is {value} on the walk from background `{}`, {}",
                        name(i),
                        self.selection.words
                    ),
                )));
            }
            values.push(value);
        }
        Ok(values)
    }
}
