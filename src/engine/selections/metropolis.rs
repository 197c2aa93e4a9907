//! Metropolis sampling of backgrounds with a high value of a query. Chains run in blocks: one step of all chains of a block is
//! one request.

use std::collections::HashMap;

use crate::chunks::{max_sequences, on_strand};
use crate::joint::{self, HeldColumns};
use crate::progress::check_cancelled;
use crate::row_extractor::RowExtractor;
use crate::worker_pool::WorkerPool;
use crate::{JobOutcomes, Progress};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::{MetropolisProposals, Patch};
use gia_plan::{Plan, Selection};
use gia_study::MetropolisStats;
use gia_wire::Rows;

/// Runs a Markov chain from each of the first backgrounds. Returns the last states, as base codes, with statistics.
pub(super) fn sample(
    plan: &Plan,
    selection: &Selection,
    steps: usize,
    pool: &mut WorkerPool,
    progress: &dyn Progress,
) -> Outcome<(Vec<Vec<u8>>, MetropolisStats)> {
    let population = &plan.populations[selection.population].population;
    let sampler = population.sampler(plan.settings.seed);
    let count = selection.count;
    let columns = selection.jobs.iter().map(|job| job.columns.len());
    let block_size = max_sequences(sampler.length(), columns.max().unwrap_or(1));
    let mut sequences: Vec<Vec<u8>> = (0..count).map(|i| sampler.background_cyclic(i)).collect();
    let mut accepted = 0usize;
    let mut sums = [0.0; 3];
    let query = QueryEvaluator {
        plan,
        selection,
        progress,
        extractors: selection
            .jobs
            .iter()
            .map(|job| RowExtractor::new(plan, job))
            .collect(),
    };
    for (block, bases) in sequences.chunks_mut(block_size).enumerate() {
        let first = block * block_size;
        let mut chains: Vec<MetropolisProposals> = (first..first + bases.len())
            .map(|i| MetropolisProposals::new(plan.settings.seed, sampler.identity(), i as u64))
            .collect();
        let name = |i: usize| population.name(plan.settings.seed, first + i);
        let none: Vec<Option<Patch>> = vec![None; bases.len()];
        let mut values = query.evaluate(pool, bases, &none, &name)?;
        sums[0] += values.iter().sum::<f64>();
        for step in 1..=steps {
            let proposals: Vec<_> = chains
                .iter_mut()
                .zip(bases.iter())
                .map(|(chain, bases)| chain.propose(bases))
                .collect();
            let patches: Vec<Option<Patch>> =
                proposals.iter().map(|p| Some(p.patch.clone())).collect();
            let proposed = query.evaluate(pool, bases, &patches, &name)?;
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
    let stats = MetropolisStats {
        walk: selection.description.clone(),
        count,
        accepted: accepted as f64 / (count * steps).max(1) as f64,
        means: sums.map(|sum| sum / count.max(1) as f64),
    };
    Ok((sequences, stats))
}

/// Evaluates the query of a selection for blocks of sequences.
struct QueryEvaluator<'a> {
    plan: &'a Plan,
    selection: &'a Selection,
    progress: &'a dyn Progress,
    /// For each job of the selection, the extractor of its readings.
    extractors: Vec<RowExtractor>,
}

impl QueryEvaluator<'_> {
    /// The value of the query for each sequence, with its patch applied.
    fn evaluate(
        &self,
        pool: &mut WorkerPool,
        bases: &[Vec<u8>],
        patches: &[Option<Patch>],
        name: &dyn Fn(usize) -> String,
    ) -> Outcome<Vec<f64>> {
        let length = bases.first().map_or(0, Vec::len);
        let (mut outcomes, mut held) = (Vec::new(), Vec::new());
        for (job, extractor) in self.selection.jobs.iter().zip(&self.extractors) {
            let mut rows = Rows::new(length);
            for (number, (bases, patch)) in bases.iter().zip(patches).enumerate() {
                rows.backgrounds.extend_from_slice(bases);
                rows.push(number, patch.clone());
            }
            let rows = on_strand(rows, job.strand);
            let answers = pool.predict(self.plan, job, &rows)?;
            self.progress.advance(rows.len() as u64);
            check_cancelled(self.progress)?;
            outcomes.push(JobOutcomes {
                values: HashMap::from([(0, extractor.extract_all(&answers))]),
                ..JobOutcomes::empty(job.readings.clone())
            });
            held.push(HeldColumns::of_rows(job, &answers));
        }
        joint::fill(self.plan, &self.selection.jobs, &held, &mut outcomes);
        let mut found: HashMap<usize, Vec<f64>> = HashMap::new();
        for outcomes in &outcomes {
            for (place, &reading) in outcomes.readings.iter().enumerate() {
                let numbers = (0..bases.len()).map(|row| f64::from(outcomes.get(0, row, place)));
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
                        "the query is {value} in the Markov chain that starts at background `{}`, {}",
                        name(i),
                        self.selection.description
                    ),
                )));
            }
            values.push(value);
        }
        Ok(values)
    }
}
