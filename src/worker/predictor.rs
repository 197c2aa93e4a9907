//! Predicts rows with a network: incrementally where that is faster, with full passes otherwise.

use gia_base::diag::{Code, Outcome};
use gia_wire::{IncrementalMode, IncrementalStats, Open, Precision, Rows};
use tch::Device;

use super::incremental::{IncrementalPredictor, can_save_passes};
use super::network::{Network, OutputBuffer, Runner};

/// A network with the state of its incremental inference.
pub struct Predictor {
    pub network: Network,
    mode: IncrementalMode,
    /// State of incremental inference: outer `None` until the first edited row, inner `None` if it is not possible or never faster.
    incremental: Option<Option<IncrementalPredictor>>,
    incremental_stats: IncrementalStats,
}

impl Predictor {
    pub fn open(
        open: &Open,
        device: Device,
        precision: Precision,
        mode: IncrementalMode,
    ) -> Outcome<Predictor> {
        let mode = match precision {
            // What is kept for incremental inference is float32.
            Precision::BFloat16 | Precision::Float64 => IncrementalMode::Never,
            Precision::Float32 | Precision::Tf32 => mode,
        };
        Ok(Predictor::new(
            Network::open(open, device, precision)?,
            mode,
        ))
    }

    fn new(network: Network, mode: IncrementalMode) -> Predictor {
        Predictor {
            network,
            mode,
            incremental: None,
            incremental_stats: IncrementalStats::default(),
        }
    }

    /// A predictor for another thread, with shared weights; `None` for TorchScript.
    pub fn clone_shared(&self) -> Option<Predictor> {
        Some(Predictor::new(self.network.clone_shared()?, self.mode))
    }

    /// Takes the statistics of incremental inference since the last call.
    pub fn take_incremental_stats(&mut self) -> IncrementalStats {
        std::mem::take(&mut self.incremental_stats)
    }

    /// Predicts the requested columns of every row: (rows, columns), row-major.
    pub fn predict(&mut self, rows: &Rows, columns: &[u32]) -> Outcome<Vec<f32>> {
        self.network.check(rows, columns)?;
        self.network.check_independence(rows)?;
        let edited = (0..rows.len()).filter(|row| !rows.is_unedited(*row));
        let edited = edited.count();
        if self.mode == IncrementalMode::Never || edited == 0 {
            return self.network.predict_full(rows, columns);
        }
        // The state takes a pass to create.
        let is_first = self.incremental.is_none() && self.mode == IncrementalMode::WhenFaster;
        if is_first && !can_save_passes(edited) {
            return self.network.predict_full(rows, columns);
        }
        let Some(mut incremental) = self.take_incremental()? else {
            return self.network.predict_full(rows, columns);
        };
        let mut output = OutputBuffer::new(&self.network, rows.len(), columns)?;
        let remaining = incremental
            .predict(&self.network, rows, &mut output)
            .and_then(|remaining| {
                incremental
                    .check(&mut self.network, rows, &remaining, &output)
                    .map(|()| remaining)
            });
        self.incremental_stats = self.incremental_stats.combine(incremental.take_stats());
        self.incremental = Some(Some(incremental));
        match remaining {
            Ok(remaining) if remaining.is_empty() => Ok(output.into_values()),
            Ok(remaining) if remaining.len() == rows.len() => {
                self.network.predict_full(rows, columns)
            }
            Ok(remaining) => {
                let values = self
                    .network
                    .predict_full(&rows.select(&remaining), columns)?;
                output.write_values(&remaining, &values);
                Ok(output.into_values())
            }
            // Full passes need less memory than cached activations.
            Err(diagnostic) if diagnostic.code == Code::OutOfMemory => {
                self.mode = IncrementalMode::Never;
                self.network.predict_full(rows, columns)
            }
            Err(diagnostic) => Err(diagnostic),
        }
    }

    /// Takes the state of incremental inference, which is created on the first call.
    fn take_incremental(&mut self) -> Outcome<Option<IncrementalPredictor>> {
        if let Some(state) = &mut self.incremental {
            return Ok(state.take());
        }
        let incremental = match &self.network.runner {
            Runner::Graph(program) if !self.network.is_fixed_batch => {
                let bases = vec![0u8; self.network.length()];
                let inputs = self.network.encode_bases(&bases)?;
                let shapes = program.shapes(inputs)?;
                IncrementalPredictor::new(&self.network, shapes, self.mode)
            }
            _ => None,
        };
        self.incremental = Some(None);
        Ok(incremental)
    }
}
