//! Plain prediction and gradients: sequences in, all outputs out, or how some of them change with each base.

use std::time::Instant;

use super::finite::output_name;
use super::pieces::most_sequences;
use super::run::check_hash;
use super::{Options, Progress, Timing, Worker};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::plan::{Model, ModelSource};
use crate::wire::Rows;

/// Every output of a model for every sequence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Predictions {
    /// Numbers for one sequence.
    pub columns: usize,
    /// Row-major (sequence, column).
    pub values: Vec<f32>,
    pub device: String,
    pub libtorch: String,
    pub sha256: String,
    pub timing: Timing,
}

/// Predicts sequences, each as long as the model's input, one code a base.
///
/// Fails where a sequence has another length or the file is not the declared one, before any pass; where the worker or
/// the device fails; and where the model gives a number that is not finite.
pub fn predict(
    model: &Model,
    sequences: &[Vec<u8>],
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<Predictions> {
    let all: Vec<usize> = (0..model.declaration.columns()).collect();
    let mut values = Vec::with_capacity(sequences.len() * all.len());
    let asked = ask(
        model,
        sequences,
        options,
        progress,
        |worker, opened, rows| {
            let answers = worker.run(opened, rows, &all)?;
            if let Some(at) = answers.iter().position(|value| !value.is_finite()) {
                let before = values.len() / all.len().max(1);
                let sequence = before + at / all.len().max(1) + 1;
                let output = output_name(&model.name, &model.declaration, at % all.len().max(1));
                return Err(not_finite(&output, sequence, answers[at]));
            }
            values.extend(answers);
            Ok(())
        },
    )?;
    Ok(Predictions {
        columns: all.len(),
        values,
        device: asked.device,
        libtorch: asked.libtorch,
        sha256: asked.sha256,
        timing: asked.timing,
    })
}

/// A sum of outputs and its gradients for every sequence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gradients {
    /// The sum, one a sequence.
    pub values: Vec<f32>,
    /// By what stands in the four channels of each base: row-major (sequence, base, position), bases A, C, G, T.
    pub gradients: Vec<f32>,
    pub sha256: String,
}

/// The sum of some columns of a model's output, for sequences as [`predict`] takes them, and its gradients.
///
/// Fails as [`predict`] does, and where a gradient is not finite.
pub fn gradients(
    model: &Model,
    sequences: &[Vec<u8>],
    columns: &[usize],
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<Gradients> {
    let weighted: Vec<(usize, f32)> = columns.iter().map(|&column| (column, 1.0)).collect();
    let mut found = Gradients::default();
    let asked = ask(
        model,
        sequences,
        options,
        progress,
        |worker, opened, rows| {
            let answers = worker.run(opened, rows, columns)?;
            let sums = answers.chunks(columns.len().max(1));
            let sums = sums.map(|row| row.iter().map(|n| f64::from(*n)).sum::<f64>() as f32);
            let slopes = worker.gradients(opened, rows, &weighted)?;
            let each = 4 * rows.length;
            for (sum, slopes) in sums.zip(slopes.chunks(each)) {
                let sequence = found.values.len() + 1;
                if !sum.is_finite() {
                    return Err(not_finite("the sum of the outputs", sequence, sum));
                }
                if let Some(slope) = slopes.iter().find(|slope| !slope.is_finite()) {
                    return Err(not_finite("a gradient", sequence, *slope));
                }
                found.values.push(sum);
            }
            found.gradients.extend(slopes);
            Ok(())
        },
    )?;
    found.sha256 = asked.sha256;
    Ok(found)
}

/// Who answered, and how long it took.
struct Asked {
    device: String,
    libtorch: String,
    sha256: String,
    timing: Timing,
}

/// Opens a model and puts sequences to it, piece by piece.
fn ask(
    model: &Model,
    sequences: &[Vec<u8>],
    options: &Options,
    progress: &dyn Progress,
    mut put: impl FnMut(&mut Worker, usize, &Rows) -> Outcome<()>,
) -> Outcome<Asked> {
    let length = model.declaration.length;
    if let Some((i, wrong)) = sequences
        .iter()
        .enumerate()
        .find(|(_, s)| s.len() != length)
    {
        return Err(Box::new(Diagnostic::error(
            Code::LengthMismatch,
            format!(
                "`{}` takes sequences of {length} bp, sequence {} has {}",
                model.name,
                i + 1,
                wrong.len()
            ),
        )));
    }
    progress.phase("loading");
    let started = Instant::now();
    let (mut worker, sha256) = Worker::start_during(*options, || check_hash(model))?;
    let start = started.elapsed().as_secs_f64();
    let loading = Instant::now();
    let ModelSource::File { path, .. } = &model.source else {
        return Err(Box::new(Diagnostic::error(
            Code::BadValue,
            format!("`{}` is built in and has no file", model.name),
        )));
    };
    let opened = worker.open(path, &model.declaration)?;
    let most = most_sequences(length, model.declaration.columns());
    worker.warm_up(opened, sequences.len().min(most))?;
    let load = loading.elapsed().as_secs_f64();
    progress.phase("predicting");
    progress.total(sequences.len() as u64);
    let predicting = Instant::now();
    for piece in sequences.chunks(most) {
        let mut rows = Rows::new(length);
        for (i, sequence) in piece.iter().enumerate() {
            rows.backgrounds.extend_from_slice(sequence);
            rows.push(i, []);
        }
        put(&mut worker, opened, &rows)?;
        progress.done(piece.len() as u64);
    }
    Ok(Asked {
        device: worker.device.clone(),
        libtorch: worker.libtorch.clone(),
        sha256,
        timing: Timing {
            start,
            load,
            passes: predicting.elapsed().as_secs_f64(),
        },
    })
}

/// `sequence` counts from 1.
fn not_finite(what: &str, sequence: usize, value: f32) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        Code::NonFinite,
        format!("{what} is {value} for sequence {sequence}"),
    ))
}
