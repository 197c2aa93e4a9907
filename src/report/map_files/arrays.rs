//! Arrays of a map, for NumPy and TF-MoDISco.

use std::path::Path;

use gia_base::diag::Outcome;
use gia_study::{AttributionMap, MappedSequence};
use ndarray::{Array2, Array3, arr0};

use crate::npz;

/// All arrays. Those of three dimensions are (sequence, base, position), with bases in the order A, C, G, T.
pub fn all(map: &AttributionMap, path: &Path) -> Outcome<Vec<u8>> {
    npz::bytes(path, |npz| {
        let one_hot = encoded(map);
        let contributions = Array3::from_shape_fn(one_hot.raw_dim(), |at| {
            one_hot[at] * number(&map.sequences[at.0].values, at.2)
        });
        npz.add_array("one_hot", &one_hot)?;
        if let Some(hypothetical) = of_bases(map) {
            npz.add_array("hypothetical", &hypothetical)?;
        }
        npz.add_array("contributions", &contributions)?;
        npz.add_array("names", &names(map))?;
        if let Some(half_widths) = by_position(map, |of| &of.half_widths) {
            npz.add_array("half_widths", &half_widths)?;
        }
        if let Some(p) = by_position(map, |of| &of.p) {
            npz.add_array("p", &p)?;
        }
        if let Some(count) = map.references {
            npz.add_array("reference_count", &arr0(count as i64))?;
        }
        Ok(())
    })
}

/// The sequences alone.
pub fn one_hot(map: &AttributionMap, path: &Path) -> Outcome<Vec<u8>> {
    npz::bytes(path, |npz| npz.add_array("arr_0", &encoded(map)))
}

/// The hypothetical contributions alone; none of a method without.
pub fn hypothetical(map: &AttributionMap, path: &Path) -> Outcome<Option<Vec<u8>>> {
    let hypothetical = of_bases(map);
    let written = hypothetical.map(|array| npz::bytes(path, |npz| npz.add_array("arr_0", &array)));
    written.transpose()
}

fn length(map: &AttributionMap) -> usize {
    map.sequences.first().map_or(0, |of| of.values.len())
}

fn encoded(map: &AttributionMap) -> Array3<f32> {
    let code = |letter: u8| match letter {
        b'A' => 0,
        b'C' => 1,
        b'G' => 2,
        b'T' | b'U' => 3,
        // An unknown base, which is 0 everywhere.
        _ => u8::MAX,
    };
    let sequences = map.sequences.iter();
    let codes: Vec<Vec<u8>> = sequences
        .map(|of| of.letters.bytes().map(code).collect())
        .collect();
    npz::one_hot(&codes, length(map))
}

/// What each base would contribute; none of a method that does not say it.
fn of_bases(map: &AttributionMap) -> Option<Array3<f32>> {
    let length = length(map);
    let shape = (map.sequences.len(), 4, length);
    let has_any = map.sequences.iter().any(|of| !of.hypothetical.is_empty());
    has_any.then(|| {
        Array3::from_shape_fn(shape, |(sequence, base, position)| {
            let of = &map.sequences[sequence].hypothetical;
            number(of, base * length + position)
        })
    })
}

/// Numbers (sequence, position); none if sequences have none.
fn by_position(
    map: &AttributionMap,
    list: impl Fn(&MappedSequence) -> &Vec<f64>,
) -> Option<Array2<f32>> {
    let has_any = map.sequences.iter().any(|of| !list(of).is_empty());
    let shape = (map.sequences.len(), length(map));
    has_any.then(|| {
        Array2::from_shape_fn(shape, |(sequence, position)| {
            number(list(&map.sequences[sequence]), position)
        })
    })
}

fn number(of: &[f64], at: usize) -> f32 {
    of.get(at).map_or(f32::NAN, |number| *number as f32)
}

/// The names in UTF-8, each filled with zeros to the length of the longest.
fn names(map: &AttributionMap) -> Array2<u8> {
    let names = map.sequences.iter().map(|of| of.sequence.name.as_bytes());
    let names: Vec<&[u8]> = names.collect();
    let longest = names.iter().map(|name| name.len()).max().unwrap_or(0);
    Array2::from_shape_fn((names.len(), longest.max(1)), |(sequence, at)| {
        names[sequence].get(at).copied().unwrap_or(0)
    })
}
