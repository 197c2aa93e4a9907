//! The numbers of a variant as they come, piece by piece in any order, and up to which background none is missing.

use std::collections::BTreeSet;

use gia_plan::Task;

/// Bytes of a buffer beside its outputs.
pub(super) const SIZE: usize = size_of::<Filling>();

/// Outputs for the backgrounds of a task, row by row, which arrive in any order.
pub(super) struct Filling {
    /// The first background of the buffer.
    first: usize,
    /// Number of rows that are filled without a gap, from the first on.
    whole: usize,
    /// Filled rows after a gap.
    late: BTreeSet<usize>,
    /// Outputs in a row.
    kept: usize,
    numbers: Vec<f32>,
}

impl Filling {
    pub fn new(task: &Task, kept: usize) -> Filling {
        Filling {
            first: task.done,
            whole: 0,
            late: BTreeSet::new(),
            kept,
            numbers: vec![0.0; task.passes() as usize * kept],
        }
    }

    /// The row of a background, which counts as filled from now on.
    pub fn row(&mut self, background: usize) -> &mut [f32] {
        let row = background - self.first;
        if row == self.whole {
            self.whole += 1;
            while self.late.remove(&self.whole) {
                self.whole += 1;
            }
        } else {
            self.late.insert(row);
        }
        &mut self.numbers[row * self.kept..(row + 1) * self.kept]
    }

    /// The first missing background, or the end of the task.
    pub fn end(&self) -> usize {
        self.first + self.whole
    }

    /// The rows before the first missing one.
    pub fn so_far(&self) -> &[f32] {
        &self.numbers[..self.whole * self.kept]
    }

    /// Takes the rows before the first missing one.
    pub fn into_whole(mut self) -> Vec<f32> {
        self.numbers.truncate(self.whole * self.kept);
        self.numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_whole_ends_before_the_first_gap() {
        let task = Task {
            variant: 0,
            done: 10,
            count: 15,
        };
        let mut filling = Filling::new(&task, 2);
        assert_eq!(filling.end(), 10);
        for (background, end) in [(12, 10), (10, 11), (13, 11), (11, 14)] {
            filling.row(background).fill(background as f32);
            assert_eq!(filling.end(), end);
        }
        assert_eq!(
            filling.into_whole(),
            [10.0, 10.0, 11.0, 11.0, 12.0, 12.0, 13.0, 13.0]
        );
    }
}
