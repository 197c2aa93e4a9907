//! Contributions of bases to a query: for each row, from the gradients or contributions of the networks that the query reads.

mod compared;
mod completeness;
mod contributions;
mod mutants;
mod path;
mod references;
mod source;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{ContributionList, FormulaTape, FrozenValues, gauss_legendre};
use gia_domain::{Strand, UNKNOWN};
use gia_plan::{Attribution, AttributionMethod, Job, ModelSource, Plan, SourceColumn};
use gia_wire::Rows;

pub use completeness::Completeness;
pub use references::ReferenceSampler;

use compared::{Compared, HypotheticalMeans};
use contributions::Contributions;
use path::random_share;
use source::{Source, SourceModel};

use super::Worker;
use super::worker_pool::{not_loaded, predict_analytic};

/// Maximum number of contributions that are held at a time.
const MAX_CONTRIBUTIONS: usize = 1 << 25;

/// Maximum number of weights in a request.
const MAX_WEIGHTS: usize = 1 << 22;

/// Computes contributions to a query for the rows of a job.
pub struct Attributor<'p> {
    name: &'p str,
    seed: u64,
    length: usize,
    attribution: &'p Attribution<SourceColumn>,
    query: FormulaTape<SourceColumn>,
    /// The multipliers of the query's leaves, if they are the same for all sequences.
    multipliers: Option<Vec<f64>>,
    sources: Vec<Source<'p>>,
    references: Option<ReferenceSampler>,
    /// What contributions miss, of all rows so far.
    completeness: &'p Mutex<Completeness>,
}

impl<'p> Attributor<'p> {
    /// Prepares for the rows of a job; none if its model is no attribution. `loaded` has the index in the workers of each network of the plan.
    ///
    /// # Errors
    /// A query of a function without an exact rule, which the check refuses.
    pub fn new(
        plan: &'p Plan,
        job: &Job,
        loaded: &HashMap<usize, usize>,
        completeness: &'p Mutex<Completeness>,
    ) -> Outcome<Option<Attributor<'p>>> {
        let model = &plan.models[job.model];
        let ModelSource::Attribution(attribution) = &model.source else {
            return Ok(None);
        };
        let query = FormulaTape::new(&attribution.query).map_err(|without_rule| {
            let message = format!("`{}` cannot be attributed", without_rule.0);
            Box::new(Diagnostic::error(Code::TypeMismatch, message))
        })?;
        let mut sources: Vec<Source> = Vec::new();
        for (model, strand) in model.sources() {
            let source = match (&plan.models[model].source, loaded.get(&model)) {
                (ModelSource::Truth(truth), _) => SourceModel::Analytic(truth),
                (_, Some(network)) => SourceModel::Network(*network),
                (_, None) => return Err(not_loaded(&plan.models[model])),
            };
            let leaves = query.leaves().iter().enumerate();
            let own = leaves.filter(|(_, leaf)| (leaf.model, leaf.strand) == (model, strand));
            let (leaves, columns) = own.map(|(at, leaf)| (at, leaf.column)).unzip();
            sources.push(Source {
                model: source,
                strand,
                columns,
                leaves,
            });
        }
        let population = &plan.populations[job.population].population;
        let references = attribution.method.references().map(|references| {
            ReferenceSampler::new(references, population.alphabet(), plan.settings.seed)
        });
        Ok(Some(Attributor {
            name: &model.name,
            seed: plan.settings.seed,
            length: population.length(),
            attribution,
            multipliers: query.constant_multipliers(),
            query,
            sources,
            references,
            completeness,
        }))
    }

    /// The columns of the attribution for each row, row-major (row, column), of its [lists](ContributionList) by position.
    ///
    /// # Errors
    /// If a worker fails, and if contributions do not add up. Those of a row with an unknown base that is compared, and where the query is no number,
    /// are no numbers.
    pub fn predict(
        &self,
        mut worker: Option<&mut Worker>,
        rows: &Rows,
        columns: &[usize],
    ) -> Outcome<Vec<f32>> {
        let mut values = Vec::with_capacity(rows.len() * columns.len());
        let mut known: Option<(u32, Vec<Vec<u8>>)> = None;
        let most = self.max_rows();
        let mut unknown = Vec::new();
        let asks_hypothetical = columns.iter().any(|column| self.is_hypothetical(*column));
        let mut compared = self.none_compared(asks_hypothetical);
        for row in 0..rows.len() {
            let mut bases = vec![0; rows.length];
            rows.write_row(row, &mut bases);
            if let Some(sampler) = &self.references {
                let background = rows.background_of[row];
                let unedited = rows.background(background as usize);
                // An unknown base is none that could be compared.
                if bases.contains(&UNKNOWN) || unedited.contains(&UNKNOWN) {
                    unknown.push(row);
                    bases.fill(0);
                }
                // The rows of a background follow each other.
                let references = match known.take() {
                    Some((of, references)) if of == background => references,
                    _ if unedited.contains(&UNKNOWN) => sampler.of(&bases)?,
                    _ => sampler.of(unedited)?,
                };
                compared.references.push(references.clone());
                known = Some((background, references));
            }
            compared.rows.backgrounds.extend_from_slice(&bases);
            compared.rows.push(compared.rows.len(), []);
            if compared.rows.len() == most || row + 1 == rows.len() {
                let full = std::mem::replace(&mut compared, self.none_compared(asks_hypothetical));
                for found in self.contributions(worker.as_deref_mut(), &full)? {
                    values.extend(columns.iter().map(|&column| found.column(column) as f32));
                }
            }
        }
        for row in unknown {
            values[row * columns.len()..(row + 1) * columns.len()].fill(f32::NAN);
        }
        Ok(values)
    }

    fn none_compared(&self, asks_hypothetical: bool) -> Compared {
        Compared {
            rows: Rows::new(self.length),
            references: Vec::new(),
            asks_hypothetical,
        }
    }

    fn is_hypothetical(&self, column: usize) -> bool {
        let list = ContributionList::at(column / self.length.max(1));
        matches!(list, Some(ContributionList::Hypothetical(_)))
    }

    /// Number of rows that are computed together.
    fn max_rows(&self) -> usize {
        let references = self.attribution.method.references();
        let pairs = references.map_or(1, |references| references.count);
        let columns = self.sources.iter().map(|source| source.columns.len());
        let by_weights = MAX_WEIGHTS / (pairs * columns.max().unwrap_or(1)).max(1);
        let by_contributions = MAX_CONTRIBUTIONS / (pairs * 4 * self.length).max(1);
        by_weights.min(by_contributions).max(1)
    }

    fn contributions(
        &self,
        worker: Option<&mut Worker>,
        of: &Compared,
    ) -> Outcome<Vec<Contributions>> {
        match &self.attribution.method {
            AttributionMethod::SaturationMutagenesis => self.saturation_mutagenesis(worker, of),
            AttributionMethod::Occlusion { width, .. } => self.occluded(worker, of, *width),
            AttributionMethod::Saliency | AttributionMethod::GradientTimesInput => {
                self.gradients(self.started(worker)?, of)
            }
            AttributionMethod::DeepShap(_) => self.compared(self.started(worker)?, of),
            AttributionMethod::IntegratedGradients { steps, .. } => {
                let nodes = gauss_legendre(*steps);
                let nodes = nodes
                    .into_iter()
                    .map(|(share, weight)| (vec![share], weight));
                self.path(self.started(worker)?, of, &nodes.collect::<Vec<_>>())
            }
            AttributionMethod::ExpectedGradients(_) => {
                let own = (0..of.rows.len()).zip(&of.references);
                let shares = own.flat_map(|(row, references)| {
                    let bases = of.rows.background(row);
                    (0..references.len()).map(move |number| random_share(self.seed, bases, number))
                });
                self.path(self.started(worker)?, of, &[(shares.collect(), 1.0)])
            }
            AttributionMethod::SmoothGrad { share, .. } => {
                self.smoothed(self.started(worker)?, of, 1.0 - share)
            }
        }
    }

    /// The worker, which is there wherever a query reads a network.
    fn started<'w>(&self, worker: Option<&'w mut Worker>) -> Outcome<&'w mut Worker> {
        worker.ok_or_else(|| {
            let message = format!("no worker was started for `{}`", self.name);
            Box::new(Diagnostic::error(Code::WorkerFailed, message))
        })
    }

    fn gradients(&self, worker: &mut Worker, of: &Compared) -> Outcome<Vec<Contributions>> {
        let rows = &of.rows;
        let multipliers = self.derivatives(|| self.values(worker, rows))?;
        let mut sum = vec![0.0; rows.len() * 4 * self.length];
        for source in &self.sources {
            let on_strand = super::chunks::on_strand(rows.clone(), source.strand);
            let weights = source.weights(&multipliers);
            let found =
                worker.gradients(source.network()?, &on_strand, &source.columns, &weights)?;
            self.add_all(&mut sum, &found, source.strand);
        }
        let is_corrected = matches!(
            self.attribution.method,
            AttributionMethod::GradientTimesInput
        );
        let rows_of = sum.chunks_exact((4 * self.length).max(1)).enumerate();
        let contributions = rows_of.map(|(row, gradients)| {
            let mean = |position: usize| {
                let bases = (0..4).map(|base| gradients[base * self.length + position]);
                bases.sum::<f64>() / 4.0
            };
            let mut own = self.observed(rows.background(row), gradients);
            if is_corrected {
                let known = rows.background(row).iter().zip(&mut own).enumerate();
                let known = known.filter(|(_, (base, _))| **base != UNKNOWN);
                known.for_each(|(position, (_, value))| *value -= mean(position));
            }
            let contributions = Contributions::of_one(own);
            if !of.asks_hypothetical {
                return contributions;
            }
            let numbers = gradients.iter().enumerate();
            let hypothetical = numbers.map(|(at, gradient)| match is_corrected {
                true => gradient - mean(at % self.length),
                false => *gradient,
            });
            contributions.with_hypothetical(hypothetical.collect())
        });
        Ok(contributions.collect())
    }

    /// The derivatives of the query at the values of its leaves, one list for all if they are constant. None of them is a number where the query is
    /// none.
    fn derivatives(
        &self,
        values: impl FnOnce() -> Outcome<Vec<Vec<f64>>>,
    ) -> Outcome<Vec<Vec<f64>>> {
        if let Some(constant) = &self.multipliers {
            return Ok(vec![constant.clone()]);
        }
        let at = |values: &Vec<f64>| self.slopes(values, &self.query.frozen(values));
        Ok(values()?.iter().map(at).collect())
    }

    /// The derivatives of the query at the values of its leaves; no numbers where the query is none.
    fn slopes(&self, values: &[f64], frozen: &FrozenValues) -> Vec<f64> {
        match self.query.value(values, frozen).is_finite() {
            true => self.query.multipliers(values, values, frozen),
            false => vec![f64::NAN; values.len()],
        }
    }

    fn compared(&self, worker: &mut Worker, of: &Compared) -> Outcome<Vec<Contributions>> {
        let each = of.each();
        let pairs = of.rows.len() * each;
        let (multipliers, mut ends) = match &self.multipliers {
            Some(constant) => (vec![constant.clone()], None),
            None => {
                let (multipliers, ends) = self.pair_multipliers(worker, of)?;
                (multipliers, Some(ends))
            }
        };
        let per_pair = 4 * self.length + 2;
        let mut own = vec![vec![0.0; self.length]; pairs];
        let mut differences = vec![0.0; pairs];
        let mut excesses = vec![0.0; pairs];
        let mut inexact = Vec::new();
        let mut means = HypotheticalMeans::new(of);
        for source in &self.sources {
            let (rows, references) = of.on_strand(source.strand);
            let weights = source.weights(&multipliers);
            let (found, nodes) = worker.contributions(
                source.network()?,
                &rows,
                &references,
                &source.columns,
                &weights,
            )?;
            for (pair, found) in found.chunks_exact(per_pair).enumerate() {
                let (hypothetical, end) = found.split_at(4 * self.length);
                let mut on_forward = vec![0.0; 4 * self.length];
                self.add_all(&mut on_forward, hypothetical, source.strand);
                means.add(pair, &on_forward);
                let observed = self.observed(of.rows.background(pair / each), &on_forward);
                let sums = own[pair].iter_mut().zip(observed);
                sums.for_each(|(sum, more)| *sum += more);
                differences[pair] += f64::from(end[0]);
                excesses[pair] += f64::from(end[1]);
            }
            inexact.extend(nodes);
        }
        // Of a linear query, the differences stand for its values: these are not asked for.
        let ends = ends.get_or_insert_with(|| differences.iter().map(|d| (*d, *d)).collect());
        let mut completeness = self.lock_completeness();
        // What is not a number is told with the row that it is of.
        let finite = ends.iter().zip(&excesses);
        let finite = finite.filter(|((_, difference), excess)| (difference + **excess).is_finite());
        for ((value, difference), excess) in finite {
            completeness.add(*value, *difference, *excess);
        }
        completeness.inexact.extend(inexact);
        match completeness.incomplete(&format!("`{}`", self.name)) {
            Some(diagnostic) => Err(Box::new(diagnostic)),
            None => Ok(means.beside(Contributions::of_pairs(&own, each))),
        }
    }

    fn lock_completeness(&self) -> MutexGuard<'_, Completeness> {
        let locked = self.completeness.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }

    /// For each pair of a row and a reference, the multipliers of the query's leaves; and the query's value for the row with its difference to that
    /// for the reference.
    #[allow(clippy::type_complexity, reason = "two lists over the pairs")]
    fn pair_multipliers(
        &self,
        worker: &mut Worker,
        of: &Compared,
    ) -> Outcome<(Vec<Vec<f64>>, Vec<(f64, f64)>)> {
        let rows = self.values(worker, &of.rows)?;
        let references = self.values(worker, &of.references_as_rows())?;
        let mut multipliers = Vec::new();
        let mut ends = Vec::new();
        for (pair, reference) in references.iter().enumerate() {
            let own = &rows[pair / of.each()];
            let frozen = self.query.frozen(own);
            let value = self.query.value(own, &frozen);
            let difference = value - self.query.value(reference, &frozen);
            let found = self.query.multipliers(own, reference, &frozen);
            multipliers.push(match difference {
                // A slope is infinite where it begins, as that of a square root at 0; of no difference, nothing is to be divided.
                0.0 if found.iter().any(|m| !m.is_finite()) => vec![0.0; found.len()],
                _ if !difference.is_finite() => vec![f64::NAN; found.len()],
                _ => found,
            });
            ends.push((value, difference));
        }
        Ok((multipliers, ends))
    }

    /// The values of the query's leaves for each row.
    fn values(&self, worker: &mut Worker, rows: &Rows) -> Outcome<Vec<Vec<f64>>> {
        self.predicted(Some(worker), rows)
    }

    /// The values of the query's leaves for each row. Analytic models need no worker.
    fn predicted(&self, mut worker: Option<&mut Worker>, rows: &Rows) -> Outcome<Vec<Vec<f64>>> {
        let mut values = vec![vec![0.0; self.query.leaves().len()]; rows.len()];
        for source in &self.sources {
            let on_strand = super::chunks::on_strand(rows.clone(), source.strand);
            let found = match source.model {
                SourceModel::Analytic(model) => {
                    predict_analytic(model, &on_strand, &source.columns)
                }
                SourceModel::Network(network) => {
                    let worker = self.started(worker.as_deref_mut())?;
                    worker.run(network, &on_strand, &source.columns)?
                }
            };
            source.fill_leaves(&found, &mut values);
        }
        Ok(values)
    }

    /// Adds numbers of a strand, (rows, 4, length), to those of the forward strand.
    fn add_all(&self, sum: &mut [f64], found: &[f32], strand: Strand) {
        let per_row = (4 * self.length).max(1);
        let rows = sum
            .chunks_exact_mut(per_row)
            .zip(found.chunks_exact(per_row));
        for (sum, found) in rows {
            match strand {
                Strand::Forward => {
                    let pairs = sum.iter_mut().zip(found);
                    pairs.for_each(|(sum, more)| *sum += f64::from(*more));
                }
                // The code of a base's complement is 3 minus its own, and position i is the length less 1 less i: both at once turn the row round.
                Strand::Reverse => {
                    let pairs = sum.iter_mut().zip(found.iter().rev());
                    pairs.for_each(|(sum, more)| *sum += f64::from(*more));
                }
            }
        }
    }

    /// Of numbers for each base at each position, (4, length), those of the bases that are there; 0 for an unknown base.
    fn observed(&self, bases: &[u8], found: &[f64]) -> Vec<f64> {
        let of_position = bases.iter().enumerate();
        of_position
            .map(|(position, &base)| match base {
                UNKNOWN => 0.0,
                base => found[usize::from(base) * self.length + position],
            })
            .collect()
    }
}
