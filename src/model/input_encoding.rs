//! Computes tokens, further channels and parts of the sequence in the graph, so that every network reads one-hot sequences.
//!
//! The nodes come before those of the file, and all analyses apply to them: receptive fields, incremental recomputation, gradients.

use super::encoding::Layout;
use super::graph::{Comparison, Dim, Graph, Node, Op, Operand, Reduction, Value, ValueId};
use super::input::{Channel, Encoding, Input, Part, SequenceInput, Tokenizer};

impl Graph {
    /// The graph with one-hot sequences of `length` positions in the place of inputs that are computed from them.
    pub fn with_one_hot_inputs(mut self, inputs: &[Input], layout: Layout, length: usize) -> Graph {
        let mut first_nodes = Vec::new();
        for (at, input) in inputs.iter().enumerate() {
            let (Some(input), Some(&encoded)) = (input.sequence(), self.inputs.get(at)) else {
                continue;
            };
            if input.is_whole_one_hot() {
                continue;
            }
            let mut encoder = Encoder {
                name: self.values[encoded.0].name.clone(),
                batch: self.batch_dim(encoded),
                layout,
                graph: &mut self,
                sequence: ValueId(0),
                nodes: Vec::new(),
            };
            encoder.encode(input, length, encoded);
            let Encoder {
                sequence, nodes, ..
            } = encoder;
            first_nodes.extend(nodes);
            self.inputs[at] = sequence;
        }
        self.nodes.splice(0..0, first_nodes);
        self
    }

    fn batch_dim(&self, input: ValueId) -> Dim {
        let shape = self.values[input.0].shape.as_deref();
        shape
            .and_then(|shape| shape.first())
            .copied()
            .unwrap_or(Dim::Free)
    }
}

/// Builds the nodes of one input.
struct Encoder<'g> {
    name: String,
    batch: Dim,
    layout: Layout,
    graph: &'g mut Graph,
    /// The one-hot sequence, (batch, 4, length) or (batch, length, 4).
    sequence: ValueId,
    nodes: Vec<Node>,
}

impl Encoder<'_> {
    fn encode(&mut self, input: &SequenceInput, length: usize, encoded: ValueId) {
        let positions = Dim::Fixed(as_i64(length));
        let shape = match self.layout {
            Layout::ChannelsFirst => vec![self.batch, Dim::Fixed(4), positions],
            Layout::ChannelsLast => vec![self.batch, positions, Dim::Fixed(4)],
        };
        self.sequence = self.value(Some(shape));
        let (mut bases, mut length) = (self.sequence, length);
        if let Some(part) = input.part {
            let start = match input.reverse_complement {
                true => length.saturating_sub(part.start + part.length),
                false => part.start,
            };
            let part = Part { start, ..part };
            bases = self.part(bases, part);
            length = part.length;
        }
        let made = match &input.encoding {
            Encoding::OneHot => bases,
            Encoding::Channels(channels) => self.channels(bases, channels, length),
            Encoding::Tokens(tokenizer) => self.tokens(bases, tokenizer, length),
        };
        self.nodes.push(Node {
            name: self.name.clone(),
            op: Op::Identity,
            inputs: vec![Operand::Value(made)],
            outputs: vec![encoded],
        });
    }

    fn part(&mut self, bases: ValueId, part: Part) -> ValueId {
        let dim = self.position_dim();
        self.slice(bases, dim, part.start, part.start + part.length)
    }

    fn slice(&mut self, of: ValueId, dim: i64, start: usize, end: usize) -> ValueId {
        let (start, end, step) = (as_i64(start), as_i64(end), 1);
        let op = Op::Slice {
            dim,
            start,
            end,
            step,
        };
        self.emit(op, &[of])
    }

    /// All channels along the sequence, in their order.
    fn channels(&mut self, bases: ValueId, channels: &[Channel], length: usize) -> ValueId {
        let dim = self.channel_dim();
        let mut parts = Vec::with_capacity(channels.len());
        for channel in channels {
            parts.push(match channel {
                Channel::Base(index) => {
                    let index = usize::from(*index);
                    self.slice(bases, dim, index, index + 1)
                }
                Channel::Unknown => self.unknown(bases, true),
                Channel::Constant(value) => self.constant(*value, length),
                Channel::Track(values) => self.track(values),
            });
        }
        self.emit(Op::Concatenate { dim }, &parts)
    }

    /// One channel with the same number everywhere.
    fn constant(&mut self, value: f32, length: usize) -> ValueId {
        let shape = self.batched(&self.channel_sizes(length));
        let operands = self.batch_for(&shape);
        let value = f64::from(value);
        self.emit_with(Op::Full { shape, value }, operands)
    }

    /// One channel with these numbers along the sequence, the same for every sequence of the batch.
    fn track(&mut self, values: &[f32]) -> ValueId {
        let sizes = self.channel_sizes(values.len());
        let values = values.iter().map(|value| f64::from(*value)).collect();
        self.for_batch(values, &sizes)
    }

    /// Sizes of one channel of one sequence.
    fn channel_sizes(&self, length: usize) -> [i64; 3] {
        let mut sizes = [1; 3];
        sizes[self.layout.position_dim()] = as_i64(length);
        sizes
    }

    /// 1 where no channel is set, without a gradient: the networks' authors see the bases and this as separate inputs.
    fn unknown(&mut self, bases: ValueId, keep: bool) -> ValueId {
        let dims = vec![self.channel_dim()];
        let kind = Reduction::Sum;
        let known = self.emit(Op::Reduce { kind, dims, keep }, &[bases]);
        let unknown = self.emit_with(
            Op::Subtract { factor: 1.0 },
            vec![Operand::Number(1.0), Operand::Value(known)],
        );
        self.emit(Op::Detach, &[unknown])
    }

    /// Tokens of the words, between those of start and end.
    fn tokens(&mut self, bases: ValueId, tokenizer: &Tokenizer, length: usize) -> ValueId {
        let digits = self.digits(bases);
        // Where no token stands for an unknown base, sequences that hold one are refused.
        let token = tokenizer.unknown.or(tokenizer.unknown_base);
        let unknown = token.map(|_| self.unknown(bases, false));
        let with = |token: Option<u32>| unknown.zip(token);
        let mut parts = Vec::new();
        if !tokenizer.start.is_empty() {
            parts.push(self.fixed_tokens(&tokenizer.start));
        }
        let count = tokenizer.count(length);
        if count > 0 {
            let words = Words {
                first: 0,
                count,
                k: tokenizer.k,
                step: tokenizer.step,
            };
            parts.push(self.words(digits, with(tokenizer.unknown), words, &tokenizer.words));
        }
        let left = tokenizer.bases_left(length);
        if let Some(bases) = tokenizer.bases.filter(|_| left > 0) {
            let words = Words {
                first: length - left,
                count: left,
                k: 1,
                step: 1,
            };
            parts.push(self.words(digits, with(tokenizer.unknown_base), words, &bases));
        }
        if !tokenizer.end.is_empty() {
            parts.push(self.fixed_tokens(&tokenizer.end));
        }
        match parts.as_slice() {
            &[only] => only,
            parts => self.emit(Op::Concatenate { dim: 1 }, parts),
        }
    }

    /// The index of each base in the alphabet, (batch, length); 0 for an unknown one.
    fn digits(&mut self, bases: ValueId) -> ValueId {
        let dim = self.channel_dim();
        let select = |encoder: &mut Self, index| encoder.emit(Op::Select { dim, index }, &[bases]);
        let mut digits = select(self, 1);
        for index in 2..4 {
            let channel = select(self, index);
            digits = self.emit(
                Op::Add {
                    factor: index as f64,
                },
                &[digits, channel],
            );
        }
        digits
    }

    /// The tokens of words at even distances, given the tokens by the order of the digits.
    fn words(
        &mut self,
        digits: ValueId,
        unknown: Option<(ValueId, u32)>,
        words: Words,
        tokens: &[u32],
    ) -> ValueId {
        let numbers = self.combined(digits, words, 4.0);
        let table = tokens.iter().map(|token| f64::from(*token)).collect();
        let table = self.literal(table, &[as_i64(tokens.len())]);
        let known = self.emit(Op::Take { dim: 0 }, &[table, numbers]);
        let Some((unknown, token)) = unknown else {
            return known;
        };
        let unknown = self.combined(unknown, words, 1.0);
        let any = vec![Operand::Value(unknown), Operand::Number(0.0)];
        let any = self.emit_with(Op::Compare(Comparison::Greater), any);
        let operands = vec![
            Operand::Value(any),
            Operand::Number(f64::from(token)),
            Operand::Value(known),
        ];
        self.emit_with(Op::Where, operands)
    }

    /// For each word the sum over its bases, each weighted by a power of `base`, the last one by 1.
    fn combined(&mut self, along: ValueId, words: Words, base: f64) -> ValueId {
        let mut sum = None;
        for offset in 0..words.k {
            let start = words.first + offset;
            let slice = Op::Slice {
                dim: 1,
                start: as_i64(start),
                end: as_i64(start + (words.count - 1) * words.step + 1),
                step: as_i64(words.step),
            };
            let next = self.emit(slice, &[along]);
            sum = Some(match sum {
                None => next,
                Some(sum) => {
                    let scaled = vec![Operand::Value(sum), Operand::Number(base)];
                    let scaled = self.emit_with(Op::Multiply, scaled);
                    self.emit(Op::Add { factor: 1.0 }, &[scaled, next])
                }
            });
        }
        sum.unwrap_or(along)
    }

    fn fixed_tokens(&mut self, tokens: &[u32]) -> ValueId {
        let numbers = tokens.iter().map(|token| f64::from(*token)).collect();
        self.for_batch(numbers, &[1, as_i64(tokens.len())])
    }

    /// Constant numbers whose first size is 1, repeated for the batch.
    fn for_batch(&mut self, values: Vec<f64>, sizes: &[i64]) -> ValueId {
        let literal = self.literal(values, sizes);
        let shape = self.batched(sizes);
        let mut operands = vec![Operand::Value(literal)];
        operands.extend(self.batch_for(&shape));
        self.emit_with(Op::Expand { shape }, operands)
    }

    /// These sizes with that of the batch as the first; none if it is free.
    fn batched(&self, sizes: &[i64]) -> Vec<Option<i64>> {
        let after = sizes.iter().skip(1).copied().map(Some);
        std::iter::once(self.batch.fixed()).chain(after).collect()
    }

    /// The operand that gives a free batch its size.
    fn batch_for(&self, shape: &[Option<i64>]) -> Vec<Operand> {
        match shape.contains(&None) {
            true => vec![Operand::Value(self.sequence)],
            false => Vec::new(),
        }
    }

    fn literal(&mut self, values: Vec<f64>, sizes: &[i64]) -> ValueId {
        let shape = sizes.iter().copied().map(Some).collect();
        self.emit(Op::Literal { shape, values }, &[])
    }

    fn channel_dim(&self) -> i64 {
        as_i64(self.layout.channel_dim())
    }

    fn position_dim(&self) -> i64 {
        as_i64(self.layout.position_dim())
    }

    fn value(&mut self, shape: Option<Vec<Dim>>) -> ValueId {
        let id = ValueId(self.graph.values.len());
        let name = self.name.clone();
        self.graph.values.push(Value { name, shape });
        id
    }

    fn emit(&mut self, op: Op, operands: &[ValueId]) -> ValueId {
        self.emit_with(op, operands.iter().copied().map(Operand::Value).collect())
    }

    fn emit_with(&mut self, op: Op, inputs: Vec<Operand>) -> ValueId {
        let shape = self.graph.result_shape(&op, &inputs);
        let output = self.value(shape);
        self.nodes.push(Node {
            name: self.name.clone(),
            op,
            inputs,
            outputs: vec![output],
        });
        output
    }
}

/// Words at even distances in a sequence.
#[derive(Clone, Copy)]
struct Words {
    /// Start of the first, in bp.
    first: usize,
    /// Number of words.
    count: usize,
    /// Bases of each.
    k: usize,
    /// Distance in bp between their starts.
    step: usize,
}

/// Lengths are checked to be far below 2^63.
fn as_i64(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
