//! A node under attribution: its operands for input and reference, and the forms that follow from the operator itself.

use gia_model::Op;
use tch::{TchError, Tensor};

use super::line::{Line, Result, form_of};
use crate::kernels::{self, Argument};

/// An operand of a node under attribution.
pub enum Side<'t> {
    /// A value that depends on the sequence: of the reference, and as a leaf with the value of the input.
    Varying {
        leaf: Tensor,
        reference: Tensor,
    },
    /// A weight or a constant.
    Constant(&'t Tensor),
    Number(f64),
    Absent,
}

/// The linear form of a node's result.
pub struct Form {
    /// Zeros with a gradient to the leaves.
    pub tensor: Tensor,
    pub is_exact: bool,
}

impl Form {
    pub fn exact(tensor: Tensor) -> Result<Form> {
        Ok(Form {
            tensor,
            is_exact: true,
        })
    }
}

/// A node under attribution.
pub struct Node<'n> {
    pub op: &'n Op,
    pub sides: &'n [Side<'n>],
    /// Its results for the input and for the reference.
    pub input: &'n Tensor,
    pub reference: &'n Tensor,
}

impl Node<'_> {
    /// Calls the operator with the values that `of` gives for the varying operands.
    pub fn call(&self, of: impl Fn(usize) -> Result<Tensor>) -> Result<Tensor> {
        let varying: Vec<Option<Tensor>> = self
            .sides
            .iter()
            .enumerate()
            .map(|(index, side)| match side {
                Side::Varying { .. } => of(index).map(Some),
                _ => Ok(None),
            })
            .collect::<Result<_>>()?;
        let arguments: Vec<Argument> = self
            .sides
            .iter()
            .zip(&varying)
            .map(|(side, value)| match (side, value) {
                (_, Some(value)) => Argument::Tensor(value),
                (Side::Constant(tensor), None) => Argument::Tensor(tensor),
                (Side::Number(number), None) => Argument::Number(*number),
                (Side::Absent | Side::Varying { .. }, None) => Argument::Absent,
            })
            .collect();
        kernels::call(self.op, &arguments)
    }

    /// The varying operands.
    pub fn varying(&self) -> Vec<usize> {
        let sides = self.sides.iter().enumerate();
        let varying = sides.filter(|(_, side)| matches!(side, Side::Varying { .. }));
        varying.map(|(index, _)| index).collect()
    }

    /// The leaf of an operand, and its value of the reference.
    pub fn leaf(&self, index: usize) -> Result<(&Tensor, &Tensor)> {
        match self.sides.get(index) {
            Some(Side::Varying { leaf, reference }) => Ok((leaf, reference)),
            _ => Err(TchError::Kind(format!("operand {index} does not vary"))),
        }
    }

    /// An operand as a line; none if it is a number or absent.
    pub fn line(&self, index: usize) -> Result<Option<Line>> {
        match self.sides.get(index) {
            Some(Side::Varying { leaf, reference }) => Line::of_operand(leaf, reference).map(Some),
            Some(Side::Constant(tensor)) => Line::constant(tensor).map(Some),
            Some(Side::Number(_) | Side::Absent) | None => Ok(None),
        }
    }

    /// An operand as a line, also if it is a number.
    pub fn value(&self, index: usize) -> Result<Line> {
        let kind = (self.input.kind(), self.input.device());
        let line = match self.sides.get(index) {
            Some(Side::Number(number)) => {
                Some(Line::constant(&Tensor::f_full([0i64; 0], *number, kind)?)?)
            }
            _ => self.line(index)?,
        };
        line.ok_or_else(|| TchError::Kind(format!("operand {index} is absent")))
    }

    /// The difference of the results.
    pub fn rise(&self) -> Result<Tensor> {
        self.input.f_sub(self.reference)
    }

    /// Affine in all varying operands together: the operator itself.
    pub(super) fn affine(&self) -> Result<Form> {
        let result = self.call(|index| Ok(self.leaf(index)?.0.shallow_clone()))?;
        Form::exact(form_of(&result)?)
    }

    /// Zeros: the result has no gradient. Exact if it is the same for input and reference.
    pub(super) fn constant(&self) -> Result<Form> {
        Ok(Form {
            tensor: self.input.f_zeros_like()?,
            is_exact: self.input.f_equal(self.reference)?,
        })
    }

    /// Affine in what is chosen, by operands that choose: exact if these are the same for input and reference.
    pub(super) fn chosen(&self, by: &[usize]) -> Result<Form> {
        let mut is_exact = true;
        for &index in by {
            if let Some(Side::Varying { leaf, reference }) = self.sides.get(index) {
                is_exact &= leaf.f_equal(reference)?;
            }
        }
        let result = self.call(|index| {
            let (leaf, _) = self.leaf(index)?;
            match by.contains(&index) {
                true => leaf.f_detach(),
                false => Ok(leaf.shallow_clone()),
            }
        })?;
        Ok(Form {
            tensor: form_of(&result)?,
            is_exact,
        })
    }
}
