//! Formulae worked out for a block of backgrounds at once.
//!
//! A formula becomes a list of steps on a stack of blocks, so that what a leaf means is looked up once per column and
//! not once per number. The arithmetic is that of [`Formula::evaluate`], in the same order.

use gia_design::{Arithmetic, Formula, Function, Reduction};

/// Backgrounds per block: a few blocks fit the processor's first cache.
pub const BLOCK: usize = 512;

/// A formula as steps, and the leaves it reads.
pub struct Program<Leaf> {
    pub(super) steps: Vec<Step>,
    pub leaves: Vec<Leaf>,
}

pub(super) enum Step {
    /// Puts leaf number i on the stack.
    Read(usize),
    Constant(f64),
    Negate,
    /// Takes two blocks, puts one.
    Binary(Arithmetic),
    /// The same with a number on the right.
    BinaryConstant(Arithmetic, f64),
    Call(Function),
}

impl<Leaf: Copy + PartialEq> Program<Leaf> {
    pub fn new(formula: &Formula<Leaf>) -> Self {
        let mut program = Program {
            steps: Vec::new(),
            leaves: Vec::new(),
        };
        program.add(formula);
        program
    }

    fn add(&mut self, formula: &Formula<Leaf>) {
        match formula {
            Formula::Leaf(leaf) => {
                self.steps.push(Step::Read(self.leaves.len()));
                self.leaves.push(*leaf);
            }
            Formula::Constant(c) => self.steps.push(Step::Constant(*c)),
            // For each background, what the mean is over.
            Formula::Overall(a) => self.add(a),
            Formula::Negate(a) => {
                self.add(a);
                self.steps.push(Step::Negate);
            }
            Formula::Binary(op, a, b) => {
                self.add(a);
                match **b {
                    Formula::Constant(c) => self.steps.push(Step::BinaryConstant(*op, c)),
                    _ => {
                        self.add(b);
                        self.steps.push(Step::Binary(*op));
                    }
                }
            }
            Formula::Call(function, a) => {
                self.add(a);
                self.steps.push(Step::Call(*function));
            }
            Formula::Reduce(reduction, of) => {
                for (i, part) in of.iter().enumerate() {
                    self.add(part);
                    if i > 0 {
                        self.steps.push(Step::Binary(reduction.step()));
                    }
                }
                if *reduction == Reduction::Mean {
                    let count = of.len() as f64;
                    self.steps
                        .push(Step::BinaryConstant(Arithmetic::Divide, count));
                }
            }
        }
    }
}

/// Blocks that are reused from one formula to the next.
#[derive(Default)]
pub struct Stack {
    blocks: Vec<Vec<f64>>,
}

impl<Leaf> Program<Leaf> {
    /// Fills `out` with one value a background; `read(i, block)` fills a block with those of leaf `i`.
    pub fn evaluate(
        &self,
        stack: &mut Stack,
        out: &mut [f64],
        mut read: impl FnMut(usize, &mut [f64]),
    ) {
        let length = out.len();
        let mut depth = 0;
        let push = |blocks: &mut Vec<Vec<f64>>, depth: &mut usize| {
            if blocks.len() == *depth {
                blocks.push(Vec::with_capacity(BLOCK));
            }
            blocks[*depth].resize(length, 0.0);
            *depth += 1;
        };
        for step in &self.steps {
            match step {
                Step::Read(leaf) => {
                    push(&mut stack.blocks, &mut depth);
                    read(*leaf, &mut stack.blocks[depth - 1]);
                }
                Step::Constant(c) => {
                    push(&mut stack.blocks, &mut depth);
                    stack.blocks[depth - 1].fill(*c);
                }
                Step::Negate => map(&mut stack.blocks[depth - 1], |x| -x),
                Step::Call(function) => map(&mut stack.blocks[depth - 1], |x| function.apply(x)),
                Step::BinaryConstant(op, c) => {
                    map(&mut stack.blocks[depth - 1], |x| op.apply(x, *c))
                }
                Step::Binary(op) => {
                    depth -= 1;
                    let (below, above) = stack.blocks.split_at_mut(depth);
                    binary(*op, &mut below[depth - 1], &above[0]);
                }
            }
        }
        out.copy_from_slice(&stack.blocks[0]);
    }
}

fn map(block: &mut [f64], f: impl Fn(f64) -> f64) {
    for x in block {
        *x = f(*x);
    }
}

fn binary(op: Arithmetic, left: &mut [f64], right: &[f64]) {
    let pairs = left.iter_mut().zip(right);
    // The two that nearly every contrast is made of, where the compiler can see which they are.
    match op {
        Arithmetic::Add => pairs.for_each(|(a, b)| *a += b),
        Arithmetic::Subtract => pairs.for_each(|(a, b)| *a -= b),
        op => pairs.for_each(|(a, b)| *a = op.apply(*a, *b)),
    }
}
