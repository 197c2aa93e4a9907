//! Gradients of a network's outputs with respect to its input.

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_wire::Rows;
use tch::{Device, Kind, TchError, Tensor};

use super::weighted_sum::WeightedSum;
use super::{InputSource, Network};
use crate::errors::failed;

impl Network {
    /// Gradients of a weighted sum of columns with respect to the one-hot input of each row: (rows, 4, length), with bases in the
    /// order of their codes. There is a weight for each column, or for each row and column. If the network also reads the reverse complement, the gradients of both strands are added.
    pub fn gradients(
        &mut self,
        rows: &Rows,
        columns: &[u32],
        weights: &[f32],
    ) -> Outcome<Vec<f32>> {
        self.check(rows, columns)?;
        self.check_independence(rows)?;
        let sum = WeightedSum::new(self, columns, weights, rows.len())?;
        let per_row = 4 * self.length;
        let mut values = vec![0f32; rows.len() * per_row];
        self.for_each_pass(rows.len(), |network, first, size| {
            let count = size.min(rows.len() - first);
            let target = &mut values[first * per_row..(first + count) * per_row];
            network.gradients_of_pass(rows, first, size, &sum, target)
        })?;
        Ok(values)
    }

    fn gradients_of_pass(
        &self,
        rows: &Rows,
        first: usize,
        size: usize,
        weighted_sum: &WeightedSum,
        target: &mut [f32],
    ) -> Outcome<()> {
        let at = |error: TchError| failed("the gradients", &error);
        let inputs = self.encode_rows(rows, first, size)?;
        let mut sequence_inputs = Vec::new();
        for (source, input) in self.inputs.iter().zip(&inputs) {
            if !matches!(source, InputSource::Constant(_)) {
                sequence_inputs.push((source, input.f_set_requires_grad(true).map_err(at)?));
            }
        }
        let outputs = self.runner.run_for_gradients(inputs)?;
        let mut copy_gradients = || -> Result<bool, TchError> {
            let count = target.len() / (4 * self.length);
            let own = weighted_sum.of_rows(first..first + count)?;
            let sum = own.of(&outputs, size as i64, count as i64)?;
            let sum = sum.f_sum(sum.kind())?;
            let Some(gradient) = self.sequence_gradient(&sum, &sequence_inputs)? else {
                return Ok(false);
            };
            let gradient = gradient.f_to_device(Device::Cpu)?.f_contiguous()?;
            let size = target.len();
            gradient.f_copy_data(target, size)?;
            Ok(true)
        };
        match copy_gradients().map_err(at)? {
            true => Ok(()),
            false => Err(self.no_gradient()),
        }
    }

    /// The error for outputs that are detached from the sequence. A graph is checked for this before a run, but TorchScript cannot be.
    pub(super) fn no_gradient(&self) -> Box<Diagnostic> {
        let message = format!(
            "`{}` cannot be differentiated with respect to the sequence: it detaches its input or converts it to integers",
            self.path
        );
        let help = "remove `detach`, `torch.no_grad`, rounding and indexing between the sequence and the output, and export the network again";
        Box::new(Diagnostic::error(Code::NotDifferentiable, message).help(help))
    }

    /// Gradients of `sum` with respect to the sequence, added over the inputs that read it: (batch, 4, length). `None` if the sum
    /// depends on none of them.
    pub(super) fn sequence_gradient(
        &self,
        sum: &Tensor,
        sequence_inputs: &[(&InputSource, Tensor)],
    ) -> Result<Option<Tensor>, TchError> {
        let inputs: Vec<&Tensor> = sequence_inputs.iter().map(|(_, input)| input).collect();
        let gradients = match sum.requires_grad() {
            true => Tensor::f_run_backward(&[sum], &inputs, false, false)?,
            false => Vec::new(),
        };
        if !gradients.iter().any(Tensor::defined) {
            return Ok(None);
        }
        let size = inputs
            .first()
            .and_then(|input| input.size().first().copied());
        let shape = [size.unwrap_or(0), 4, self.length as i64];
        let mut all = Tensor::f_zeros(shape, (Kind::Float, self.onehot.device()))?;
        for ((source, _), gradient) in sequence_inputs.iter().zip(gradients) {
            if !gradient.defined() {
                continue;
            }
            let gradient = self.onehot.in_code_order(&gradient)?;
            all = match source {
                // The code of a base's complement is 3 minus its own.
                InputSource::ReverseComplement => all.f_add_(&gradient.f_flip([1, 2])?)?,
                _ => all.f_add_(&gradient)?,
            };
        }
        Ok(Some(all))
    }
}
