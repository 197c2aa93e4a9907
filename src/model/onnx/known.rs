//! What the reader of a graph knows of a name: the tensor that it stands for, and what was worked out before the run.

use super::Reader;
use super::row_numbers::RowNumbers;
use super::sizes::Size;
use crate::graph::{IntegerRange, ValueId};

/// What is known of one name. A name may stand for a tensor and for sizes at once, since an exporter uses either.
#[derive(Clone)]
pub(super) struct Known {
    /// The tensor.
    pub id: Option<ValueId>,
    /// Elements of a tensor of integers that serve as sizes.
    pub sizes: Option<Vec<Size>>,
    /// Whether these are floats in the file, so that a quotient is not rounded.
    pub has_float_sizes: bool,
    /// Rows and columns of sizes that are laid out as a table.
    pub table: Option<(usize, usize)>,
    /// Elements of a small constant.
    pub elements: Option<Vec<f64>>,
    /// The element of a constant that has only one.
    pub number: Option<f64>,
    /// The integers that a tensor of integers can hold; none for floats and truth values.
    pub integers: Option<IntegerRange>,
    /// The precision that it was converted to, other than float32.
    pub other_precision: Option<&'static str>,
    /// A result that is not supported: what it is, for the error.
    pub unsupported: Option<String>,
    /// A vector with one entry for each sequence, all this integer.
    pub batch_constant: Option<i64>,
    /// A list of tensors, which ONNX calls a sequence.
    pub tensors: Option<Vec<ValueId>>,
    /// Indices that count the sequences of a batch.
    pub row_numbers: Option<RowNumbers>,
}

impl Known {
    /// Nothing.
    const NOTHING: Known = Known {
        id: None,
        sizes: None,
        has_float_sizes: false,
        table: None,
        elements: None,
        number: None,
        integers: None,
        other_precision: None,
        unsupported: None,
        batch_constant: None,
        tensors: None,
        row_numbers: None,
    };
}

impl Reader {
    /// What is known of a name.
    pub(super) fn known(&self, name: &str) -> &Known {
        self.known.get(name).unwrap_or(&Known::NOTHING)
    }

    /// What is known of a name, to add to it.
    pub(super) fn known_mut(&mut self, name: &str) -> &mut Known {
        let entry = self.known.entry(name.to_string());
        entry.or_insert(Known::NOTHING)
    }

    /// Lets a name stand for what another one stands for.
    pub(super) fn alias(&mut self, name: &str, of: &str) {
        let known = self.known(of).clone();
        self.known.insert(name.to_string(), known);
    }

    /// Forgets what is known of a name.
    pub(super) fn forget(&mut self, name: &str) {
        self.known.remove(name);
    }
}
