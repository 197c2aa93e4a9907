//! Batches of edited sequences: of one width each, those at one place together, and of few sizes.

use gia_model::Processor;

use crate::sizes;

/// Minimum number of edits at one place for a batch of their own, which needs no lookup of positions.
const ALIKE: usize = 64;
/// The same on a GPU, where the overhead of calls dominates.
const ALIKE_ON_GPU: usize = 512;
/// How many repeats fill a batch up to a size whose kernels are there: a part of its changes, or so many where these are few.
const FILLED: usize = 4;
const FILLED_AT_LEAST: usize = 8;

/// An edited row, by its index among the rows, and where its window starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub row: usize,
    pub start: i64,
}

/// Edited rows of one batch, each with its background; the last may be repeated.
#[derive(Debug, PartialEq)]
pub struct Batch {
    changes: Vec<(i64, Change)>,
    distinct: usize,
}

impl Batch {
    /// All edited rows, repeats included.
    pub fn changes(&self) -> &[(i64, Change)] {
        &self.changes
    }

    /// Number of edited rows without repeats.
    pub fn distinct(&self) -> usize {
        self.distinct
    }

    pub fn starts(&self) -> Vec<i64> {
        self.changes
            .iter()
            .map(|(_, change)| change.start)
            .collect()
    }

    pub fn backgrounds(&self) -> Vec<i64> {
        self.changes
            .iter()
            .map(|(background, _)| *background)
            .collect()
    }

    pub fn rows(&self) -> Vec<usize> {
        self.changes.iter().map(|(_, change)| change.row).collect()
    }
}

/// Changes of one width, at most so many in a batch. Batches are of the size of the last ones where that is about theirs;
/// their own is noted.
pub fn batches(
    mut changes: Vec<(i64, Change)>,
    most: usize,
    last: &mut usize,
    processor: Processor,
) -> Vec<Batch> {
    changes.sort_by_key(|(of, change)| (change.start, *of, change.row));
    let another = |at: &usize| *at == 0 || changes[at - 1].1.start != changes[*at].1.start;
    let places = (0..changes.len()).filter(another).count();
    let alike = match processor {
        Processor::Cpu => ALIKE,
        Processor::Gpu => ALIKE_ON_GPU,
    };
    let apart = changes.len() >= alike * places;
    let together = |a: &(i64, Change), b: &(i64, Change)| !apart || a.1.start == b.1.start;
    let mut batches = Vec::new();
    for group in changes.chunk_by(together) {
        let size = size(group.len(), most, *last, processor);
        *last = size;
        for some in group.chunks(size) {
            let mut changes = some.to_vec();
            changes.resize(size, some[some.len() - 1]);
            batches.push(Batch {
                changes,
                distinct: some.len(),
            });
        }
    }
    batches
}

/// The size of the batches of so many changes. Kernels for a new one take longer to write, or to be looked for, than a few
/// repeats to be computed.
fn size(count: usize, most: usize, last: usize, processor: Processor) -> usize {
    if (1..=most).contains(&last) {
        let filled = count.next_multiple_of(last) - count;
        if filled <= (count / FILLED).max(FILLED_AT_LEAST) {
            return last;
        }
    }
    match processor {
        Processor::Cpu => sizes::in_a_pass(count, most, processor),
        Processor::Gpu => most.min(count.next_power_of_two()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(starts: &[i64]) -> Vec<(i64, Change)> {
        let one = |(row, start): (usize, &i64)| (row as i64, Change { row, start: *start });
        starts.iter().enumerate().map(one).collect()
    }

    #[test]
    fn changes_at_one_place_go_together_where_they_are_many() {
        let mut last = 0;
        let starts: Vec<i64> = (0..200).map(|i| 7 * (i % 2)).collect();
        let found = batches(at(&starts), 60, &mut last, Processor::Cpu);
        let sizes: Vec<usize> = found.iter().map(|batch| batch.changes().len()).collect();
        assert_eq!(sizes, [50, 50, 50, 50]);
        assert!(
            found
                .iter()
                .all(|batch| batch.starts().windows(2).all(|s| s[0] == s[1]))
        );
        let few = batches(at(&[3, 9, 3, 1]), 60, &mut 0, Processor::Cpu);
        assert_eq!(few.len(), 1);
        assert_eq!(few[0].starts(), [1, 3, 3, 9]);
    }

    #[test]
    fn a_batch_is_filled_up_to_the_last_size_where_that_is_near() {
        let mut last = 0;
        let sizes = |count: usize, last: &mut usize| -> Vec<(usize, usize)> {
            let found = batches(at(&vec![5; count]), 100, last, Processor::Cpu);
            let both = found
                .iter()
                .map(|batch| (batch.changes().len(), batch.distinct()));
            both.collect()
        };
        assert_eq!(sizes(90, &mut last), [(90, 90)]);
        assert_eq!(sizes(80, &mut last), [(90, 80)]);
        assert_eq!(sizes(30, &mut last), [(30, 30)]);
        assert_eq!(sizes(25, &mut last), [(30, 25)]);
        let repeats = batches(at(&[5; 25]), 100, &mut 30, Processor::Cpu);
        assert_eq!(repeats[0].rows()[24..], [24; 6]);
    }

    #[test]
    fn widths_are_few() {
        let widths: Vec<i64> = [1, 2, 3, 5, 9, 14, 17, 33]
            .map(gia_model::window_width)
            .to_vec();
        assert_eq!(widths, [1, 2, 4, 8, 16, 16, 32, 64]);
    }
}
