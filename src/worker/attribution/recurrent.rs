//! Multipliers of recurrent layers, whose steps are taken apart into products, sums and functions of one number.

use gia_model::{Cell, RecurrentResult};
use tch::{TchError, Tensor};

use super::line::{Line, Result};

/// The operands of [`gia_model::Op::Recurrent`] as lines: the sequence, the initial states, and the weights of each direction.
pub struct Layer<'l> {
    pub cell: Cell,
    pub bidirectional: bool,
    pub batch_first: bool,
    pub result: RecurrentResult,
    pub sequence: &'l Line,
    pub initial: [Option<&'l Line>; 2],
    pub weights: Vec<&'l Tensor>,
}

/// The weights of one direction.
struct Direction<'l> {
    input: &'l Tensor,
    state: &'l Tensor,
    biases: Option<[&'l Tensor; 2]>,
    /// Of an LSTM whose state is a projection of its output.
    projection: Option<&'l Tensor>,
}

impl<'l> Direction<'l> {
    fn of(weights: &[&'l Tensor]) -> Result<Direction<'l>> {
        let (input, state, biases, projection) = match *weights {
            [input, state] => (input, state, None, None),
            [input, state, projection] => (input, state, None, Some(projection)),
            [input, state, first, second] => (input, state, Some([first, second]), None),
            [input, state, first, second, projection] => {
                (input, state, Some([first, second]), Some(projection))
            }
            _ => return Err(TchError::Shape("a recurrent layer without weights".into())),
        };
        Ok(Direction {
            input,
            state,
            biases,
            projection,
        })
    }

    /// The part of the gates that the sequence gives, at every step.
    fn of_sequence(&self, x: &Line) -> Result<Line> {
        self.affine(x, self.input, 0)
    }

    /// The part of the gates that the last state gives.
    fn of_state(&self, h: &Line) -> Result<Line> {
        self.affine(h, self.state, 1)
    }

    fn affine(&self, x: &Line, weight: &Tensor, bias: usize) -> Result<Line> {
        let product = x.map(|x| x.f_linear(weight, None::<&Tensor>))?;
        match self.biases {
            Some(biases) => product.shifted(biases[bias]),
            None => Ok(product),
        }
    }
}

/// What the layer returns.
pub fn call(layer: &Layer) -> Result<Line> {
    let directions = 1 + usize::from(layer.bidirectional);
    let per_direction = layer.weights.len() / directions;
    let steps_first = |x: &Line| match layer.batch_first {
        true => x.map(|x| x.f_transpose(0, 1)),
        false => x.map(|x| Ok(x.shallow_clone())),
    };
    let sequence = steps_first(layer.sequence)?;
    let (mut states, mut cells) = (Vec::new(), Vec::new());
    for (number, weights) in layer.weights.chunks(per_direction.max(1)).enumerate() {
        let direction = Direction::of(weights)?;
        let is_backwards = number == 1;
        let turned = match is_backwards {
            true => sequence.map(|x| x.f_flip([0]))?,
            false => sequence.map(|x| Ok(x.shallow_clone()))?,
        };
        let (made, cell) = run(layer, &direction, &turned, number as i64)?;
        let made = stacked(&made, 0)?;
        states.push(match is_backwards {
            true => made.map(|x| x.f_flip([0]))?,
            false => made,
        });
        cells.extend(cell);
    }
    match layer.result {
        RecurrentResult::LastCell => stacked(&cells, 0),
        RecurrentResult::States => {
            let inputs: Vec<&Line> = states.iter().collect();
            steps_first(&joined(&inputs, 2)?)
        }
    }
}

/// The states of one direction, step by step, and the last cell state of an LSTM.
fn run(
    layer: &Layer,
    direction: &Direction,
    sequence: &Line,
    number: i64,
) -> Result<(Vec<Line>, Option<Line>)> {
    let gates = direction.of_sequence(sequence)?;
    let steps = gates.input.size().first().copied().unwrap_or(0);
    let rows = gates.input.size().get(1).copied().unwrap_or(1);
    let hidden = direction.state.size().get(1).copied().unwrap_or(0);
    let cells = match layer.cell {
        Cell::Lstm => direction.state.size().first().copied().unwrap_or(0) / 4,
        Cell::Gru | Cell::GruResetFirst | Cell::Tanh | Cell::Relu => hidden,
    };
    let initial = |index: usize, size: i64| match layer.initial[index] {
        Some(first) => first.map(|first| first.f_select(0, number)?.f_expand([rows, size], false)),
        None => {
            let kind = (gates.input.kind(), gates.input.device());
            Line::constant(&Tensor::f_zeros([rows, size], kind)?)
        }
    };
    let mut state = initial(0, hidden)?;
    let mut cell = match layer.cell {
        Cell::Lstm => Some(initial(1, cells)?),
        Cell::Gru | Cell::GruResetFirst | Cell::Tanh | Cell::Relu => None,
    };
    let mut states = Vec::new();
    for step in 0..steps {
        let given = gates.map(|gates| gates.f_select(0, step))?;
        state = match (layer.cell, &mut cell) {
            (Cell::Lstm, Some(cell)) => lstm(direction, &given, &state, cell, cells)?,
            (Cell::Lstm, None) => return Err(TchError::Kind("an LSTM without cells".into())),
            (Cell::Gru, _) => gru(direction, &given, &state, hidden)?,
            (Cell::GruResetFirst, _) => gru_reset_first(direction, &given, &state, hidden)?,
            (Cell::Tanh, _) => given.plus(&direction.of_state(&state)?)?.tanh()?,
            (Cell::Relu, _) => given.plus(&direction.of_state(&state)?)?.relu()?,
        };
        states.push(state.map(|x| Ok(x.shallow_clone()))?);
    }
    Ok((states, cell))
}

/// Gates in the order i, f, g, o: c = sigmoid(f) c + sigmoid(i) tanh(g), h = sigmoid(o) tanh(c).
fn lstm(
    direction: &Direction,
    given: &Line,
    state: &Line,
    cell: &mut Line,
    size: i64,
) -> Result<Line> {
    let gates = given.plus(&direction.of_state(state)?)?;
    let gate = |index: i64| gates.map(|gates| gates.f_narrow(1, index * size, size));
    let kept = gate(1)?.sigmoid()?.times(cell)?;
    let added = gate(0)?.sigmoid()?.times(&gate(2)?.tanh()?)?;
    *cell = kept.plus(&added)?;
    let output = gate(3)?.sigmoid()?.times(&cell.tanh()?)?;
    match direction.projection {
        Some(projection) => output.map(|x| x.f_linear(projection, None::<&Tensor>)),
        None => Ok(output),
    }
}

/// Gates in the order r, z, n: n = tanh(W x + r (U h)), h = (1 - z) n + z h.
fn gru(direction: &Direction, given: &Line, state: &Line, size: i64) -> Result<Line> {
    let recurrent = direction.of_state(state)?;
    let part = |line: &Line, index: i64| line.map(|x| x.f_narrow(1, index * size, size));
    let reset = part(given, 0)?.plus(&part(&recurrent, 0)?)?.sigmoid()?;
    let update = part(given, 1)?.plus(&part(&recurrent, 1)?)?.sigmoid()?;
    let candidate = part(given, 2)?.plus(&reset.times(&part(&recurrent, 2)?)?)?;
    updated(state, &candidate.tanh()?, &update)
}

/// As [`gru`], with n = tanh(W x + U (r h)).
fn gru_reset_first(direction: &Direction, given: &Line, state: &Line, size: i64) -> Result<Line> {
    let part = |line: &Line, index: i64| line.map(|x| x.f_narrow(1, index * size, size));
    let gates = direction.of_state(state)?;
    let reset = part(given, 0)?.plus(&part(&gates, 0)?)?.sigmoid()?;
    let update = part(given, 1)?.plus(&part(&gates, 1)?)?.sigmoid()?;
    let recurrent = part(&direction.of_state(&reset.times(state)?)?, 2)?;
    updated(state, &part(given, 2)?.plus(&recurrent)?.tanh()?, &update)
}

/// n + z (h - n).
fn updated(state: &Line, candidate: &Line, update: &Line) -> Result<Line> {
    update.times(&state.minus(candidate)?)?.plus(candidate)
}

fn stacked(lines: &[Line], dim: i64) -> Result<Line> {
    together(lines.iter(), |parts| Tensor::f_stack(parts, dim))
}

fn joined(lines: &[&Line], dim: i64) -> Result<Line> {
    together(lines.iter().copied(), |parts| Tensor::f_cat(parts, dim))
}

fn together<'l>(
    lines: impl Iterator<Item = &'l Line> + Clone,
    join: impl Fn(&[&Tensor]) -> Result<Tensor>,
) -> Result<Line> {
    let all = |part: fn(&Line) -> &Tensor| join(&lines.clone().map(part).collect::<Vec<_>>());
    Ok(Line {
        input: all(|line| &line.input)?,
        reference: all(|line| &line.reference)?,
        form: all(|line| &line.form)?,
    })
}
