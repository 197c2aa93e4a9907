//! Reads the weights of a model file.

use std::path::Path;

use super::archive::Archive;
use super::graph::Weight;
use super::onnx::{self, is_onnx};
use super::unsupported_file::damaged;
use gia_base::diag::Outcome;

/// Number of elements that a weight may have in any case, however few bytes of the file it expands.
const ALWAYS_ALLOWED_ELEMENTS: u64 = 1 << 24;

/// Access to the weights of one model file.
pub enum Weights {
    /// Weights of a `torch.export` archive.
    Archive(Archive),
    /// Weights of an ONNX file, and of the files beside it that hold its large tensors.
    Onnx(onnx::TensorStore),
}

impl Weights {
    /// Opens a model file: ONNX if its name ends in `.onnx`, else a `torch.export` archive.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or is of an unsupported kind, such as a pickle.
    pub fn open(path: &Path) -> Outcome<Weights> {
        Ok(match is_onnx(path) {
            true => Weights::Onnx(onnx::TensorStore::open(path)?),
            false => Weights::Archive(Archive::open(path)?),
        })
    }

    /// The elements of a weight in row-major order, little-endian.
    pub fn bytes(&mut self, weight: &Weight) -> Outcome<Vec<u8>> {
        match self {
            Weights::Archive(archive) => elements_of(archive, weight),
            Weights::Onnx(stored) => stored.bytes(weight),
        }
    }
}

/// The elements of a weight of a `torch.export` archive in row-major order, little-endian.
pub fn elements_of(archive: &mut Archive, weight: &Weight) -> Outcome<Vec<u8>> {
    let file = archive.name().to_string();
    let wrong = || {
        damaged(
            &file,
            format!("its record `{}` does not fit its shape", weight.record),
        )
    };
    let needed = weight.span_bytes().ok_or_else(wrong)?;
    let stored = archive.record_size(&weight.record).unwrap_or(0);
    let bytes = archive.record(&weight.record, Some(stored))?;
    if (bytes.len() as u64) < needed {
        return Err(wrong());
    }
    let size = weight.dtype.size() as usize;
    let elements = weight.elements().ok_or_else(wrong)?;
    if elements == 0 {
        return Ok(Vec::new());
    }
    if weight.is_contiguous() {
        let start = weight.offset as usize * size;
        return Ok(bytes[start..start + elements as usize * size].to_vec());
    }
    // `torch.export` may store a transposed or expanded view. An expanded one has more elements than bytes, so a
    // damaged file could state any number.
    if elements > needed.saturating_mul(64).max(ALWAYS_ALLOWED_ELEMENTS) {
        return Err(wrong());
    }
    let elements = elements as usize;
    let mut packed = Vec::with_capacity(elements * size);
    let mut index = vec![0i64; weight.shape.len()];
    for _ in 0..elements {
        let at: i64 = index
            .iter()
            .zip(&weight.strides)
            .map(|(i, s)| i * s)
            .sum::<i64>()
            + weight.offset;
        let start = at as usize * size;
        packed.extend_from_slice(&bytes[start..start + size]);
        for (i, extent) in index.iter_mut().zip(&weight.shape).rev() {
            *i += 1;
            if *i < *extent {
                break;
            }
            *i = 0;
        }
    }
    Ok(packed)
}
