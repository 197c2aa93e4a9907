//! Buffer for the outputs of a task, which arrive chunk by chunk in any order.

use std::collections::BTreeSet;

use gia_plan::Task;

/// Bytes of a buffer without its values.
pub(super) const STRUCT_BYTES: usize = size_of::<ResultBuffer>();

/// Outputs for the backgrounds of a task, a row for each, which arrive in any order.
pub(super) struct ResultBuffer {
    /// The first background of the buffer.
    first: usize,
    /// Number of leading rows that are filled.
    contiguous: usize,
    /// Filled rows after the first missing one.
    out_of_order: BTreeSet<usize>,
    /// Number of values in a row.
    width: usize,
    values: Vec<f32>,
}

impl ResultBuffer {
    pub fn new(task: &Task, width: usize) -> ResultBuffer {
        ResultBuffer {
            first: task.done,
            contiguous: 0,
            out_of_order: BTreeSet::new(),
            width,
            values: vec![0.0; task.passes() as usize * width],
        }
    }

    /// The row of a background, to be filled by the caller: it counts as filled from now on.
    pub fn row(&mut self, background: usize) -> &mut [f32] {
        let row = background - self.first;
        if row == self.contiguous {
            self.contiguous += 1;
            while self.out_of_order.remove(&self.contiguous) {
                self.contiguous += 1;
            }
        } else {
            self.out_of_order.insert(row);
        }
        &mut self.values[row * self.width..(row + 1) * self.width]
    }

    /// The first missing background, or the end of the task.
    pub fn end(&self) -> usize {
        self.first + self.contiguous
    }

    /// The rows before the first missing one.
    pub fn contiguous_values(&self) -> &[f32] {
        &self.values[..self.contiguous * self.width]
    }

    /// Takes the rows before the first missing one.
    pub fn into_contiguous(mut self) -> Vec<f32> {
        self.values.truncate(self.contiguous * self.width);
        self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contiguous_rows_end_before_the_first_gap() {
        let task = Task {
            variant: 0,
            done: 10,
            count: 15,
        };
        let mut buffer = ResultBuffer::new(&task, 2);
        assert_eq!(buffer.end(), 10);
        for (background, end) in [(12, 10), (10, 11), (13, 11), (11, 14)] {
            buffer.row(background).fill(background as f32);
            assert_eq!(buffer.end(), end);
        }
        assert_eq!(
            buffer.into_contiguous(),
            [10.0, 10.0, 11.0, 11.0, 12.0, 12.0, 13.0, 13.0]
        );
    }
}
