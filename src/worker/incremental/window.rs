//! Windows of a value: for each sequence of a batch, the positions at which it may differ from its background.

use std::collections::HashMap;

use gia_model::{BoundaryFill, ValueId};
use tch::{Device, Kind, TchError, Tensor};

use super::row_sources::{RowSource, gather_rows};
use crate::activation_cache::CachedPart;

/// The positions of the windows of a value, which are equally wide, one for each sequence of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowPlacement {
    /// The dimension along the sequence.
    pub dim: usize,
    /// First position of each window.
    pub starts: Vec<i64>,
    pub width: i64,
    /// Number of positions of the full value.
    pub length: i64,
}

impl WindowPlacement {
    /// Whether both have the same windows.
    pub fn is_at(&self, other: &WindowPlacement) -> bool {
        self.width == other.width && self.starts == other.starts
    }
}

/// Windows of a value and their placement.
#[derive(Debug)]
pub struct Window {
    /// Shaped like the full value, with the window's positions only.
    pub tensor: Tensor,
    pub placement: WindowPlacement,
}

/// Positions to gather: one range for each sequence of a batch.
pub struct WindowRequest<'s> {
    pub starts: &'s [i64],
    pub width: i64,
    /// Fill for positions outside the value.
    pub fill: BoundaryFill,
}

/// The cached activations of some backgrounds.
pub struct Backgrounds {
    /// Indexed by value: activations that are cached in full.
    values: Vec<Option<Tensor>>,
    /// By value and dimension: activations with one row for each position; those cached in part, and those gathered from so far.
    rows: HashMap<(ValueId, usize), PositionRows>,
    device: Device,
}

/// Positions of a value of each background, as a matrix of (background x position, all other dimensions).
struct PositionRows {
    tensor: Tensor,
    /// First cached position.
    from: i64,
    /// Number of cached positions.
    count: i64,
    /// Shape of the full value.
    shape: Vec<i64>,
}

impl PositionRows {
    fn shallow_clone(&self) -> PositionRows {
        PositionRows {
            tensor: self.tensor.shallow_clone(),
            shape: self.shape.clone(),
            ..*self
        }
    }
}

impl Backgrounds {
    /// From the activations of a program. `parts` says which part of each is cached, `shapes` the shape of each full value for
    /// one sequence.
    pub fn new(
        mut values: Vec<Option<Tensor>>,
        parts: &[CachedPart],
        shapes: &[Vec<i64>],
        device: Device,
    ) -> Result<Backgrounds, TchError> {
        let mut rows = HashMap::new();
        for (id, part) in parts.iter().enumerate() {
            let &CachedPart::Range { dim, from, to } = part else {
                continue;
            };
            let Some(part) = values[id].take() else {
                continue;
            };
            let count = to - from;
            let all = part.size()[0] * count;
            let positions = PositionRows {
                tensor: part.f_view([all, part.numel() as i64 / all.max(1)])?,
                from,
                count,
                shape: shapes[id].clone(),
            };
            rows.insert((ValueId(id), dim), positions);
        }
        Ok(Backgrounds {
            values,
            rows,
            device,
        })
    }

    /// The activation of all backgrounds; an error unless it is cached in full.
    pub fn value(&self, id: ValueId) -> Result<&Tensor, TchError> {
        let value = self.values.get(id.0).and_then(Option::as_ref);
        value.ok_or_else(|| {
            TchError::Kind(format!("value {} of the background is not cached", id.0))
        })
    }

    /// The full value of each sequence's background.
    pub fn full(&self, id: ValueId, background_of: &[i64]) -> Result<Tensor, TchError> {
        let value = self.value(id)?;
        if in_order(background_of, value.size()[0]) {
            return Ok(value.shallow_clone());
        }
        if value.size()[0] == 1 {
            let mut shape = value.size();
            shape[0] = background_of.len() as i64;
            return value.f_expand(shape, false);
        }
        value.f_index_select(0, &self.index(background_of)?)
    }

    /// Gathers the requested positions of a value: from the sequences' own windows where these lie, from their backgrounds
    /// elsewhere.
    pub fn gather(
        &mut self,
        id: ValueId,
        own: Option<&Window>,
        dim: usize,
        background_of: &[i64],
        request: &WindowRequest,
    ) -> Result<Tensor, TchError> {
        let rows = self.rows(id, dim)?;
        let length = rows.shape[dim];
        let missing = |start: &i64| {
            let (first, last) = (*start.max(&0), (start + request.width).min(length));
            first < last && (first < rows.from || last > rows.from + rows.count)
        };
        if request.starts.iter().any(missing) {
            return Err(TchError::Kind(format!(
                "the requested positions of value {} of the background are not cached",
                id.0
            )));
        }
        let batch = background_of.len() as i64;
        let same_start = request
            .starts
            .iter()
            .all(|start| *start == request.starts[0]);
        let gathered = if same_start || self.device.is_cuda() {
            let gathered = match same_start {
                true => self.gather_slice(&rows, length, background_of, request)?,
                false => self.gather_by_index(&rows, length, background_of, request)?,
            };
            if let Some(own) = own {
                self.overlay(&gathered, own, request)?;
            }
            gathered
        } else {
            let windows = own.map(|own| to_rows(&own.tensor, own.placement.dim));
            let placement = own.map(|own| &own.placement);
            let sources = row_sources(&rows, length, placement, background_of, request);
            let padding = request.fill.number();
            gather_rows(
                &rows.tensor,
                windows.transpose()?.as_ref(),
                padding,
                &sources,
            )?
        };
        from_rows(&gathered, &rows.shape, dim, batch, request.width)
    }

    /// Gathers windows that all start at the same position, as a slice.
    fn gather_slice(
        &self,
        rows: &PositionRows,
        length: i64,
        background_of: &[i64],
        request: &WindowRequest,
    ) -> Result<Tensor, TchError> {
        let cached = &rows.tensor;
        let (start, width, rest) = (request.starts[0], request.width, cached.size()[1]);
        let backgrounds = cached.size()[0] / rows.count.max(1);
        let (from, to) = (start.clamp(0, length), (start + width).clamp(0, length));
        let first = (from - rows.from).clamp(0, rows.count);
        let inside =
            cached
                .f_view([backgrounds, rows.count, rest])?
                .f_narrow(1, first, to - from)?;
        let inside = match in_order(background_of, backgrounds) {
            true => inside,
            false => inside.f_index_select(0, &self.index(background_of)?)?,
        };
        let gathered = Tensor::f_empty(
            [background_of.len() as i64, width, rest],
            (cached.kind(), cached.device()),
        )?;
        let mut within = gathered.f_narrow(1, from - start, to - from)?;
        within.f_copy_(&inside)?;
        let after = start + width - to;
        for (at, count) in [(0, from - start), (width - after, after)] {
            if count > 0 {
                let _ = gathered
                    .f_narrow(1, at, count)?
                    .f_fill_(request.fill.number())?;
            }
        }
        gathered.f_view([-1, rest])
    }

    /// Gathers windows that start at different positions, by index, as a GPU does it fastest.
    fn gather_by_index(
        &self,
        rows: &PositionRows,
        length: i64,
        background_of: &[i64],
        request: &WindowRequest,
    ) -> Result<Tensor, TchError> {
        let starts = self.index(request.starts)?.f_unsqueeze(1)?;
        let offsets = Tensor::f_arange(request.width, (Kind::Int64, self.device))?;
        let positions = starts.f_add(&offsets)?;
        let first = self.index(background_of)?.f_unsqueeze(1)?;
        let first = first.f_multiply_scalar(rows.count)?;
        let cached = positions.f_sub_scalar(rows.from)?;
        let index = cached.f_clamp(0, rows.count - 1)?.f_add(&first)?;
        let mut gathered = rows.tensor.f_index_select(0, &index.f_view([-1])?)?;
        let past = |start: &i64| *start < 0 || start + request.width > length;
        if request.starts.iter().any(past) {
            let outside = positions.f_lt(0)?.f_logical_or(&positions.f_ge(length)?)?;
            let outside = outside.f_view([-1, 1])?;
            gathered = gathered.f_masked_fill_(&outside, request.fill.number())?;
        }
        Ok(gathered)
    }

    /// Overwrites gathered background positions with the sequences' own windows.
    fn overlay(
        &self,
        gathered: &Tensor,
        own: &Window,
        request: &WindowRequest,
    ) -> Result<(), TchError> {
        let (windows, own) = (to_rows(&own.tensor, own.placement.dim)?, &own.placement);
        let (batch, rest) = (own.starts.len() as i64, gathered.size()[1]);
        let offset = own.starts[0] - request.starts[0];
        let both = || own.starts.iter().zip(request.starts);
        let inside =
            |(start, at): (&i64, &i64)| start >= at && start + own.width <= at + request.width;
        if both().all(|(start, at)| start - at == offset) && both().all(inside) {
            let mut target = gathered
                .f_view([batch, request.width, rest])?
                .f_narrow(1, offset, own.width)?;
            return target.f_copy_(&windows.f_view([batch, own.width, rest])?);
        }
        if both().all(inside) {
            let firsts = both().enumerate();
            let firsts = firsts.map(|(row, (start, at))| row as i64 * request.width + start - at);
            let firsts = self.index(&firsts.collect::<Vec<_>>())?.f_unsqueeze(1)?;
            let offsets = Tensor::f_arange(own.width, (Kind::Int64, self.device))?;
            let to = firsts.f_add(&offsets)?.f_view([-1])?;
            let _ = gathered.shallow_clone().f_index_copy_(0, &to, &windows)?;
            return Ok(());
        }
        let (mut from, mut to) = (Vec::new(), Vec::new());
        for (row, (&start, &at)) in both().enumerate() {
            let row = row as i64;
            for position in start.max(at)..(start + own.width).min(at + request.width) {
                from.push(row * own.width + position - start);
                to.push(row * request.width + position - at);
            }
        }
        let picked = windows.f_index_select(0, &self.index(&from)?)?;
        let _ = gathered
            .shallow_clone()
            .f_index_copy_(0, &self.index(&to)?, &picked)?;
        Ok(())
    }

    /// The full value of each sequence: its background's with its window written over it.
    pub fn fill_windows(
        &mut self,
        id: ValueId,
        own: &Window,
        background_of: &[i64],
    ) -> Result<Tensor, TchError> {
        let starts = vec![0; background_of.len()];
        let whole = WindowRequest {
            starts: &starts,
            width: own.placement.length,
            fill: BoundaryFill::Zero,
        };
        self.gather(id, Some(own), own.placement.dim, background_of, &whole)
    }

    /// The activation with one row for each position along `dim`; converted once and then cached.
    fn rows(&mut self, id: ValueId, dim: usize) -> Result<PositionRows, TchError> {
        if let Some(rows) = self.rows.get(&(id, dim)) {
            return Ok(rows.shallow_clone());
        }
        let value = self.value(id)?;
        let shape = value.size();
        let rows = PositionRows {
            tensor: to_rows(value, dim)?,
            from: 0,
            count: shape[dim],
            shape,
        };
        self.rows.insert((id, dim), rows.shallow_clone());
        Ok(rows)
    }

    /// An index tensor on the device.
    pub fn index(&self, index: &[i64]) -> Result<Tensor, TchError> {
        Tensor::f_from_slice(index)?.f_to_device(self.device)
    }
}

/// Where each requested position of each sequence comes from: from its own window, from its background, or from beyond the ends of the
/// value.
fn row_sources(
    rows: &PositionRows,
    length: i64,
    own: Option<&WindowPlacement>,
    background_of: &[i64],
    request: &WindowRequest,
) -> Vec<RowSource> {
    let mut sources = Vec::with_capacity(background_of.len() * request.width as usize);
    for (row, (&start, &background)) in request.starts.iter().zip(background_of).enumerate() {
        let windows = own.map(|own| (own.starts[row], own.width, row as i64 * own.width));
        sources.extend(
            (start..start + request.width).map(|position| match windows {
                Some((first, width, row)) if (first..first + width).contains(&position) => {
                    RowSource::Window(row + position - first)
                }
                _ if (0..length).contains(&position) => {
                    RowSource::Background(background * rows.count + position - rows.from)
                }
                _ => RowSource::Padding,
            }),
        );
    }
    sources
}

/// Whether the sequences use all backgrounds in order, each once, so that no index is needed.
fn in_order(background_of: &[i64], backgrounds: i64) -> bool {
    background_of.len() as i64 == backgrounds
        && background_of
            .iter()
            .enumerate()
            .all(|(i, background_of)| i as i64 == *background_of)
}

/// Gathers the requested positions of a value that is the same for all sequences, such as a weight for each position.
pub fn gather_constant(
    constant: &Tensor,
    dim: usize,
    request: &WindowRequest,
) -> Result<Tensor, TchError> {
    let shape = constant.size();
    let last = shape[dim] - 1;
    let mut index = Vec::new();
    for &start in request.starts {
        index.extend((start..start + request.width).map(|position| position.clamp(0, last)));
    }
    let index = Tensor::f_from_slice(&index)?.f_to_device(constant.device())?;
    let gathered = to_rows(constant, dim)?.f_index_select(0, &index)?;
    from_rows(
        &gathered,
        &shape,
        dim,
        request.starts.len() as i64,
        request.width,
    )
}

/// Reshapes a value to a matrix of (batch x position, all other dimensions).
fn to_rows(value: &Tensor, dim: usize) -> Result<Tensor, TchError> {
    let shape = value.size();
    let rest: i64 = shape.iter().product::<i64>() / (shape[0] * shape[dim]).max(1);
    value
        .f_movedim_int(dim as i64, 1)?
        .f_contiguous()?
        .f_view([shape[0] * shape[dim], rest])
}

/// Inverse of [`to_rows`], for `batch` sequences of `width` positions; all other extents are those of `shape`.
fn from_rows(
    rows: &Tensor,
    shape: &[i64],
    dim: usize,
    batch: i64,
    width: i64,
) -> Result<Tensor, TchError> {
    let mut moved = vec![batch, width];
    moved.extend(
        shape
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != 0 && *at != dim)
            .map(|(_, extent)| *extent),
    );
    rows.f_view(moved.as_slice())?.f_movedim_int(1, dim as i64)
}
