//! Comparison of lower-precision predictions with float32 on a sample of sequences.

use std::path::Path;

use super::{Options, Precision, Runtime, Worker};
use gia_base::diag::Outcome;
use gia_model::Declaration;
use gia_study::PrecisionCheck;
use gia_wire::Rows;

/// Number of sequences that are compared for each model.
const CHECKED_SEQUENCES_PER_MODEL: usize = 64;

/// A float32 worker on the first device, and the differences of other predictions from its own.
pub(super) struct Float32Reference {
    worker: Worker,
    /// For each model, the number of sequences compared so far.
    checked: Vec<usize>,
    check: PrecisionCheck,
}

impl Float32Reference {
    /// Starts the worker; none if the options ask for float32 anyway.
    pub fn start(options: &Options, runtime: Runtime) -> Outcome<Option<Float32Reference>> {
        if options.precision == Precision::Float32 {
            return Ok(None);
        }
        let plain = Options {
            precision: Precision::Float32,
            others: Vec::new(),
            ..options.clone()
        };
        Ok(Some(Float32Reference {
            worker: Worker::start_for(plain, runtime)?,
            checked: Vec::new(),
            check: PrecisionCheck {
                precision: options.precision.to_string(),
                sequences: 0,
                largest_difference: 0.0,
            },
        }))
    }

    /// Loads a network, under the same number as in the other workers.
    pub fn open(&mut self, path: &Path, declaration: &Declaration) -> Outcome<()> {
        self.checked.push(0);
        self.worker.open(path, declaration).map(|_| ())
    }

    /// Compares predictions with float32, until enough sequences of the model have been compared.
    pub fn compare(
        &mut self,
        model: usize,
        rows: &Rows,
        columns: &[usize],
        answers: &[f32],
    ) -> Outcome<()> {
        let Some(checked) = self.checked.get_mut(model) else {
            return Ok(());
        };
        let count = rows
            .len()
            .min(CHECKED_SEQUENCES_PER_MODEL.saturating_sub(*checked));
        if count == 0 {
            return Ok(());
        }
        // Spread over the chunk, so that the sample has backgrounds with and without edits.
        let sample: Vec<usize> = (0..count).map(|i| i * rows.len() / count).collect();
        *checked += count;
        let exact = self.worker.run(model, &rows.select(&sample), columns)?;
        let each = columns.len();
        let found = sample
            .iter()
            .flat_map(|row| &answers[row * each..(row + 1) * each]);
        let differences = found.zip(&exact).map(|(a, b)| f64::from(a - b).abs());
        let known = &mut self.check;
        known.sequences += count as u64;
        known.largest_difference = differences.fold(known.largest_difference, f64::max);
        Ok(())
    }

    pub fn into_check(self) -> PrecisionCheck {
        self.check
    }
}
