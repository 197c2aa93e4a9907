//! Windows of a value: for each of many sequences, the few positions of it that differ from its background.

use std::collections::HashMap;

use gia_model::{Beyond, ValueId};
use tch::{Device, Kind, TchError, Tensor};

use crate::keep::Keep;

/// Where equally wide windows of a value lie, one for each sequence of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The dimension of the positions.
    pub dim: usize,
    /// Where each window starts.
    pub starts: Vec<i64>,
    pub width: i64,
    /// Positions of the whole value.
    pub length: i64,
}

impl Site {
    /// Whether windows lie at the same positions.
    pub fn is_at(&self, other: &Site) -> bool {
        self.width == other.width && self.starts == other.starts
    }
}

/// Windows of a value.
#[derive(Debug)]
pub struct Window {
    /// As the whole value is, but that its positions are those of the window.
    pub tensor: Tensor,
    pub site: Site,
}

/// Where windows are wanted.
pub struct Wanted<'s> {
    pub starts: &'s [i64],
    pub width: i64,
    /// What stands outside of the value.
    pub beyond: Beyond,
}

/// The values of some backgrounds, and which of them each sequence of a batch has.
pub struct Backgrounds {
    /// By value; those that are kept whole.
    values: Vec<Option<Tensor>>,
    /// Values with their positions in rows, as far as they were asked for or are kept in part.
    rows: HashMap<(ValueId, usize), Rows>,
    device: Device,
}

/// Positions of a value, for each background: (background and position, all else).
struct Rows {
    tensor: Tensor,
    /// The first position that is there, and how many follow each other.
    from: i64,
    count: i64,
    /// The shape of the whole value.
    shape: Vec<i64>,
}

impl Rows {
    fn shallow_clone(&self) -> Rows {
        Rows {
            tensor: self.tensor.shallow_clone(),
            shape: self.shape.clone(),
            ..*self
        }
    }
}

impl Backgrounds {
    /// What a program kept, which is `kept` of values with these shapes.
    pub fn new(
        mut values: Vec<Option<Tensor>>,
        kept: &[Keep],
        shapes: &[Vec<i64>],
        device: Device,
    ) -> Result<Backgrounds, TchError> {
        let mut rows = HashMap::new();
        for (id, kept) in kept.iter().enumerate() {
            let &Keep::Range { dim, from, to } = kept else {
                continue;
            };
            let Some(part) = values[id].take() else {
                continue;
            };
            let count = to - from;
            let all = part.size()[0] * count;
            let positions = Rows {
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

    pub fn value(&self, id: ValueId) -> Result<&Tensor, TchError> {
        let value = self.values.get(id.0).and_then(Option::as_ref);
        value.ok_or_else(|| TchError::Kind(format!("the background's value {} was not kept", id.0)))
    }

    /// The whole value of each sequence's background.
    pub fn whole(&self, id: ValueId, of: &[i64]) -> Result<Tensor, TchError> {
        let value = self.value(id)?;
        if in_order(of, value.size()[0]) {
            return Ok(value.shallow_clone());
        }
        if value.size()[0] == 1 {
            let mut shape = value.size();
            shape[0] = of.len() as i64;
            return value.f_expand(shape, false);
        }
        value.f_index_select(0, &self.index(of)?)
    }

    /// Windows of a value, from the sequences' own where they have any and from their backgrounds elsewhere.
    pub fn gather(
        &mut self,
        id: ValueId,
        own: Option<&Window>,
        dim: usize,
        of: &[i64],
        wanted: &Wanted,
    ) -> Result<Tensor, TchError> {
        let rows = self.rows(id, dim)?;
        let length = rows.shape[dim];
        let missing = |start: &i64| {
            let (first, last) = (*start.max(&0), (start + wanted.width).min(length));
            first < last && (first < rows.from || last > rows.from + rows.count)
        };
        if wanted.starts.iter().any(missing) {
            return Err(TchError::Kind(format!(
                "of the background's value {} other positions were kept",
                id.0
            )));
        }
        let batch = of.len() as i64;
        let alike = wanted.starts.iter().all(|start| *start == wanted.starts[0]);
        let made = match alike {
            true => self.at_one_place(&rows, length, of, wanted)?,
            false => self.at_many_places(&rows, length, of, wanted)?,
        };
        if let Some(own) = own {
            self.overlay(&made, own, wanted)?;
        }
        unrolled(&made, &rows.shape, dim, batch, wanted.width)
    }

    /// Windows that all start at the same position: slices, with no position looked up.
    fn at_one_place(
        &self,
        rows: &Rows,
        length: i64,
        of: &[i64],
        wanted: &Wanted,
    ) -> Result<Tensor, TchError> {
        let held = &rows.tensor;
        let (start, width, rest) = (wanted.starts[0], wanted.width, held.size()[1]);
        let kept = held.size()[0] / rows.count.max(1);
        let (from, to) = (start.clamp(0, length), (start + width).clamp(0, length));
        let first = (from - rows.from).clamp(0, rows.count);
        let inside = held
            .f_view([kept, rows.count, rest])?
            .f_narrow(1, first, to - from)?;
        let inside = match in_order(of, kept) {
            true => inside,
            false => inside.f_index_select(0, &self.index(of)?)?,
        };
        let made = Tensor::f_empty([of.len() as i64, width, rest], (held.kind(), held.device()))?;
        let mut within = made.f_narrow(1, from - start, to - from)?;
        within.f_copy_(&inside)?;
        let after = start + width - to;
        for (at, count) in [(0, from - start), (width - after, after)] {
            if count > 0 {
                let _ = made
                    .f_narrow(1, at, count)?
                    .f_fill_(wanted.beyond.number())?;
            }
        }
        made.f_view([-1, rest])
    }

    fn at_many_places(
        &self,
        rows: &Rows,
        length: i64,
        of: &[i64],
        wanted: &Wanted,
    ) -> Result<Tensor, TchError> {
        let starts = self.index(wanted.starts)?.f_unsqueeze(1)?;
        let along = Tensor::f_arange(wanted.width, (Kind::Int64, self.device))?;
        let positions = starts.f_add(&along)?;
        let first = self.index(of)?.f_unsqueeze(1)?;
        let first = first.f_multiply_scalar(rows.count)?;
        let held = positions.f_sub_scalar(rows.from)?;
        let index = held.f_clamp(0, rows.count - 1)?.f_add(&first)?;
        let mut made = rows.tensor.f_index_select(0, &index.f_view([-1])?)?;
        let past = |start: &i64| *start < 0 || start + wanted.width > length;
        if wanted.starts.iter().any(past) {
            let outside = positions.f_lt(0)?.f_logical_or(&positions.f_ge(length)?)?;
            let outside = outside.f_view([-1, 1])?;
            made = made.f_masked_fill_(&outside, wanted.beyond.number())?;
        }
        Ok(made)
    }

    /// Writes windows over what was gathered from the backgrounds.
    fn overlay(&self, made: &Tensor, own: &Window, wanted: &Wanted) -> Result<(), TchError> {
        let (windows, own) = (rolled(&own.tensor, own.site.dim)?, &own.site);
        let (batch, rest) = (own.starts.len() as i64, made.size()[1]);
        let offset = own.starts[0] - wanted.starts[0];
        let both = || own.starts.iter().zip(wanted.starts);
        let inside =
            |(start, at): (&i64, &i64)| start >= at && start + own.width <= at + wanted.width;
        if both().all(|(start, at)| start - at == offset) && both().all(inside) {
            let mut place = made
                .f_view([batch, wanted.width, rest])?
                .f_narrow(1, offset, own.width)?;
            return place.f_copy_(&windows.f_view([batch, own.width, rest])?);
        }
        if both().all(inside) {
            let firsts = both().enumerate();
            let firsts = firsts.map(|(row, (start, at))| row as i64 * wanted.width + start - at);
            let firsts = self.index(&firsts.collect::<Vec<_>>())?.f_unsqueeze(1)?;
            let along = Tensor::f_arange(own.width, (Kind::Int64, self.device))?;
            let to = firsts.f_add(&along)?.f_view([-1])?;
            let _ = made.shallow_clone().f_index_copy_(0, &to, &windows)?;
            return Ok(());
        }
        let (mut from, mut to) = (Vec::new(), Vec::new());
        for (row, (&start, &at)) in both().enumerate() {
            let row = row as i64;
            for position in start.max(at)..(start + own.width).min(at + wanted.width) {
                from.push(row * own.width + position - start);
                to.push(row * wanted.width + position - at);
            }
        }
        let picked = windows.f_index_select(0, &self.index(&from)?)?;
        let _ = made
            .shallow_clone()
            .f_index_copy_(0, &self.index(&to)?, &picked)?;
        Ok(())
    }

    /// The whole value of each sequence, its window written into its background's.
    pub fn filled(&mut self, id: ValueId, own: &Window, of: &[i64]) -> Result<Tensor, TchError> {
        let starts = vec![0; of.len()];
        let whole = Wanted {
            starts: &starts,
            width: own.site.length,
            beyond: Beyond::Zero,
        };
        self.gather(id, Some(own), own.site.dim, of, &whole)
    }

    fn rows(&mut self, id: ValueId, dim: usize) -> Result<Rows, TchError> {
        if let Some(rows) = self.rows.get(&(id, dim)) {
            return Ok(rows.shallow_clone());
        }
        let value = self.value(id)?;
        let shape = value.size();
        let rows = Rows {
            tensor: rolled(value, dim)?,
            from: 0,
            count: shape[dim],
            shape,
        };
        self.rows.insert((id, dim), rows.shallow_clone());
        Ok(rows)
    }

    pub fn index(&self, index: &[i64]) -> Result<Tensor, TchError> {
        Tensor::f_from_slice(index)?.f_to_device(self.device)
    }
}

/// Whether sequences have the backgrounds one after another, each once.
fn in_order(of: &[i64], kept: i64) -> bool {
    of.len() as i64 == kept && of.iter().enumerate().all(|(i, of)| i as i64 == *of)
}

/// Windows of a value that is the same for all sequences, such as a weight for each position.
pub fn gather_constant(constant: &Tensor, dim: usize, wanted: &Wanted) -> Result<Tensor, TchError> {
    let shape = constant.size();
    let last = shape[dim] - 1;
    let mut index = Vec::new();
    for &start in wanted.starts {
        index.extend((start..start + wanted.width).map(|position| position.clamp(0, last)));
    }
    let index = Tensor::f_from_slice(&index)?.f_to_device(constant.device())?;
    let made = rolled(constant, dim)?.f_index_select(0, &index)?;
    unrolled(&made, &shape, dim, wanted.starts.len() as i64, wanted.width)
}

/// Batch and positions as rows, all other dimensions in one.
fn rolled(value: &Tensor, dim: usize) -> Result<Tensor, TchError> {
    let shape = value.size();
    let rest: i64 = shape.iter().product::<i64>() / (shape[0] * shape[dim]).max(1);
    value
        .f_movedim_int(dim as i64, 1)?
        .f_contiguous()?
        .f_view([shape[0] * shape[dim], rest])
}

/// Rows as a value again, of so many sequences and positions; all else as in `shape`.
fn unrolled(
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
