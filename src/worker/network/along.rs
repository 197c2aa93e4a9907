//! Outputs and gradients at points between sequences and references.

use gia_base::diag::{Code, Diagnostic, Outcome};
use tch::{Device, Kind, TchError, Tensor};

use super::comparison::Comparison;
use super::output_buffer::flatten_outputs;
use super::weighted_sum::WeightedSum;
use super::{InputSource, Network};
use crate::errors::failed;

impl Network {
    /// The columns at a point between each sequence and each of its references, and with weights the gradient of their sum there: for each pair the
    /// columns, then (4, length) derivatives with bases in the order of their codes. The encodings are mixed, by the share that the sequence has.
    ///
    /// # Errors
    /// If an input of the network is no tensor of numbers that can be mixed, such as tokens, and as for gradients.
    pub fn along(&mut self, of: &Comparison) -> Outcome<Vec<f32>> {
        let (columns, sequences, each) = (&of.columns, of.sequences, of.per_sequence);
        self.check(&of.rows, columns)?;
        self.check_independence(&of.rows)?;
        let pairs = of.pairs();
        let of_all = of.shares.len() == 1;
        let sum = match of.weights.is_empty() {
            true => None,
            false => Some(WeightedSum::new(self, columns, &of.weights, pairs)?),
        };
        let per_pair = columns.len() + if sum.is_some() { 4 * self.length } else { 0 };
        let places: Vec<i64> = columns.iter().map(|&column| i64::from(column)).collect();
        let mut values = vec![0f32; pairs * per_pair];
        self.for_each_pass(pairs, |network, first, size| {
            let count = size.min(pairs - first);
            // If there are fewer pairs than a pass takes, the last one is repeated.
            let chosen = (first..first + size).map(|pair| pair.min(pairs - 1));
            let share = |pair: usize| of.shares[if of_all { 0 } else { pair }];
            let shares: Vec<f32> = chosen.clone().map(share).collect();
            let inputs = network.mixed(
                network.encode_chosen(&of.rows, chosen.clone().map(|pair| pair / each))?,
                network.encode_chosen(&of.rows, chosen.map(|pair| sequences + pair))?,
                &shares,
            )?;
            let target = &mut values[first * per_pair..(first + count) * per_pair];
            network.along_pass(inputs, (first, size, count), &places, sum.as_ref(), target)
        })?;
        Ok(values)
    }

    /// The inputs between those of sequences and of references.
    fn mixed(
        &self,
        own: Vec<Tensor>,
        references: Vec<Tensor>,
        shares: &[f32],
    ) -> Outcome<Vec<Tensor>> {
        let at = |error: TchError| failed("the input", &error);
        let mix = |(own, reference): (Tensor, Tensor)| -> Result<Option<Tensor>, TchError> {
            if !own.is_floating_point() {
                return Ok(None);
            }
            let mut shape = vec![1; own.dim()];
            shape[0] = shares.len() as i64;
            let shares = Tensor::f_from_slice(shares)?
                .f_to_kind(own.kind())?
                .f_to_device(own.device())?
                .f_view(&shape[..])?;
            let difference = own.f_sub(&reference)?;
            Ok(Some(reference.f_add(&difference.f_mul(&shares)?)?))
        };
        let pairs = own.into_iter().zip(references).zip(&self.inputs);
        let mixed = pairs.map(|((own, reference), source)| match source {
            InputSource::Constant(_) => Ok(own),
            _ => mix((own, reference))
                .map_err(at)?
                .ok_or_else(|| self.no_mixture()),
        });
        mixed.collect()
    }

    fn no_mixture(&self) -> Box<Diagnostic> {
        let message = format!(
            "`{}` reads tokens, between which there is nothing: what lies between a sequence and a reference has no prediction",
            self.path
        );
        let help = "use in silico mutagenesis: `ism`";
        Box::new(Diagnostic::error(Code::NotDifferentiable, message).help(help))
    }

    fn along_pass(
        &self,
        inputs: Vec<Tensor>,
        (first, size, count): (usize, usize, usize),
        columns: &[i64],
        sum: Option<&WeightedSum>,
        target: &mut [f32],
    ) -> Outcome<()> {
        let at = |error: TchError| failed("the gradients", &error);
        let mut sequence_inputs = Vec::new();
        for (source, input) in self.inputs.iter().zip(&inputs) {
            if sum.is_some() && !matches!(source, InputSource::Constant(_)) {
                sequence_inputs.push((source, input.f_set_requires_grad(true).map_err(at)?));
            }
        }
        let outputs = match sum {
            Some(_) => self.runner.run_for_gradients(inputs)?,
            None => self.runner.run(inputs)?,
        };
        let compute = || -> Result<Option<Tensor>, TchError> {
            let places = Tensor::f_from_slice(columns)?.f_to_device(self.device())?;
            let flat = flatten_outputs(&outputs, size as i64, count as i64)?;
            let values = flat.f_index_select(1, &places)?.f_detach()?;
            let Some(sum) = sum else {
                return Ok(Some(values));
            };
            let sum = sum.of_rows(first..first + count)?;
            let sum = sum.of(&outputs, size as i64, count as i64)?;
            let Some(gradient) =
                self.sequence_gradient(&sum.f_sum(sum.kind())?, &sequence_inputs)?
            else {
                return Ok(None);
            };
            let gradient = gradient.f_narrow(0, 0, count as i64)?.f_flatten(1, -1)?;
            Tensor::f_cat(&[values.f_to_kind(gradient.kind())?, gradient], 1).map(Some)
        };
        let found = compute().map_err(at)?.ok_or_else(|| self.no_gradient())?;
        let copy = |target: &mut [f32]| -> Result<(), TchError> {
            let found = found.f_to_kind(Kind::Float)?.f_to_device(Device::Cpu)?;
            let size = target.len();
            found.f_contiguous()?.f_copy_data(target, size)
        };
        copy(target).map_err(at)
    }
}
