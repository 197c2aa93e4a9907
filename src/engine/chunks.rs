//! Splits a job into chunks of bounded size, which are sampled lazily.

use rayon::prelude::*;

use gia_base::diag::Outcome;
use gia_domain::{Edit, Editor, Patch, Sampler, Strand};
use gia_plan::{Job, Plan, Task};
use gia_wire::Rows;

/// Maximum number of rows in a chunk.
pub const MAX_ROWS: usize = 4096;
/// Maximum number of bytes of backgrounds and of patches in a chunk, and of the outputs for it.
const MAX_BYTES: usize = 64 << 20;

/// Number of bases that are sampled in one block, on all cores.
const SAMPLED_BASES_PER_BLOCK: usize = 1 << 18;
/// Minimum number of bases that a core samples in one task.
const MIN_SAMPLED_BASES_PER_TASK: usize = 1 << 12;
/// Overhead of a patch, in bases: differences that are closer than this are one patch.
const PATCH_OVERHEAD_BASES: usize = 8;

/// Maximum number of rows in a chunk with `columns` outputs a row.
pub fn max_rows(columns: usize) -> usize {
    (MAX_BYTES / (4 * columns.max(1))).clamp(1, MAX_ROWS)
}

/// Maximum number of rows in a chunk with `columns` outputs a row and a background of `length` bases for each row.
pub fn max_sequences(length: usize, columns: usize) -> usize {
    (MAX_BYTES / length.max(1)).clamp(1, max_rows(columns))
}

/// Maximum number of bytes of a chunk and its outputs, for `length` bases and `columns` outputs a row.
pub fn max_bytes(length: usize, columns: usize) -> u64 {
    let rows = max_rows(columns) as u64;
    let answers = rows * 4 * columns as u64;
    (rows * length as u64).min((MAX_BYTES + length) as u64) + answers
}

/// Number of rows in the first chunk of a job, not counting the limit on bytes.
pub fn first_rows(job: &Job) -> usize {
    let all: u64 = job.tasks.iter().map(Task::passes).sum();
    (all as usize).min(max_rows(job.columns.len()))
}

/// The tasks with predictions left to make.
fn open_tasks(job: &Job) -> impl Iterator<Item = &Task> {
    job.tasks.iter().filter(|task| task.done < task.count)
}

/// A chunk of a job.
pub struct Chunk {
    pub rows: Rows,
    /// For each row, the index of its variant in the population and the index of its background.
    pub row_keys: Vec<(usize, usize)>,
}

/// Iterator over the chunks of a job: for each background, the rows of all variants, so that a background is sampled and sent once
/// in a chunk.
pub struct Chunks<'p> {
    job: &'p Job,
    block: SampledBlock,
    /// The edits of each of the job's tasks.
    editors: Vec<Vec<Editor>>,
    /// The next background, and the index of its next task.
    background: usize,
    task: usize,
}

/// A block of consecutive backgrounds, sampled in parallel.
struct SampledBlock {
    sampler: Sampler,
    /// Index of the first background of the block.
    first: usize,
    bases: Vec<u8>,
}

impl SampledBlock {
    fn new(sampler: Sampler) -> SampledBlock {
        SampledBlock {
            sampler,
            first: 0,
            bases: Vec::new(),
        }
    }

    /// The bases of a background. If it is not in the block, the next block is sampled from it on, at most up to `last`.
    fn background(&mut self, index: usize, last: usize) -> &[u8] {
        let length = self.sampler.length().max(1);
        let there = self.first..self.first + self.bases.len() / length;
        if !there.contains(&index) {
            let together = (SAMPLED_BASES_PER_BLOCK / length).clamp(1, (last - index).max(1));
            self.first = index;
            self.bases.resize(together * length, 0);
            let sampler = &self.sampler;
            self.bases
                .par_chunks_exact_mut(length)
                .with_min_len((MIN_SAMPLED_BASES_PER_TASK / length).max(1))
                .enumerate()
                .for_each(|(i, bases)| sampler.fill(index + i, bases));
        }
        let at = (index - self.first) * length;
        &self.bases[at..at + length]
    }
}

impl<'p> Chunks<'p> {
    pub fn new(plan: &Plan, job: &'p Job) -> Self {
        let sampler = plan.populations[job.population]
            .population
            .sampler(plan.settings.seed);
        let variants = &plan.populations[job.population].variants;
        let prepare = |edit: &Edit| edit.prepare_over(plan.settings.seed, &sampler);
        let editors = job
            .tasks
            .iter()
            .map(|task| variants[task.variant].iter().map(prepare).collect())
            .collect();
        Chunks {
            job,
            block: SampledBlock::new(sampler),
            editors,
            background: open_tasks(job).map(|task| task.done).min().unwrap_or(0),
            task: 0,
        }
    }
}

impl Iterator for Chunks<'_> {
    type Item = Outcome<Chunk>;

    fn next(&mut self) -> Option<Outcome<Chunk>> {
        let chunk = self.next_forward_strand_chunk()?;
        Some(chunk.map(|chunk| Chunk {
            rows: on_strand(chunk.rows, self.job.strand),
            row_keys: chunk.row_keys,
        }))
    }
}

/// The rows on the strand that a job predicts.
pub fn on_strand(rows: Rows, strand: Strand) -> Rows {
    match strand {
        Strand::Forward => rows,
        Strand::Reverse => rows.reverse_complemented(),
    }
}

impl Chunks<'_> {
    /// The next chunk, on the forward strand.
    fn next_forward_strand_chunk(&mut self) -> Option<Outcome<Chunk>> {
        let length = self.block.sampler.length();
        let max_rows = max_rows(self.job.columns.len());
        let last = open_tasks(self.job)
            .map(|task| task.count)
            .max()
            .unwrap_or(0);
        let mut chunk = Chunk {
            rows: Rows::new(length),
            row_keys: Vec::new(),
        };
        let mut bases = vec![0; length];
        let mut patched = 0;
        while self.background < last {
            let bytes = chunk.rows.backgrounds.len() + length + patched;
            let full = chunk.rows.len() >= max_rows || bytes > MAX_BYTES;
            if full && !chunk.rows.is_empty() {
                return Some(Ok(chunk));
            }
            bases.copy_from_slice(self.block.background(self.background, last));
            let number = chunk.rows.backgrounds.len() / length;
            chunk.rows.backgrounds.extend_from_slice(&bases);
            while self.task < self.job.tasks.len() {
                if chunk.rows.len() >= max_rows || patched > MAX_BYTES {
                    return Some(Ok(chunk));
                }
                let task = self.job.tasks[self.task];
                let editors = &self.editors[self.task];
                self.task += 1;
                if !(task.done..task.count).contains(&self.background) {
                    continue;
                }
                let patches = match patches(editors, self.background as u64, &bases) {
                    Ok(patches) => patches,
                    Err(diagnostic) => {
                        self.background = last;
                        return Some(Err(diagnostic));
                    }
                };
                patched += patches.iter().map(|patch| patch.bases.len()).sum::<usize>();
                chunk.rows.push(number, patches);
                chunk.row_keys.push((task.variant, self.background));
            }
            self.task = 0;
            self.background += 1;
        }
        (!chunk.rows.is_empty()).then_some(Ok(chunk))
    }
}

/// The changes of a list of edits to a background.
fn patches(editors: &[Editor], index: u64, background: &[u8]) -> Outcome<Vec<Patch>> {
    if editors.iter().all(Editor::writes) {
        return Ok(editors
            .iter()
            .flat_map(|editor| editor.patches(index))
            .collect());
    }
    let mut edited = background.to_vec();
    for editor in editors {
        editor.apply(index, &mut edited)?;
    }
    Ok(differences(background, &edited))
}

/// One patch for each run of differences; runs closer than [`PATCH_OVERHEAD_BASES`] are merged.
fn differences(before: &[u8], after: &[u8]) -> Vec<Patch> {
    let mut patches: Vec<Patch> = Vec::new();
    let differ = before.iter().zip(after).enumerate();
    for (at, _) in differ.filter(|(_, (before, after))| before != after) {
        match patches.last_mut() {
            Some(last) if at - last.range().end < PATCH_OVERHEAD_BASES => {
                let end = last.range().end;
                last.bases.extend_from_slice(&after[end..=at]);
            }
            _ => patches.push(Patch {
                start: at,
                bases: vec![after[at]],
            }),
        }
    }
    patches
}
