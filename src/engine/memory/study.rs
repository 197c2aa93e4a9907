//! Memory of the rows of a study and their intermediate results.

use gia_plan::{Experiment, Plan, heap_block_bytes};
use gia_study::{
    ArmSummary, Driver, Drivers, EnsembleEstimate, GridPoint, MemberMean, Row, Summary, TenthMean,
};

/// Mean, sum of squares and count of an arm or a contrast.
const MOMENTS_BYTES: usize = 3 * size_of::<f64>();
/// An estimate with its p and q.
const ESTIMATE_BYTES: u64 = (12 * size_of::<f64>()) as u64;
/// Texts of a summary: its name and method.
const SUMMARY_TEXT_BYTES: u64 = 96;
/// Texts of a driver: its name and unit.
const DRIVER_TEXT_BYTES: u64 = 96;
/// Features that every regression has, besides the motifs: control, GC content and GC beside the edit.
const COMMON_DRIVERS: usize = 3;
/// Tenths of the three features for which there are some.
const TENTHS: usize = 3 * 10;
/// A row of a table on the terminal.
const TABLE_LINE_BYTES: u64 = 72;

/// Bytes of one place of a measured track under an arm or in a contrast: its mean, sd, the ends of its band, and a line of a table.
const TRACK_PLACE_BYTES: usize = 7 * size_of::<f64>() + TABLE_LINE_BYTES as usize;

/// Peak bytes of the rows of a study.
pub fn memory_bytes(plan: &Plan) -> u64 {
    plan.experiments.iter().map(of_experiment).sum()
}

fn of_experiment(experiment: &Experiment) -> u64 {
    let points = experiment.points.len() as u64;
    let (outcomes, arms) = (
        experiment.design.outcomes.len(),
        experiment.design.arms.len(),
    );
    let contrasts = experiment.design.contrasts.len();
    let (rows, of_arms) = ((outcomes * contrasts) as u64, (outcomes * arms) as u64);
    let at =
        size_of::<GridPoint>() as u64 + heap_block_bytes(16 + 4 * experiment.design.axes.len());
    let members = experiment.points.first().map_or(0, |point| {
        let each = point.members.iter().filter(|members| !members.is_empty());
        let each = each.map(|members| {
            let means = heap_block_bytes(members.len() * size_of::<MemberMean>());
            heap_block_bytes(size_of::<EnsembleEstimate>())
                + means
                + members.len() as u64 * heap_block_bytes(8)
        });
        each.sum::<u64>() * contrasts as u64
    });
    let summaries = experiment.design.summaries.len();
    let summaries =
        heap_block_bytes(summaries * size_of::<Summary>()) + summaries as u64 * SUMMARY_TEXT_BYTES;
    let row = size_of::<Row>() as u64 + summaries + drivers_bytes(experiment);
    let kept = at + rows * row + members + of_arms * size_of::<ArmSummary>() as u64;
    let measured = 2 * size_of::<Vec<u8>>() as u64
        + heap_block_bytes(outcomes * arms * MOMENTS_BYTES)
        + heap_block_bytes(outcomes * contrasts * MOMENTS_BYTES)
        + ESTIMATE_BYTES;
    let shown = (rows + of_arms) * TABLE_LINE_BYTES;
    let first = experiment.points.first();
    let measured_tracks = first.iter().flat_map(|point| point.tracks.iter());
    let places: usize = measured_tracks.map(|track| track.formulas.len()).sum();
    let tracks = (places * (arms + contrasts) * TRACK_PLACE_BYTES) as u64;
    points * (kept + measured.max(shown) + tracks)
}

/// Bytes of the drivers of a row; 0 unless the experiment reports them.
fn drivers_bytes(experiment: &Experiment) -> u64 {
    let Some(drivers) = &experiment.design.drivers else {
        return 0;
    };
    let features = COMMON_DRIVERS + drivers.motifs.len() + drivers.added.len();
    heap_block_bytes(size_of::<Drivers>())
        + heap_block_bytes(features * size_of::<Driver>())
        + heap_block_bytes(TENTHS * size_of::<TenthMean>())
        + (features + 1) as u64 * DRIVER_TEXT_BYTES
}
