//! Unified diff between a text and its formatted form, in time linear in the number of lines.
//!
//! Formatting moves blanks and line breaks and little else, so counting what it leaves alone tells which lines of the two
//! belong together. Only what stands between two such places is compared line by line.

use std::fmt::Write;
use std::ops::Range;

use similar::udiff::UnifiedHunkHeader;
use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

/// Lines around what differs.
const CONTEXT: usize = 3;

/// Lines between two places that belong together, of both texts, from which they are not compared one by one: that takes
/// the square of their number.
const MOST_COMPARED: usize = 2000;

/// The lines that differ, with a header that calls both texts `name`; empty where none does.
pub fn difference(old: &str, new: &str, name: &str) -> String {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let hunks = group_diff_ops(changes(&old, &new), CONTEXT);
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

/// Equal and other lines in turn.
fn changes(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let mut made = Changes::default();
    let (mut a, mut b) = (0..0, 0..0);
    let (mut of_old, mut of_new) = (0, 0);
    while a.end < old.len() || b.end < new.len() {
        if of_old <= of_new && a.end < old.len() {
            of_old += kept(old[a.end]);
            a.end += 1;
        } else if b.end < new.len() {
            of_new += kept(new[b.end]);
            b.end += 1;
        } else {
            of_old += kept(old[a.end]);
            a.end += 1;
        }
        if of_old == of_new && !a.is_empty() && !b.is_empty() {
            made.compare(old, new, a.clone(), b.clone());
            (a, b) = (a.end..a.end, b.end..b.end);
        }
    }
    made.compare(old, new, a, b);
    made.0
}

/// Characters of a line that formatting neither makes nor takes away.
fn kept(line: &str) -> usize {
    let comes_and_goes = |c: &char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')');
    line.chars().filter(|c| !comes_and_goes(c)).count()
}

#[derive(Default)]
struct Changes(Vec<DiffOp>);

impl Changes {
    /// Adds how some lines of the two differ.
    fn compare(&mut self, old: &[&str], new: &[&str], a: Range<usize>, b: Range<usize>) {
        if old[a.clone()] == new[b.clone()] {
            self.add(true, a, b);
        } else if a.len() + b.len() > MOST_COMPARED {
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

    /// Adds lines behind those that are there, as one with them where both are equal, or neither is.
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
    fn it_is_what_a_comparison_of_all_lines_gives() {
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
            assert_eq!(difference(old, new, "f"), expected, "{old:?}");
        }
    }

    #[test]
    fn many_lines_take_no_square() {
        let old: String = (0..200_000)
            .map(|i| format!("let a{i}  =  {i}\n"))
            .collect();
        let new = old.replace("  ", " ");
        let text = difference(&old, &new, "f");
        assert_eq!(text.lines().count(), 3 + 400_000);
    }
}
