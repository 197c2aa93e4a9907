//! Plain prediction: sequences in, all outputs out.

use std::time::Instant;

use super::finite::output_name;
use super::run::check_hash;
use super::{Options, Progress, Timing, Worker};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::plan::Model;
use crate::wire::Rows;

/// Sequences in one piece.
const PIECE: usize = 4096;

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
/// Fails as [`super::run`] does; a sequence is named by its number, counted from 1.
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
    let mut worker = Worker::start(*options)?;
    let start = started.elapsed().as_secs_f64();
    let loading = Instant::now();
    let sha256 = check_hash(model)?;
    let opened = worker.open(&model.path, &model.declaration)?;
    let load = loading.elapsed().as_secs_f64();
    progress.phase("predicting");
    progress.total(sequences.len() as u64);
    let predicting = Instant::now();
    let all: Vec<usize> = (0..model.declaration.columns()).collect();
    let mut values: Vec<f32> = Vec::with_capacity(sequences.len() * all.len());
    for piece in sequences.chunks(PIECE) {
        let mut rows = Rows::new(length);
        for (i, sequence) in piece.iter().enumerate() {
            rows.backgrounds.extend_from_slice(sequence);
            rows.push(i, []);
        }
        let answers = worker.run(opened, &rows, &all)?;
        if let Some(at) = answers.iter().position(|value| !value.is_finite()) {
            let output = output_name(&model.name, &model.declaration, at % all.len());
            let sequence = values.len() / all.len() + at / all.len() + 1;
            return Err(Box::new(Diagnostic::error(
                Code::NonFinite,
                format!("{output} is {} for sequence {sequence}", answers[at]),
            )));
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
