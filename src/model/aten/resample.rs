//! Windows, interpolation and other changes of the number of positions.

use super::build::Translation;
use crate::graph::{Dim, Function, Interpolation, Op, Operand};
use gia_base::diag::Outcome;

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    let base = name.strip_suffix(".vec").unwrap_or(name);
    let kind = match base {
        "upsample_linear1d" | "upsample_bilinear2d" | "upsample_trilinear3d" => {
            Some(Interpolation::Linear)
        }
        "upsample_bicubic2d" => Some(Interpolation::Cubic),
        "upsample_nearest1d" | "upsample_nearest2d" | "upsample_nearest3d" => {
            Some(Interpolation::Nearest)
        }
        "_upsample_nearest_exact1d" | "_upsample_nearest_exact2d" | "_upsample_nearest_exact3d" => {
            Some(Interpolation::NearestExact)
        }
        _ => None,
    };
    if let Some(kind) = kind {
        let dims = base
            .chars()
            .rev()
            .nth(1)
            .and_then(|digit| digit.to_digit(10));
        return interpolate(t, kind, dims.unwrap_or(1) as usize);
    }
    match name {
        "unfold" => unfold(t),
        "im2col" => {
            let x = t.input("self")?;
            columns(t, x, None)
        }
        "col2im" => {
            let x = t.input("self")?;
            let image = pair(t, "output_size", 1)?;
            columns(t, x, Some(image))
        }
        "pixel_shuffle" | "pixel_unshuffle" => pixels(t, name == "pixel_shuffle"),
        "channel_shuffle" | "native_channel_shuffle" => {
            let x = t.input("self")?;
            let groups = t.call.int("groups", None)?;
            let channels = t.extent(x, 1)?;
            if groups < 1 || channels % groups != 0 {
                return Err(t.call.wrong("has groups that do not divide the channels"));
            }
            // Channel g * n + i moves to i * groups + g.
            let each = channels / groups;
            let place = |at: i64| ((at % groups) * each + at / groups) as f64;
            let order = t.literal(&[channels], channels, place)?;
            t.finish(Op::Take { dim: 1 }, vec![x, order])
        }
        "repeat_interleave.self_int" => {
            let times = t.call.int("repeats", None)?;
            let mut x = t.input("self")?;
            let dim = match t.call.get("dim") {
                Some(_) => t.call.int("dim", None)?,
                None => {
                    x = t.step(Op::Flatten { start: 0, end: -1 }, vec![x]);
                    0
                }
            };
            let rank = t.rank(x)?;
            let Some(at) = crate::graph::resolve_dim(dim, rank) else {
                return Err(t
                    .call
                    .wrong("repeats a dimension that its input does not have"));
            };
            let apart = t.step(Op::Unsqueeze { dim: at as i64 + 1 }, vec![x]);
            let mut all = vec![1; rank + 1];
            all[at + 1] = times;
            let repeated = t.step(Op::Repeat { times: all }, vec![apart]);
            let (start, end) = (at as i64, at as i64 + 1);
            t.finish(Op::Flatten { start, end }, vec![repeated])
        }
        "repeat" | "tile" => repeat(t),
        "movedim.int" | "movedim.intlist" | "moveaxis.int" | "moveaxis.intlist" => {
            let x = t.input("self")?;
            let rank = t.rank(x)?;
            let resolved = |dims: Vec<i64>| -> Option<Vec<usize>> {
                let dims = dims.into_iter();
                dims.map(|dim| crate::graph::resolve_dim(dim, rank))
                    .collect()
            };
            let (from, to) = (
                resolved(t.dims("source")?),
                resolved(t.dims("destination")?),
            );
            let (Some(from), Some(to)) = (from, to) else {
                return Err(t
                    .call
                    .wrong("moves a dimension that its input does not have"));
            };
            let mut rest = (0..rank).filter(|dim| !from.contains(dim));
            let order: Option<Vec<i64>> = (0..rank)
                .map(|at| match to.iter().position(|dim| *dim == at) {
                    Some(moved) => from.get(moved).map(|dim| *dim as i64),
                    None => rest.next().map(|dim| dim as i64),
                })
                .collect();
            match order {
                Some(dims) => t.finish(Op::Permute { dims }, vec![x]),
                None => Err(t.call.wrong("moves several dimensions to one place")),
            }
        }
        "mT" | "mH" | "adjoint" | "T" | "numpy_T" | "H" => {
            let x = t.input("self")?;
            let rank = t.rank(x)? as i64;
            if rank < 2 {
                return t.finish(Op::Identity, vec![x]);
            }
            let dims = match name {
                "T" | "numpy_T" => (0..rank).rev().collect(),
                _ => (0..rank - 2).chain([rank - 1, rank - 2]).collect(),
            };
            let x = match matches!(name, "mH" | "adjoint" | "H")
                && super::spectral::is_complex(t, "self")
            {
                true => t.activate(crate::graph::Activation::Conjugate, x),
                false => x,
            };
            t.finish(Op::Permute { dims }, vec![x])
        }
        "squeeze" => {
            let x = t.input("self")?;
            let shape = t.shape(x)?;
            let ones = shape
                .iter()
                .enumerate()
                .filter(|(_, size)| **size == Some(1));
            let dims = ones.map(|(dim, _)| dim as i64).collect();
            t.finish(Op::Squeeze { dims }, vec![x])
        }
        "as_strided" => as_strided(t),
        "diagonal" | "linalg_diagonal" => diagonal(t),
        "diag_embed" => diag_embed(t),
        "max_pool1d_with_indices" | "max_pool2d_with_indices" | "max_pool3d_with_indices"
            if t.made.len() > 1 =>
        {
            pool_with_indices(
                t,
                if name.contains("1d") {
                    1
                } else if name.contains("2d") {
                    2
                } else {
                    3
                },
            )
        }
        "max_unpool2d" | "max_unpool3d" => {
            let sizes = t.call.ints("output_size", &[])?;
            let (x, indices) = (t.input("self")?, t.input("indices")?);
            t.finish(Op::Function(Function::Unpool { sizes }), vec![x, indices])
        }
        "grid_sampler" | "grid_sampler_2d" | "grid_sampler_3d" => {
            let (x, grid) = (t.input("input")?, t.input("grid")?);
            let mut sizes = vec![t.extent(x, 1)?];
            for dim in 1..t.rank(x)? as i64 - 1 {
                sizes.push(t.extent(grid, dim)?);
            }
            let modes = (
                t.call.int("interpolation_mode", Some(0))?,
                t.call.int("padding_mode", Some(0))?,
            );
            if !(0..=2).contains(&modes.0) || !(0..=2).contains(&modes.1) {
                return Err(t.call.wrong("samples in an unknown mode"));
            }
            let function = Function::GridSample {
                interpolation: t.call.int("interpolation_mode", Some(0))?,
                padding: t.call.int("padding_mode", Some(0))?,
                align_corners: t.call.flag("align_corners", false)?,
                sizes,
            };
            t.finish(Op::Function(function), vec![x, grid])
        }
        _ => Ok(false),
    }
}

/// Interpolation of the last `dims` dimensions.
fn interpolate(t: &mut Translation, kind: Interpolation, dims: usize) -> Outcome<bool> {
    let x = t.input(t.call.either("self", "input"))?;
    let scales = factors(t, dims)?;
    let mut sizes = match t.call.get("output_size") {
        Some(_) => t.call.ints("output_size", &[])?,
        None => Vec::new(),
    };
    if sizes.is_empty() {
        for (at, scale) in scales.iter().enumerate() {
            let own = t.extent(x, at as i64 - dims as i64)?;
            let Some(scale) = scale else {
                return Err(t.call.wrong("states neither a size nor a factor"));
            };
            sizes.push((own as f64 * scale).floor() as i64);
        }
    }
    if sizes.len() != dims || sizes.iter().any(|size| *size < 1) {
        return Err(t.call.wrong("upsamples to a size that is not supported"));
    }
    let lengths: Vec<i64> = (0..dims)
        .map(|at| t.extent(x, at as i64 - dims as i64))
        .collect::<Outcome<_>>()?;
    let whole = |(size, length): (&i64, &i64)| *length > 0 && size % length == 0;
    let scales_agree =
        scales
            .iter()
            .zip(sizes.iter().zip(&lengths))
            .all(|(scale, (size, length))| {
                scale.is_none_or(|scale| scale * *length as f64 == *size as f64)
            });
    if kind == Interpolation::Nearest && scales_agree && sizes.iter().zip(&lengths).all(whole) {
        return repeat_elements(t, x, &sizes, &lengths);
    }
    let align_corners = t.call.flag("align_corners", false)?;
    let function = Function::Interpolate {
        kind,
        sizes,
        scales,
        align_corners,
    };
    t.finish(Op::Function(function), vec![x])
}

/// Factors of an interpolation, as far as the call states them.
fn factors(t: &Translation, dims: usize) -> Outcome<Vec<Option<f64>>> {
    let mut scales = vec![None; dims];
    if let Some(list) = t.call.get("scale_factors") {
        let list = list.get("as_floats").and_then(|list| list.as_array());
        for (scale, given) in scales.iter_mut().zip(list.into_iter().flatten()) {
            *scale = given.as_f64();
        }
    }
    let names: &[&str] = match dims {
        1 => &["scales"],
        2 => &["scales_h", "scales_w"],
        _ => &["scales_d", "scales_h", "scales_w"],
    };
    for (scale, name) in scales.iter_mut().zip(names) {
        if t.call.get(name).is_some() {
            *scale = Some(t.call.number(name, 1.0)?);
        }
    }
    Ok(scales)
}

/// Nearest-neighbour upsampling by whole factors: each element several times.
fn repeat_elements(
    t: &mut Translation,
    mut x: Operand,
    sizes: &[i64],
    lengths: &[i64],
) -> Outcome<bool> {
    let (rank, dims) = (t.rank(x)?, sizes.len());
    for (at, (size, length)) in sizes.iter().zip(lengths).enumerate() {
        let dim = (rank - dims + at) as i64;
        let apart = t.step(Op::Unsqueeze { dim: dim + 1 }, vec![x]);
        let mut shape = vec![Some(-1); rank + 1];
        shape[rank - dims + at + 1] = Some(size / length);
        let repeated = t.step(Op::Expand { shape }, vec![apart]);
        let op = Op::Flatten {
            start: dim,
            end: dim + 1,
        };
        match at + 1 == dims {
            true => {
                t.finish(op, vec![repeated])?;
            }
            false => x = t.step(op, vec![repeated]),
        }
    }
    Ok(true)
}

/// Windows of a dimension, as a new last dimension.
fn unfold(t: &mut Translation) -> Outcome<bool> {
    let x = t.input("self")?;
    let (size, step) = (t.call.int("size", None)?, t.call.int("step", None)?);
    let dim = t.call.int("dimension", None)?;
    let (length, rank) = (t.extent(x, dim)?, t.rank(x)?);
    let Some(at) = crate::graph::resolve_dim(dim, rank) else {
        return Err(t
            .call
            .wrong("takes windows of a dimension that its input does not have"));
    };
    if step < 1 || size < 0 || size > length {
        return Err(t.call.wrong("has windows that are wider than its input"));
    }
    let count = (length - size) / step + 1;
    let place = |at: i64| (at / size.max(1) * step + at % size.max(1)) as f64;
    let places = t.literal(&[count, size], count.saturating_mul(size), place)?;
    let taken = t.step(Op::Take { dim: at as i64 }, vec![x, places]);
    // The elements of a window move from behind the windows to the end.
    let mut dims: Vec<i64> = (0..=rank as i64).collect();
    let within = dims.remove(at + 1);
    dims.push(within);
    t.finish(Op::Permute { dims }, vec![taken])
}

/// Two sizes; a single one stands for both.
fn pair(t: &Translation, argument: &str, default: i64) -> Outcome<[i64; 2]> {
    let given = t.call.spatial(argument, default, 2)?;
    Ok([given[0], given[1]])
}

fn columns(t: &mut Translation, x: Operand, image: Option<[i64; 2]>) -> Outcome<bool> {
    let (kernel, dilation) = (pair(t, "kernel_size", 1)?, pair(t, "dilation", 1)?);
    let (padding, stride) = (pair(t, "padding", 0)?, pair(t, "stride", 1)?);
    let window = kernel[0].saturating_mul(kernel[1]).max(1);
    let wanted = if image.is_some() { 3 } else { 4 };
    if t.rank(x)? != wanted || stride.iter().any(|n| *n < 1) {
        return Err(t.call.wrong("has an input or stride that is not supported"));
    }
    let sizes = match image {
        Some([height, width]) => vec![t.extent(x, 1)? / window, height, width],
        None => {
            let mut count = 1i64;
            for at in 0..2 {
                let own = t.extent(x, 2 + at as i64)?;
                let span = kernel[at]
                    .saturating_sub(1)
                    .saturating_mul(dilation[at])
                    .saturating_add(1);
                let room = own
                    .saturating_add(padding[at].saturating_mul(2))
                    .saturating_sub(span);
                if room < 0 {
                    return Err(t.call.wrong("has windows that are wider than its input"));
                }
                count = count.saturating_mul(room / stride[at] + 1);
            }
            vec![t.extent(x, 1)?.saturating_mul(window), count]
        }
    };
    let function = Function::Columns {
        image,
        kernel,
        dilation,
        padding,
        stride,
        sizes,
    };
    t.finish(Op::Function(function), vec![x])
}

/// Moves channels into pixels, or back.
fn pixels(t: &mut Translation, shuffle: bool) -> Outcome<bool> {
    let factor = match shuffle {
        true => t.call.int("upscale_factor", None)?,
        false => t.call.int("downscale_factor", None)?,
    };
    let x = t.input("self")?;
    if t.rank(x)? != 4 || factor < 1 {
        return Err(t.call.wrong("has an input or factor that is not supported"));
    }
    let (c, h, w) = (t.extent(x, 1)?, t.extent(x, 2)?, t.extent(x, 3)?);
    let (apart, dims, joined) = match shuffle {
        true => {
            let c = c / factor.saturating_mul(factor).max(1);
            let apart = vec![-1, c, factor, factor, h, w];
            let joined = vec![-1, c, h.saturating_mul(factor), w.saturating_mul(factor)];
            (apart, vec![0, 1, 4, 2, 5, 3], joined)
        }
        false => {
            let apart = vec![-1, c, h / factor, factor, w / factor, factor];
            let all = factor.saturating_mul(factor).saturating_mul(c);
            (
                apart,
                vec![0, 1, 3, 5, 2, 4],
                vec![-1, all, h / factor, w / factor],
            )
        }
    };
    let split = t.step(Op::Reshape { shape: apart }, vec![x]);
    let turned = t.step(Op::Permute { dims }, vec![split]);
    t.finish(Op::Reshape { shape: joined }, vec![turned])
}

/// Repeats whole dimensions. A free number of repetitions is the batch size.
fn repeat(t: &mut Translation) -> Outcome<bool> {
    let argument = t.call.either("repeats", "dims");
    let given = t.call.sizes(argument)?.unwrap_or_default();
    let mut x = t.input("self")?;
    let rank = t.rank(x)?;
    let mut times: Vec<Option<i64>> = given.into_iter().map(|size| size.fixed()).collect();
    while times.len() < rank {
        times.insert(0, Some(1));
    }
    for _ in rank..times.len() {
        x = t.step(Op::Unsqueeze { dim: 0 }, vec![x]);
    }
    let free: Vec<usize> = (0..times.len())
        .filter(|dim| times[*dim].is_none())
        .collect();
    for dim in free {
        // One repetition for each sequence, before the dimension's own elements.
        let (start, end) = (dim as i64, dim as i64 + 1);
        x = t.step(Op::Unsqueeze { dim: start }, vec![x]);
        let mut shape = vec![Some(-1); times.len() + 1];
        shape[dim] = None;
        x = t.step(Op::Expand { shape }, vec![x]);
        x = t.step(Op::Flatten { start, end }, vec![x]);
    }
    let times = times.into_iter().map(|n| n.unwrap_or(1)).collect();
    t.finish(Op::Repeat { times }, vec![x])
}

/// Elements by their distance in memory, of a value in row-major order: of each sequence, the same elements.
fn as_strided(t: &mut Translation) -> Outcome<bool> {
    let is_contiguous = t
        .call
        .tensor("self")
        .is_some_and(|name| t.graph.is_contiguous(name));
    let x = t.input("self")?;
    let own = t.shape(x)?;
    let mut sizes = t.call.sizes("size")?.unwrap_or_default();
    let mut strides = t.call.ints("stride", &[])?;
    let offset = t.call.int("storage_offset", Some(0))?;
    let refused = || {
        t.call
            .wrong("addresses memory in a way that is not supported")
    };
    let is_free = own.first() == Some(&None);
    let each: Option<i64> = own
        .iter()
        .skip(usize::from(is_free))
        .try_fold(1i64, |all, size| all.checked_mul((*size)?));
    let Some(each) = each.filter(|_| is_contiguous && sizes.len() == strides.len()) else {
        return Err(refused());
    };
    if is_free {
        if sizes.first() != Some(&super::call::Size::Free) || strides.first() != Some(&each) {
            return Err(refused());
        }
        sizes.remove(0);
        strides.remove(0);
    }
    let sizes: Option<Vec<i64>> = sizes.into_iter().map(|size| size.fixed()).collect();
    let Some(sizes) = sizes.filter(|sizes| sizes.iter().all(|size| *size >= 0)) else {
        return Err(refused());
    };
    let count = sizes
        .iter()
        .try_fold(1i64, |all, size| all.checked_mul(*size));
    let last = sizes
        .iter()
        .zip(&strides)
        .try_fold(offset, |last, (size, stride)| {
            let way = size.saturating_sub(1).max(0).checked_mul(*stride)?;
            last.checked_add(way).filter(|_| *stride >= 0)
        });
    // All elements belong to one sequence.
    let is_inside = offset >= 0 && last.is_some_and(|last| last < each);
    let Some(count) = count.filter(|_| is_inside) else {
        return Err(refused());
    };
    let place = |at: i64| {
        let (mut rest, mut place) = (at, offset);
        for (size, stride) in sizes.iter().zip(&strides).rev() {
            place += rest % (*size).max(1) * stride;
            rest /= (*size).max(1);
        }
        place as f64
    };
    let places = t.literal(&sizes, count, place)?;
    let dim = i64::from(is_free);
    let flat = match own.len() == usize::from(is_free) {
        true => t.step(Op::Unsqueeze { dim }, vec![x]),
        false => t.step(
            Op::Flatten {
                start: dim,
                end: -1,
            },
            vec![x],
        ),
    };
    t.finish(Op::Take { dim }, vec![flat, places])
}

/// The diagonal of two dimensions, as a new last dimension.
fn diagonal(t: &mut Translation) -> Outcome<bool> {
    let x = t.input(t.call.either("A", "self"))?;
    let rank = t.rank(x)?;
    let default: [i64; 2] = if t.call.operator.starts_with("linalg") {
        [-2, -1]
    } else {
        [0, 1]
    };
    let resolve = |dim: i64| crate::graph::resolve_dim(dim, rank);
    let dims = (
        resolve(t.call.int("dim1", Some(default[0]))?),
        resolve(t.call.int("dim2", Some(default[1]))?),
    );
    let (Some(one), Some(two)) = dims else {
        return Err(t.call.wrong("has no two dimensions"));
    };
    if one == two {
        return Err(t.call.wrong("has no two dimensions"));
    }
    let offset = t.call.int("offset", Some(0))?;
    let (rows, columns) = (t.extent(x, one as i64)?, t.extent(x, two as i64)?);
    let (down, right) = (offset.saturating_neg().max(0), offset.max(0));
    let count = (rows.saturating_sub(down))
        .min(columns.saturating_sub(right))
        .max(0);
    let mut dims: Vec<i64> = (0..rank as i64)
        .filter(|dim| *dim != one as i64 && *dim != two as i64)
        .collect();
    dims.extend([one as i64, two as i64]);
    let turned = t.step(Op::Permute { dims }, vec![x]);
    let flat = t.step(Op::Flatten { start: -2, end: -1 }, vec![turned]);
    let row = |i: i64| i.saturating_add(down).saturating_mul(columns);
    let place = |i: i64| row(i).saturating_add(i).saturating_add(right) as f64;
    let places = t.literal(&[count], count, place)?;
    t.finish(Op::Take { dim: -1 }, vec![flat, places])
}

/// Matrices whose diagonals are the rows of a value.
fn diag_embed(t: &mut Translation) -> Outcome<bool> {
    let last = t.call.int("dim1", Some(-2))? == -2 && t.call.int("dim2", Some(-1))? == -1;
    if t.call.int("offset", Some(0))? != 0 || !last {
        return Err(t
            .call
            .wrong("fills another diagonal than the main one, which is not supported"));
    }
    let x = t.input("self")?;
    let size = t.extent(x, -1)?;
    let identity = super::constants::identity(t, size, size)?;
    let column = t.step(Op::Unsqueeze { dim: -1 }, vec![x]);
    t.finish(Op::Multiply, vec![column, identity])
}

fn pool_with_indices(t: &mut Translation, dims: usize) -> Outcome<bool> {
    let kernel = t.call.spatial("kernel_size", 1, dims)?;
    let stride = match t.call.ints("stride", &[])?.as_slice() {
        [] => kernel.clone(),
        _ => t.call.spatial("stride", 1, dims)?,
    };
    let (padding, dilation) = (
        t.call.spatial("padding", 0, dims)?,
        t.call.spatial("dilation", 1, dims)?,
    );
    let ceil = t.call.flag("ceil_mode", false)?;
    let x = t.input("self")?;
    let pooled = Op::Pool {
        kind: crate::graph::PoolKind::Max,
        kernel: kernel.clone(),
        stride: stride.clone(),
        padding: padding.clone(),
        dilation: dilation.clone(),
        ceil,
    };
    let values = t.graph.emit(pooled, vec![x], t.made.first().copied());
    let sizes: Option<Vec<i64>> = t.graph.shape(values).and_then(|shape| {
        let spatial = shape.get(shape.len().checked_sub(dims)?..)?;
        spatial.iter().map(|dim: &Dim| dim.fixed()).collect()
    });
    let Some(sizes) = sizes else {
        return Ok(true);
    };
    let indices = Function::PoolIndices {
        kernel,
        stride,
        padding,
        dilation,
        ceil,
        sizes,
    };
    t.finish_part(1, Op::Function(indices), vec![x]);
    Ok(true)
}
