//! Gathers rows from the activations of backgrounds, from windows and from padding, on a CPU.
//!
//! There, `index_select` copies rows about as fast as memory allows, while `index_copy_` and `masked_fill_`, which overwrite some rows
//! of others, take five to ten times as long for each. So all rows are selected at once, from one matrix that holds all sources.

use tch::{Device, TchError, Tensor};

/// Where a gathered row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowSource {
    /// A row of the backgrounds' activations.
    Background(i64),
    /// A row of the windows.
    Window(i64),
    /// Padding beyond the ends of the value.
    Padding,
}

/// The rows of `sources`, from matrices with equally many columns. `padding` is the number in rows of padding.
pub fn gather_rows(
    backgrounds: &Tensor,
    windows: Option<&Tensor>,
    padding: f64,
    sources: &[RowSource],
) -> Result<Tensor, TchError> {
    let background_row = |source: &RowSource| match source {
        RowSource::Background(row) => Some(*row),
        RowSource::Window(_) | RowSource::Padding => None,
    };
    let in_backgrounds: Vec<Option<i64>> = sources.iter().map(background_row).collect();
    let from_backgrounds = || {
        let rows: Vec<i64> = in_backgrounds.iter().map(|row| row.unwrap_or(0)).collect();
        backgrounds.f_index_select(0, &Tensor::f_from_slice(&rows)?)
    };
    if in_backgrounds.iter().all(Option::is_some) {
        return from_backgrounds();
    }
    // All sources are copied into one matrix; of many backgrounds, only the rows that are needed.
    let copies_all = backgrounds.size()[0] <= sources.len() as i64;
    let mut parts = vec![match copies_all {
        true => backgrounds.shallow_clone(),
        false => from_backgrounds()?,
    }];
    let first_window = parts[0].size()[0];
    parts.extend(windows.map(Tensor::shallow_clone));
    let padding_row = parts.iter().map(|part| part.size()[0]).sum();
    if sources.contains(&RowSource::Padding) {
        let options = (backgrounds.kind(), Device::Cpu);
        parts.push(Tensor::f_full(
            [1, backgrounds.size()[1]],
            padding,
            options,
        )?);
    }
    let rows = sources.iter().enumerate().map(|(at, source)| match source {
        RowSource::Background(row) if copies_all => *row,
        RowSource::Background(_) => at as i64,
        RowSource::Window(row) => first_window + row,
        RowSource::Padding => padding_row,
    });
    let rows: Vec<i64> = rows.collect();
    Tensor::f_cat(&parts, 0)?.f_index_select(0, &Tensor::f_from_slice(&rows)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    fn numbers(tensor: &Tensor) -> Vec<f64> {
        let flat = tensor
            .f_reshape([-1])
            .and_then(|flat| flat.f_to_kind(Kind::Double));
        Vec::try_from(flat.expect("a CPU tensor")).expect("numbers")
    }

    #[test]
    fn rows_come_from_their_sources() {
        use RowSource::{Background, Padding, Window};
        let backgrounds = Tensor::from_slice(&[0.0f32, 1.0, 2.0, 3.0, 4.0, 5.0]).view([3, 2]);
        let windows = Tensor::from_slice(&[10.0f32, 11.0, 12.0, 13.0]).view([2, 2]);
        let gather = |sources: &[RowSource]| {
            let found = gather_rows(&backgrounds, Some(&windows), -1.0, sources);
            numbers(&found.expect("gathered"))
        };
        // More rows than the backgrounds have, and fewer.
        let sources = [Background(2), Window(0), Padding, Background(0)];
        assert_eq!(
            gather(&sources),
            [4.0, 5.0, 10.0, 11.0, -1.0, -1.0, 0.0, 1.0]
        );
        assert_eq!(gather(&[Background(2), Window(1)]), [4.0, 5.0, 12.0, 13.0]);
        assert_eq!(gather(&[Background(1)]), [2.0, 3.0]);
        assert_eq!(gather(&[Padding]), [-1.0, -1.0]);
        let found = gather_rows(
            &backgrounds,
            None,
            f64::NEG_INFINITY,
            &[Padding, Background(1)],
        );
        let found = numbers(&found.expect("gathered"));
        assert_eq!(found, [f64::NEG_INFINITY, f64::NEG_INFINITY, 2.0, 3.0]);
    }
}
