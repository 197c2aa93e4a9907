//! Workers and formulas that predict for the models of a plan: a worker on each device, if there are networks.
//!
//! Invariant: which worker predicts a piece changes no number beyond rounding, so workers take pieces as they become
//! free.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Instant;

use rayon::prelude::*;

use super::batches::{self, Network};
use super::model_hash::check_hash;
use super::pieces::{self, Piece, Pieces};
use super::reference::Reference;
use super::resting::{Opened, Rested, Resting};
use super::{Options, Outcomes, Progress, Timing, Worker};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::Truth;
use gia_plan::{Job, Model, ModelSource, Plan, Task};
use gia_wire::Rows;

/// Length of the queues of pieces and of answers, for each worker.
const AHEAD: usize = 2;

pub(super) struct Crew {
    /// One a device, each with the same networks; none where every model is a formula.
    workers: Vec<Worker>,
    /// The workers' number of each model that is a network.
    opened: HashMap<usize, usize>,
    /// The networks that the workers hold, by their number.
    networks: Vec<Opened>,
    resting: Resting,
    /// The comparison with float32, if the networks use a lower precision.
    reference: Option<Reference>,
    /// Parallel to `Plan::models`.
    hashes: Vec<String>,
    pub timing: Timing,
}

/// Predicts rows of a job.
enum Answerer<'c> {
    Formula(&'c Truth),
    Network(&'c mut Worker, usize),
}

impl Answerer<'_> {
    fn answer(&mut self, rows: &Rows, columns: &[usize]) -> Outcome<Vec<f32>> {
        match self {
            Answerer::Formula(truth) => Ok(predict_truth(truth, rows, columns)),
            Answerer::Network(worker, number) => worker.run(*number, rows, columns),
        }
    }
}

impl Crew {
    /// Opens the models that these jobs use.
    pub fn open<'j>(
        plan: &Plan,
        jobs: impl IntoIterator<Item = &'j Job>,
        options: &Options,
        progress: &dyn Progress,
    ) -> Outcome<Crew> {
        let is_network = |model: &Model| matches!(model.source, ModelSource::File { .. });
        let hashes = || plan.models.iter().map(check_hash).collect();
        let mut crew = Crew {
            workers: Vec::new(),
            opened: HashMap::new(),
            networks: Vec::new(),
            resting: options.resting.clone(),
            reference: None,
            hashes: Vec::new(),
            timing: Timing::default(),
        };
        if !plan.models.iter().any(is_network) {
            crew.hashes = hashes()?;
            return Ok(crew);
        }
        progress.phase("loading");
        let started = Instant::now();
        match options.resting.take() {
            Some(rested) => {
                (crew.workers, crew.networks) = (rested.workers, rested.networks);
                crew.hashes = hashes()?;
            }
            None => {
                (crew.workers, crew.hashes) = Worker::start_all_during(options, hashes)?;
            }
        }
        crew.reference = Reference::start(options)?;
        crew.timing.start = started.elapsed().as_secs_f64();
        let loading = Instant::now();
        let jobs: Vec<&Job> = jobs.into_iter().collect();
        for job in &jobs {
            let model = &plan.models[job.model];
            if let ModelSource::File { path, .. } = &model.source
                && !crew.opened.contains_key(&job.model)
            {
                let network = Opened {
                    path: path.clone(),
                    sha256: crew.hashes[job.model].clone(),
                    declaration: model.declaration.clone(),
                };
                if let Some(number) = crew.networks.iter().position(|known| *known == network) {
                    crew.opened.insert(job.model, number);
                    continue;
                }
                let number = crew.networks.len();
                let asked = Network {
                    path,
                    sha256: &network.sha256,
                    declaration: &model.declaration,
                };
                let all = jobs.iter().filter(|other| other.model == job.model);
                let sequences: u64 = all.flat_map(|job| &job.tasks).map(Task::passes).sum();
                let each = sequences / crew.workers.len().max(1) as u64;
                let open = |worker: &mut Worker| {
                    batches::open(worker, &asked, each)?;
                    worker.prepare(number, pieces::first_rows(job))
                };
                crew.workers.par_iter_mut().try_for_each(open)?;
                if let Some(reference) = &mut crew.reference {
                    reference.open(path, &model.declaration)?;
                }
                crew.opened.insert(job.model, number);
                crew.networks.push(network);
            }
        }
        crew.timing.load = loading.elapsed().as_secs_f64();
        Ok(crew)
    }

    /// Process identifiers of the workers.
    pub fn pids(&self) -> Vec<u32> {
        self.workers.iter().map(Worker::pid).collect()
    }

    /// Records the provenance of the outcomes, and releases the workers.
    pub fn sign(mut self, outcomes: &mut Outcomes) {
        let devices: Vec<&str> = self.workers.iter().map(|w| w.device.as_str()).collect();
        outcomes.device = match devices.as_slice() {
            [] => "cpu".to_string(),
            devices => devices.join(", "),
        };
        outcomes.libtorch = self.workers.first().map(|worker| worker.libtorch.clone());
        let partly = self.workers.iter_mut().map(Worker::take_partly);
        let partly = partly.reduce(|one, other| one.with(other));
        outcomes.recomputed = partly.filter(|partly| partly.sequences > 0);
        outcomes.precision = self.reference.take().map(Reference::found);
        outcomes.model_sha256 = std::mem::take(&mut self.hashes);
        outcomes.timing = self.timing;
        self.rest();
    }

    /// Releases the workers, after a run that has had all its answers.
    pub fn rest(self) {
        // What checks less than float32 is of one run.
        if !self.workers.is_empty() && self.reference.is_none() {
            self.resting.put(Rested {
                workers: self.workers,
                networks: self.networks,
            });
        }
    }

    /// Predicts the job's columns for each of these rows.
    pub fn answer(&mut self, plan: &Plan, job: &Job, rows: &Rows) -> Outcome<Vec<f32>> {
        match self.answerers(plan, job)?.first_mut() {
            Some(answerer) => answerer.answer(rows, &job.columns),
            None => Err(never_opened(&plan.models[job.model])),
        }
    }

    /// Predicts all pieces of a job on all workers at once, while another thread samples them. `take` receives each
    /// piece with the job's columns for its rows, in any order.
    pub fn answer_all(
        &mut self,
        plan: &Plan,
        job: &Job,
        mut take: impl FnMut(Piece, Vec<f32>) -> Outcome<()>,
    ) -> Outcome<()> {
        let number = self.opened.get(&job.model).copied();
        let mut reference = self.reference.take();
        let answerers = self.answerers(plan, job)?;
        let (give, pieces) = mpsc::sync_channel::<Outcome<Piece>>(AHEAD * answerers.len());
        let (tell, answers) = mpsc::sync_channel(AHEAD * answerers.len());
        let pieces = Arc::new(Mutex::new(pieces));
        let done = std::thread::scope(|scope| {
            scope.spawn(move || {
                for piece in Pieces::new(plan, job) {
                    if give.send(piece).is_err() {
                        break;
                    }
                }
            });
            for mut answerer in answerers {
                let (pieces, tell) = (Arc::clone(&pieces), tell.clone());
                scope.spawn(move || {
                    loop {
                        let next = pieces.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok(piece) = next else { break };
                        let answered = piece.and_then(|piece| {
                            let found = answerer.answer(&piece.rows, &job.columns)?;
                            Ok((piece, found))
                        });
                        if tell.send(answered).is_err() {
                            break;
                        }
                    }
                });
            }
            drop((pieces, tell));
            // Dropped on any way out of here, which ends the workers' threads, and with them the one that samples.
            let answers = answers;
            for answered in answers.iter() {
                let (piece, found) = answered?;
                if let (Some(reference), Some(number)) = (&mut reference, number) {
                    reference.compare(number, &piece.rows, &job.columns, &found)?;
                }
                take(piece, found)?;
            }
            Ok(())
        });
        self.reference = reference;
        done
    }

    fn answerers<'c>(&'c mut self, plan: &'c Plan, job: &Job) -> Outcome<Vec<Answerer<'c>>> {
        let model = &plan.models[job.model];
        if let ModelSource::Truth(truth) = &model.source {
            return Ok(vec![Answerer::Formula(truth)]);
        }
        let Some(&number) = self.opened.get(&job.model) else {
            return Err(never_opened(model));
        };
        let workers = self.workers.iter_mut();
        Ok(workers
            .map(|worker| Answerer::Network(worker, number))
            .collect())
    }
}

fn never_opened(model: &Model) -> Box<Diagnostic> {
    let message = format!("`{}` was never opened", model.name);
    Box::new(Diagnostic::error(Code::WorkerFailed, message))
}

/// The outputs of a formula for each row, on all cores.
pub(super) fn predict_truth(truth: &Truth, rows: &Rows, columns: &[usize]) -> Vec<f32> {
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
