//! A job cut into pieces of bounded size, sampled as they are asked for.

use crate::domain::Sampler;
use crate::plan::{Job, Plan};
use crate::wire::Rows;

/// Rows in one piece.
const MOST_ROWS: usize = 4096;
/// Bases of backgrounds in one piece.
const MOST_BASES: usize = 64 << 20;

/// A piece of a job: rows, and which variant and background each is.
pub struct Piece {
    pub rows: Rows,
    /// Index of the variant in its population, and index of the background, for each row.
    pub places: Vec<(usize, usize)>,
}

/// The pieces of a job in order: backgrounds in blocks, every variant of a block together, so that each background is
/// sampled and sent once a block.
pub struct Pieces<'p> {
    plan: &'p Plan,
    job: &'p Job,
    sampler: Sampler,
    /// The next background and the next of the job's tasks for it.
    background: usize,
    task: usize,
}

impl<'p> Pieces<'p> {
    pub fn new(plan: &'p Plan, job: &'p Job) -> Self {
        let sampler = plan.populations[job.population]
            .population
            .sampler(plan.settings.seed);
        Pieces {
            plan,
            job,
            sampler,
            background: 0,
            task: 0,
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let length = self.sampler.length();
        let last = self
            .job
            .tasks
            .iter()
            .map(|task| task.count)
            .max()
            .unwrap_or(0);
        let variants = &self.plan.populations[self.job.population].variants;
        let mut piece = Piece {
            rows: Rows::new(length),
            places: Vec::new(),
        };
        let mut bases = vec![0; length];
        while self.background < last {
            let full =
                piece.rows.len() >= MOST_ROWS || piece.rows.backgrounds.len() + length > MOST_BASES;
            if full && !piece.rows.is_empty() {
                return Some(piece);
            }
            self.sampler.fill(self.background, &mut bases);
            let number = piece.rows.backgrounds.len() / length;
            piece.rows.backgrounds.extend_from_slice(&bases);
            while self.task < self.job.tasks.len() {
                if piece.rows.len() >= MOST_ROWS {
                    return Some(piece);
                }
                let task = self.job.tasks[self.task];
                self.task += 1;
                if self.background >= task.count {
                    continue;
                }
                let seed = self.plan.settings.seed;
                let patches = variants[task.variant].iter().flat_map(|edit| {
                    edit.patches(seed, self.sampler.identity(), self.background as u64)
                });
                piece.rows.push(number, patches);
                piece.places.push((task.variant, self.background));
            }
            self.task = 0;
            self.background += 1;
        }
        (!piece.rows.is_empty()).then_some(piece)
    }
}
