//! Reading weights: any element type in the file, float32 or complex numbers of two float32 in memory.

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
    let stored = Tensor::f_from_data_size(bytes, &weight.shape, kind(weight.dtype))?;
    match weight.dtype {
        Dtype::Complex64 | Dtype::Complex128 => stored.f_to_kind(Kind::ComplexFloat),
        Dtype::Float16
        | Dtype::BFloat16
        | Dtype::Float32
        | Dtype::Float64
        | Dtype::Int8
        | Dtype::UInt8
        | Dtype::Int16
        | Dtype::Int32
        | Dtype::Int64
        | Dtype::Bool => stored.f_to_kind(Kind::Float),
    }
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
        Dtype::Complex64 => Kind::ComplexFloat,
        Dtype::Complex128 => Kind::ComplexDouble,
    }
}
