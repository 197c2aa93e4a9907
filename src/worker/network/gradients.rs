//! Gradients of a network's outputs with respect to its input.

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_wire::Rows;
use tch::{Device, Kind, TchError, Tensor};

use super::{Given, Network, side_by_side};
use crate::errors::failed;

/// The sum that is differentiated: columns, and the weight of each.
struct Weighted {
    columns: Tensor,
    weights: Tensor,
}

impl Network {
    /// Gradients of a weighted sum of columns with respect to the one-hot input of each row: (rows, 4, length), bases
    /// in the order of their codes. If the network also reads the reverse complement, the gradients of both strands are
    /// added.
    pub fn gradients(
        &mut self,
        rows: &Rows,
        columns: &[u32],
        weights: &[f32],
    ) -> Outcome<Vec<f32>> {
        self.check(rows, columns)?;
        self.check_independence(rows)?;
        let weighted = self
            .weighted(columns, weights)
            .map_err(|error| failed("the gradients", &error))?;
        let each = 4 * self.length;
        let mut values = vec![0f32; rows.len() * each];
        self.in_passes(rows, |network, first, size| {
            let count = size.min(rows.len() - first);
            let place = &mut values[first * each..(first + count) * each];
            network.gradients_of_pass(rows, first, size, &weighted, place)
        })?;
        Ok(values)
    }

    fn weighted(&self, columns: &[u32], weights: &[f32]) -> Result<Weighted, TchError> {
        let columns: Vec<i64> = columns.iter().map(|&column| i64::from(column)).collect();
        let device = self.onehot.device();
        Ok(Weighted {
            columns: Tensor::f_from_slice(&columns)?.f_to_device(device)?,
            weights: Tensor::f_from_slice(weights)?.f_to_device(device)?,
        })
    }

    fn gradients_of_pass(
        &self,
        rows: &Rows,
        first: usize,
        size: usize,
        weighted: &Weighted,
        place: &mut [f32],
    ) -> Outcome<()> {
        let at = |error: TchError| failed("the gradients", &error);
        let inputs = self.encode_all(rows, first, size)?;
        let mut followed = Vec::new();
        for (given, input) in self.inputs.iter().zip(&inputs) {
            if !matches!(given, Given::Constant(_)) {
                followed.push((given, input.f_set_requires_grad(true).map_err(at)?));
            }
        }
        let outputs = self.runner.run_for_gradients(inputs)?;
        let mut brought = || -> Result<bool, TchError> {
            let count = place.len() / (4 * self.length);
            let made = side_by_side(&outputs, size as i64, count as i64)?;
            let chosen = made.f_index_select(1, &weighted.columns)?;
            let sum = chosen.f_mul(&weighted.weights)?.f_sum(Kind::Float)?;
            let Some(found) = self.by_base(&sum, &followed)? else {
                return Ok(false);
            };
            let found = found.f_to_device(Device::Cpu)?.f_contiguous()?;
            let size = place.len();
            found.f_copy_data(place, size)?;
            Ok(true)
        };
        match brought().map_err(at)? {
            true => Ok(()),
            false => Err(self.no_gradient()),
        }
    }

    /// libtorch cannot lead the outputs back to the sequence. Graphs show that before they run, TorchScript does not.
    fn no_gradient(&self) -> Box<Diagnostic> {
        let message = format!(
            "`{}` cannot be differentiated by the sequence: it detaches its input, or makes whole numbers of it",
            self.path
        );
        let help = "write the network without `detach`, `torch.no_grad`, rounding and indices on the way from the sequence, and export it again";
        Box::new(Diagnostic::error(Code::NotDifferentiable, message).help(help))
    }

    /// Gradients of a sum by the inputs that take the sequence, added up base by base: (batch, 4, length). None where the
    /// sum leads back to none of them.
    fn by_base(
        &self,
        sum: &Tensor,
        followed: &[(&Given, Tensor)],
    ) -> Result<Option<Tensor>, TchError> {
        let inputs: Vec<&Tensor> = followed.iter().map(|(_, input)| input).collect();
        // What does not depend on an input has no gradient by it.
        let found = match sum.requires_grad() {
            true => Tensor::f_run_backward(&[sum], &inputs, false, false)?,
            false => Vec::new(),
        };
        if !found.iter().any(Tensor::defined) {
            return Ok(None);
        }
        let size = inputs
            .first()
            .and_then(|input| input.size().first().copied());
        let shape = [size.unwrap_or(0), 4, self.length as i64];
        let mut all = Tensor::f_zeros(shape, (Kind::Float, self.onehot.device()))?;
        for ((given, _), found) in followed.iter().zip(found) {
            if !found.defined() {
                continue;
            }
            let found = self.onehot.by_base(&found)?;
            all = match given {
                // The code of a base's complement is 3 less its own.
                Given::ReverseComplement => all.f_add_(&found.f_flip([1, 2])?)?,
                _ => all.f_add_(&found)?,
            };
        }
        Ok(Some(all))
    }
}
