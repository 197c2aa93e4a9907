//! Grid points in reports.
//!
//! A study names each grid point in several rows, and there may be a million points: rows share the axes and the point.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

/// Name of each axis with its values.
type Axes = Vec<(String, Vec<Value>)>;

/// A grid point: a map from axis name to value. Lengths are whole base pairs; motifs, models and null models are given by name.
///
/// Invariant: there is one index for each axis, and it is in the range of the values of this axis.
#[derive(Clone)]
pub struct GridPoint {
    axes: Arc<Axes>,
    /// Index of the point's value on each axis.
    indices: Arc<[u32]>,
}

/// The axes of a grid; its points share them.
#[derive(Clone, Default)]
pub struct GridAxes(Arc<Axes>);

impl GridAxes {
    /// The grid of these axes, each a name with its values in order.
    pub fn new(axes: Vec<(String, Vec<Value>)>) -> GridAxes {
        GridAxes(Arc::new(axes))
    }

    /// The point with these value indices, one for each axis in order. None if an index is out of range or if the number of
    /// indices is not the number of axes.
    pub fn point(&self, indices: &[usize]) -> Option<GridPoint> {
        let inside = self
            .0
            .iter()
            .zip(indices)
            .all(|((_, values), &i)| i < values.len());
        let indices: Option<Arc<[u32]>> = indices.iter().map(|&i| u32::try_from(i).ok()).collect();
        (inside && indices.as_ref()?.len() == self.0.len()).then_some(GridPoint {
            axes: self.0.clone(),
            indices: indices?,
        })
    }
}

impl GridPoint {
    /// The only point of an experiment without axes.
    pub fn new() -> GridPoint {
        GridPoint::from_iter([])
    }

    /// The value on the axis of this name; none if there is no such axis.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter()
            .find_map(|(axis, value)| (axis == name).then_some(value))
    }

    /// Name and value for each axis, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&String, &Value)> {
        let axes = self.axes.iter().zip(self.indices.iter());
        axes.map(|((name, values), &i)| (name, &values[i as usize]))
    }

    /// Whether the grid has no axis.
    pub fn is_empty(&self) -> bool {
        self.axes.is_empty()
    }

    /// Number of axes.
    pub fn len(&self) -> usize {
        self.axes.len()
    }
}

impl Default for GridPoint {
    fn default() -> GridPoint {
        GridPoint::new()
    }
}

impl FromIterator<(String, Value)> for GridPoint {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> GridPoint {
        let one = |(name, value)| (name, vec![value]);
        let axes: Axes = values.into_iter().map(one).collect();
        GridPoint {
            indices: vec![0; axes.len()].into(),
            axes: Arc::new(axes),
        }
    }
}

impl PartialEq for GridPoint {
    fn eq(&self, other: &GridPoint) -> bool {
        if Arc::ptr_eq(&self.axes, &other.axes) && self.indices == other.indices {
            return true;
        }
        let same = |(name, value): (&String, &Value)| other.get(name) == Some(value);
        self.len() == other.len() && self.iter().all(same)
    }
}

impl fmt::Debug for GridPoint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for GridPoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for GridPoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<GridPoint, D::Error> {
        struct Values;
        impl<'de> Visitor<'de> for Values {
            type Value = GridPoint;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a grid point: axis name to value")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<GridPoint, M::Error> {
                let mut values: Vec<(String, Value)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    // The last of equal keys counts, as everywhere in JSON.
                    match values.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, known)) => *known = value,
                        None => values.push((name, value)),
                    }
                }
                Ok(values.into_iter().collect())
            }
        }
        deserializer.deserialize_map(Values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> GridAxes {
        let gaps = vec![Value::from(0), Value::from(5)];
        GridAxes::new(vec![
            ("gap".to_string(), gaps),
            ("site".to_string(), vec![Value::from("GATA1")]),
        ])
    }

    #[test]
    fn a_point_reads_back_from_json_to_an_equal_one() {
        let at = grid().point(&[1, 0]).expect("a point of the grid");
        let text = serde_json::to_string(&at).expect("JSON");
        assert_eq!(text, r#"{"gap":5,"site":"GATA1"}"#);
        let read: GridPoint = serde_json::from_str(&text).expect("a point");
        assert_eq!(read, at);
        assert_ne!(read, grid().point(&[0, 0]).expect("a point of the grid"));
        assert_eq!(at.get("gap"), Some(&Value::from(5)));
        assert_eq!(at.get("strand"), None);
    }

    #[test]
    fn indices_outside_the_grid_give_no_point() {
        assert!(grid().point(&[2, 0]).is_none());
        assert!(grid().point(&[0]).is_none());
        assert_eq!(GridAxes::default().point(&[]), Some(GridPoint::new()));
    }
}
