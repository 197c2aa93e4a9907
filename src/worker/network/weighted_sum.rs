//! A weighted sum of a network's columns, which is differentiated or attributed.

use gia_base::diag::{Code, Diagnostic, Outcome};
use tch::{Kind, TchError, Tensor};

use super::Network;
use super::output_buffer::flatten_outputs;
use crate::errors::failed;

/// Columns and their weights, on the device.
pub(super) struct WeightedSum {
    columns: Tensor,
    /// (1, columns) if all rows have the same weights, else (rows, columns).
    weights: Tensor,
}

impl WeightedSum {
    /// A weight for each column, or for each of `rows` rows and each column.
    ///
    /// # Errors
    /// Another number of weights, and if libtorch fails.
    pub fn new(
        network: &Network,
        columns: &[u32],
        weights: &[f32],
        rows: usize,
    ) -> Outcome<WeightedSum> {
        let of_all = weights.len() == columns.len();
        if !of_all && weights.len() != rows * columns.len() {
            let message = format!(
                "there are {} weights for {} columns of {rows} rows",
                weights.len(),
                columns.len()
            );
            return Err(Box::new(Diagnostic::error(Code::WorkerFailed, message)));
        }
        let places: Vec<i64> = columns.iter().map(|&column| i64::from(column)).collect();
        let shape = [if of_all { 1 } else { rows as i64 }, places.len() as i64];
        let device = network.onehot.device();
        let made = || -> Result<WeightedSum, TchError> {
            Ok(WeightedSum {
                columns: Tensor::f_from_slice(&places)?.f_to_device(device)?,
                weights: Tensor::f_from_slice(weights)?
                    .f_view(shape)?
                    .f_to_kind(network.kind())?
                    .f_to_device(device)?,
            })
        };
        made().map_err(|error| failed("the weights", &error))
    }

    /// The same sum with the weights of these rows.
    pub fn of_rows(&self, rows: impl Iterator<Item = usize>) -> Result<WeightedSum, TchError> {
        let weights = match self.weights.size().first() {
            None | Some(1) => self.weights.shallow_clone(),
            Some(_) => {
                let rows: Vec<i64> = rows.map(|row| row as i64).collect();
                let rows = Tensor::f_from_slice(&rows)?.f_to_device(self.weights.device())?;
                self.weights.f_index_select(0, &rows)?
            }
        };
        Ok(WeightedSum {
            columns: self.columns.shallow_clone(),
            weights,
        })
    }

    /// The sum for each of the first `count` rows of the outputs of `size` rows.
    pub fn of(&self, outputs: &[Tensor], size: i64, count: i64) -> Result<Tensor, TchError> {
        let columns = flatten_outputs(outputs, size, count)?.f_index_select(1, &self.columns)?;
        columns
            .f_mul(&self.weights)?
            .f_sum_dim_intlist(1, false, None::<Kind>)
    }
}
