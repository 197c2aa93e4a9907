//! Other numbers of positions: interpolation, sampling by a grid, and maxima with their places.

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
        "affine_grid_generator" => affine_grid(t),
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

/// The places that affine maps of the unit square or cube give to the elements of an image, x before y before z.
fn affine_grid(t: &mut Translation) -> Outcome<bool> {
    let theta = t.input("theta")?;
    let is_aligned = t.call.flag("align_corners", false)?;
    let sizes = t.call.sizes("size")?.unwrap_or_default();
    let sizes: Option<Vec<i64>> = sizes.iter().skip(2).map(|size| size.fixed()).collect();
    let Some(sizes) = sizes.filter(|sizes| matches!(sizes.len(), 2 | 3)) else {
        return Err(t
            .call
            .wrong("makes a grid whose size is known only at run time"));
    };
    let dims = sizes.len() as i64;
    let count = sizes.iter().fold(1i64, |n, size| n.saturating_mul(*size));
    // Each place, with a 1 for the translation.
    let coordinate = |at: i64| -> f64 {
        let (mut place, column) = (at / (dims + 1), at % (dims + 1));
        if column == dims {
            return 1.0;
        }
        let along = sizes.len() - 1 - column as usize;
        for size in sizes[along + 1..].iter() {
            place /= (*size).max(1);
        }
        let (size, index) = (sizes[along].max(1), (place % sizes[along].max(1)) as f64);
        let size = size as f64;
        match is_aligned {
            true if size > 1.0 => 2.0 * index / (size - 1.0) - 1.0,
            true => 0.0,
            false => (2.0 * index + 1.0) / size - 1.0,
        }
    };
    let elements = count.saturating_mul(dims + 1);
    let places = t.literal(&[count, dims + 1], elements, coordinate)?;
    let theta = t.step(Op::Transpose { a: -2, b: -1 }, vec![theta]);
    let grid = t.step(Op::MatMul, vec![places, theta]);
    let mut shape = vec![-1];
    shape.extend(&sizes);
    shape.push(dims);
    t.finish(Op::Reshape { shape }, vec![grid])
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
