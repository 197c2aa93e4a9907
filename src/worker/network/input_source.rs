//! Encoding of a network's inputs. Tokens, further channels and parts of the sequence are computed in the graph, from the one-hot sequence.

use gia_domain::reverse_complement;
use gia_model::Input;
use tch::{Device, TchError, Tensor};

use crate::onehot::OneHot;

/// The source of a network input.
pub(crate) enum InputSource {
    Sequence,
    ReverseComplement,
    /// A tensor on the device with a batch extent of 1, which is expanded to the batch.
    Constant(Tensor),
}

impl InputSource {
    pub fn new(input: &Input, device: Device) -> Result<InputSource, TchError> {
        Ok(match input {
            Input::Sequence(input) if input.reverse_complement => InputSource::ReverseComplement,
            Input::Sequence(_) => InputSource::Sequence,
            Input::Constant { shape, values } => {
                let shape: Vec<i64> = std::iter::once(1)
                    .chain(shape.iter().map(|&extent| extent as i64))
                    .collect();
                let values = Tensor::f_from_slice(values)?;
                let tensor = if values.numel() == 1 {
                    values.f_expand(&shape, false)?
                } else {
                    values.f_reshape(&shape)?
                };
                InputSource::Constant(tensor.f_contiguous()?.f_to_device(device)?)
            }
        })
    }

    /// A handle for another thread, with shared memory.
    pub fn clone_shared(&self) -> InputSource {
        match self {
            InputSource::Sequence => InputSource::Sequence,
            InputSource::ReverseComplement => InputSource::ReverseComplement,
            InputSource::Constant(tensor) => InputSource::Constant(tensor.shallow_clone()),
        }
    }

    /// Encodes this input for a batch. `bases` holds the base codes of its sequences of `length` bp, concatenated.
    pub fn encode(&self, onehot: &OneHot, bases: &[u8], length: usize) -> Result<Tensor, TchError> {
        match self {
            InputSource::Sequence => onehot.encode(bases, length),
            InputSource::ReverseComplement => {
                let mut reversed = bases.to_vec();
                reversed
                    .chunks_exact_mut(length)
                    .for_each(reverse_complement);
                onehot.encode(&reversed, length)
            }
            InputSource::Constant(tensor) => {
                let mut shape = tensor.size();
                shape[0] = (bases.len() / length) as i64;
                tensor.f_expand(&shape, false)?.f_contiguous()
            }
        }
    }
}
