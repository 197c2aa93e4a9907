//! Layers that go along a sequence with a state.

use gia::model::Cell;
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
