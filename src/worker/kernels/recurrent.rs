//! Layers that go along a sequence with a state.

use gia_model::Cell;
use tch::{TchError, Tensor};

use super::Arguments;

/// The state at each step; operands as `Op::Recurrent` states them.
pub fn states(
    cell: Cell,
    bidirectional: bool,
    batch_first: bool,
    a: &Arguments,
) -> Result<Tensor, TchError> {
    const STATES: usize = 3;
    let x = a.tensor(0)?;
    let weights: Vec<&Tensor> = (STATES..a.0.len())
        .map(|i| a.tensor(i))
        .collect::<Result<_, _>>()?;
    let directions = 1 + i64::from(bidirectional);
    let per_direction = weights.len() as i64 / directions;
    let biases = per_direction == 4;
    let hidden = weights
        .get(1)
        .and_then(|weight| weight.size().get(1).copied())
        .ok_or_else(|| TchError::Shape("a recurrent layer without weights".to_string()))?;
    let batch = x
        .size()
        .get(usize::from(!batch_first))
        .copied()
        .unwrap_or(0);
    let state = |index: usize| match a.optional(index) {
        Some(given) => given
            .f_expand([directions, batch, hidden], false)?
            .f_contiguous(),
        None => Tensor::f_zeros([directions, batch, hidden], (x.kind(), x.device())),
    };
    let first = state(1)?;
    let x = x.f_contiguous()?;
    // cuDNN gives gradients of what it was told is training alone; without dropout the numbers are the same.
    let (layers, dropout, train) = (1, 0.0, x.requires_grad());
    let along = match cell {
        Cell::Lstm => {
            let states = [first, state(2)?];
            let made = x.f_lstm(
                &[&states[0], &states[1]],
                &weights,
                biases,
                layers,
                dropout,
                train,
                bidirectional,
                batch_first,
            );
            return Ok(made?.0);
        }
        Cell::GruResetFirst => {
            return reset_first(&x, &first, &weights, bidirectional, batch_first);
        }
        Cell::Gru => Tensor::f_gru::<&Tensor>,
        Cell::Tanh => Tensor::f_rnn_tanh::<&Tensor>,
        Cell::Relu => Tensor::f_rnn_relu::<&Tensor>,
    };
    let made = along(
        &x,
        &first,
        &weights,
        biases,
        layers,
        dropout,
        train,
        bidirectional,
        batch_first,
    );
    Ok(made?.0)
}

/// A GRU whose reset gate is on the state itself (Cho et al. 2014), step by step, which libtorch has no function for.
fn reset_first(
    x: &Tensor,
    first: &Tensor,
    weights: &[&Tensor],
    bidirectional: bool,
    batch_first: bool,
) -> Result<Tensor, TchError> {
    let directions = 1 + usize::from(bidirectional);
    let steps_first = |x: &Tensor| match batch_first {
        true => x.f_transpose(0, 1),
        false => Ok(x.shallow_clone()),
    };
    let x = steps_first(x)?;
    let mut made = Vec::with_capacity(directions);
    for (direction, weights) in weights.chunks(weights.len() / directions).enumerate() {
        let state = first.f_select(0, direction as i64)?;
        made.push(match direction {
            0 => one_way(&x, state, weights)?,
            _ => one_way(&x.f_flip([0])?, state, weights)?.f_flip([0])?,
        });
    }
    steps_first(&Tensor::f_cat(&made, 2)?)
}

/// With reset gate r, update gate z and what the state becomes n, each of the input x and the state h by weights W, R and biases:
/// n = tanh(Wx + R(rh)), and the state is (1 - z)n + zh.
fn one_way(x: &Tensor, mut state: Tensor, weights: &[&Tensor]) -> Result<Tensor, TchError> {
    let &[of_input, of_state, ref biases @ ..] = weights else {
        return Err(TchError::Shape("a GRU without weights".to_string()));
    };
    let hidden = of_state.size().get(1).copied().unwrap_or(0);
    let of_gates = of_state.f_narrow(0, 0, 2 * hidden)?;
    let of_new = of_state.f_narrow(0, 2 * hidden, hidden)?;
    let part = |from: i64, count: i64| {
        let bias = biases.get(1);
        bias.map(|bias| bias.f_narrow(0, from * hidden, count * hidden))
            .transpose()
    };
    let (gates_bias, new_bias) = (part(0, 2)?, part(2, 1)?);
    let given = x.f_linear(of_input, biases.first().copied())?;
    let mut states = Vec::new();
    for step in given.f_unbind(0)? {
        let gates = step
            .f_narrow(1, 0, 2 * hidden)?
            .f_add(&state.f_linear(&of_gates, gates_bias.as_ref())?)?
            .f_sigmoid()?;
        let (reset, update) = (
            gates.f_narrow(1, 0, hidden)?,
            gates.f_narrow(1, hidden, hidden)?,
        );
        let new = reset
            .f_mul(&state)?
            .f_linear(&of_new, new_bias.as_ref())?
            .f_add(&step.f_narrow(1, 2 * hidden, hidden)?)?
            .f_tanh()?;
        state = state.f_sub(&new)?.f_mul(&update)?.f_add(&new)?;
        states.push(state.shallow_clone());
    }
    Tensor::f_stack(&states, 0)
}
