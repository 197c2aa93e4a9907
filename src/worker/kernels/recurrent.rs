//! Recurrent layers: LSTM, GRU and plain RNN.

use gia_model::Cell;
use tch::{TchError, Tensor};

use super::Arguments;

/// What a recurrent layer computes.
pub struct RecurrentLayer {
    /// The hidden state at each step.
    pub states: Tensor,
    /// The cell state after the last step, for an LSTM.
    pub last_cell: Option<Tensor>,
}

/// Runs a recurrent layer. The operands are those of [`gia_model::Op::Recurrent`].
pub fn run(
    cell: Cell,
    bidirectional: bool,
    batch_first: bool,
    a: &Arguments,
) -> Result<RecurrentLayer, TchError> {
    const FIRST_WEIGHT: usize = 3;
    let x = a.tensor(0)?;
    let weights: Vec<&Tensor> = (FIRST_WEIGHT..a.0.len())
        .map(|i| a.tensor(i))
        .collect::<Result<_, _>>()?;
    let directions = 1 + i64::from(bidirectional);
    let per_direction = weights.len() as i64 / directions;
    // An odd number of weights ends in a projection of the state.
    let biases = per_direction >= 4;
    let hidden = weights
        .get(1)
        .and_then(|weight| weight.size().get(1).copied())
        .ok_or_else(|| TchError::Shape("a recurrent layer without weights".to_string()))?;
    let cells = match (per_direction % 2, weights.get(1)) {
        (1, Some(weight)) => weight.size().first().copied().unwrap_or(0) / 4,
        _ => hidden,
    };
    let batch = x
        .size()
        .get(usize::from(!batch_first))
        .copied()
        .unwrap_or(0);
    let state = |index: usize, size: i64| match a.optional(index) {
        Some(initial) => initial
            .f_expand([directions, batch, size], false)?
            .f_contiguous(),
        None => Tensor::f_zeros([directions, batch, size], (x.kind(), x.device())),
    };
    let first = state(1, hidden)?;
    let of_states = |states| RecurrentLayer {
        states,
        last_cell: None,
    };
    let x = x.f_contiguous()?;
    // cuDNN computes gradients only in training mode. Without dropout the results are the same.
    let (layers, dropout, train) = (1, 0.0, x.requires_grad());
    let function = match cell {
        Cell::Lstm => {
            let states = [first, state(2, cells)?];
            let output = x.f_lstm(
                &[&states[0], &states[1]],
                &weights,
                biases,
                layers,
                dropout,
                train,
                bidirectional,
                batch_first,
            );
            let (states, _, last_cell) = output?;
            return Ok(RecurrentLayer {
                states,
                last_cell: Some(last_cell),
            });
        }
        Cell::GruResetFirst => {
            return reset_first(&x, &first, &weights, bidirectional, batch_first).map(of_states);
        }
        Cell::Gru => Tensor::f_gru::<&Tensor>,
        Cell::Tanh => Tensor::f_rnn_tanh::<&Tensor>,
        Cell::Relu => Tensor::f_rnn_relu::<&Tensor>,
    };
    let output = function(
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
    Ok(of_states(output?.0))
}

/// A GRU that applies the reset gate to the state before the matrix product (Cho et al. 2014). libtorch has no function for it, so
/// it is computed step by step.
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
    let mut output = Vec::with_capacity(directions);
    for (direction, weights) in weights.chunks(weights.len() / directions).enumerate() {
        let state = first.f_select(0, direction as i64)?;
        output.push(match direction {
            0 => one_direction(&x, state, weights)?,
            _ => one_direction(&x.f_flip([0])?, state, weights)?.f_flip([0])?,
        });
    }
    steps_first(&Tensor::f_cat(&output, 2)?)
}

/// One direction of [`reset_first`]. With input x, state h, reset gate r, update gate z, weights W, R and biases, the candidate state
/// is n = tanh(Wx + R(rh)), and the next state is (1 - z)n + zh.
fn one_direction(x: &Tensor, mut state: Tensor, weights: &[&Tensor]) -> Result<Tensor, TchError> {
    let &[input_weight, state_weight, ref biases @ ..] = weights else {
        return Err(TchError::Shape("a GRU without weights".to_string()));
    };
    let hidden = state_weight.size().get(1).copied().unwrap_or(0);
    let gates_weight = state_weight.f_narrow(0, 0, 2 * hidden)?;
    let new_weight = state_weight.f_narrow(0, 2 * hidden, hidden)?;
    let state_bias = |from: i64, count: i64| {
        let bias = biases.get(1);
        bias.map(|bias| bias.f_narrow(0, from * hidden, count * hidden))
            .transpose()
    };
    let (gates_bias, new_bias) = (state_bias(0, 2)?, state_bias(2, 1)?);
    let projected = x.f_linear(input_weight, biases.first().copied())?;
    let mut states = Vec::new();
    for step in projected.f_unbind(0)? {
        let gates = step
            .f_narrow(1, 0, 2 * hidden)?
            .f_add(&state.f_linear(&gates_weight, gates_bias.as_ref())?)?
            .f_sigmoid()?;
        let (reset, update) = (
            gates.f_narrow(1, 0, hidden)?,
            gates.f_narrow(1, hidden, hidden)?,
        );
        let new = reset
            .f_mul(&state)?
            .f_linear(&new_weight, new_bias.as_ref())?
            .f_add(&step.f_narrow(1, 2 * hidden, hidden)?)?
            .f_tanh()?;
        state = state.f_sub(&new)?.f_mul(&update)?.f_add(&new)?;
        states.push(state.shallow_clone());
    }
    Tensor::f_stack(&states, 0)
}
