//! The batch size of a network, and the memory that it is chosen by.

use gia::model::{Dim, Graph, Processor};

use crate::support::archive::network;

#[test]
fn a_weight_with_two_names_counts_once() {
    let graph = Graph::read(&network("twice_named")).expect("a network");
    let elements = |of: &[usize]| of.iter().product::<usize>();
    let convolutions = elements(&[6, 4, 5]) + 6 + elements(&[4, 6, 1]) + 4;
    let (norm, dense) = (4 * 6, 4 * 2 + 2);
    let footprint = graph.footprint();
    assert_eq!(
        footprint.weights as usize / 4,
        convolutions + norm + dense,
        "of {} weights",
        graph.weights.len()
    );
}

/// The batch size on a CPU of a network whose sequences have `length` bp, and whether it runs one at a time.
fn batch_of(length: i64) -> (usize, bool) {
    let mut graph = Graph::read(&network("twice_named")).expect("a network");
    let shapes = graph
        .values
        .iter_mut()
        .filter_map(|value| value.shape.as_mut());
    for dim in shapes.flatten().filter(|dim| **dim == Dim::Fixed(24)) {
        *dim = Dim::Fixed(length);
    }
    let processor = Processor::Cpu;
    (graph.batch(processor), graph.runs_one_at_a_time(processor))
}

#[test]
fn sequences_of_a_gibibyte_each_run_one_at_a_time() {
    let (batch, alone) = batch_of(1_000);
    assert!(batch > 1 && !alone, "{batch}");
    assert_eq!(batch_of(1 << 26), (1, true));
}
