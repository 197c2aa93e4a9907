//! The requested columns of a network's outputs, copied from the device.

use gia_base::diag::Outcome;
use tch::{Device, Kind, TchError, Tensor};

use super::Network;
use crate::errors::failed;

/// The requested columns of all rows of a request, row-major, in host memory.
pub(crate) struct OutputBuffer {
    columns: Vec<u32>,
    /// The columns as an index tensor on the device; `None` if all columns are requested in order.
    index: Option<Tensor>,
    values: Vec<f32>,
}

impl OutputBuffer {
    /// A buffer of zeros for `rows` rows.
    pub fn new(network: &Network, rows: usize, columns: &[u32]) -> Outcome<OutputBuffer> {
        let is_all = columns
            .iter()
            .map(|&column| column as usize)
            .eq(0..network.columns);
        let index: Vec<i64> = columns.iter().map(|&column| i64::from(column)).collect();
        let index = || Tensor::f_from_slice(&index)?.f_to_device(network.device());
        let index = match is_all {
            true => None,
            false => Some(index().map_err(|error| failed("the outputs", &error))?),
        };
        Ok(OutputBuffer {
            columns: columns.to_vec(),
            index,
            values: vec![0.0; rows * columns.len()],
        })
    }

    pub fn columns(&self) -> &[u32] {
        &self.columns
    }

    /// The values of all rows, row-major.
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// The values of a row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns.len()..(row + 1) * self.columns.len()]
    }

    /// Copies the outputs of a batch from the device; row `i` of the batch is row `rows[i]` of the buffer.
    pub fn write(&mut self, outputs: &[Tensor], rows: &[usize]) -> Outcome<()> {
        let mut values = vec![0.0; rows.len() * self.columns.len()];
        let count = rows.len() as i64;
        flatten_outputs(outputs, count, count)
            .and_then(|outputs| self.copy_to_host(&outputs, &mut values))
            .map_err(|error| failed("the outputs", &error))?;
        self.write_values(rows, &values);
        Ok(())
    }

    /// Copies flattened outputs of shape (`count`, all columns) from the device to the `count` rows from `first` on.
    pub fn write_range(&mut self, outputs: &Tensor, first: usize, count: usize) -> Outcome<()> {
        let width = self.columns.len();
        let mut values = std::mem::take(&mut self.values);
        let copied =
            self.copy_to_host(outputs, &mut values[first * width..(first + count) * width]);
        self.values = values;
        copied.map_err(|error| failed("the outputs", &error))
    }

    /// Copies values that are in host memory already, row-major, to these rows.
    pub fn write_values(&mut self, rows: &[usize], values: &[f32]) {
        let width = self.columns.len();
        for (row, values) in rows.iter().zip(values.chunks_exact(width.max(1))) {
            self.values[row * width..(row + 1) * width].copy_from_slice(values);
        }
    }

    fn copy_to_host(&self, outputs: &Tensor, target: &mut [f32]) -> Result<(), TchError> {
        let selected = match &self.index {
            Some(index) => outputs.f_index_select(1, index)?,
            None => outputs.shallow_clone(),
        };
        let selected = selected
            .f_to_kind(Kind::Float)?
            .f_to_device(Device::Cpu)?
            .f_contiguous()?;
        let size = target.len();
        selected.f_copy_data(target, size)
    }
}

/// Flattens and concatenates the outputs of a batch of `size` sequences, and returns the first `count` rows: (count, columns).
pub(super) fn flatten_outputs(
    outputs: &[Tensor],
    size: i64,
    count: i64,
) -> Result<Tensor, TchError> {
    let flat: Vec<Tensor> = outputs
        .iter()
        .map(|output| output.f_reshape([size, -1]))
        .collect::<Result<_, _>>()?;
    let all = if let [one] = flat.as_slice() {
        one.shallow_clone()
    } else {
        Tensor::f_cat(&flat, 1)?
    };
    all.f_narrow(0, 0, count)
}
