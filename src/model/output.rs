//! One output of a network: its shape, its tasks, and how it aligns with the sequence.

use std::ops::Range;

use super::encoding::Layout;
use super::last_step::LastStep;

/// One output tensor of the network, flattened after the batch dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The name that scripts use; needed only if there are several outputs.
    pub name: Option<String>,
    /// Shape after the batch dimension, for example `[2]` or `[3, 1000]`.
    pub shape: Vec<usize>,
    /// Names of the entries of the first dimension after the batch; empty where undeclared.
    pub tasks: Vec<String>,
    /// Unit of its elements, for example `logit`.
    pub unit: Option<String>,
    /// The last function of the graph, if the output is taken before it.
    pub before: Option<LastStep>,
    /// Where this output starts in the concatenation of all flattened outputs.
    pub offset: usize,
    /// How its elements align with the sequence; none for an output that is not along the sequence.
    pub track: Option<Track>,
    /// For each task, the index of the task that measures the same on the opposite strand; empty if each task is its
    /// own counterpart.
    pub opposite: Vec<usize>,
}

/// How an output aligns with the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Track {
    /// Number of bins of each task.
    pub bins: usize,
    /// Width of a bin in base pairs.
    pub bin: usize,
    /// Start of the first bin, in base pairs from the first base of a sequence; negative in the left flank.
    pub start: i64,
    /// Whether tasks or bins are the first dimension after the batch.
    pub layout: Layout,
}

impl Output {
    /// Number of elements for one sequence.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// Number of tasks, named or not. For an output that is not along the sequence, the size of its first dimension.
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

    /// Index of the element that corresponds to `element` on the reverse complement of a sequence.
    pub(super) fn mirrored(&self, element: usize) -> usize {
        let turned = |task: usize| self.opposite.get(task).copied().unwrap_or(task);
        match &self.track {
            Some(track) => {
                let (task, bin) = track.task_and_bin(self.entries(), element);
                self.column_at(track, turned(task), track.bins - 1 - bin) - self.offset
            }
            None if self.size() == self.entries() => turned(element),
            None => element,
        }
    }
}

impl Track {
    /// Task and bin of element `element` of an output with `tasks` tasks.
    pub fn task_and_bin(&self, tasks: usize, element: usize) -> (usize, usize) {
        match self.layout {
            Layout::ChannelsFirst => (element / self.bins, element % self.bins),
            Layout::ChannelsLast => (element % tasks.max(1), element / tasks.max(1)),
        }
    }

    /// End of the last bin, in base pairs from the first base of a sequence.
    pub fn end(&self) -> i64 {
        self.start + (self.bins * self.bin) as i64
    }

    /// The bins whose midpoint lies in `start..end`, in base pairs from the first base of a sequence.
    pub fn bins_in(&self, start: i64, end: i64) -> Range<usize> {
        // The midpoint of a bin may lie between two bases, so compare doubled positions.
        let first_from = |at: i64| {
            let doubled = 2 * (at - self.start) - self.bin as i64;
            let bin = doubled.div_euclid(2 * self.bin as i64)
                + i64::from(doubled.rem_euclid(2 * self.bin as i64) > 0);
            bin.clamp(0, self.bins as i64) as usize
        };
        first_from(start)..first_from(end)
    }

    /// Whether the bins are centred on a sequence of `length` base pairs.
    pub fn is_centred(&self, length: usize) -> bool {
        self.end() + self.start == length as i64
    }
}
