//! Reading weights: any element type in the file, float32 or complex numbers of two float32 in memory.

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::{Dtype, Weight, Weights};
use tch::{Kind, TchError, Tensor};

use super::errors::{SMALLER_INTEGERS, failed};

/// Reads a weight into host memory as float32.
///
/// # Errors
/// Also if it holds an integer that float32 does not.
pub fn read(stored: &mut Weights, weight: &Weight) -> Outcome<Tensor> {
    let bytes = stored.bytes(weight)?;
    let at = format!("the weight `{}`", weight.record);
    let read = || -> Result<(Tensor, Option<i64>), TchError> {
        let stored = Tensor::f_from_data_size(&bytes, &weight.shape, kind(weight.dtype))?;
        let made = float32(&stored, weight)?;
        let inexact = inexact_integer(&stored, &made)?;
        Ok((made, inexact))
    };
    match read().map_err(|error| failed(&at, &error))? {
        (made, None) => Ok(made),
        (_, Some(integer)) => Err(Box::new(
            Diagnostic::error(
                Code::ModelFailed,
                format!("{at} holds the integer {integer}, which float32 does not hold exactly"),
            )
            .help(SMALLER_INTEGERS),
        )),
    }
}

/// The first integer that is another number as float32.
fn inexact_integer(stored: &Tensor, made: &Tensor) -> Result<Option<i64>, TchError> {
    if !matches!(stored.kind(), Kind::Int | Kind::Int64) {
        return Ok(None);
    }
    let stored = stored.f_to_kind(Kind::Int64)?;
    let differs = made.f_to_kind(Kind::Int64)?.f_ne_tensor(&stored)?;
    let found = stored.f_masked_select(&differs)?;
    match found.size1()? {
        0 => Ok(None),
        _ => Ok(Some(found.f_int64_value(&[0])?)),
    }
}

fn float32(stored: &Tensor, weight: &Weight) -> Result<Tensor, TchError> {
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
