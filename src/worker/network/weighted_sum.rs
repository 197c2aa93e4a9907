//! A weighted sum of a network's columns, which is differentiated or attributed.

use tch::{Kind, TchError, Tensor};

use super::Network;
use super::output_buffer::flatten_outputs;

/// Columns and their weights, on the device.
pub(super) struct WeightedSum {
    columns: Tensor,
    weights: Tensor,
}

impl WeightedSum {
    pub fn new(
        network: &Network,
        columns: &[u32],
        weights: &[f32],
    ) -> Result<WeightedSum, TchError> {
        let columns: Vec<i64> = columns.iter().map(|&column| i64::from(column)).collect();
        let device = network.onehot.device();
        Ok(WeightedSum {
            columns: Tensor::f_from_slice(&columns)?.f_to_device(device)?,
            weights: Tensor::f_from_slice(weights)?
                .f_to_kind(network.kind())?
                .f_to_device(device)?,
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
