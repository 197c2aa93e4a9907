//! Plain prediction and gradients: sequences in, all outputs out, or how some of them change with each base.

use std::time::Instant;

use rayon::prelude::*;

use super::batches::{self, Network};
use super::finite::output_name;
use super::model_hash::check_hash;
use super::pieces::most_sequences;
use super::progress::go_on;
use super::reference::Reference;
use super::{Options, Progress, Timing, Worker};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::{Gradient, Graph, Input, Obstacle, Op, gradients_of_outputs, is_torchscript};
use gia_plan::{Model, ModelSource};
use gia_study::PrecisionCheck;
use gia_wire::Rows;

/// Every output of a model for every sequence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Predictions {
    /// Numbers for one sequence.
    pub columns: usize,
    /// Row-major (sequence, column).
    pub values: Vec<f32>,
    /// How the numbers were computed.
    pub asked: Asked,
}

/// Predicts all outputs of a model for sequences of base codes, each as long as the model's input.
///
/// # Errors
/// If a sequence has another length or the file is not the declared one, before any pass; if the worker or the device
/// fails; and if the model gives a non-finite output.
pub fn predict(
    model: &Model,
    sequences: &[Vec<u8>],
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<Predictions> {
    let all: Vec<usize> = (0..model.declaration.columns()).collect();
    let question = Question {
        columns: &all,
        gradients: false,
    };
    let mut values = Vec::with_capacity(sequences.len() * all.len());
    let asked = ask(model, sequences, &question, options, progress, |answer| {
        if let Some(at) = answer.values.iter().position(|value| !value.is_finite()) {
            let before = values.len() / all.len().max(1);
            let sequence = before + at / all.len().max(1) + 1;
            let output = output_name(&model.name, &model.declaration, at % all.len().max(1));
            return Err(not_finite(&output, sequence, answer.values[at]));
        }
        values.extend(answer.values);
        Ok(())
    })?;
    Ok(Predictions {
        columns: all.len(),
        values,
        asked,
    })
}

/// A sum of outputs and its gradients for every sequence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gradients {
    /// The sum of the columns, one a sequence.
    pub values: Vec<f32>,
    /// Derivatives of the sum with respect to the one-hot input: row-major (sequence, base, position), bases in the
    /// order A, C, G, T.
    pub gradients: Vec<f32>,
    /// How the numbers were computed.
    pub asked: Asked,
}

/// Computes the sum of some columns of a model's output and its gradients, for sequences as in [`predict`].
///
/// # Errors
/// As [`predict`]; also if no differentiable path leads from the sequence to the columns, and if a gradient is not
/// finite.
pub fn gradients(
    model: &Model,
    sequences: &[Vec<u8>],
    columns: &[usize],
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<Gradients> {
    refuse_without_gradient(model, columns)?;
    let question = Question {
        columns,
        gradients: true,
    };
    let mut found = Gradients::default();
    let each = 4 * model.declaration.length;
    found.asked = ask(model, sequences, &question, options, progress, |answer| {
        let sums = answer.values.chunks(columns.len().max(1));
        let sums = sums.map(|row| row.iter().map(|n| f64::from(*n)).sum::<f64>() as f32);
        for (sum, slopes) in sums.zip(answer.gradients.chunks(each)) {
            let sequence = found.values.len() + 1;
            if !sum.is_finite() {
                return Err(not_finite("the sum of the outputs", sequence, sum));
            }
            if let Some(slope) = slopes.iter().find(|slope| !slope.is_finite()) {
                return Err(not_finite("a gradient", sequence, *slope));
            }
            found.values.push(sum);
        }
        found.gradients.extend(answer.gradients);
        Ok(())
    })?;
    Ok(found)
}

/// Refuses columns of which the graph shows that every gradient would be 0. TorchScript shows nothing before it runs.
fn refuse_without_gradient(model: &Model, columns: &[usize]) -> Outcome<()> {
    let ModelSource::File { path, written } = &model.source else {
        return Ok(());
    };
    if is_torchscript(path) {
        return Ok(());
    }
    let graph = Graph::read(path)?;
    let declaration = &model.declaration;
    let varying: Vec<bool> = declaration
        .inputs
        .iter()
        .map(Input::follows_sequence)
        .collect();
    let gradients = gradients_of_outputs(&graph, &varying);
    let asked = declaration.outputs.iter().zip(&gradients).enumerate();
    let asked = asked.filter(|(_, (output, _))| {
        let own = output.offset..output.offset + output.size();
        columns.iter().any(|column| own.contains(column))
    });
    let asked: Vec<(usize, Gradient)> = asked.map(|(at, (_, gradient))| (at, *gradient)).collect();
    if asked
        .iter()
        .any(|(_, gradient)| *gradient == Gradient::Open)
    {
        return Ok(());
    }
    let Some((output, gradient)) = asked.first() else {
        return Ok(());
    };
    let refused = |why: String| {
        let message = format!("`{written}`: output {output} {why}");
        Diagnostic::error(Code::NotDifferentiable, message)
    };
    Err(Box::new(match gradient {
        Gradient::Open => return Ok(()),
        Gradient::Absent => refused("does not depend on the sequence".to_string()),
        Gradient::Blocked { node } => {
            let node = &graph.nodes[*node];
            refused(format!(
                "cannot be differentiated by the sequence: node `{}` {}, which has no gradient, and no path goes around such nodes",
                node.name,
                obstacle(&node.op)
            ))
            .help("write the network without whole numbers on the way, such as `one_hot @ table` for an embedding of tokens, and export it again")
        }
    }))
}

/// What a node does that has no gradient.
fn obstacle(op: &Op) -> &'static str {
    match Obstacle::of(op) {
        Some(Obstacle::Detaches) => "detaches its input",
        Some(Obstacle::Compares) => "compares numbers",
        Some(Obstacle::Chooses) => "chooses by a condition",
        Some(Obstacle::LooksUp) => "looks entries up by their index",
        Some(Obstacle::Rounds) | None => "rounds to whole numbers",
    }
}

/// How outputs were computed: device, libtorch, model file and time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// Names of the devices, separated by commas: `cpu`, or `cuda:N` with the model of the GPU.
    pub device: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// Comparison with float32, if the network used a lower precision.
    pub precision: Option<PrecisionCheck>,
    /// SHA-256 of the model file in lower-case hex.
    pub sha256: String,
    /// How long it took, step by step.
    pub timing: Timing,
}

/// What is computed for every sequence.
struct Question<'q> {
    columns: &'q [usize],
    /// Whether those of the columns' sum are wanted too.
    gradients: bool,
}

/// What is said of some sequences.
struct Answer {
    /// The columns of each.
    values: Vec<f32>,
    gradients: Vec<f32>,
}

impl Question<'_> {
    fn put(&self, worker: &mut Worker, opened: usize, rows: &Rows) -> Outcome<Answer> {
        let weighted: Vec<(usize, f32)> = self.columns.iter().map(|&c| (c, 1.0)).collect();
        Ok(Answer {
            values: worker.run(opened, rows, self.columns)?,
            gradients: match self.gradients {
                true => worker.gradients(opened, rows, &weighted)?,
                false => Vec::new(),
            },
        })
    }
}

/// Opens a model on every device and puts a question about sequences to it; `take` is given the answers in order.
fn ask(
    model: &Model,
    sequences: &[Vec<u8>],
    question: &Question,
    options: &Options,
    progress: &dyn Progress,
    mut take: impl FnMut(Answer) -> Outcome<()>,
) -> Outcome<Asked> {
    let length = model.declaration.length;
    refuse_other_lengths(model, sequences)?;
    let ModelSource::File { path, .. } = &model.source else {
        return Err(Box::new(Diagnostic::error(
            Code::TypeMismatch,
            format!("`{}` is built in and has no file", model.name),
        )));
    };
    progress.phase("loading");
    let started = Instant::now();
    let (mut workers, sha256) = Worker::start_all_during(options, || check_hash(model))?;
    let mut reference = Reference::start(options)?;
    let start = started.elapsed().as_secs_f64();
    let loading = Instant::now();
    let most = most_sequences(length, model.declaration.columns());
    let network = Network {
        path,
        sha256: &sha256,
        declaration: &model.declaration,
    };
    let each = (sequences.len() / workers.len().max(1)) as u64;
    workers.par_iter_mut().try_for_each(|worker| {
        let opened = batches::open(worker, &network, each)?;
        worker.prepare(opened, sequences.len().min(most))
    })?;
    if let Some(reference) = &mut reference {
        reference.open(path, &model.declaration)?;
    }
    let load = loading.elapsed().as_secs_f64();
    progress.phase("predicting");
    progress.total(sequences.len() as u64);
    let predicting = Instant::now();
    let pieces: Vec<&[Vec<u8>]> = sequences.chunks(most).collect();
    for pieces in pieces.chunks(workers.len()) {
        let put = |(worker, piece): (&mut Worker, &&[Vec<u8>])| {
            let rows = rows_of(piece, length);
            Ok((question.put(worker, 0, &rows)?, rows))
        };
        let answers = workers.par_iter_mut().zip(pieces).map(put);
        for (answer, rows) in answers.collect::<Outcome<Vec<_>>>()? {
            if let Some(reference) = &mut reference {
                reference.compare(0, &rows, question.columns, &answer.values)?;
            }
            take(answer)?;
            progress.done(rows.len() as u64);
            go_on(progress)?;
        }
    }
    let devices: Vec<&str> = workers
        .iter()
        .map(|worker| worker.device.as_str())
        .collect();
    Ok(Asked {
        device: devices.join(", "),
        libtorch: workers
            .first()
            .map_or_else(String::new, |worker| worker.libtorch.clone()),
        precision: reference.map(Reference::found),
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

fn refuse_other_lengths(model: &Model, sequences: &[Vec<u8>]) -> Outcome<()> {
    let length = model.declaration.length;
    let mut sequences = sequences.iter().enumerate();
    match sequences.find(|(_, sequence)| sequence.len() != length) {
        None => Ok(()),
        Some((i, wrong)) => Err(Box::new(Diagnostic::error(
            Code::LengthMismatch,
            format!(
                "`{}` takes sequences of {length} bp, sequence {} has {}",
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
