//! Contributions through convolutions and products with weights, without a pass that computes what is not needed: the operator transposed.

use gia_model::{Op, Padding};
use tch::{Device, Tensor};

use super::line::Result;
use crate::kernels::{self, Argument};

/// The contribution to the first operand of a layer with weights, whose size is `size`; none for operators that have no shortcut.
pub fn call(
    op: &Op,
    weight: &Tensor,
    contribution: &Tensor,
    size: &[i64],
) -> Result<Option<Tensor>> {
    match op {
        Op::Linear if weight.dim() == 2 => contribution.f_matmul(weight).map(Some),
        Op::MatMul if weight.dim() == 2 && size.len() >= 2 => {
            contribution.f_matmul(&weight.f_transpose(0, 1)?).map(Some)
        }
        Op::Convolution {
            stride,
            padding,
            dilation,
            groups,
        } => match (&stride[..], &dilation[..], size) {
            (&[stride], &[dilation], &[_, _, length]) => {
                let geometry = Sequence {
                    stride,
                    dilation,
                    groups: *groups,
                    length,
                };
                geometry.transposed(weight, padding, contribution)
            }
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// The geometry of a convolution over a sequence of `length` positions.
struct Sequence {
    stride: i64,
    dilation: i64,
    groups: i64,
    length: i64,
}

impl Sequence {
    fn transposed(
        &self,
        weight: &Tensor,
        padding: &Padding,
        contribution: &Tensor,
    ) -> Result<Option<Tensor>> {
        // A weight in the layout of the CPU has a dimension of 1 more.
        let weight = match weight.dim() {
            4 => weight.f_squeeze_dim(2)?,
            3 => weight.shallow_clone(),
            _ => return Ok(None),
        };
        let &[_, _, width] = &weight.size()[..] else {
            return Ok(None);
        };
        let reach = self.dilation * (width - 1);
        let before = match padding {
            Padding::Symmetric(pads) => match pads[..] {
                [pad] => pad,
                _ => return Ok(None),
            },
            Padding::Same => reach / 2,
        };
        if self.stride == 1 && self.groups == 1 && before <= reach {
            return self
                .flipped(&weight, reach - before, contribution)
                .map(Some);
        }
        let windows = contribution.size().last().copied().unwrap_or(0);
        let covered = (windows - 1) * self.stride + reach + 1;
        let op = Op::TransposedConvolution {
            stride: vec![self.stride],
            padding: vec![0],
            output_padding: vec![0],
            dilation: vec![self.dilation],
            groups: self.groups,
        };
        let arguments = [
            Argument::Tensor(contribution),
            Argument::Tensor(&weight),
            Argument::Absent,
        ];
        let whole = kernels::call(&op, &arguments)?;
        // Positions of the padding are cut off, and positions that no window reaches added.
        let after = self.length + before - covered;
        whole.f_constant_pad_nd([-before, after]).map(Some)
    }

    /// With a stride of 1, a convolution with the weight turned round, of which the CPU has the faster kernel.
    fn flipped(&self, weight: &Tensor, before: i64, contribution: &Tensor) -> Result<Tensor> {
        let mut turned = weight.f_transpose(0, 1)?.f_flip([2])?;
        if contribution.device() == Device::Cpu {
            turned = kernels::weight_for_cpu(&turned.f_contiguous()?)?;
        }
        let reach = self.dilation * (weight.size()[2] - 1);
        let windows = contribution.size().last().copied().unwrap_or(0);
        let after = self.length + reach - before - windows;
        let (padded, pad) = match before == after && before >= 0 {
            true => (contribution.shallow_clone(), before),
            false => (contribution.f_constant_pad_nd([before, after])?, 0),
        };
        let op = Op::Convolution {
            stride: vec![1],
            padding: Padding::Symmetric(vec![pad]),
            dilation: vec![self.dilation],
            groups: 1,
        };
        let arguments = [
            Argument::Tensor(&padded),
            Argument::Tensor(&turned),
            Argument::Absent,
        ];
        kernels::call(&op, &arguments)
    }
}
