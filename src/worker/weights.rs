//! Reading weights: any element type in the file, float32 in memory.

use gia_base::diag::Outcome;
use gia_model::{Dtype, Weight, Weights};
use tch::{Kind, TchError, Tensor};

use super::errors::failed;

/// Reads a weight into host memory as float32.
pub fn read(stored: &mut Weights, weight: &Weight) -> Outcome<Tensor> {
    let bytes = stored.bytes(weight)?;
    float32(&bytes, weight)
        .map_err(|error| failed(&format!("the weight `{}`", weight.record), &error))
}

fn float32(bytes: &[u8], weight: &Weight) -> Result<Tensor, TchError> {
    Tensor::f_from_data_size(bytes, &weight.shape, kind(weight.dtype))?.f_to_kind(Kind::Float)
}

fn kind(dtype: Dtype) -> Kind {
    match dtype {
        Dtype::Float16 => Kind::Half,
        Dtype::BFloat16 => Kind::BFloat16,
        Dtype::Float32 => Kind::Float,
        Dtype::Float64 => Kind::Double,
        Dtype::Int8 => Kind::Int8,
        Dtype::UInt8 => Kind::Uint8,
        Dtype::Int16 => Kind::Int16,
        Dtype::Int32 => Kind::Int,
        Dtype::Int64 => Kind::Int64,
        Dtype::Bool => Kind::Bool,
    }
}
