//! Vectorised evaluation of formulae over blocks of backgrounds.
//!
//! A formula is compiled to instructions for a stack machine whose values are blocks, so that a leaf is resolved once for each output and
//! not once for each number. The arithmetic is that of [`Formula::evaluate`], in the same order.

use gia_design::{Arithmetic, Formula, Function, Reduction};

/// Number of backgrounds in a block: a few blocks fit the processor's first-level cache.
pub const BLOCK_BACKGROUNDS: usize = 512;

/// A formula compiled to instructions of a stack machine, with the leaves that it reads.
pub struct FormulaProgram<Leaf> {
    pub(super) instructions: Vec<Instruction>,
    pub leaves: Vec<Leaf>,
}

pub(super) enum Instruction {
    /// Pushes the block of leaf number i.
    LoadLeaf(usize),
    Constant(f64),
    Negate,
    /// Pops two blocks and pushes one.
    Binary(Arithmetic),
    /// Combines the top block with a constant on the right.
    BinaryConstant(Arithmetic, f64),
    Call(Function),
}

impl<Leaf: Copy + PartialEq> FormulaProgram<Leaf> {
    pub fn new(formula: &Formula<Leaf>) -> Self {
        let mut program = FormulaProgram {
            instructions: Vec::new(),
            leaves: Vec::new(),
        };
        program.compile(formula);
        program
    }

    fn compile(&mut self, formula: &Formula<Leaf>) {
        match formula {
            Formula::Leaf(leaf) => {
                self.instructions
                    .push(Instruction::LoadLeaf(self.leaves.len()));
                self.leaves.push(*leaf);
            }
            Formula::Constant(c) => self.instructions.push(Instruction::Constant(*c)),
            // Lowering has replaced each fold by a reading.
            Formula::Fold(_) => self.instructions.push(Instruction::Constant(f64::NAN)),
            // The mean over backgrounds is taken later; here, its argument for each background.
            Formula::Overall(a) => self.compile(a),
            Formula::Negate(a) => {
                self.compile(a);
                self.instructions.push(Instruction::Negate);
            }
            Formula::Binary(op, a, b) => {
                self.compile(a);
                match **b {
                    Formula::Constant(c) => {
                        self.instructions.push(Instruction::BinaryConstant(*op, c))
                    }
                    _ => {
                        self.compile(b);
                        self.instructions.push(Instruction::Binary(*op));
                    }
                }
            }
            Formula::Call(function, a) => {
                self.compile(a);
                self.instructions.push(Instruction::Call(*function));
            }
            Formula::Reduce(reduction, of) => {
                for (i, part) in of.iter().enumerate() {
                    self.compile(part);
                    if i > 0 {
                        self.instructions
                            .push(Instruction::Binary(reduction.step()));
                    }
                }
                if *reduction == Reduction::Mean {
                    let count = of.len() as f64;
                    self.instructions
                        .push(Instruction::BinaryConstant(Arithmetic::Divide, count));
                }
            }
        }
    }
}

/// Stack of blocks, whose memory is reused from one formula to the next.
#[derive(Default)]
pub struct BlockStack {
    blocks: Vec<Vec<f64>>,
}

impl<Leaf> FormulaProgram<Leaf> {
    /// Fills `out` with one value for each background; `read(i, block)` fills a block with those of leaf `i`.
    pub fn evaluate(
        &self,
        stack: &mut BlockStack,
        out: &mut [f64],
        mut read: impl FnMut(usize, &mut [f64]),
    ) {
        let length = out.len();
        let mut depth = 0;
        let push = |blocks: &mut Vec<Vec<f64>>, depth: &mut usize| {
            if blocks.len() == *depth {
                blocks.push(Vec::with_capacity(BLOCK_BACKGROUNDS));
            }
            blocks[*depth].resize(length, 0.0);
            *depth += 1;
        };
        for step in &self.instructions {
            match step {
                Instruction::LoadLeaf(leaf) => {
                    push(&mut stack.blocks, &mut depth);
                    read(*leaf, &mut stack.blocks[depth - 1]);
                }
                Instruction::Constant(c) => {
                    push(&mut stack.blocks, &mut depth);
                    stack.blocks[depth - 1].fill(*c);
                }
                Instruction::Negate => apply_unary(&mut stack.blocks[depth - 1], |x| -x),
                Instruction::Call(function) => {
                    apply_unary(&mut stack.blocks[depth - 1], |x| function.apply(x))
                }
                Instruction::BinaryConstant(op, c) => {
                    apply_unary(&mut stack.blocks[depth - 1], |x| op.apply(x, *c))
                }
                Instruction::Binary(op) => {
                    depth -= 1;
                    let (below, above) = stack.blocks.split_at_mut(depth);
                    apply_binary(*op, &mut below[depth - 1], &above[0]);
                }
            }
        }
        out.copy_from_slice(&stack.blocks[0]);
    }
}

fn apply_unary(block: &mut [f64], f: impl Fn(f64) -> f64) {
    for x in block {
        *x = f(*x);
    }
}

fn apply_binary(op: Arithmetic, left: &mut [f64], right: &[f64]) {
    let pairs = left.iter_mut().zip(right);
    // Nearly every contrast uses these two; written out, the compiler vectorises them.
    match op {
        Arithmetic::Add => pairs.for_each(|(a, b)| *a += b),
        Arithmetic::Subtract => pairs.for_each(|(a, b)| *a -= b),
        op => pairs.for_each(|(a, b)| *a = op.apply(*a, *b)),
    }
}
