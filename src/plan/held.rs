//! Memory that a plan and its program occupy during a run.
//!
//! Structures are counted by what the allocator takes for each, so that the sum holds for a single grid point and for a
//! million.

use std::sync::Arc;

use super::{Plan, PlannedPopulation, Point, Task};
use gia_domain::Edit;

/// Bytes of the two counters of an [`Arc`].
const COUNTERS: usize = 2 * size_of::<usize>();

/// Bytes that the allocator takes for a block of this size; 0 for an empty block.
pub fn block(bytes: usize) -> u64 {
    const HEAD: usize = size_of::<usize>();
    const STEP: usize = 16;
    const LEAST: usize = 32;
    match bytes {
        0 => 0,
        _ => (bytes + HEAD).next_multiple_of(STEP).max(LEAST) as u64,
    }
}

/// Bytes of a hash table with this many entries of this size, at its usual load.
pub fn table(entries: usize, size: usize) -> u64 {
    match entries {
        0 => 0,
        _ => ((entries * 8).div_ceil(7).next_power_of_two().max(4) * (size + 1)) as u64,
    }
}

impl Plan {
    /// Bytes of the plan and its program, including the sequences that were read for them.
    pub fn held(&self) -> u64 {
        let populations: u64 = self.populations.iter().map(PlannedPopulation::held).sum();
        let points = self.experiments.iter().flat_map(|e| &e.points);
        let points: u64 = points.map(|point| self.held_for(point)).sum();
        // What stops by its numbers is run as a copy with fewer backgrounds.
        let copied = match self.experiments.iter().any(|e| e.design.stopping.is_some()) {
            true => self
                .experiments
                .iter()
                .flat_map(|e| &e.points)
                .map(copied)
                .sum(),
            false => 0,
        };
        let jobs = self.jobs.iter();
        let tasks: usize = jobs.map(|job| job.tasks.len() * size_of::<Task>()).sum();
        let claimed = self.experiments.iter().flat_map(|e| &e.design.claims);
        // A threshold and an index for each grid point of a claim.
        let claimed: usize = claimed
            .map(|claim| claim.points.len() * (size_of::<f64>() + size_of::<usize>()))
            .sum();
        populations + points + copied + (tasks + claimed) as u64
    }

    /// A grid point in the plan and in the program, each of whose arms has edits of its own.
    fn held_for(&self, point: &Point) -> u64 {
        let arms = point.arms.len();
        let variants = &self.populations[point.population].variants;
        let edits = point
            .arms
            .iter()
            .map(|&variant| held_by(&variants[variant]));
        let inline = size_of::<Point>() + size_of::<gia_design::Point>();
        let at = block(COUNTERS + size_of_val(&*point.at));
        let of_arms = block(arms * size_of::<usize>()) + block(arms * size_of::<Arc<[Edit]>>());
        inline as u64 + at + of_arms + edits.sum::<u64>()
    }
}

/// A copy of a grid point, which shares all but its arms.
fn copied(point: &Point) -> u64 {
    size_of::<Point>() as u64 + block(size_of_val(&*point.arms))
}

impl PlannedPopulation {
    fn held(&self) -> u64 {
        let variants = self.variants.capacity() * size_of::<Arc<[Edit]>>();
        self.population.held() + variants as u64
    }
}

/// A list of edits.
pub fn held_by(edits: &[Edit]) -> u64 {
    let within = |edit: &Edit| block(edit.owned_bytes());
    match edits {
        [] => 0,
        edits => block(COUNTERS + size_of_val(edits)) + edits.iter().map(within).sum::<u64>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_what_the_allocator_takes() {
        let found = [0, 1, 24, 25, 40, 41, 100].map(block);
        assert_eq!(found, [0, 32, 32, 48, 48, 64, 112]);
    }

    #[test]
    fn a_table_has_room_for_more_than_it_holds() {
        assert_eq!(table(0, 8), 0);
        assert_eq!(table(7, 31), 8 * 32);
        assert_eq!(table(8, 31), 16 * 32);
    }
}
