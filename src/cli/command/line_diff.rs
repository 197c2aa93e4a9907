//! Unified diff between a text and its formatted form, in time linear in the number of lines.
//!
//! Formatting changes little but blanks and line breaks. Counting the other characters tells which lines of both texts correspond, so
//! only the lines between two such points are compared one by one.

use std::fmt::Write;
use std::ops::Range;

use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

/// Unchanged lines shown around a change.
const CONTEXT_LINES: usize = 3;

/// Maximum number of lines, of both texts, that are compared one by one, which takes quadratic time. A larger group is shown as
/// replaced.
const MAX_COMPARED_LINES: usize = 2000;

/// A unified diff of both texts under the name `name`; empty if they are equal.
pub fn unified_diff(old: &str, new: &str, name: &str) -> String {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let hunks = group_diff_ops(changes(&old, &new), CONTEXT_LINES);
    let mut out = String::new();
    for hunk in hunks.iter().filter(|hunk| !hunk.is_empty()) {
        if out.is_empty() {
            let _ = writeln!(out, "--- {name}\n+++ {name}");
        }
        let _ = writeln!(out, "{}", UnifiedHunkHeader::new(hunk));
        for change in hunk {
            match change {
                DiffOp::Equal { .. } => write_lines(&mut out, ' ', &old[change.old_range()]),
                DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                    write_lines(&mut out, '-', &old[change.old_range()]);
                    write_lines(&mut out, '+', &new[change.new_range()]);
                }
            }
        }
    }
    out
}

fn write_lines(out: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        let _ = write!(out, "{mark}{line}");
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// Groups of lines, alternately equal and different.
fn changes(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let mut changes = Changes::default();
    let (mut a, mut b) = (0..0, 0..0);
    let (mut of_old, mut of_new) = (0, 0);
    while a.end < old.len() || b.end < new.len() {
        if of_old <= of_new && a.end < old.len() {
            of_old += stable_chars(old[a.end]);
            a.end += 1;
        } else if b.end < new.len() {
            of_new += stable_chars(new[b.end]);
            b.end += 1;
        } else {
            of_old += stable_chars(old[a.end]);
            a.end += 1;
        }
        if of_old == of_new && !a.is_empty() && !b.is_empty() {
            changes.compare(old, new, a.clone(), b.clone());
            (a, b) = (a.end..a.end, b.end..b.end);
        }
    }
    changes.compare(old, new, a, b);
    changes.0
}

/// Number of characters of a line that formatting neither adds nor removes.
fn stable_chars(line: &str) -> usize {
    let is_layout = |c: &char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')');
    line.chars().filter(|c| !is_layout(c)).count()
}

#[derive(Default)]
struct Changes(Vec<DiffOp>);

impl Changes {
    /// Adds the differences between some lines of both texts.
    fn compare(&mut self, old: &[&str], new: &[&str], a: Range<usize>, b: Range<usize>) {
        if old[a.clone()] == new[b.clone()] {
            self.add(true, a, b);
        } else if a.len() + b.len() > MAX_COMPARED_LINES {
            self.add(false, a, b);
        } else {
            let ops = capture_diff_slices(Algorithm::Myers, &old[a.clone()], &new[b.clone()]);
            for op in ops {
                let (one, other) = (op.old_range(), op.new_range());
                let is_equal = matches!(op, DiffOp::Equal { .. });
                self.add(
                    is_equal,
                    one.start + a.start..one.end + a.start,
                    other.start + b.start..other.end + b.start,
                );
            }
        }
    }

    /// Appends a group of lines; merges it with the last group if both are equal, or both differ.
    fn add(&mut self, is_equal: bool, old: Range<usize>, new: Range<usize>) {
        if old.is_empty() && new.is_empty() {
            return;
        }
        let op = |old: Range<usize>, new: Range<usize>| match is_equal {
            true => DiffOp::Equal {
                old_index: old.start,
                new_index: new.start,
                len: old.len(),
            },
            false => DiffOp::Replace {
                old_index: old.start,
                old_len: old.len(),
                new_index: new.start,
                new_len: new.len(),
            },
        };
        match self.0.last_mut() {
            Some(last) if matches!(last, DiffOp::Equal { .. }) == is_equal => {
                *last = op(
                    last.old_range().start..old.end,
                    last.new_range().start..new.end,
                );
            }
            _ => self.0.push(op(old, new)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use similar::TextDiff;

    #[test]
    fn the_result_is_that_of_a_full_comparison() {
        for (old, new) in [
            ("", ""),
            ("a\n", "a\n"),
            ("let a  =  1\nlet b=2\n", "let a = 1\nlet b = 2\n"),
            ("a\n\n\n\nb\nc\nd\ne\nf\n\ng ", "a\n\nb\nc\nd\ne\nf\n\ng\n"),
            ("x\nf(a,\nb,\nc)\ny\nz", "x\nf(a, b, c)\ny\nz\n"),
            (
                "1\n2\n3\n4\n5\n6\n7 \n8\n9\n10\n11\n12\n13\n14\n15 \n16\n",
                "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n",
            ),
        ] {
            let whole = TextDiff::from_lines(old, new);
            let expected = whole.unified_diff().header("f", "f").to_string();
            assert_eq!(unified_diff(old, new, "f"), expected, "{old:?}");
        }
    }

    #[test]
    fn many_lines_take_linear_time() {
        let old: String = (0..200_000)
            .map(|i| format!("let a{i}  =  {i}\n"))
            .collect();
        let new = old.replace("  ", " ");
        let text = unified_diff(&old, &new, "f");
        assert_eq!(text.lines().count(), 3 + 400_000);
    }
}
