//! The pool of workers that predict for a plan: one on each device if the plan has networks. Analytic models run in-process.
//!
//! Invariant: results do not depend, beyond rounding, on which worker predicts a chunk, so workers take chunks as they become
//! free.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Instant;

use rayon::prelude::*;

use super::attribution::{Attributor, Completeness};
use super::batch_size::{self, Network};
use super::chunks::{self, Chunk, Chunks};
use super::float32_reference::Float32Reference;
use super::idle_workers::{IdlePool, IdleWorkers, LoadedNetwork};
use super::model_hash::model_hash;
use super::worker::changes_when_loaded;
use super::{Options, Outcomes, Progress, Runtime, Timing, Worker};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::AnalyticModel;
use gia_plan::{Job, Model, ModelSource, Plan, Task};
use gia_wire::{Identity, Rows};

/// Capacity of the queues of chunks and of outputs, in chunks for each worker.
const QUEUE_CHUNKS_PER_WORKER: usize = 2;

/// Workers with the networks of a plan.
pub(super) struct WorkerPool {
    /// One for each device, all with the same networks; empty if every model is analytic.
    workers: Vec<Worker>,
    /// Index into `networks` of each model that is a network.
    loaded: HashMap<usize, usize>,
    /// The networks that are loaded in every worker.
    networks: Vec<LoadedNetwork>,
    idle_workers: IdleWorkers,
    /// Comparison with float32; only if the networks run in a lower precision.
    reference: Option<Float32Reference>,
    /// SHA-256 of each model, parallel to `Plan::models`; of a network in Python, of its declaration.
    hashes: Vec<String>,
    /// What contributions miss, parallel to `Plan::models`; of no pairs for other models.
    completeness: Vec<Mutex<Completeness>>,
    /// What identifies each network in Python, by its index into `Plan::models`.
    identities: HashMap<usize, Identity>,
    pub timing: Timing,
}

/// The predictor of a job: an analytic model, a network of a worker, or contributions to outputs of such networks.
enum Predictor<'c> {
    Analytic(&'c AnalyticModel),
    Network(&'c mut Worker, usize),
    Attribution(Option<&'c mut Worker>, Arc<Attributor<'c>>),
}

impl Predictor<'_> {
    fn predict(&mut self, rows: &Rows, columns: &[usize]) -> Outcome<Vec<f32>> {
        match self {
            Predictor::Analytic(truth) => Ok(predict_analytic(truth, rows, columns)),
            Predictor::Network(worker, number) => worker.run(*number, rows, columns),
            Predictor::Attribution(worker, attributor) => {
                attributor.predict(worker.as_deref_mut(), rows, columns)
            }
        }
    }
}

impl WorkerPool {
    /// Starts the workers, or takes idle ones, and loads the networks that these jobs use.
    pub fn open<'j>(
        plan: &Plan,
        jobs: impl IntoIterator<Item = &'j Job>,
        options: &Options,
        progress: &dyn Progress,
    ) -> Outcome<WorkerPool> {
        let is_network = |model: &Model| matches!(model.source, ModelSource::File { .. });
        let hashes = || plan.models.iter().map(model_hash).collect();
        let mut pool = WorkerPool {
            workers: Vec::new(),
            loaded: HashMap::new(),
            networks: Vec::new(),
            idle_workers: options.idle_workers.clone(),
            reference: None,
            hashes: Vec::new(),
            completeness: plan.models.iter().map(|_| Mutex::default()).collect(),
            identities: HashMap::new(),
            timing: Timing::default(),
        };
        if !plan.models.iter().any(is_network) {
            pool.hashes = hashes()?;
            return Ok(pool);
        }
        let runtimes = plan.models.iter().filter(|model| is_network(model));
        let mut runtimes = runtimes.map(|model| Runtime::of(&model.declaration));
        let first = match runtimes.clone().any(|one| one == Runtime::Native) {
            true => Runtime::Native,
            false => Runtime::Python,
        };
        if runtimes.any(|one| one == Runtime::Python) {
            Runtime::Python.check_allowed(options)?;
        }
        progress.begin_phase("loading");
        let started = Instant::now();
        match options.idle_workers.take() {
            Some(idle) => {
                (pool.workers, pool.networks) = (idle.workers, idle.networks);
                pool.hashes = hashes()?;
            }
            None => {
                (pool.workers, pool.hashes) = Worker::start_all_during(options, first, hashes)?;
            }
        }
        pool.reference = Float32Reference::start(options, first)?;
        pool.timing.start = started.elapsed().as_secs_f64();
        let loading = Instant::now();
        for need in NetworkNeed::of_jobs(plan, jobs) {
            pool.load(plan, &need)?;
        }
        pool.timing.load = loading.elapsed().as_secs_f64();
        Ok(pool)
    }

    /// Loads a network in every worker, unless it is.
    fn load(&mut self, plan: &Plan, need: &NetworkNeed) -> Outcome<()> {
        let model = &plan.models[need.model];
        let ModelSource::File { path, .. } = &model.source else {
            return Ok(());
        };
        let network = LoadedNetwork {
            path: path.clone(),
            sha256: self.hashes[need.model].clone(),
            declaration: model.declaration.clone(),
        };
        if let Some(number) = self.networks.iter().position(|known| *known == network) {
            self.loaded.insert(need.model, number);
            return Ok(());
        }
        let number = self.networks.len();
        let network_to_load = Network {
            path,
            sha256: &network.sha256,
            declaration: &model.declaration,
        };
        let sequences_per_worker = need.sequences / self.workers.len().max(1) as u64;
        let open = |worker: &mut Worker| {
            batch_size::open(worker, &network_to_load, sequences_per_worker)?;
            worker.prepare(number, need.first_rows)
        };
        self.workers.par_iter_mut().try_for_each(open)?;
        self.record_identity(need.model, number, path)?;
        if let Some(reference) = &mut self.reference {
            reference.open(path, &model.declaration)?;
        }
        self.loaded.insert(need.model, number);
        self.networks.push(network);
        Ok(())
    }

    /// Records what identifies a network in Python.
    ///
    /// # Errors
    /// If it is not the same network in every worker.
    fn record_identity(&mut self, model: usize, number: usize, path: &Path) -> Outcome<()> {
        let mut identities = self.workers.iter().map(|worker| worker.identity(number));
        let Some(Some(first)) = identities.next() else {
            return Ok(());
        };
        if identities.any(|other| other != Some(first)) {
            return Err(changes_when_loaded(&path.display().to_string()));
        }
        self.identities.insert(model, first.clone());
        Ok(())
    }

    /// Process identifiers of the workers.
    pub fn pids(&self) -> Vec<u32> {
        self.workers.iter().flat_map(Worker::pids).collect()
    }

    /// Records devices, versions, hashes, checks and timing in the outcomes, and releases the workers.
    pub fn record_provenance(mut self, outcomes: &mut Outcomes) {
        let devices: Vec<&str> = self.workers.iter().map(|w| w.device.as_str()).collect();
        outcomes.device = match devices.as_slice() {
            [] => "cpu".to_string(),
            devices => devices.join(", "),
        };
        outcomes.libtorch = self
            .workers
            .first()
            .and_then(|worker| worker.libtorch.clone());
        let stats = self.workers.iter_mut().map(Worker::take_incremental_stats);
        let stats = stats.reduce(|one, other| one.combine(other));
        outcomes.recomputed = stats.filter(|stats| stats.sequences > 0);
        outcomes.precision = self.reference.take().map(Float32Reference::into_check);
        outcomes.model_sha256 = std::mem::take(&mut self.hashes);
        outcomes.python = vec![None; outcomes.model_sha256.len()];
        for (model, identity) in self.identities.drain() {
            outcomes.model_sha256[model] = identity.sha256;
            outcomes.python[model] = Some(identity.network);
        }
        outcomes.timing = self.timing;
        let completeness = std::mem::take(&mut self.completeness).into_iter();
        outcomes.completeness = completeness
            .map(|found| found.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect();
        self.release();
    }

    /// Hands the workers over to the next run. Every request must have been answered.
    pub fn release(self) {
        // The float32 reference belongs to this run alone, and code in Python may have changed by the next.
        let may_rest = self.reference.is_none() && !self.workers.iter().any(Worker::runs_python);
        if !self.workers.is_empty() && may_rest {
            self.idle_workers.put(IdlePool {
                workers: self.workers,
                networks: self.networks,
            });
        }
    }

    /// Predicts the columns of a job for each row, on one worker. Row-major (row, column).
    pub fn predict(&mut self, plan: &Plan, job: &Job, rows: &Rows) -> Outcome<Vec<f32>> {
        match self.predictors(plan, job)?.first_mut() {
            // The sequences of a Markov chain are compared as they are, whatever they were before the last step.
            Some(predictor @ Predictor::Attribution(..)) => {
                predictor.predict(&rows.without_edits(), &job.columns)
            }
            Some(predictor) => predictor.predict(rows, &job.columns),
            None => Err(not_loaded(&plan.models[job.model])),
        }
    }

    /// Predicts all chunks of a job on all workers, while another thread samples them. `take` receives each chunk with its outputs,
    /// row-major (row, column), in any order of chunks.
    pub fn predict_all(
        &mut self,
        plan: &Plan,
        job: &Job,
        mut take: impl FnMut(Chunk, Vec<f32>) -> Outcome<()>,
    ) -> Outcome<()> {
        let number = self.loaded.get(&job.model).copied();
        let mut reference = self.reference.take();
        let predictors = self.predictors(plan, job)?;
        let (give, chunks) =
            mpsc::sync_channel::<Outcome<Chunk>>(QUEUE_CHUNKS_PER_WORKER * predictors.len());
        let (tell, answers) = mpsc::sync_channel(QUEUE_CHUNKS_PER_WORKER * predictors.len());
        let chunks = Arc::new(Mutex::new(chunks));
        let done = std::thread::scope(|scope| {
            scope.spawn(move || {
                for chunk in Chunks::new(plan, job) {
                    if give.send(chunk).is_err() {
                        break;
                    }
                }
            });
            for mut predictor in predictors {
                let (chunks, tell) = (Arc::clone(&chunks), tell.clone());
                scope.spawn(move || {
                    loop {
                        let next = chunks.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok(chunk) = next else { break };
                        let answered = chunk.and_then(|chunk| {
                            let found = predictor.predict(&chunk.rows, &job.columns)?;
                            Ok((chunk, found))
                        });
                        if tell.send(answered).is_err() {
                            break;
                        }
                    }
                });
            }
            drop((chunks, tell));
            // Dropping the receiver on every exit ends the threads of the workers, and then the sampling thread.
            let answers = answers;
            for answered in answers.iter() {
                let (chunk, found) = answered?;
                if let (Some(reference), Some(number)) = (&mut reference, number) {
                    reference.compare(number, &chunk.rows, &job.columns, &found)?;
                }
                take(chunk, found)?;
            }
            Ok(())
        });
        self.reference = reference;
        done
    }

    fn predictors<'c>(&'c mut self, plan: &'c Plan, job: &Job) -> Outcome<Vec<Predictor<'c>>> {
        let model = &plan.models[job.model];
        if let ModelSource::Truth(truth) = &model.source {
            return Ok(vec![Predictor::Analytic(truth)]);
        }
        let workers = self.workers.iter_mut();
        let completeness = &self.completeness[job.model];
        if let Some(attributor) = Attributor::new(plan, job, &self.loaded, completeness)? {
            let attributor = Arc::new(attributor);
            let mut predictors: Vec<Predictor> = workers
                .map(|worker| Predictor::Attribution(Some(worker), attributor.clone()))
                .collect();
            // Of analytic models alone: no worker was started.
            if predictors.is_empty() {
                predictors.push(Predictor::Attribution(None, attributor));
            }
            return Ok(predictors);
        }
        let Some(&number) = self.loaded.get(&job.model) else {
            return Err(not_loaded(model));
        };
        Ok(workers
            .map(|worker| Predictor::Network(worker, number))
            .collect())
    }
}

/// A network that jobs need.
struct NetworkNeed {
    /// Index into `Plan::models`.
    model: usize,
    /// Number of sequences that all jobs predict with it.
    sequences: u64,
    /// Number of rows in the first request.
    first_rows: usize,
}

impl NetworkNeed {
    /// The networks that jobs predict with, each once, in the order of the jobs.
    fn of_jobs<'j>(plan: &Plan, jobs: impl IntoIterator<Item = &'j Job>) -> Vec<NetworkNeed> {
        let mut needs: Vec<NetworkNeed> = Vec::new();
        for job in jobs {
            let model = &plan.models[job.model];
            let passes: u64 = job.tasks.iter().map(Task::passes).sum();
            let models = match &model.source {
                ModelSource::File { .. } | ModelSource::Truth(_) => vec![job.model],
                ModelSource::Attribution(_) => model
                    .sources()
                    .into_iter()
                    .map(|(model, _)| model)
                    .collect(),
            };
            let sequences = passes * model.passes_per_row() / models.len().max(1) as u64;
            for model in models {
                match needs.iter_mut().find(|need| need.model == model) {
                    Some(need) => need.sequences += sequences,
                    None => needs.push(NetworkNeed {
                        model,
                        sequences,
                        first_rows: chunks::first_rows(job),
                    }),
                }
            }
        }
        needs
    }
}

pub(super) fn not_loaded(model: &Model) -> Box<Diagnostic> {
    let message = format!("`{}` was not loaded", model.name);
    Box::new(Diagnostic::error(Code::WorkerFailed, message))
}

/// The outputs of an analytic model for each row, on all cores. Row-major (row, column).
pub(super) fn predict_analytic(truth: &AnalyticModel, rows: &Rows, columns: &[usize]) -> Vec<f32> {
    (0..rows.len())
        .into_par_iter()
        .flat_map_iter(|row| {
            let mut bases = vec![0; rows.length];
            rows.write_row(row, &mut bases);
            let answers = truth.predict(&bases);
            columns
                .iter()
                .map(move |&column| answers[column] as f32)
                .collect::<Vec<_>>()
        })
        .collect()
}
