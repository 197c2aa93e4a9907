//! Arms that write where an outcome cannot see it.

use std::ops::Range;

use super::{Checker, Context};
use crate::check::hir::{Claim, Contrast, Makeup, ModelSource, Point, Read};
use crate::diag::{Code, Diagnostic, counted};
use crate::domain::Edit;

impl Checker<'_> {
    /// A warning for each arm and outcome whose effect is 0 by construction at some grid point.
    pub(super) fn warn_of_reach(
        &mut self,
        context: &Context,
        points: &[Point],
        contrasts: &[Contrast],
        claims: &[Claim],
    ) {
        let arms = points.first().map_or(0, |point| point.arms.len());
        let outcomes = points.first().map_or(0, |point| point.outcomes.len());
        for outcome in 0..outcomes {
            for arm in 1..arms {
                let missed: Vec<(usize, Range<usize>, Range<i64>)> = points
                    .iter()
                    .enumerate()
                    .filter_map(|(at, point)| {
                        let (written, seen) = self.out_of_reach(point, arm, outcome)?;
                        Some((at, written, seen))
                    })
                    .collect();
                let Some((_, written, seen)) = missed.first() else {
                    continue;
                };
                let (arm_name, name) = (&self.arm_names[arm], &self.outcome_names[outcome]);
                let whereabouts = match missed.len() == points.len() {
                    true => String::new(),
                    false => format!(
                        ", at {} of {}",
                        missed.len(),
                        counted(points.len(), "grid point")
                    ),
                };
                let message = format!(
                    "arm `{arm_name}` cannot change `{name}`: it writes at {}..{} bp, and `{name}` depends on {}..{} bp alone{whereabouts}",
                    written.start,
                    written.end,
                    seen.start.max(0),
                    seen.end
                );
                let claim = claims.iter().find(|claim| {
                    let mut uses = false;
                    if let Some(contrast) = contrasts.get(claim.contrast) {
                        contrast.formula.leaves(&mut |leaf| uses |= leaf == arm);
                    }
                    claim.outcome == outcome && uses
                });
                let span = claim.map_or(context.span, |claim| claim.span);
                let label = match claim {
                    Some(_) => "an effect of 0 here is no evidence",
                    None => "in this experiment",
                };
                self.sink.push(
                    Diagnostic::warning(Code::OutOfReach, message)
                        .at(span, label)
                        .help(
                            "move the edit into that stretch, or measure a position that sees it",
                        ),
                );
            }
        }
    }

    /// What an arm writes beside the control and what the outcome depends on, where the two do not meet.
    fn out_of_reach(
        &self,
        point: &Point,
        arm: usize,
        outcome: usize,
    ) -> Option<(Range<usize>, Range<i64>)> {
        let control = point.arms.first()?;
        let own: Vec<&Edit> = point.arms[arm]
            .iter()
            .filter(|edit| !control.contains(edit))
            .collect();
        // An arm that leaves out what the control has differs there too.
        if own.is_empty() || !control.iter().all(|edit| point.arms[arm].contains(edit)) {
            return None;
        }
        let written: Option<Vec<Range<usize>>> = own.iter().map(|edit| edit.written()).collect();
        let written = written?;
        let all = written.iter().map(|range| range.start).min()?
            ..written.iter().map(|range| range.end).max()?;
        let mut reads: Vec<Read> = Vec::new();
        point
            .outcomes
            .get(outcome)?
            .leaves(&mut |read| reads.push(read));
        let seen: Option<Vec<Range<i64>>> = reads.iter().map(|read| self.seen_by(*read)).collect();
        let seen = seen.filter(|seen| !seen.is_empty())?;
        let meets = |range: &Range<usize>| {
            let (start, end) = (range.start as i64, range.end as i64);
            seen.iter().any(|seen| seen.start < end && start < seen.end)
        };
        if written.iter().any(meets) {
            return None;
        }
        let together =
            seen.iter().map(|seen| seen.start).min()?..seen.iter().map(|seen| seen.end).max()?;
        Some((all, together))
    }

    fn seen_by(&self, read: Read) -> Option<Range<i64>> {
        let model = self.models.get(read.model)?;
        match &model.makeup {
            Makeup::One(ModelSource::File { .. }) => model.declaration.reach(read.column),
            Makeup::One(ModelSource::Truth(_)) | Makeup::Ensemble(_) | Makeup::BothStrands(_) => {
                None
            }
        }
    }
}
