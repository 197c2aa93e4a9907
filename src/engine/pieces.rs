//! A job cut into pieces of bounded size, sampled as they are asked for.

use rayon::prelude::*;

use gia_base::diag::Outcome;
use gia_domain::{Edit, Editor, Patch, Sampler, Strand};
use gia_plan::{Job, Plan, Task};
use gia_wire::Rows;

/// Maximum number of rows in a piece.
pub const MOST_ROWS: usize = 4096;
/// Maximum number of bytes of backgrounds and of patches in a piece, and of the outputs for it.
const MOST_BYTES: usize = 64 << 20;

/// Bases that are sampled together, on all cores.
const DRAWN_TOGETHER: usize = 1 << 18;
/// Bases that one core samples in a row.
const DRAWN_IN_A_ROW: usize = 1 << 12;
/// Cost of a patch, in bases.
const CLOSE: usize = 8;

/// Maximum number of rows in a piece, if each has `columns` outputs.
pub fn most_rows(columns: usize) -> usize {
    (MOST_BYTES / (4 * columns.max(1))).clamp(1, MOST_ROWS)
}

/// Maximum number of rows in a piece, if each also has a background of its own.
pub fn most_sequences(length: usize, columns: usize) -> usize {
    (MOST_BYTES / length.max(1)).clamp(1, most_rows(columns))
}

/// Maximum number of bytes of a piece and its outputs, if each row has `length` bases and `columns` outputs.
pub fn most_bytes(length: usize, columns: usize) -> u64 {
    let rows = most_rows(columns) as u64;
    let answers = rows * 4 * columns as u64;
    (rows * length as u64).min((MOST_BYTES + length) as u64) + answers
}

/// Rows in the first piece of a job, but for what its bytes allow.
pub fn first_rows(job: &Job) -> usize {
    let all: u64 = job.tasks.iter().map(Task::passes).sum();
    (all as usize).min(most_rows(job.columns.len()))
}

/// The tasks that are not done.
fn left(job: &Job) -> impl Iterator<Item = &Task> {
    job.tasks.iter().filter(|task| task.done < task.count)
}

/// A piece of a job: rows, and which variant and background each is.
pub struct Piece {
    pub rows: Rows,
    /// Index of the variant in its population, and index of the background, for each row.
    pub places: Vec<(usize, usize)>,
}

/// The pieces of a job in order: backgrounds in blocks, every variant of a block together, so that each background is
/// sampled and sent once a block.
pub struct Pieces<'p> {
    job: &'p Job,
    drawn: Drawn,
    /// The edits of each of the job's tasks.
    editors: Vec<Vec<Editor>>,
    /// The next background and the next of the job's tasks for it.
    background: usize,
    task: usize,
}

/// Backgrounds that follow each other, drawn together.
struct Drawn {
    sampler: Sampler,
    /// The first of those that are there.
    first: usize,
    bases: Vec<u8>,
}

impl Drawn {
    fn new(sampler: Sampler) -> Drawn {
        Drawn {
            sampler,
            first: 0,
            bases: Vec::new(),
        }
    }

    /// A background; where it has not been drawn yet, those behind it up to `last` are drawn with it.
    fn background(&mut self, index: usize, last: usize) -> &[u8] {
        let length = self.sampler.length().max(1);
        let there = self.first..self.first + self.bases.len() / length;
        if !there.contains(&index) {
            let together = (DRAWN_TOGETHER / length).clamp(1, (last - index).max(1));
            self.first = index;
            self.bases.resize(together * length, 0);
            let sampler = &self.sampler;
            self.bases
                .par_chunks_exact_mut(length)
                .with_min_len((DRAWN_IN_A_ROW / length).max(1))
                .enumerate()
                .for_each(|(i, bases)| sampler.fill(index + i, bases));
        }
        let at = (index - self.first) * length;
        &self.bases[at..at + length]
    }
}

impl<'p> Pieces<'p> {
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
        Pieces {
            job,
            drawn: Drawn::new(sampler),
            editors,
            background: left(job).map(|task| task.done).min().unwrap_or(0),
            task: 0,
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Outcome<Piece>;

    fn next(&mut self) -> Option<Outcome<Piece>> {
        let piece = self.as_sampled()?;
        Some(piece.map(|piece| Piece {
            rows: on_strand(piece.rows, self.job.strand),
            places: piece.places,
        }))
    }
}

/// The rows as a job shows them to its model.
pub fn on_strand(rows: Rows, strand: Strand) -> Rows {
    match strand {
        Strand::Forward => rows,
        Strand::Reverse => rows.onto_other_strand(),
    }
}

impl Pieces<'_> {
    /// The next piece, on the strand that is sampled and edited.
    fn as_sampled(&mut self) -> Option<Outcome<Piece>> {
        let length = self.drawn.sampler.length();
        let most_rows = most_rows(self.job.columns.len());
        let last = left(self.job).map(|task| task.count).max().unwrap_or(0);
        let mut piece = Piece {
            rows: Rows::new(length),
            places: Vec::new(),
        };
        let mut bases = vec![0; length];
        let mut patched = 0;
        while self.background < last {
            let bytes = piece.rows.backgrounds.len() + length + patched;
            let full = piece.rows.len() >= most_rows || bytes > MOST_BYTES;
            if full && !piece.rows.is_empty() {
                return Some(Ok(piece));
            }
            bases.copy_from_slice(self.drawn.background(self.background, last));
            let number = piece.rows.backgrounds.len() / length;
            piece.rows.backgrounds.extend_from_slice(&bases);
            while self.task < self.job.tasks.len() {
                if piece.rows.len() >= most_rows || patched > MOST_BYTES {
                    return Some(Ok(piece));
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
                piece.rows.push(number, patches);
                piece.places.push((task.variant, self.background));
            }
            self.task = 0;
            self.background += 1;
        }
        (!piece.rows.is_empty()).then_some(Ok(piece))
    }
}

/// What edits change in a background.
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

/// One patch for each run of positions that differ; runs a few bases apart are one.
fn differences(before: &[u8], after: &[u8]) -> Vec<Patch> {
    let mut patches: Vec<Patch> = Vec::new();
    let differ = before.iter().zip(after).enumerate();
    for (at, _) in differ.filter(|(_, (before, after))| before != after) {
        match patches.last_mut() {
            Some(last) if at - last.range().end < CLOSE => {
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
