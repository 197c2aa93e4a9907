//! What float32 gives for a sample of what is computed in less.

use std::path::Path;

use super::{Options, Precision, Worker};
use gia_base::diag::Outcome;
use gia_model::Declaration;
use gia_study::PrecisionCheck;
use gia_wire::Rows;

/// Number of sequences of each model that are compared.
const SAMPLE: usize = 64;

/// A worker in float32 on the first device, and how much the others deviated from it.
pub(super) struct Reference {
    worker: Worker,
    /// By model, how many sequences were compared.
    seen: Vec<usize>,
    found: PrecisionCheck,
}

impl Reference {
    /// One, where the options ask for less than float32.
    pub fn start(options: &Options) -> Outcome<Option<Reference>> {
        if options.precision == Precision::Float32 {
            return Ok(None);
        }
        let plain = Options {
            precision: Precision::Float32,
            others: Vec::new(),
            ..options.clone()
        };
        Ok(Some(Reference {
            worker: Worker::start(plain)?,
            seen: Vec::new(),
            found: PrecisionCheck {
                precision: options.precision.to_string(),
                sequences: 0,
                largest_difference: 0.0,
            },
        }))
    }

    /// Loads a network, under the same number as the workers have for it.
    pub fn open(&mut self, path: &Path, declaration: &Declaration) -> Outcome<()> {
        self.seen.push(0);
        self.worker.open(path, declaration).map(|_| ())
    }

    /// Compares answers with those in float32, until enough sequences of the model were.
    pub fn compare(
        &mut self,
        model: usize,
        rows: &Rows,
        columns: &[usize],
        answers: &[f32],
    ) -> Outcome<()> {
        let Some(seen) = self.seen.get_mut(model) else {
            return Ok(());
        };
        let count = rows.len().min(SAMPLE.saturating_sub(*seen));
        if count == 0 {
            return Ok(());
        }
        // From all over the piece, so that backgrounds and their edits are both among them.
        let sample: Vec<usize> = (0..count).map(|i| i * rows.len() / count).collect();
        *seen += count;
        let exact = self.worker.run(model, &rows.only(&sample), columns)?;
        let each = columns.len();
        let found = sample
            .iter()
            .flat_map(|row| &answers[row * each..(row + 1) * each]);
        let differences = found.zip(&exact).map(|(a, b)| f64::from(a - b).abs());
        let known = &mut self.found;
        known.sequences += count as u64;
        known.largest_difference = differences.fold(known.largest_difference, f64::max);
        Ok(())
    }

    pub fn found(self) -> PrecisionCheck {
        self.found
    }
}
