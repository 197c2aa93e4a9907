//! Recurrent layers, whose gates and dimensions ONNX orders differently.

use super::Reader;
use super::call::Call;
use crate::graph::{Cell, Dim, Op, Operand, RecurrentResult, ValueId};
use gia_base::diag::Outcome;

/// Maximum number of elements of a state.
const MAX_STATE_ELEMENTS: i64 = 1 << 24;

impl Reader {
    pub(super) fn recurrent(&mut self, call: &Call) -> Outcome<()> {
        // For each gate in PyTorch's order, its index in ONNX's.
        let (gates, defaults): (&[i64], &[&str]) = match call.operator {
            "LSTM" => (&[0, 2, 3, 1], &["Sigmoid", "Tanh", "Tanh"]),
            "GRU" => (&[1, 0, 2], &["Sigmoid", "Tanh"]),
            _ => (&[0], &["Tanh"]),
        };
        let way = call.text("direction", "forward");
        let directions = match way.as_str() {
            "forward" | "reverse" => 1,
            "bidirectional" => 2,
            _ => return Err(call.wrong(&format!("has the unknown direction `{way}`"))),
        };
        let activations = call.texts("activations");
        let relu = call.operator == "RNN" && activations.iter().all(|name| name == "Relu");
        let usual = defaults.iter().cycle().take(defaults.len() * directions);
        if !(activations.is_empty() || relu || activations.iter().eq(usual)) {
            return Err(call.unknown("has gates with functions other than sigmoid and tanh"));
        }
        let cell = match call.operator {
            "LSTM" => Cell::Lstm,
            "GRU" if call.int("linear_before_reset", 0) == 0 => Cell::GruResetFirst,
            "GRU" => Cell::Gru,
            _ if relu && !activations.is_empty() => Cell::Relu,
            _ => Cell::Tanh,
        };
        if call.has_input(4) {
            return Err(call.unknown("has sequences of different lengths"));
        }
        if call.has_input(7) || call.int("input_forget", 0) != 0 || call.float("clip", 0.0) != 0.0 {
            return Err(call.unknown("has peepholes, coupled gates or a clip"));
        }
        let batch_first = call.int("layout", 0) != 0;
        let steps = i64::from(batch_first);
        let backwards = way == "reverse";
        let (mut x, w, r) = (
            self.tensor(call, 0)?,
            self.tensor(call, 1)?,
            self.tensor(call, 2)?,
        );
        let Some([_, _, Dim::Fixed(hidden)]) = self.shape(r) else {
            return Err(call.unknown("has weights whose shape is known only at run time"));
        };
        let hidden = *hidden;
        if !(1..=MAX_STATE_ELEMENTS).contains(&hidden) {
            return Err(call.wrong(&format!("has a state of size {hidden}")));
        }
        let stated = call.int("hidden_size", hidden);
        let rows = hidden * gates.len() as i64;
        let fits = |weight: ValueId| match self.shape(weight) {
            Some([Dim::Fixed(ways), Dim::Fixed(own), _]) => {
                (*ways, *own) == (directions as i64, rows)
            }
            _ => true,
        };
        if stated != hidden || !fits(r) {
            return Err(call.unknown(
                "has states and gates of different sizes; projected states are not supported: use a linear layer after it",
            ));
        }
        if !fits(w) {
            return Err(call.wrong("has weights of different sizes for its input and its state"));
        }
        if backwards {
            x = self.step(
                call,
                Op::Flip { dims: vec![steps] },
                vec![Operand::Value(x)],
            );
        }
        let mut operands = vec![Operand::Value(x)];
        for index in [5, 6] {
            let mut state = self.optional(call, index)?;
            if let (Operand::Value(given), true) = (state, batch_first) {
                let turned = self.step(
                    call,
                    Op::Transpose { a: 0, b: 1 },
                    vec![Operand::Value(given)],
                );
                state = Operand::Value(turned);
            }
            operands.push(state);
        }
        let count = gates.len() as i64;
        for direction in 0..directions as i64 {
            for weight in [w, r] {
                let rows = self.gates(call, weight, direction, (0, hidden), gates);
                operands.push(Operand::Value(rows));
            }
            if let Operand::Value(biases) = self.optional(call, 3)? {
                for half in 0..2 {
                    let from = half * count * hidden;
                    let part = self.gates(call, biases, direction, (from, hidden), gates);
                    operands.push(Operand::Value(part));
                }
            }
        }
        let op = Op::Recurrent {
            cell,
            bidirectional: directions == 2,
            batch_first,
            result: RecurrentResult::States,
        };
        let outputs = call.outputs();
        if let Some(name) = outputs.get(2).filter(|name| !name.is_empty()) {
            // The operands already have the steps in the order of the direction.
            let op = Op::Recurrent {
                cell,
                bidirectional: directions == 2,
                batch_first,
                result: RecurrentResult::LastCell,
            };
            match batch_first {
                false => self.emit(call, op, operands.clone(), name),
                true => {
                    let cells = Operand::Value(self.step(call, op, operands.clone()));
                    self.emit(call, Op::Transpose { a: 0, b: 1 }, vec![cells], name)
                }
            };
        }
        let mut states = self.step(call, op, operands);
        let (mut apart, mut last) = (Vec::new(), Vec::new());
        for direction in 0..directions as i64 {
            let half = Op::Slice {
                dim: -1,
                start: direction * hidden,
                end: (direction + 1) * hidden,
                step: 1,
            };
            let half = Operand::Value(self.step(call, half, vec![Operand::Value(states)]));
            // In the backward direction, the final state is at the first step.
            let index = if direction == 0 { -1 } else { 0 };
            let end = self.step(call, Op::Select { dim: steps, index }, vec![half]);
            let beside = Op::Unsqueeze { dim: steps };
            last.push(Operand::Value(self.step(
                call,
                beside,
                vec![Operand::Value(end)],
            )));
            apart.push(half);
        }
        let turn = Op::Flip { dims: vec![steps] };
        if backwards {
            states = self.step(call, turn, vec![apart[0]]);
            apart = vec![Operand::Value(states)];
        }
        // ONNX gives the directions a dimension of their own: after the steps, or after batch and steps.
        let dim = 1 + steps;
        let all: Vec<Operand> = apart
            .into_iter()
            .map(|half| Operand::Value(self.step(call, Op::Unsqueeze { dim }, vec![half])))
            .collect();
        if let Some(name) = outputs.first().filter(|name| !name.is_empty()) {
            self.emit(call, Op::Concatenate { dim }, all, name);
        }
        if let Some(name) = outputs.get(1).filter(|name| !name.is_empty()) {
            // Each state has a dimension of size 1 in place of the steps, along which the directions are joined.
            self.emit(call, Op::Concatenate { dim: steps }, last, name);
        }
        Ok(())
    }

    /// Reorders the gates in the rows of one direction, starting at row `from`.
    fn gates(
        &mut self,
        call: &Call,
        weight: ValueId,
        direction: i64,
        (from, hidden): (i64, i64),
        order: &[i64],
    ) -> ValueId {
        let op = Op::Select {
            dim: 0,
            index: direction,
        };
        let own = Operand::Value(self.step(call, op, vec![Operand::Value(weight)]));
        let parts: Vec<Operand> = order
            .iter()
            .map(|gate| {
                let start = from + gate * hidden;
                let op = Op::Slice {
                    dim: 0,
                    start,
                    end: start + hidden,
                    step: 1,
                };
                Operand::Value(self.step(call, op, vec![own]))
            })
            .collect();
        self.step(call, Op::Concatenate { dim: 0 }, parts)
    }
}
