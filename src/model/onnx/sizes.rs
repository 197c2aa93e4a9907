//! Evaluates the sizes that a graph computes from the shapes of its values.

use super::Reader;
use super::call::Call;
use super::tensors;
use crate::graph::{Dim, Op};
use gia_base::diag::Outcome;

/// A size, or an integer that becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Fixed(i64),
    /// This multiple of the batch size.
    BatchMultiple(i64),
}

impl Size {
    /// This multiple of the batch size, which may be none.
    fn of_batches(multiple: i64) -> Size {
        match multiple {
            0 => Size::Fixed(0),
            multiple => Size::BatchMultiple(multiple),
        }
    }

    /// The size; none if it depends on the batch.
    pub fn fixed(self) -> Option<i64> {
        match self {
            Size::Fixed(n) => Some(n),
            Size::BatchMultiple(_) => None,
        }
    }
}

impl Reader {
    /// Result of a call that computes with sizes; none for a call that computes with tensors.
    pub(super) fn size_arithmetic(&mut self, call: &Call) -> Outcome<Option<Vec<Size>>> {
        if call.operator == "Shape" {
            let name = call.input(0)?;
            let known = self.known(name);
            if let (Some(list), None) = (&known.sizes, known.id) {
                let extents = match known.table {
                    Some((rows, columns)) => vec![rows, columns],
                    None => vec![list.len()],
                };
                let extents = extents.into_iter().map(|n| Size::Fixed(n as i64));
                return Ok(Some(extents.collect()));
            }
            let id = self.tensor(call, 0)?;
            let Some(shape) = self.shape(id) else {
                return Err(call.unknown("uses a shape that is known only at run time"));
            };
            let rank = shape.len() as i64;
            let bound = |at: i64| (if at < 0 { at + rank } else { at }).clamp(0, rank) as usize;
            let (start, end) = (bound(call.int("start", 0)), bound(call.int("end", rank)));
            let dims = shape.get(start..end).unwrap_or_default().iter();
            let sizes = dims.enumerate().map(|(at, dim)| match dim {
                Dim::Fixed(n) => Size::Fixed(*n),
                Dim::Free => Size::BatchMultiple(self.batches_in(id, start + at)),
            });
            return Ok(Some(sizes.collect()));
        }
        if call.operator == "ConstantOfShape" {
            let filled = match call.tensor("value") {
                None => None,
                Some(value) => tensors::whole_numbers(value),
            };
            let (Some(&[Size::Fixed(count)]), Some([number])) =
                (self.sizes_of(call, 0), filled.as_deref())
            else {
                return Ok(None);
            };
            let count = usize::try_from(count).ok();
            let count = count.filter(|count| *count <= super::MAX_SHAPE_ELEMENTS);
            return Ok(count.map(|count| vec![Size::Fixed(*number); count]));
        }
        let name = call.input(0);
        let is_list = name
            .as_ref()
            .is_ok_and(|name| self.known(name).sizes.is_some());
        if call.operator == "Size" && !is_list {
            let shape = self.shape(self.tensor(call, 0)?);
            return Ok(shape.and_then(number_of_elements).map(|size| vec![size]));
        }
        let Some(first) = self.sizes_of(call, 0).map(<[Size]>::to_vec) else {
            return Ok(None);
        };
        let name = name?;
        let table = self.known(name).table;
        if let Some(made) = self.rearranged(call, &first, table)? {
            return Ok(Some(made));
        }
        let fixed = Size::fixed;
        let both = |other: &[Size], of: &dyn Fn(Size, Size) -> Option<Size>| -> Option<Vec<Size>> {
            let n = first.len().max(other.len());
            let at =
                |list: &[Size], i: usize| list.get(if list.len() == 1 { 0 } else { i }).copied();
            (0..n).map(|i| of(at(&first, i)?, at(other, i)?)).collect()
        };
        let arithmetic = |of: fn(i64, i64) -> Option<i64>| {
            let other = self.sizes_of(call, 1)?;
            let either = matches!(call.operator, "Max" | "Min");
            both(other, &|a, b| match (a, b) {
                (a, b) if either && a == b => Some(a),
                // A multiple of the batch stays one if zero is added, or if it is multiplied or divided.
                (Size::BatchMultiple(k), Size::Fixed(n)) if of(7, n) == Some(7) => {
                    Some(Size::BatchMultiple(k))
                }
                (Size::Fixed(0), Size::BatchMultiple(k)) => match call.operator {
                    "Add" => Some(Size::BatchMultiple(k)),
                    "Sub" => k.checked_neg().map(Size::BatchMultiple),
                    _ => None,
                },
                (Size::BatchMultiple(j), Size::BatchMultiple(k)) => match call.operator {
                    "Add" => j.checked_add(k).map(Size::of_batches),
                    "Sub" => j.checked_sub(k).map(Size::of_batches),
                    _ => None,
                },
                (Size::BatchMultiple(k), Size::Fixed(n))
                | (Size::Fixed(n), Size::BatchMultiple(k))
                    if call.operator == "Mul" && n > 0 =>
                {
                    k.checked_mul(n).map(Size::BatchMultiple)
                }
                (Size::BatchMultiple(k), Size::Fixed(n))
                    if call.operator == "Div" && n > 0 && k % n == 0 =>
                {
                    Some(Size::BatchMultiple(k / n))
                }
                (a, b) => of(fixed(a)?, fixed(b)?).map(Size::Fixed),
            })
        };
        let truth = |of: fn(i64, i64) -> bool| {
            let other = self.sizes_of(call, 1)?;
            both(other, &|a, b| {
                Some(Size::Fixed(i64::from(of(fixed(a)?, fixed(b)?))))
            })
        };
        let made = match call.operator {
            "Identity" | "Cast" | "Unsqueeze" | "Squeeze" => Some(first),
            "CastLike" if self.is_known_integer(call, 1) => Some(first),
            "Size" => Some(vec![Size::Fixed(first.len() as i64)]),
            "Less" => truth(|a, b| a < b),
            "LessOrEqual" => truth(|a, b| a <= b),
            "Greater" => truth(|a, b| a > b),
            "GreaterOrEqual" => truth(|a, b| a >= b),
            "And" => truth(|a, b| a != 0 && b != 0),
            "Or" => truth(|a, b| a != 0 || b != 0),
            "Not" => first
                .into_iter()
                .map(|size| Some(Size::Fixed(i64::from(fixed(size)? == 0))))
                .collect(),
            "Neg" => first
                .into_iter()
                .map(|size| {
                    Some(match size {
                        Size::Fixed(n) => Size::Fixed(n.checked_neg()?),
                        Size::BatchMultiple(n) => Size::BatchMultiple(n.checked_neg()?),
                    })
                })
                .collect(),
            "Gather" => {
                let indices = self.sizes_of(call, 1);
                indices.and_then(|indices| {
                    let taken = indices.iter().map(|index| {
                        let index = fixed(*index)?;
                        let n = first.len() as i64;
                        let at = if index < 0 { index + n } else { index };
                        first.get(usize::try_from(at).ok()?).copied()
                    });
                    taken.collect()
                })
            }
            "Concat" => {
                let parts = (0..call.inputs()).map(|i| self.sizes_of(call, i));
                let parts = parts.collect::<Option<Vec<_>>>();
                // Lists that are joined with themselves again and again would outgrow all memory.
                parts
                    .map(|parts| parts.concat())
                    .filter(|sizes| sizes.len() <= super::MAX_SHAPE_ELEMENTS)
            }
            "Slice" => {
                let bound = |index: usize, default: i64| match call.has_input(index) {
                    true => self
                        .sizes_of(call, index)
                        .and_then(|list| fixed(*list.first()?)),
                    false => Some(default),
                };
                let n = first.len() as i64;
                let clamp = |at: i64| (if at < 0 { at + n } else { at }).clamp(0, n) as usize;
                match (bound(1, 0), bound(2, n), bound(4, 1)) {
                    (Some(start), Some(end), Some(1)) => {
                        first.get(clamp(start)..clamp(end)).map(<[Size]>::to_vec)
                    }
                    _ => None,
                }
            }
            "Add" => arithmetic(i64::checked_add),
            "Sub" => arithmetic(i64::checked_sub),
            "Mul" => arithmetic(i64::checked_mul),
            "Div" => arithmetic(i64::checked_div),
            "Mod" => arithmetic(i64::checked_rem_euclid),
            "Max" => arithmetic(|a, b| Some(a.max(b))),
            "Min" => arithmetic(|a, b| Some(a.min(b))),
            "ReduceProd" => first
                .iter()
                .try_fold(Size::Fixed(1), |made, size| match (made, *size) {
                    (Size::Fixed(a), Size::Fixed(b)) => a.checked_mul(b).map(Size::Fixed),
                    (Size::BatchMultiple(a), Size::Fixed(b))
                    | (Size::Fixed(a), Size::BatchMultiple(b)) => {
                        a.checked_mul(b).map(Size::BatchMultiple)
                    }
                    (Size::BatchMultiple(_), Size::BatchMultiple(_)) => None,
                })
                .map(|product| vec![product]),
            "Equal" => self
                .sizes_of(call, 1)
                .and_then(|other| both(other, &|a, b| Some(Size::Fixed(i64::from(a == b))))),
            "Where" => {
                let (yes, no) = (self.sizes_of(call, 1), self.sizes_of(call, 2));
                yes.zip(no).and_then(|(yes, no)| {
                    let at = |list: &[Size], i: usize| {
                        list.get(if list.len() == 1 { 0 } else { i }).copied()
                    };
                    let chosen = first.iter().enumerate().map(|(i, condition)| {
                        at(
                            if *condition == Size::Fixed(0) {
                                no
                            } else {
                                yes
                            },
                            i,
                        )
                    });
                    chosen.collect()
                })
            }
            _ => None,
        };
        Ok(made)
    }

    /// Rearranges lists of sizes that are laid out as a table, as exporters write the pairs of a padding.
    fn rearranged(
        &mut self,
        call: &Call,
        first: &[Size],
        table: Option<(usize, usize)>,
    ) -> Outcome<Option<Vec<Size>>> {
        match (call.operator, table) {
            ("Reshape", _) => {
                let shape = self.known_integers(call, 1)?;
                let columns = match shape.as_slice() {
                    [_, columns] => usize::try_from(*columns).ok().filter(|n| *n > 0),
                    _ => None,
                };
                // A table has a row for each `columns` sizes, and at least one.
                let columns =
                    columns.filter(|n| *n <= first.len() && first.len().is_multiple_of(*n));
                if let Some(columns) = columns {
                    let made = (first.len() / columns, columns);
                    self.known_mut(call.output()?).table = Some(made);
                }
                Ok(Some(first.to_vec()))
            }
            ("Transpose", Some((rows, columns))) => {
                let turned = (0..columns).flat_map(|c| (0..rows).map(move |r| r * columns + c));
                let made = turned
                    .map(|at| first.get(at).copied())
                    .collect::<Option<_>>();
                self.known_mut(call.output()?).table = Some((columns, rows));
                Ok(made)
            }
            ("Slice", Some((rows, columns))) => {
                let (steps, axes) = (self.known_integers(call, 4)?, self.known_integers(call, 3)?);
                if (steps.as_slice(), axes.as_slice()) != (&[-1], &[0]) {
                    return Err(call.unknown("slices a table of sizes"));
                }
                let backwards = first.chunks(columns).rev().flatten().copied();
                self.known_mut(call.output()?).table = Some((rows, columns));
                Ok(Some(backwards.collect()))
            }
            _ => Ok(None),
        }
    }

    /// Whether a call on sizes makes floats: a conversion to them, or an operation on them.
    pub(super) fn makes_floats(&self, call: &Call) -> bool {
        if call.operator == "Cast" {
            return is_float_type(call.int("to", 0));
        }
        let mut names = (0..call.inputs()).filter_map(|index| call.input(index).ok());
        call.operator != "Shape" && names.any(|name| self.known(name).has_float_sizes)
    }

    /// Whether the result of a call on floats is that of the same call on integers: a quotient must have no remainder.
    pub(super) fn is_exact(&self, call: &Call, made: &[Size]) -> bool {
        if call.operator != "Div" {
            return true;
        }
        let (Some(of), Some(by)) = (self.sizes_of(call, 0), self.sizes_of(call, 1)) else {
            return false;
        };
        let at = |list: &[Size], i: usize| list.get(if list.len() == 1 { 0 } else { i }).copied();
        made.iter()
            .enumerate()
            .all(|(i, quotient)| match (at(of, i), at(by, i), quotient) {
                (Some(Size::Fixed(a)), Some(Size::Fixed(b)), Size::Fixed(q)) => {
                    b.checked_mul(*q) == Some(a)
                }
                (Some(Size::BatchMultiple(a)), Some(Size::Fixed(b)), Size::BatchMultiple(q)) => {
                    b.checked_mul(*q) == Some(a)
                }
                _ => false,
            })
    }

    /// Adds constant tensors for single sizes that a call uses as numbers.
    pub(super) fn sizes_as_numbers(&mut self, call: &Call) {
        let takes_sizes = matches!(
            call.operator,
            "Reshape"
                | "Expand"
                | "Slice"
                | "Squeeze"
                | "Unsqueeze"
                | "Pad"
                | "Tile"
                | "Split"
                | "Gather"
                | "CumSum"
                | "Trilu"
                | "ReverseSequence"
                | "ConstantOfShape"
                | "Resize"
        );
        for index in 0..call.inputs() {
            let Ok(name) = call.input(index) else {
                continue;
            };
            if takes_sizes || self.known(name).id.is_some() {
                continue;
            }
            if let Some(&[Size::Fixed(size)]) = self.known(name).sizes.as_deref() {
                let op = Op::Full {
                    shape: Vec::new(),
                    value: size as f64,
                };
                self.emit(call, op, Vec::new(), name);
                self.known_mut(name).number = Some(size as f64);
            }
        }
    }

    /// Whether an input has integer elements.
    fn is_known_integer(&self, call: &Call, index: usize) -> bool {
        call.input(index)
            .is_ok_and(|name| self.known(name).integers.is_some())
    }

    /// An input as a list of sizes; none if it is not one.
    pub(super) fn sizes_of(&self, call: &Call, index: usize) -> Option<&[Size]> {
        let name = call.input(index).ok()?;
        self.known(name).sizes.as_deref()
    }

    /// An input that must be known integers.
    pub(super) fn known_integers(&self, call: &Call, index: usize) -> Outcome<Vec<i64>> {
        let sizes = self.sizes_of(call, index);
        let numbers = sizes.and_then(|sizes| {
            let numbers = sizes.iter().map(|size| size.fixed());
            numbers.collect::<Option<Vec<i64>>>()
        });
        numbers.ok_or_else(|| {
            call.unknown(&format!(
                "has an input {} that is known only at run time",
                index + 1
            ))
        })
    }
}

/// The number of elements of a value, if it is a multiple of the batch at most.
fn number_of_elements(shape: &[Dim]) -> Option<Size> {
    let mut count = 1i64;
    let mut is_of_batch = false;
    for dim in shape {
        match dim {
            Dim::Fixed(n) => count = count.checked_mul(*n)?,
            Dim::Free if !is_of_batch => is_of_batch = true,
            Dim::Free => return None,
        }
    }
    Some(match is_of_batch {
        true => Size::BatchMultiple(count),
        false => Size::Fixed(count),
    })
}

/// Whether an element type (`onnx.TensorProto.DataType`) holds floats.
fn is_float_type(kind: i64) -> bool {
    matches!(kind, 1 | 10 | 11 | 16)
}
