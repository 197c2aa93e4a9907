//! One-hot encoding of bases on the device, in the layout and channel order of a network.
//!
//! On a CPU the memory order is always channels-last, which is fastest for convolutions; (batch, 4, length) is then a strided view.

use gia_domain::UNKNOWN;
use gia_model::{Layout, UnknownBase};
use tch::{Device, Kind, TchError, Tensor};

/// The one-hot encoder of one network.
pub struct OneHot {
    /// Base code of each channel, in a shape that broadcasts against a batch.
    channels: Tensor,
    /// Order of the axes.
    layout: Layout,
    /// Order in memory.
    memory_layout: Layout,
    unknown: UnknownBase,
    device: Device,
}

impl OneHot {
    /// A handle for another thread, with shared memory.
    pub fn clone_shared(&self) -> OneHot {
        OneHot {
            channels: self.channels.shallow_clone(),
            ..*self
        }
    }

    pub fn new(
        channels: [u8; 4],
        layout: Layout,
        unknown: UnknownBase,
        device: Device,
    ) -> Result<OneHot, TchError> {
        let memory_layout = if device == Device::Cpu {
            Layout::ChannelsLast
        } else {
            layout
        };
        let shape = match memory_layout {
            Layout::ChannelsFirst => [1, 4, 1],
            Layout::ChannelsLast => [1, 1, 4],
        };
        let channels = Tensor::f_from_slice(&channels)?
            .f_reshape(shape)?
            .f_to_device(device)?;
        Ok(OneHot {
            channels,
            layout,
            memory_layout,
            unknown,
            device,
        })
    }

    /// The dimension of an encoded input along the sequence.
    pub fn position_dim(&self) -> usize {
        self.layout.position_dim()
    }

    pub fn device(&self) -> Device {
        self.device
    }

    /// Encodes a batch, given the base codes of its sequences of `length` bp, concatenated: float32 of shape (batch, 4, length) or
    /// (batch, length, 4).
    pub fn encode(&self, bases: &[u8], length: usize) -> Result<Tensor, TchError> {
        let batch = (bases.len() / length) as i64;
        let codes = Tensor::f_from_slice(bases)?
            .f_to_device(self.device)?
            .f_reshape([batch, length as i64])?;
        let codes = match self.memory_layout {
            Layout::ChannelsFirst => codes.f_unsqueeze(1)?,
            Layout::ChannelsLast => codes.f_unsqueeze(2)?,
        };
        let mut hot = codes.f_eq_tensor(&self.channels)?.f_to_kind(Kind::Float)?;
        if self.unknown == UnknownBase::Quarter && bases.contains(&UNKNOWN) {
            let quarter = codes
                .f_eq(i64::from(UNKNOWN))?
                .f_to_kind(Kind::Float)?
                .f_mul_scalar(0.25)?;
            hot = hot.f_add_(&quarter)?;
        }
        if self.layout == self.memory_layout {
            return Ok(hot);
        }
        hot.f_transpose(1, 2)
    }

    /// Reorders a tensor in the layout of [`OneHot::encode`], such as a gradient, to (batch, 4, length) with bases in the order of
    /// their codes.
    pub fn in_code_order(&self, tensor: &Tensor) -> Result<Tensor, TchError> {
        let tensor = match self.layout {
            Layout::ChannelsFirst => tensor.shallow_clone(),
            Layout::ChannelsLast => tensor.f_transpose(1, 2)?,
        };
        let order = self.channels.f_reshape([4])?.f_argsort(0, false)?;
        tensor.f_index_select(1, &order)
    }
}
