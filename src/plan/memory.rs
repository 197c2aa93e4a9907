//! Estimated memory of a plan and its program during a run.
//!
//! Allocations are counted with the overhead of the allocator, so that the estimate holds for one grid point and for a
//! million.

use std::sync::Arc;

use super::{Plan, PlannedPopulation, Point, Task};
use gia_domain::Edit;

/// Bytes of the two counters of an [`Arc`].
const ARC_COUNTERS_BYTES: usize = 2 * size_of::<usize>();

/// Bytes that the allocator uses for a heap block of this size; 0 for an empty block.
pub fn heap_block_bytes(bytes: usize) -> u64 {
    const HEADER_BYTES: usize = size_of::<usize>();
    const ALIGNMENT_BYTES: usize = 16;
    const MIN_BLOCK_BYTES: usize = 32;
    match bytes {
        0 => 0,
        _ => (bytes + HEADER_BYTES)
            .next_multiple_of(ALIGNMENT_BYTES)
            .max(MIN_BLOCK_BYTES) as u64,
    }
}

/// Bytes of a hash table with this many entries of `size` bytes, at the usual load factor.
pub fn hash_table_bytes(entries: usize, size: usize) -> u64 {
    match entries {
        0 => 0,
        _ => ((entries * 8).div_ceil(7).next_power_of_two().max(4) * (size + 1)) as u64,
    }
}

impl Plan {
    /// Bytes of the plan and its program, including the sequences read from files.
    pub fn memory_bytes(&self) -> u64 {
        let populations: u64 = self
            .populations
            .iter()
            .map(PlannedPopulation::memory_bytes)
            .sum();
        let experiments = self.experiments.iter();
        let points =
            experiments.flat_map(|e| e.points.iter().chain(e.null_effects.iter().flatten()));
        let points: u64 = points.map(|point| self.point_bytes(point)).sum();
        // Sequential sampling runs a copy of the plan with fewer backgrounds.
        let copied = match self.experiments.iter().any(|e| e.design.stopping.is_some()) {
            true => self
                .experiments
                .iter()
                .flat_map(|e| &e.points)
                .map(copied_point_bytes)
                .sum(),
            false => 0,
        };
        let jobs = self.jobs.iter();
        let tasks: usize = jobs.map(|job| job.tasks.len() * size_of::<Task>()).sum();
        let claimed = self.experiments.iter().flat_map(|e| &e.design.claims);
        // A claim has a threshold and an index for each grid point.
        let claimed: usize = claimed
            .map(|claim| claim.points.len() * (size_of::<f64>() + size_of::<usize>()))
            .sum();
        populations + points + copied + (tasks + claimed) as u64
    }

    /// Bytes of a grid point in the plan and in the program; each arm has its own list of edits.
    fn point_bytes(&self, point: &Point) -> u64 {
        let arms = point.arms.len();
        let variants = &self.populations[point.population].variants;
        let edits = point
            .arms
            .iter()
            .map(|&variant| edit_list_bytes(&variants[variant]));
        let inline = size_of::<Point>() + size_of::<gia_design::Point>();
        let at = heap_block_bytes(ARC_COUNTERS_BYTES + size_of_val(&*point.at));
        let of_arms = heap_block_bytes(arms * size_of::<usize>())
            + heap_block_bytes(arms * size_of::<Arc<[Edit]>>());
        inline as u64 + at + of_arms + edits.sum::<u64>()
    }
}

/// Bytes of a copy of a grid point, which shares everything but the list of arms.
fn copied_point_bytes(point: &Point) -> u64 {
    size_of::<Point>() as u64 + heap_block_bytes(size_of_val(&*point.arms))
}

impl PlannedPopulation {
    fn memory_bytes(&self) -> u64 {
        let variants = self.variants.capacity() * size_of::<Arc<[Edit]>>();
        self.population.memory_bytes() + variants as u64
    }
}

/// Bytes of a list of edits.
pub fn edit_list_bytes(edits: &[Edit]) -> u64 {
    let within = |edit: &Edit| heap_block_bytes(edit.owned_bytes());
    match edits {
        [] => 0,
        edits => {
            heap_block_bytes(ARC_COUNTERS_BYTES + size_of_val(edits))
                + edits.iter().map(within).sum::<u64>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_include_the_overhead_of_the_allocator() {
        let found = [0, 1, 24, 25, 40, 41, 100].map(heap_block_bytes);
        assert_eq!(found, [0, 32, 32, 48, 48, 64, 112]);
    }

    #[test]
    fn tables_include_free_slots() {
        assert_eq!(hash_table_bytes(0, 8), 0);
        assert_eq!(hash_table_bytes(7, 31), 8 * 32);
        assert_eq!(hash_table_bytes(8, 31), 16 * 32);
    }
}
