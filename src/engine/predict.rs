//! Plain prediction: sequences in, all outputs out.

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
    let all: Vec<usize> = (0..model.declaration.columns()).collect();
    let mut values = Vec::with_capacity(sequences.len() * all.len());
    for piece in sequences.chunks(most) {
        let mut rows = Rows::new(length);
        for (i, sequence) in piece.iter().enumerate() {
            rows.backgrounds.extend_from_slice(sequence);
            rows.push(i, []);
        }
        let answers = worker.run(opened, &rows, &all)?;
        if let Some(at) = answers.iter().position(|value| !value.is_finite()) {
            let before = values.len() / all.len().max(1);
            let sequence = before + at / all.len().max(1) + 1;
            return Err(not_finite(
                model,
                sequence,
                at % all.len().max(1),
                answers[at],
            ));
        }
        values.extend(answers);
        progress.done(piece.len() as u64);
    }
    let timing = Timing {
        start,
        load,
        passes: predicting.elapsed().as_secs_f64(),
    };
    Ok(Predictions {
        columns: all.len(),
        values,
        device: worker.device.clone(),
        libtorch: worker.libtorch.clone(),
        sha256,
        timing,
    })
}

/// `sequence` counts from 1.
fn not_finite(model: &Model, sequence: usize, column: usize, value: f32) -> Box<Diagnostic> {
    let output = output_name(&model.name, &model.declaration, column);
    Box::new(Diagnostic::error(
        Code::NonFinite,
        format!("{output} is {value} for sequence {sequence}"),
    ))
}
