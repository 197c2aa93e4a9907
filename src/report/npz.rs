//! Arrays for NumPy, as `.npz` files.

use std::io::Cursor;
use std::path::Path;

use ndarray::Array3;
use ndarray_npy::{NpzWriter, WriteNpzError};

use gia_base::diag::{Code, Diagnostic, Outcome};

/// A file of arrays that is being written.
pub type Writer<'w> = NpzWriter<&'w mut Cursor<Vec<u8>>>;

/// Sequences of base codes as (sequence, base, position), with bases in the order A, C, G, T. An unknown base is 0 everywhere.
pub fn one_hot(sequences: &[Vec<u8>], length: usize) -> Array3<f32> {
    Array3::from_shape_fn(
        (sequences.len(), 4, length),
        |(sequence, base, position)| f32::from(usize::from(sequences[sequence][position]) == base),
    )
}

/// The bytes of a file with the arrays that `add` adds; `path` is where it is to be written.
pub fn bytes(
    path: &Path,
    add: impl FnOnce(&mut Writer) -> Result<(), WriteNpzError>,
) -> Outcome<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    let mut npz = NpzWriter::new(&mut file);
    let all = add(&mut npz).and_then(|()| npz.finish().map(|_| ()));
    match all {
        Ok(()) => Ok(file.into_inner()),
        Err(error) => {
            let message = format!("cannot write `{}`: {error}", path.display());
            Err(Box::new(Diagnostic::error(Code::WriteFailed, message)))
        }
    }
}
