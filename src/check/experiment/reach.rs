//! Arms that write outside the receptive field of an outcome.

use std::ops::Range;

use super::{Checker, Context};
use gia_base::diag::{Code, Diagnostic, pluralize};
use gia_design::{Axis, Claim, Contrast, ModelKind, ModelSource, OutOfReach, OutputRef, Point};
use gia_domain::Edit;

impl Checker<'_> {
    /// Arms that cannot change an outcome, at some grid point or at all, each with each outcome.
    pub(super) fn find_out_of_reach(&self, points: &[Point]) -> Vec<OutOfReach> {
        let arms = points.first().map_or(0, |point| point.arms.len());
        let outcomes = points.first().map_or(0, |point| point.outcomes.len());
        let pairs = (0..outcomes).flat_map(|outcome| (1..arms).map(move |arm| (arm, outcome)));
        let missed = pairs.filter_map(|(arm, outcome)| {
            let mut at = points.iter().enumerate().filter_map(|(at, point)| {
                let (written, seen) = self.out_of_reach(point, arm, outcome)?;
                Some((at, written, seen))
            });
            let (first, written, seen) = at.next()?;
            Some(OutOfReach {
                arm,
                outcome,
                points: std::iter::once(first)
                    .chain(at.map(|(at, ..)| at))
                    .collect(),
                written,
                receptive_field: merged(seen),
            })
        });
        missed.collect()
    }

    /// A warning for each arm and outcome whose effect is 0 by construction at some grid point.
    pub(super) fn warn_of_reach(
        &mut self,
        context: &Context,
        axes: &[Axis],
        points: &[Point],
        (contrasts, claims): (&[Contrast], &[Claim]),
        out_of_reach: &[OutOfReach],
    ) {
        for missed in out_of_reach {
            let arm_name = &self.arm_names()[missed.arm];
            let name = &self.outcome_names()[missed.outcome];
            let message = format!(
                "arm `{arm_name}` cannot change `{name}`: it writes at {}..{} bp, and `{name}` depends on {} alone{}",
                missed.written.start,
                missed.written.end,
                missed.receptive_field_text(),
                grid_points_text(axes, points, &missed.points)
            );
            let claim = claims.iter().find(|claim| {
                let mut uses = false;
                if let Some(contrast) = contrasts.get(claim.contrast) {
                    contrast
                        .formula
                        .leaves(&mut |leaf| uses |= leaf == missed.arm);
                }
                claim.outcome == missed.outcome && uses
            });
            let span = claim.map_or(context.span, |claim| claim.span);
            let label = match claim {
                Some(_) => "an effect of 0 here is no evidence",
                None => "in this experiment",
            };
            self.sink.push(
                Diagnostic::warning(Code::OutOfReach, message)
                    .at(span, label)
                    .help("move the edit into that stretch, or measure a position that sees it"),
            );
        }
    }

    /// What an arm writes beside the control and what the outcome depends on, where the two do not meet.
    fn out_of_reach(
        &self,
        point: &Point,
        arm: usize,
        outcome: usize,
    ) -> Option<(Range<usize>, Vec<Range<i64>>)> {
        let control = point.arms.first()?;
        let own: Vec<&Edit> = point.arms[arm]
            .iter()
            .filter(|edit| !control.contains(edit))
            .collect();
        // An arm that leaves out what the control has differs there too.
        if own.is_empty() || !control.iter().all(|edit| point.arms[arm].contains(edit)) {
            return None;
        }
        // What moves letters would move what the arm writes as well.
        if control.iter().any(|edit| edit.written().is_none()) {
            return None;
        }
        let written: Option<Vec<Range<usize>>> = own.iter().map(|edit| edit.written()).collect();
        let written = written?;
        let all = written.iter().map(|range| range.start).min()?
            ..written.iter().map(|range| range.end).max()?;
        let mut reads: Vec<OutputRef> = Vec::new();
        point
            .outcomes
            .get(outcome)?
            .leaves(&mut |read| reads.push(read));
        let seen: Option<Vec<Vec<Range<i64>>>> = reads
            .iter()
            .map(|read| self.receptive_regions(read.model, read.column))
            .collect();
        let seen = seen?.concat();
        let meets = |range: &Range<usize>| {
            let (start, end) = (range.start as i64, range.end as i64);
            seen.iter().any(|seen| seen.start < end && start < seen.end)
        };
        if written.iter().any(meets) {
            return None;
        }
        Some((all, seen))
    }

    /// Stretches of the sequence that a column of a model depends on; none where one is not known.
    fn receptive_regions(&self, model: usize, column: usize) -> Option<Vec<Range<i64>>> {
        let model = self.models.get(model)?;
        match &model.kind {
            ModelKind::Single(ModelSource::File { .. }) => model
                .declaration
                .receptive_field(column)
                .map(|seen| vec![seen]),
            ModelKind::Single(ModelSource::Truth(_)) => None,
            // What one base contributes depends on all that its outputs do.
            ModelKind::Attribution(attribution) => {
                let mut reads: Vec<OutputRef> = Vec::new();
                attribution.query.leaves(&mut |read| reads.push(read));
                let seen = reads
                    .iter()
                    .map(|read| self.receptive_regions(read.model, read.column));
                seen.collect::<Option<Vec<_>>>().map(|seen| seen.concat())
            }
            ModelKind::Ensemble(members) => {
                let seen = members
                    .iter()
                    .map(|&member| self.receptive_regions(member, column));
                seen.collect::<Option<Vec<_>>>().map(|seen| seen.concat())
            }
            ModelKind::BothStrands(one) => {
                let declaration = &self.models.get(*one)?.declaration;
                let length = declaration.length as i64;
                let mut seen = self.receptive_regions(*one, column)?;
                let other = self.receptive_regions(*one, declaration.mirrored(column))?;
                seen.extend(
                    other
                        .iter()
                        .map(|seen| length - seen.end..length - seen.start),
                );
                Some(seen)
            }
        }
    }
}

/// Stretches in their order, those that overlap or touch as one.
fn merged(mut seen: Vec<Range<i64>>) -> Vec<Range<usize>> {
    seen.sort_unstable_by_key(|seen| seen.start);
    let mut apart: Vec<Range<usize>> = Vec::new();
    for next in seen {
        let next = next.start.max(0) as usize..next.end.max(0) as usize;
        match apart.last_mut() {
            Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
            Some(_) | None => apart.push(next),
        }
    }
    apart
}

/// The grid points in words; empty if all are meant.
fn grid_points_text(axes: &[Axis], points: &[Point], missed: &[usize]) -> String {
    if missed.len() == points.len() {
        return String::new();
    }
    let is_missed = |at: usize| missed.binary_search(&at).is_ok();
    // Where one axis alone decides, its values tell which.
    let decided_by = axes.iter().enumerate().find_map(|(axis, known)| {
        let mut by_value: Vec<Option<bool>> = vec![None; known.values.len()];
        let decides = points.iter().enumerate().all(|(at, point)| {
            let value = point
                .at
                .get(axis)
                .and_then(|value| by_value.get_mut(*value));
            value.is_some_and(|value| *value.get_or_insert(is_missed(at)) == is_missed(at))
        });
        decides.then_some((known, by_value))
    });
    let which = match decided_by {
        Some((axis, by_value)) => ranges(axis, &by_value),
        None => {
            let ends = [missed.first(), missed.last()].into_iter().flatten();
            let ends: Vec<String> = ends.map(|at| place_of(axes, &points[*at])).collect();
            match ends.as_slice() {
                [first, last] if first != last => format!("the first {first}, the last {last}"),
                ends => ends.first().cloned().unwrap_or_default(),
            }
        }
    };
    format!(
        ", at {} of {}: {which}",
        missed.len(),
        pluralize(points.len(), "grid point")
    )
}

/// `p = 20 bp to 40 bp, 80 bp`: the values of an axis that are marked, neighbours together.
fn ranges(axis: &Axis, marked: &[Option<bool>]) -> String {
    let is_marked = |at: usize| marked.get(at) == Some(&Some(true));
    let starts = (0..marked.len()).filter(|at| is_marked(*at) && (*at == 0 || !is_marked(at - 1)));
    let all: Vec<String> = starts
        .map(|start| {
            let end = (start..marked.len()).take_while(|at| is_marked(*at)).last();
            match end {
                Some(end) if end > start => {
                    format!("{} to {}", axis.values[start], axis.values[end])
                }
                Some(_) | None => axis.values[start].to_string(),
            }
        })
        .collect();
    const MAX_RANGES: usize = 6;
    match all.len() > MAX_RANGES {
        true => format!(
            "{} = {}, and {} more",
            axis.name,
            all[..MAX_RANGES].join(", "),
            pluralize(all.len() - MAX_RANGES, "range")
        ),
        false => format!("{} = {}", axis.name, all.join(", ")),
    }
}

/// `p = 20 bp, gap = 4`.
fn place_of(axes: &[Axis], point: &Point) -> String {
    let values = axes.iter().zip(point.at.iter());
    let values =
        values.filter_map(|(axis, at)| Some(format!("{} = {}", axis.name, axis.values.get(*at)?)));
    values.collect::<Vec<_>>().join(", ")
}
