//! One-hot encoding of bases on the device, in the layout and order of channels that a network takes.
//!
//! On a CPU a position's channels lie beside each other in memory, whatever the layout: (batch, 4, length) is then a view,
//! and what convolutions are fastest with.

use gia_domain::UNKNOWN;
use gia_model::{Layout, UnknownBase};
use tch::{Device, Kind, TchError, Tensor};

/// Encodes bases for one network.
pub struct OneHot {
    /// The code of each channel, shaped to compare with a batch.
    channels: Tensor,
    layout: Layout,
    /// The order in memory.
    stored: Layout,
    unknown: UnknownBase,
    device: Device,
}

impl OneHot {
    /// The same for another thread.
    pub fn another(&self) -> OneHot {
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
        let stored = if device == Device::Cpu {
            Layout::ChannelsLast
        } else {
            layout
        };
        let shape = match stored {
            Layout::ChannelsFirst => [1, 4, 1],
            Layout::ChannelsLast => [1, 1, 4],
        };
        let channels = Tensor::f_from_slice(&channels)?
            .f_reshape(shape)?
            .f_to_device(device)?;
        Ok(OneHot {
            channels,
            layout,
            stored,
            unknown,
            device,
        })
    }

    /// The dimension of an input that runs along the sequence.
    pub fn positions(&self) -> usize {
        match self.layout {
            Layout::ChannelsFirst => 2,
            Layout::ChannelsLast => 1,
        }
    }

    pub fn device(&self) -> Device {
        self.device
    }

    /// `bases` holds sequences of `length` end to end; gives float32 of (batch, 4, length) or (batch, length, 4).
    pub fn encode(&self, bases: &[u8], length: usize) -> Result<Tensor, TchError> {
        let batch = (bases.len() / length) as i64;
        let codes = Tensor::f_from_slice(bases)?
            .f_to_device(self.device)?
            .f_reshape([batch, length as i64])?;
        let codes = match self.stored {
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
        if self.layout == self.stored {
            return Ok(hot);
        }
        hot.f_transpose(1, 2)
    }

    /// What belongs to each channel of an input as [`OneHot::encode`] lays it out, by base: (batch, 4, length).
    pub fn by_base(&self, numbers: &Tensor) -> Result<Tensor, TchError> {
        let numbers = match self.layout {
            Layout::ChannelsFirst => numbers.shallow_clone(),
            Layout::ChannelsLast => numbers.f_transpose(1, 2)?,
        };
        let order = self.channels.f_reshape([4])?.f_argsort(0, false)?;
        numbers.f_index_select(1, &order)
    }
}
