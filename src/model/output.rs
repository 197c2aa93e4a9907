//! One output of a network: what its numbers are, and where they lie along the sequence.

use std::ops::Range;

use super::encoding::Layout;
use super::last_step::LastStep;

/// One output tensor of the network, flattened after the batch dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Needed only where there are several.
    pub name: Option<String>,
    /// Shape after the batch dimension, for example `[2]` or `[3, 1000]`.
    pub shape: Vec<usize>,
    /// Names of the entries of the first dimension after the batch; empty where undeclared.
    pub tasks: Vec<String>,
    /// The scale of the numbers, for example `logit`.
    pub unit: Option<String>,
    /// The function that the numbers go through last in the graph, where they are taken before it.
    pub before: Option<LastStep>,
    /// Where this output starts in the concatenation of all flattened outputs.
    pub offset: usize,
    /// How it lies along the sequence, for an output that does.
    pub track: Option<Track>,
    /// For each task, the one that says the same of the other strand; empty where each is its own.
    pub opposite: Vec<usize>,
}

/// How an output lies along the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Track {
    /// Numbers of each task.
    pub bins: usize,
    /// Base pairs that one number stands for.
    pub bin: usize,
    /// Where the first of them starts, counted from the first base of a sequence; below 0 where that lies in a flank.
    pub start: i64,
    /// Whether tasks or bins are the first dimension after the batch.
    pub layout: Layout,
}

impl Output {
    /// Numbers in this output for one sequence.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// How many tasks it has, named or not; of an output that does not lie along the sequence, entries of the first dimension.
    pub fn entries(&self) -> usize {
        match &self.track {
            Some(track) => self.size() / track.bins.max(1),
            None => self.shape.first().copied().unwrap_or(1),
        }
    }

    /// Column of a task's bin in the concatenation of all outputs.
    pub fn column_at(&self, track: &Track, task: usize, bin: usize) -> usize {
        self.offset
            + match track.layout {
                Layout::ChannelsFirst => task * track.bins + bin,
                Layout::ChannelsLast => bin * self.entries() + task,
            }
    }

    /// Where the number at `place` of this output stands when the sequence is read on its other strand.
    pub(super) fn mirrored(&self, place: usize) -> usize {
        let turned = |task: usize| self.opposite.get(task).copied().unwrap_or(task);
        match &self.track {
            Some(track) => {
                let (task, bin) = track.place(self.entries(), place);
                self.column_at(track, turned(task), track.bins - 1 - bin) - self.offset
            }
            None if self.size() == self.entries() => turned(place),
            None => place,
        }
    }
}

impl Track {
    /// Task and bin of the number at `place` of an output of so many tasks.
    pub fn place(&self, tasks: usize, place: usize) -> (usize, usize) {
        match self.layout {
            Layout::ChannelsFirst => (place / self.bins, place % self.bins),
            Layout::ChannelsLast => (place % tasks.max(1), place / tasks.max(1)),
        }
    }

    /// Where the last bin ends.
    pub fn end(&self) -> i64 {
        self.start + (self.bins * self.bin) as i64
    }

    /// The bins whose middle lies in a stretch of the sequence.
    pub fn bins_in(&self, start: i64, end: i64) -> Range<usize> {
        // A bin's middle is at half of its width, which may lie between two bases: twice everything.
        let first_from = |at: i64| {
            let doubled = 2 * (at - self.start) - self.bin as i64;
            let bin = doubled.div_euclid(2 * self.bin as i64)
                + i64::from(doubled.rem_euclid(2 * self.bin as i64) > 0);
            bin.clamp(0, self.bins as i64) as usize
        };
        first_from(start)..first_from(end)
    }

    /// Whether it is as far from the left end of the sequence as from the right.
    pub fn is_centred(&self, length: usize) -> bool {
        self.end() + self.start == length as i64
    }
}
