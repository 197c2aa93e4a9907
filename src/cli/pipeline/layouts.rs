//! Layouts of experiments from their plan, for reports to draw.
//!
//! Invariant: layouts describe the arms and change no number.

use gia_domain::{Edit, Part, PartKind, Population, Strand};
use gia_plan::{Experiment, Layout, Plan};
use gia_study::{ArmLayout, MotifRecord, PlacedEdit};

/// Fills in the layouts and motifs of each experiment.
pub fn fill_layouts(plan: &Plan, experiments: &mut [gia_study::Experiment]) {
    for (planned, found) in plan.experiments.iter().zip(experiments) {
        let layouts = planned.design.layouts.iter();
        found.layouts = layouts.filter_map(|l| layout(plan, planned, l)).collect();
        found.motifs = planned
            .design
            .embedded
            .iter()
            .map(|m| motif_record(m))
            .collect();
    }
}

fn layout(plan: &Plan, experiment: &Experiment, layout: &Layout) -> Option<gia_study::Layout> {
    let point = experiment.points.get(layout.point)?;
    let population = &plan.populations[point.population].population;
    let arms = experiment.design.arms.iter().zip(&layout.arms);
    let arms = arms.map(|(arm, edits)| {
        let edits = edits.iter();
        ArmLayout {
            arm: arm.clone(),
            edits: edits
                .map(|(edit, part)| edit_layout(edit, part.as_ref(), population))
                .collect(),
        }
    });
    Some(gia_study::Layout {
        at: gia_stats::grid_point_at(&experiment.design.axes, &point.at),
        background: population.describe(),
        length: population.length(),
        arms: arms.collect(),
    })
}

fn edit_layout(edit: &Edit, part: Option<&Part>, population: &Population) -> PlacedEdit {
    let motif = part.and_then(|part| match &part.kind {
        PartKind::Motif(motif) => Some(motif),
        PartKind::Gap(_) => None,
    });
    let (start, end) = edit.changed().map(|range| (range.start, range.end)).unzip();
    let alphabet = population.alphabet();
    PlacedEdit {
        edit: match motif {
            Some(_) => edit.describe(alphabet),
            None => edit.describe_mutation(alphabet),
        },
        part: motif.map(|motif| {
            let label = part.and_then(|part| part.label.clone());
            label
                .or_else(|| motif.reverse_of.clone())
                .unwrap_or_else(|| motif.name.clone())
        }),
        motif: motif.map(|motif| motif.name.clone()),
        strand: motif.map(|motif| match motif.strand {
            Strand::Forward => '+',
            Strand::Reverse => '-',
        }),
        start,
        end,
    }
}

fn motif_record(motif: &gia_domain::Motif) -> MotifRecord {
    MotifRecord {
        motif: motif.name.clone(),
        alternate: motif.alternate.clone(),
        alphabet: motif.alphabet.name().to_string(),
        columns: motif.columns.clone(),
        contributions: motif.discovery.as_ref().map(|of| of.contributions.clone()),
        seqlets: motif.discovery.as_ref().and_then(|of| of.seqlets),
    }
}
