//! The bases directly beside the edits of a sequence.

use std::ops::Range;

use super::Edit;

/// The stretches of at most `width` bases to the left and to the right of what some edits change, in a sequence of `length` bases,
/// without bases that another of the edits changes. Ascending; they neither overlap nor touch, and there may be none.
///
/// None if it depends on the background what an edit changes.
pub fn flanks<'e>(
    edits: impl IntoIterator<Item = &'e Edit>,
    length: usize,
    width: usize,
) -> Option<Vec<Range<usize>>> {
    let changed = edits.into_iter().map(Edit::changed);
    let mut changed: Vec<Range<usize>> = changed.collect::<Option<_>>()?;
    changed.retain(|range| !range.is_empty());
    changed.sort_by_key(|range| range.start);
    let mut found = Vec::new();
    // The stretch between two changes that is being divided starts here; none before the first.
    let mut unchanged_from = None;
    let mut beside = |from: Option<usize>, to: Option<usize>| {
        let (start, end) = (from.unwrap_or(0), to.unwrap_or(length).min(length));
        let right_of = from.map(|from| from..(from + width).min(end));
        let left_of = to.map(|_| end.saturating_sub(width).max(start)..end);
        for range in [right_of, left_of].into_iter().flatten() {
            if range.start < range.end {
                push_merged(&mut found, range);
            }
        }
    };
    for range in changed {
        if unchanged_from.is_none_or(|from| from < range.start) {
            beside(unchanged_from, Some(range.start));
        }
        unchanged_from = Some(unchanged_from.map_or(range.end, |from: usize| from.max(range.end)));
    }
    if unchanged_from.is_some() {
        beside(unchanged_from, None);
    }
    Some(found)
}

/// Appends a range that starts no earlier than the last.
fn push_merged(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    match ranges.last_mut() {
        Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
        _ => ranges.push(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Side;

    /// Flanks of 10 bases beside changed stretches, each given by its start and end.
    fn beside(changed: &[(usize, usize)], length: usize) -> Vec<(usize, usize)> {
        let edits = changed
            .iter()
            .map(|&(start, end)| Edit::Invert { start, end });
        let edits: Vec<Edit> = edits.collect();
        let found = flanks(&edits, length, 10).expect("known stretches");
        found
            .into_iter()
            .map(|range| (range.start, range.end))
            .collect()
    }

    #[test]
    fn one_stretch_has_two_sides() {
        assert_eq!(beside(&[(40, 50)], 100), [(30, 40), (50, 60)]);
        assert_eq!(beside(&[(3, 96)], 100), [(0, 3), (96, 100)]);
        assert_eq!(beside(&[(0, 90)], 100), [(90, 100)]);
        assert_eq!(beside(&[(0, 100)], 100), []);
        assert_eq!(beside(&[], 100), []);
    }

    #[test]
    fn several_stretches_share_what_is_between_them() {
        assert_eq!(
            beside(&[(40, 50), (60, 70), (55, 58)], 100),
            [(30, 40), (50, 55), (58, 60), (70, 80)]
        );
        assert_eq!(
            beside(&[(40, 50), (65, 70)], 100),
            [(30, 40), (50, 65), (70, 80)]
        );
        assert_eq!(
            beside(&[(10, 40), (70, 90)], 100),
            [(0, 10), (40, 50), (60, 70), (90, 100)]
        );
        assert_eq!(
            beside(&[(40, 60), (45, 50), (60, 62)], 100),
            [(30, 40), (62, 72)]
        );
    }

    #[test]
    fn every_base_beside_is_unchanged_and_near_a_change() {
        // Against a mask of the sequence, for all pairs of short stretches.
        let length = 30;
        for a in 0..length {
            for b in a + 1..=length {
                let second = (a * 7 + b * 3) % 27;
                let changed = [(a, b), (second, second + 3)];
                let is_changed =
                    |i: usize| changed.iter().any(|&(from, to)| (from..to).contains(&i));
                let wanted: Vec<usize> = (0..length)
                    .filter(|&i| !is_changed(i))
                    .filter(|&i| (i.saturating_sub(10)..(i + 11).min(length)).any(is_changed))
                    .collect();
                let found = beside(&changed, length).into_iter();
                let found: Vec<usize> = found.flat_map(|(from, to)| from..to).collect();
                assert_eq!(found, wanted, "{changed:?}");
            }
        }
    }

    #[test]
    fn what_depends_on_the_background_has_no_flanks() {
        for shifting in [Side::Left, Side::Right] {
            assert_eq!(flanks([&Edit::Allele { shifting }], 100, 10), None);
        }
    }
}
