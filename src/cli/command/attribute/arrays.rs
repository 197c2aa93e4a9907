//! The arrays that `gia attribute` writes.

use std::path::Path;

use ndarray::{Array1, Array2, Array3, Axis};

use super::Method;
use gia_base::diag::Outcome;
use gia_engine::{Contributions, Gradients};
use gia_report::npz;

/// Attributions of all sequences. Arrays of three dimensions are (sequence, base, position), with bases in the order A, C, G, T.
pub struct Arrays {
    one_hot: Array3<f32>,
    hypothetical: Array3<f32>,
    predictions: Array1<f32>,
    references: Option<References>,
}

/// What the references of DeepSHAP say.
struct References {
    /// Codes of the bases: (sequence, reference, position).
    bases: Array3<u8>,
    /// Standard deviation over references of the contribution of the base that is there: (sequence, position).
    sd: Array2<f32>,
    /// (sequence, reference)
    differences: Array2<f32>,
    excesses: Array2<f32>,
}

impl Arrays {
    /// Means over references.
    pub fn of_contributions(
        sequences: &[Vec<u8>],
        references: &[Vec<Vec<u8>>],
        length: usize,
        found: Contributions,
    ) -> Arrays {
        let count = sequences.len();
        let each = found.differences.len() / count.max(1);
        let one_hot = npz::one_hot(sequences, length);
        let mut hypothetical = Array3::zeros((count, 4, length));
        let mut sd = Array2::zeros((count, length));
        for (sequence, bases) in sequences.iter().enumerate() {
            let own = &found.hypothetical[sequence * each * 4 * length..];
            let pairs: Vec<&[f32]> = own.chunks_exact(4 * length).take(each).collect();
            let mean = |at: usize| {
                let sum: f64 = pairs.iter().map(|pair| f64::from(pair[at])).sum();
                sum / each.max(1) as f64
            };
            for base in 0..4 {
                for position in 0..length {
                    hypothetical[[sequence, base, position]] =
                        mean(base * length + position) as f32;
                }
            }
            for (position, &base) in bases.iter().enumerate().filter(|(_, base)| **base < 4) {
                let at = usize::from(base) * length + position;
                let center = mean(at);
                let squares = pairs
                    .iter()
                    .map(|pair| (f64::from(pair[at]) - center).powi(2));
                let variance = squares.sum::<f64>() / (each.max(2) - 1) as f64;
                sd[[sequence, position]] = variance.sqrt() as f32;
            }
        }
        // The engine returns count x each numbers, so the shapes always fit.
        let by_reference =
            |values: Vec<f32>| Array2::from_shape_vec((count, each), values).unwrap_or_default();
        Arrays {
            one_hot,
            hypothetical,
            predictions: Array1::from_vec(found.values),
            references: Some(References {
                bases: Array3::from_shape_fn(
                    (count, each, length),
                    |(sequence, number, position)| references[sequence][number][position],
                ),
                sd,
                differences: by_reference(found.differences),
                excesses: by_reference(found.excesses),
            }),
        }
    }

    pub fn of_gradients(
        sequences: &[Vec<u8>],
        length: usize,
        found: Gradients,
        method: Method,
    ) -> Arrays {
        let one_hot = npz::one_hot(sequences, length);
        let shape = one_hot.raw_dim();
        let gradients = Array3::from_shape_vec(shape, found.gradients).unwrap_or_default();
        let less = |subtracted: ndarray::Array2<f32>| {
            let subtracted = subtracted.insert_axis(Axis(1));
            &gradients - &subtracted
        };
        let hypothetical = match method {
            Method::Deepshap | Method::Saliency => gradients,
            Method::GradientTimesInput => {
                let mean = gradients.mean_axis(Axis(1)).unwrap_or_default();
                less(mean)
            }
            Method::TaylorIsm => less((&gradients * &one_hot).sum_axis(Axis(1))),
        };
        Arrays {
            one_hot,
            hypothetical,
            predictions: Array1::from_vec(found.values),
            references: None,
        }
    }

    /// All arrays, as one `.npz` file.
    pub fn all(&self, path: &Path) -> Outcome<Vec<u8>> {
        npz::bytes(path, |npz| {
            npz.add_array("one_hot", &self.one_hot)?;
            npz.add_array("hypothetical", &self.hypothetical)?;
            npz.add_array("contributions", &(&self.hypothetical * &self.one_hot))?;
            npz.add_array("predictions", &self.predictions)?;
            if let Some(references) = &self.references {
                npz.add_array("references", &references.bases)?;
                npz.add_array("sd", &references.sd)?;
                npz.add_array("differences", &references.differences)?;
                npz.add_array("excesses", &references.excesses)?;
            }
            Ok(())
        })
    }

    /// The sequences alone, as TF-MoDISco reads them.
    pub fn one_hot(&self, path: &Path) -> Outcome<Vec<u8>> {
        npz::bytes(path, |npz| npz.add_array("arr_0", &self.one_hot))
    }

    /// The hypothetical contributions alone, as TF-MoDISco reads them.
    pub fn hypothetical(&self, path: &Path) -> Outcome<Vec<u8>> {
        npz::bytes(path, |npz| npz.add_array("arr_0", &self.hypothetical))
    }
}
