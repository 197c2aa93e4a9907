//! Predictions, gradients and contributions for given sequences, without a plan.

use std::time::Instant;

use rayon::prelude::*;

use super::attribution::Completeness;
use super::batch_size::{self, Network};
use super::chunks::max_sequences;
use super::float32_reference::Float32Reference;
use super::model_hash::model_hash;
use super::non_finite::output_name;
use super::progress::check_cancelled;
use super::worker::changes_when_loaded;
use super::{Options, Progress, Runtime, Timing, Worker};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::check_differentiable;
use gia_plan::{Model, ModelSource};
use gia_study::{PrecisionCheck, PythonNetwork};
use gia_wire::Rows;

/// Every output of a model for every sequence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Predictions {
    /// Number of output columns.
    pub columns: usize,
    /// Outputs, row-major (sequence, column).
    pub values: Vec<f32>,
    /// Device, versions and timing.
    pub run_info: RunInfo,
}

/// Predicts all outputs of a model for sequences of base codes, which have the length of the model's input.
///
/// # Errors
/// If a sequence has another length, if the model file does not match its declaration, if the worker or the device fails, and if
/// an output is not finite.
pub fn predict(
    model: &Model,
    sequences: &[Vec<u8>],
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<Predictions> {
    let all: Vec<usize> = (0..model.declaration.columns()).collect();
    let request = Request {
        columns: &all,
        also: Also::Nothing,
    };
    let mut values = Vec::with_capacity(sequences.len() * all.len());
    let run_info = run_request(model, sequences, &request, options, progress, |response| {
        if let Some(at) = response.values.iter().position(|value| !value.is_finite()) {
            let before = values.len() / all.len().max(1);
            let sequence = before + at / all.len().max(1) + 1;
            let output = output_name(&model.name, &model.declaration, at % all.len().max(1));
            return Err(not_finite(&output, sequence, response.values[at]));
        }
        values.extend(response.values);
        Ok(())
    })?;
    Ok(Predictions {
        columns: all.len(),
        values,
        run_info,
    })
}

/// The sum of some outputs, and its gradient, for every sequence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gradients {
    /// The sum of the columns for each sequence.
    pub values: Vec<f32>,
    /// Derivatives of the sum with respect to the one-hot input: row-major (sequence, base, position), bases in the
    /// order A, C, G, T.
    pub gradients: Vec<f32>,
    /// Device, versions and timing.
    pub run_info: RunInfo,
}

/// Computes the sum of some columns of a model's output and its gradients, for sequences as in [`predict`].
///
/// # Errors
/// As [`predict`]; also if no differentiable path leads from the input to the columns, and if a gradient is not finite.
pub fn gradients(
    model: &Model,
    sequences: &[Vec<u8>],
    columns: &[usize],
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<Gradients> {
    check_gradients(model, columns)?;
    let request = Request {
        columns,
        also: Also::Gradients,
    };
    let mut found = Gradients::default();
    let each = 4 * model.declaration.length;
    found.run_info = run_request(model, sequences, &request, options, progress, |response| {
        let sums = response.sums(columns.len());
        for (sum, slopes) in sums.zip(response.gradients.chunks(each)) {
            let sequence = found.values.len() + 1;
            check_sum(sequence, sum)?;
            if let Some(slope) = slopes.iter().find(|slope| !slope.is_finite()) {
                return Err(not_finite("a gradient", sequence, *slope));
            }
            found.values.push(sum);
        }
        found.gradients.extend(response.gradients);
        Ok(())
    })?;
    Ok(found)
}

/// Contributions of each base to the sum of some outputs, compared with references, for every sequence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contributions {
    /// The sum of the columns for each sequence.
    pub values: Vec<f32>,
    /// For each sequence and each of its references, what each base would contribute at each position: row-major (sequence, reference, base,
    /// position), bases in the order A, C, G, T.
    pub hypothetical: Vec<f32>,
    /// For each sequence and each of its references, the difference of the sums of outputs.
    pub differences: Vec<f32>,
    /// For each sequence and each of its references, by how much the sum of the contributions of the bases that are there exceeds the difference.
    pub excesses: Vec<f32>,
    /// How nearly contributions add up to the differences.
    pub completeness: Completeness,
    /// Device, versions and timing.
    pub run_info: RunInfo,
}

/// Computes contributions to the sum of some columns of a model's output by DeepLIFT (Shrikumar, Greenside and Kundaje 2017), for sequences as in
/// [`predict`]. `references` has as many reference sequences for each.
///
/// # Errors
/// As [`gradients`]; also for a network whose operators are not known.
pub fn contributions(
    model: &Model,
    sequences: &[Vec<u8>],
    references: &[Vec<Vec<u8>>],
    columns: &[usize],
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<Contributions> {
    check_gradients(model, columns)?;
    for references in references {
        check_lengths(model, references)?;
    }
    let request = Request {
        columns,
        also: Also::Contributions(references),
    };
    let mut found = Contributions::default();
    let each = 4 * model.declaration.length;
    found.run_info = run_request(model, sequences, &request, options, progress, |response| {
        for sum in response.sums(columns.len()) {
            let sequence = found.values.len() + 1;
            check_sum(sequence, sum)?;
            found.values.push(sum);
        }
        for pair in response.contributions.chunks(each + 2) {
            let (hypothetical, ends) = pair.split_at(each);
            if let Some(value) = pair.iter().find(|value| !value.is_finite()) {
                return Err(not_finite("a contribution", found.values.len(), *value));
            }
            found.hypothetical.extend(hypothetical);
            found.differences.extend(ends.first());
            found.excesses.extend(ends.get(1));
        }
        found.completeness.inexact.extend(response.inexact);
        Ok(())
    })?;
    let references = found.differences.len() / found.values.len().max(1);
    let pairs = found.differences.iter().zip(&found.excesses).enumerate();
    for (pair, (difference, excess)) in pairs {
        let value = found.values[pair / references.max(1)];
        let [value, difference, excess] = [value, *difference, *excess].map(f64::from);
        found.completeness.add(value, difference, excess);
    }
    Ok(found)
}

/// Fails if the sum of the outputs of a sequence, which counts from 1, is not finite.
fn check_sum(sequence: usize, sum: f32) -> Outcome<()> {
    match sum.is_finite() {
        true => Ok(()),
        false => Err(not_finite("the sum of the outputs", sequence, sum)),
    }
}

/// Fails if the graph shows that the gradient of all columns is 0.
fn check_gradients(model: &Model, columns: &[usize]) -> Outcome<()> {
    match &model.source {
        ModelSource::File { path, written } => {
            check_differentiable(path, written, &model.declaration, columns)
        }
        ModelSource::Truth(_) | ModelSource::Attribution(_) => Ok(()),
    }
}

/// Provenance of computed outputs: device, versions, hash of the model file and timing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunInfo {
    /// Names of the devices, separated by commas: `cpu`, or `cuda:N` with the model of the GPU.
    pub device: String,
    /// Version of libtorch; none if it is not used.
    pub libtorch: Option<String>,
    /// What ran, for a network in Python.
    pub python: Option<PythonNetwork>,
    /// Comparison with float32, if the network used a lower precision.
    pub precision: Option<PrecisionCheck>,
    /// SHA-256 of the model file, or of the weights and code of a network in Python, in lower-case hex.
    pub sha256: String,
    /// Duration of each step.
    pub timing: Timing,
}

/// The computation for every sequence.
struct Request<'q> {
    columns: &'q [usize],
    also: Also<'q>,
}

/// What is computed beside predictions, of the sum of the columns.
enum Also<'q> {
    Nothing,
    Gradients,
    /// Contributions compared with these references of each sequence.
    Contributions(&'q [Vec<Vec<u8>>]),
}

/// Maximum number of contributions in a reply.
const MAX_CONTRIBUTIONS: usize = 1 << 26;

/// The results for a chunk of sequences.
struct Response {
    /// The columns, row-major (sequence, column).
    values: Vec<f32>,
    /// Row-major (sequence, base, position); empty unless requested.
    gradients: Vec<f32>,
    /// For each pair of a sequence and a reference, contributions (base, position), the difference and the excess; empty unless requested.
    contributions: Vec<f32>,
    inexact: Vec<String>,
}

impl Response {
    /// The sum of the columns of each sequence.
    fn sums(&self, columns: usize) -> impl Iterator<Item = f32> {
        let rows = self.values.chunks(columns.max(1));
        rows.map(|row| row.iter().map(|n| f64::from(*n)).sum::<f64>() as f32)
    }
}

impl Request<'_> {
    /// Computes a chunk of sequences, of which the first has this index.
    fn send(
        &self,
        worker: &mut Worker,
        opened: usize,
        first: usize,
        rows: &Rows,
    ) -> Outcome<Response> {
        let weights = vec![1.0; self.columns.len()];
        let mut response = Response {
            values: worker.run(opened, rows, self.columns)?,
            gradients: Vec::new(),
            contributions: Vec::new(),
            inexact: Vec::new(),
        };
        match self.also {
            Also::Nothing => {}
            Also::Gradients => {
                response.gradients = worker.gradients(opened, rows, self.columns, &weights)?
            }
            Also::Contributions(references) => {
                let own = &references[first..first + rows.len()];
                let (values, inexact) =
                    worker.contributions(opened, rows, own, self.columns, &weights)?;
                (response.contributions, response.inexact) = (values, inexact);
            }
        }
        Ok(response)
    }

    /// Maximum number of sequences in a chunk.
    fn max_sequences(&self, length: usize, columns: usize) -> usize {
        let most = max_sequences(length, columns);
        match self.also {
            Also::Nothing | Also::Gradients => most,
            Also::Contributions(references) => {
                let each = references.first().map_or(1, Vec::len) * 4 * length;
                most.min(MAX_CONTRIBUTIONS / each.max(1)).max(1)
            }
        }
    }
}

/// Loads a model on every device and computes the request for all sequences. `take` receives the responses in order.
fn run_request(
    model: &Model,
    sequences: &[Vec<u8>],
    request: &Request,
    options: &Options,
    progress: &dyn Progress,
    mut take: impl FnMut(Response) -> Outcome<()> + Send,
) -> Outcome<RunInfo> {
    let length = model.declaration.length;
    check_lengths(model, sequences)?;
    let ModelSource::File { path, .. } = &model.source else {
        return Err(Box::new(Diagnostic::error(
            Code::TypeMismatch,
            format!("`{}` is not a network in a file", model.name),
        )));
    };
    progress.begin_phase("loading");
    let started = Instant::now();
    let runtime = Runtime::of(&model.declaration);
    let (mut workers, mut sha256) =
        Worker::start_all_during(options, runtime, || model_hash(model))?;
    let mut reference = Float32Reference::start(options, runtime)?;
    let start = started.elapsed().as_secs_f64();
    let loading = Instant::now();
    let most = request.max_sequences(length, model.declaration.columns());
    let network = Network {
        path,
        sha256: &sha256,
        declaration: &model.declaration,
    };
    let each = (sequences.len() / workers.len().max(1)) as u64;
    workers.par_iter_mut().try_for_each(|worker| {
        let opened = batch_size::open(worker, &network, each)?;
        worker.prepare(opened, sequences.len().min(most))
    })?;
    let mut identities = workers.iter().map(|worker| worker.identity(0).cloned());
    let identity = identities.next().flatten();
    if identities.any(|other| other != identity) {
        return Err(changes_when_loaded(&path.display().to_string()));
    }
    let python = identity.map(|identity| {
        sha256 = identity.sha256;
        identity.network
    });
    if let Some(reference) = &mut reference {
        reference.open(path, &model.declaration)?;
    }
    let load = loading.elapsed().as_secs_f64();
    progress.begin_phase("predicting");
    progress.set_total(sequences.len() as u64);
    let predicting = Instant::now();
    let chunks: Vec<&[Vec<u8>]> = sequences.chunks(most).collect();
    let mut take_all = |computed: Vec<(Response, Rows)>| -> Outcome<()> {
        for (response, rows) in computed {
            if let Some(reference) = &mut reference {
                reference.compare(0, &rows, request.columns, &response.values)?;
            }
            take(response)?;
        }
        Ok(())
    };
    let mut computed = Vec::new();
    for (round, chunks) in chunks.chunks(workers.len()).enumerate() {
        let before = round * workers.len();
        let send = |((at, worker), chunk): ((usize, &mut Worker), &&[Vec<u8>])| {
            let rows = rows_of(chunk, length);
            let first = (before + at) * most;
            Ok((request.send(worker, 0, first, &rows)?, rows))
        };
        // While the workers compute these chunks, the results of the chunks before are taken.
        let finished = std::mem::take(&mut computed);
        let (next, taken) = rayon::join(
            || {
                let responses = workers.par_iter_mut().enumerate().zip(chunks).map(send);
                responses.collect::<Outcome<Vec<_>>>()
            },
            || take_all(finished),
        );
        taken?;
        computed = next?;
        progress.advance(computed.iter().map(|(_, rows)| rows.len() as u64).sum());
        check_cancelled(progress)?;
    }
    take_all(computed)?;
    let devices: Vec<&str> = workers
        .iter()
        .map(|worker| worker.device.as_str())
        .collect();
    Ok(RunInfo {
        device: devices.join(", "),
        libtorch: workers.first().and_then(|worker| worker.libtorch.clone()),
        python,
        precision: reference.map(Float32Reference::into_check),
        sha256,
        timing: Timing {
            start,
            load,
            passes: predicting.elapsed().as_secs_f64(),
        },
    })
}

fn rows_of(sequences: &[Vec<u8>], length: usize) -> Rows {
    let mut rows = Rows::new(length);
    for (i, sequence) in sequences.iter().enumerate() {
        rows.backgrounds.extend_from_slice(sequence);
        rows.push(i, []);
    }
    rows
}

fn check_lengths(model: &Model, sequences: &[Vec<u8>]) -> Outcome<()> {
    let length = model.declaration.length;
    let mut sequences = sequences.iter().enumerate();
    match sequences.find(|(_, sequence)| sequence.len() != length) {
        None => Ok(()),
        Some((i, wrong)) => Err(Box::new(Diagnostic::error(
            Code::LengthMismatch,
            format!(
                "`{}` takes sequences of {length} bp, but sequence {} has {}",
                model.name,
                i + 1,
                wrong.len()
            ),
        ))),
    }
}

/// `sequence` counts from 1.
fn not_finite(what: &str, sequence: usize, value: f32) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        Code::NonFinite,
        format!("{what} is {value} for sequence {sequence}"),
    ))
}
