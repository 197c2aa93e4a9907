//! The elements of small buffers of integers and of truth values, on which shapes may depend: a mask decides how many elements it selects.

use super::Reader;
use crate::archive::Archive;
use crate::graph::Dtype;
use crate::weights::elements_of;
use gia_base::diag::Outcome;

/// Maximum number of elements of a buffer that is read with the graph.
const MAX_ELEMENTS: u64 = 1 << 16;

impl Reader {
    /// Reads the elements of small buffers of integers. Other weights are read when the network is loaded.
    pub(super) fn read_stored_integers(&mut self, archive: &mut Archive) -> Outcome<()> {
        for weight in &self.graph.weights {
            let is_small = weight.elements().is_some_and(|n| n <= MAX_ELEMENTS);
            if is_small
                && weight.is_contiguous()
                && let Some(decode) = decoder(weight.dtype)
            {
                let values = elements_of(archive, weight)?
                    .chunks_exact(weight.dtype.size() as usize)
                    .map(decode)
                    .collect();
                self.stored_integers.insert(weight.value, values);
            }
        }
        Ok(())
    }
}

/// The number that some bytes of a type of integers stand for; none for other types.
fn decoder(dtype: Dtype) -> Option<fn(&[u8]) -> f64> {
    Some(match dtype {
        Dtype::Bool => |bytes| f64::from(u8::from(bytes != [0])),
        Dtype::UInt8 => |bytes| f64::from(bytes[0]),
        Dtype::Int8 | Dtype::Int16 | Dtype::Int32 | Dtype::Int64 => |bytes| {
            let highest = *bytes.last().unwrap_or(&0);
            let sign = if highest < 0x80 { 0 } else { -1i64 };
            let rest = bytes.iter().rev();
            rest.fold(sign, |n, byte| n << 8 | i64::from(*byte)) as f64
        },
        Dtype::Float16
        | Dtype::BFloat16
        | Dtype::Float32
        | Dtype::Float64
        | Dtype::Complex64
        | Dtype::Complex128 => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_width_are_decoded() {
        for (dtype, bytes, expected) in [
            (Dtype::Bool, &[1][..], 1.0),
            (Dtype::Bool, &[0], 0.0),
            (Dtype::UInt8, &[200], 200.0),
            (Dtype::Int8, &[200], -56.0),
            (Dtype::Int16, &[0xfe, 0xff], -2.0),
            (Dtype::Int32, &[1, 2, 0, 0], 513.0),
            (Dtype::Int64, &[0xff; 8], -1.0),
            (Dtype::Int64, &[5, 0, 0, 0, 0, 0, 0, 0], 5.0),
        ] {
            assert_eq!(
                decoder(dtype).map(|decode| decode(bytes)),
                Some(expected),
                "{dtype:?}"
            );
        }
        assert!(decoder(Dtype::Float32).is_none());
    }
}
