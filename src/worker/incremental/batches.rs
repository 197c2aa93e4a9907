//! Batches of edited sequences. All windows of a batch have one width, and many edits at the same position form batches of their
//! own. Batch sizes are reused, since libtorch compiles or autotunes kernels for each.

use gia_model::Processor;

use crate::batch_sizes;

/// Minimum mean number of edits per start for batches of one start each, whose windows are gathered as slices.
const MIN_EDITS_PER_START: usize = 64;
/// [`MIN_EDITS_PER_START`] on a GPU, where the overhead of launches dominates.
const MIN_EDITS_PER_START_ON_GPU: usize = 512;
/// Edits per padding row: a group is padded to the previous batch size by at most a quarter of its edits ...
const EDITS_PER_PADDING_ROW: usize = 4;
/// ... or by this many rows, if that is more.
const MIN_PADDING_LIMIT_ROWS: usize = 8;

/// An edited row: its index in the request and the first position of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EditedRow {
    pub row: usize,
    pub start: i64,
}

/// Edited rows of one batch, each with the index of its background. The last row may be repeated as padding.
#[derive(Debug, PartialEq)]
pub struct Batch {
    entries: Vec<(i64, EditedRow)>,
    distinct: usize,
}

impl Batch {
    /// All rows, including padding.
    pub fn entries(&self) -> &[(i64, EditedRow)] {
        &self.entries
    }

    /// Number of rows without padding.
    pub fn distinct(&self) -> usize {
        self.distinct
    }

    /// First position of the window of each row.
    pub fn starts(&self) -> Vec<i64> {
        self.entries.iter().map(|(_, edit)| edit.start).collect()
    }

    /// Index of the background of each row.
    pub fn backgrounds(&self) -> Vec<i64> {
        self.entries
            .iter()
            .map(|(background, _)| *background)
            .collect()
    }

    /// Index in the request of each row.
    pub fn rows(&self) -> Vec<usize> {
        self.entries.iter().map(|(_, edit)| edit.row).collect()
    }
}

/// Divides edits of one width into batches of at most `max_size` rows. `last_size` is the previous batch size for this width,
/// which is reused if little padding is needed, and is updated.
pub fn batches(
    mut edits: Vec<(i64, EditedRow)>,
    max_size: usize,
    last_size: &mut usize,
    processor: Processor,
) -> Vec<Batch> {
    edits.sort_by_key(|(background, edit)| (edit.start, *background, edit.row));
    let is_new_start = |at: &usize| *at == 0 || edits[at - 1].1.start != edits[*at].1.start;
    let starts = (0..edits.len()).filter(is_new_start).count();
    let min_per_start = match processor {
        Processor::Cpu => MIN_EDITS_PER_START,
        Processor::Gpu => MIN_EDITS_PER_START_ON_GPU,
    };
    let by_start = edits.len() >= min_per_start * starts;
    let same_batch =
        |a: &(i64, EditedRow), b: &(i64, EditedRow)| !by_start || a.1.start == b.1.start;
    let mut batches = Vec::new();
    for group in edits.chunk_by(same_batch) {
        let size = size(group.len(), max_size, *last_size, processor);
        *last_size = size;
        for chunk in group.chunks(size) {
            let mut entries = chunk.to_vec();
            entries.resize(size, chunk[chunk.len() - 1]);
            batches.push(Batch {
                entries,
                distinct: chunk.len(),
            });
        }
    }
    batches
}

/// The batch size for `count` edits. The previous size is reused if little padding is needed, since compiling or autotuning
/// kernels for a new size takes longer than computing a few padding rows.
fn size(count: usize, max_size: usize, last_size: usize, processor: Processor) -> usize {
    if (1..=max_size).contains(&last_size) {
        let padding = count.next_multiple_of(last_size) - count;
        if padding <= (count / EDITS_PER_PADDING_ROW).max(MIN_PADDING_LIMIT_ROWS) {
            return last_size;
        }
    }
    match processor {
        Processor::Cpu => batch_sizes::rows_per_pass(count, max_size, processor),
        Processor::Gpu => max_size.min(count.next_power_of_two()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(starts: &[i64]) -> Vec<(i64, EditedRow)> {
        let one = |(row, start): (usize, &i64)| (row as i64, EditedRow { row, start: *start });
        starts.iter().enumerate().map(one).collect()
    }

    #[test]
    fn many_edits_at_one_start_form_batches_of_their_own() {
        let mut last = 0;
        let starts: Vec<i64> = (0..200).map(|i| 7 * (i % 2)).collect();
        let found = batches(at(&starts), 60, &mut last, Processor::Cpu);
        let sizes: Vec<usize> = found.iter().map(|batch| batch.entries().len()).collect();
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
    fn a_batch_is_padded_to_the_previous_size_if_it_is_close() {
        let mut last = 0;
        let sizes = |count: usize, last: &mut usize| -> Vec<(usize, usize)> {
            let found = batches(at(&vec![5; count]), 100, last, Processor::Cpu);
            let both = found
                .iter()
                .map(|batch| (batch.entries().len(), batch.distinct()));
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
    fn window_widths_are_rounded_up() {
        let widths: Vec<i64> = [1, 2, 3, 5, 9, 14, 17, 33]
            .map(gia_model::window_width)
            .to_vec();
        assert_eq!(widths, [1, 2, 4, 8, 16, 16, 32, 64]);
    }
}
