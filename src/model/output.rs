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
    /// The dimensions after the batch, but for that of the bins, of an output that names them; empty for one that has tasks.
    pub axes: Vec<OutputAxis>,
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

/// A named dimension of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputAxis {
    /// Name of the dimension, for messages.
    pub name: String,
    /// Number of entries.
    pub size: usize,
    /// Names of the entries; empty where they are numbered.
    pub entries: Vec<String>,
}

impl OutputAxis {
    /// An entry as a script selects it: `["K562"]`, or `[2]` without a name.
    pub fn label(&self, entry: usize) -> String {
        match self.entries.get(entry) {
            Some(name) => format!("[\"{name}\"]"),
            None => format!("[{entry}]"),
        }
    }
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

    /// Number of tasks, named or not: with named dimensions, of their combinations. For an output that is not along the
    /// sequence, the size of its first dimension.
    pub fn entries(&self) -> usize {
        match &self.track {
            Some(track) => self.size() / track.bins.max(1),
            None if !self.axes.is_empty() => self.axes.iter().map(|axis| axis.size).product(),
            None => self.shape.first().copied().unwrap_or(1),
        }
    }

    /// A task as a script selects it: `["plus"]`, `["K562"]["CTCF"]`, or `[3]` without names.
    pub fn task_label(&self, task: usize) -> String {
        if self.axes.is_empty() {
            return match self.tasks.get(task) {
                Some(task) => format!("[\"{task}\"]"),
                None => format!("[{task}]"),
            };
        }
        self.label_of_axes(task, self.axes.len())
    }

    /// The selection of one entry on each of the first `depth` axes, given their combination as one index.
    pub fn label_of_axes(&self, mut index: usize, depth: usize) -> String {
        let mut labels: Vec<String> = Vec::new();
        for axis in self.axes[..depth.min(self.axes.len())].iter().rev() {
            labels.push(axis.label(index % axis.size.max(1)));
            index /= axis.size.max(1);
        }
        labels.into_iter().rev().collect()
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
