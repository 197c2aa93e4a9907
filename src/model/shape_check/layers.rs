//! Shape requirements of convolutions, pooling and recurrent layers.

use crate::graph::Cell;

/// A stride or dilation below 1.
pub fn invalid_steps(steps: &[i64]) -> Option<String> {
    let step = steps.iter().find(|step| **step < 1)?;
    Some(format!("has a stride or dilation of {step}"))
}

pub fn convolution(
    x: &[i64],
    weight: &[i64],
    bias: Option<&[i64]>,
    groups: i64,
    transposed: bool,
) -> Option<String> {
    // Weights of other ranks, and empty ones, are rejected by the reader.
    let spatial = weight.len().checked_sub(2)?;
    if !matches!(spatial, 1 | 2) || weight.contains(&0) {
        return None;
    }
    let at = x.len().checked_sub(spatial + 1);
    let Some(channels) = at.filter(|at| *at <= 1).map(|at| x[at]) else {
        return Some(format!(
            "has {spatial} spatial dimensions, but its input has only {} dimensions in all",
            x.len()
        ));
    };
    let wanted = match transposed {
        true => weight[0],
        false => weight[1].checked_mul(groups)?,
    };
    if channels != wanted {
        return Some(format!(
            "expects {wanted} input channels, but gets {channels}"
        ));
    }
    if groups < 1 || weight[0] % groups != 0 {
        return Some(format!(
            "cannot split {} channels into {groups} groups",
            weight[0]
        ));
    }
    let made = match transposed {
        true => weight[1].checked_mul(groups)?,
        false => weight[0],
    };
    let bias = bias.filter(|bias| **bias != [made])?;
    Some(format!(
        "has {made} output channels, but a bias of shape {bias:?}"
    ))
}

/// A window that is wider than its padded input.
pub fn too_wide(x: &[i64], kernel: &[i64], pads: &[i64], dilation: &[i64]) -> Option<String> {
    if kernel.len() != pads.len() || kernel.contains(&0) {
        return None;
    }
    let skipped = x.len().checked_sub(kernel.len())?;
    let windows = kernel.iter().zip(&x[skipped..]).enumerate();
    windows.into_iter().find_map(|(i, (kernel, length))| {
        let dilation = dilation.get(i).copied().unwrap_or(1);
        let width = kernel
            .checked_sub(1)?
            .checked_mul(dilation)?
            .checked_add(1)?;
        let room = pads.get(i)?.checked_mul(2)?.checked_add(*length)?;
        (width > room)
            .then(|| format!("has a window of {width} positions, but its padded input has {room}"))
    })
}

/// Weights of each direction: input weights, state weights and both biases.
pub fn recurrent(cell: Cell, bidirectional: bool, operands: &[Option<&[i64]>]) -> Option<String> {
    let gates = match cell {
        Cell::Lstm => 4,
        Cell::Gru | Cell::GruResetFirst => 3,
        Cell::Tanh | Cell::Relu => 1,
    };
    let features = *operands.first()?.as_deref()?.last()?;
    let of_input = operands.get(3).copied().flatten()?;
    let of_state = operands.get(4).copied().flatten()?;
    let &[rows, hidden] = of_state else {
        return None;
    };
    let directions = 1 + usize::from(bidirectional);
    let per_direction = operands.len().saturating_sub(3) / directions;
    let is_projected = cell == Cell::Lstm && per_direction % 2 == 1;
    if rows != hidden.checked_mul(gates)? && !is_projected {
        return Some(format!(
            "has a state of size {hidden} and gates of size {}, but no projection of the state",
            rows / gates
        ));
    }
    if of_input.get(1) != Some(&features) {
        return Some(format!(
            "expects {} features per step, but gets {features}",
            of_input.get(1)?
        ));
    }
    if of_input.first() != Some(&rows) {
        return Some(format!(
            "has {} rows of input weights, but {rows} rows of state weights",
            of_input.first()?
        ));
    }
    if is_projected {
        return None;
    }
    let directions = directions as i64;
    let states = operands.get(1..3)?.iter().flatten();
    let wrong = |state: &&&[i64]| {
        let fits = |(from, to): (&i64, Option<i64>)| *from == 1 || to.is_none_or(|to| to == *from);
        let wanted = [Some(directions), None, Some(hidden)];
        state.len() == 3 && !state.iter().zip(wanted).all(fits)
    };
    let wrong = states.clone().find(wrong)?;
    if let Some(other) = wrong.last().filter(|other| **other != hidden) {
        return Some(format!(
            "has an initial state of size {other}, but weights for a state of size {hidden}; projected states are not supported"
        ));
    }
    Some(format!(
        "has an initial state of shape {wrong:?}, but needs ({directions}, batch, {hidden})"
    ))
}
