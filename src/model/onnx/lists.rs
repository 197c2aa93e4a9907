//! Lists of tensors, which ONNX calls sequences: made, split, and joined again.

use super::Reader;
use super::call::Call;
use crate::graph::{Dim, Op, Operand, ValueId, resolve_dim};
use crate::shapes::extent_of;
use gia_base::diag::Outcome;

/// Maximum number of tensors that a dimension is split into.
const MAX_PARTS: i64 = 4096;

impl Reader {
    /// `SequenceConstruct`: a list of its inputs.
    pub(super) fn make_list(&mut self, call: &Call) -> Outcome<()> {
        let members = (0..call.inputs()).map(|index| self.tensor(call, index));
        let members = members.collect::<Outcome<Vec<ValueId>>>()?;
        self.known_mut(call.output()?).tensors = Some(members);
        Ok(())
    }

    /// `SplitToSequence`: the parts of a tensor along a dimension, of one size or of a size each.
    pub(super) fn split_to_list(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let dim = call.int("axis", 0);
        let Some(length) = self.shape(x).and_then(|shape| extent_of(shape, dim)) else {
            return Err(call.unknown("splits a dimension whose size is known only at run time"));
        };
        let parts = MAX_PARTS as usize + 1;
        let sizes = match call.has_input(1) {
            false => vec![1; usize::try_from(length).unwrap_or(0).min(parts)],
            true => match (
                self.known_integers(call, 1)?.as_slice(),
                self.is_scalar(call, 1),
            ) {
                (&[size], true) if size > 0 => {
                    let starts = (0..length).step_by(usize::try_from(size).unwrap_or(usize::MAX));
                    let sizes = starts.map(|start| size.min(length - start));
                    sizes.take(parts).collect()
                }
                (sizes, _) => sizes.to_vec(),
            },
        };
        if sizes.len() as i64 > MAX_PARTS || sizes.iter().any(|size| *size < 0) {
            return Err(call.wrong("splits a dimension into parts of unsupported sizes"));
        }
        let sum = sizes
            .iter()
            .try_fold(0i64, |sum, size| sum.checked_add(*size));
        if sum != Some(length) {
            return Err(call.wrong(&format!(
                "splits a dimension of size {length} into parts of other sizes"
            )));
        }
        // Single elements lose their dimension on request; parts of stated sizes keep it.
        let loses_dim = !call.has_input(1) && call.int("keepdims", 1) == 0;
        let pieces: Vec<Op> = match loses_dim {
            true => (0..length).map(|index| Op::Select { dim, index }).collect(),
            false => Op::slices(dim, sizes).collect(),
        };
        let members = pieces
            .into_iter()
            .map(|piece| self.step(call, piece, vec![Operand::Value(x)]));
        let members = members.collect();
        self.known_mut(call.output()?).tensors = Some(members);
        Ok(())
    }

    /// `SequenceAt`: a member of a list.
    pub(super) fn list_member(&mut self, call: &Call) -> Outcome<()> {
        let members = self.list(call)?;
        let &[index] = self.known_integers(call, 1)?.as_slice() else {
            return Err(call.wrong("has several indices"));
        };
        let at = resolve_dim(index, members.len()).ok_or_else(|| {
            call.wrong(&format!(
                "takes member {index} of a list of {}",
                members.len()
            ))
        })?;
        self.finish(call, Op::Identity, vec![Operand::Value(members[at])])
    }

    /// `ConcatFromSequence`: the members of a list joined along a dimension, or along a new one.
    pub(super) fn join_list(&mut self, call: &Call) -> Outcome<()> {
        let dim = call.int("axis", 0);
        let mut members = self.list(call)?;
        if call.int("new_axis", 0) != 0 {
            members = members
                .into_iter()
                .map(|id| self.step(call, Op::Unsqueeze { dim }, vec![Operand::Value(id)]))
                .collect();
        }
        let operands = members.into_iter().map(Operand::Value).collect();
        self.finish(call, Op::Concatenate { dim }, operands)
    }

    /// Whether an input is one number without a dimension.
    fn is_scalar(&self, call: &Call, index: usize) -> bool {
        let id = call.input(index).ok().and_then(|name| self.known(name).id);
        id.and_then(|id| self.shape(id))
            .is_none_or(<[Dim]>::is_empty)
    }

    /// The list that is the first input of a call.
    pub(super) fn list(&self, call: &Call) -> Outcome<Vec<ValueId>> {
        match &self.known(call.input(0)?).tensors {
            Some(members) if !members.is_empty() => Ok(members.clone()),
            Some(_) => Err(call.wrong("takes members of an empty list")),
            None => Err(call.unknown("uses a list of tensors that is known only at run time")),
        }
    }
}
