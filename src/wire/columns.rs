//! The columns of a request on the wire: as ranges, since a request for all columns of a large network names tens of millions.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Maximum number of columns in a request.
const MAX_COLUMNS: u64 = 1 << 30;

/// The first of some columns in a row, and how many there are.
type Range = (u32, u32);

pub fn serialize<S: Serializer>(columns: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
    let mut ranges: Vec<Range> = Vec::new();
    for &column in columns {
        match ranges.last_mut() {
            Some((first, count)) if first.checked_add(*count) == Some(column) => *count += 1,
            _ => ranges.push((column, 1)),
        }
    }
    ranges.serialize(serializer)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    let ranges = Vec::<Range>::deserialize(deserializer)?;
    let total: u64 = ranges.iter().map(|(_, count)| u64::from(*count)).sum();
    if total > MAX_COLUMNS {
        return Err(D::Error::custom("more columns than supported"));
    }
    let mut columns = Vec::with_capacity(total as usize);
    for (first, count) in ranges {
        let Some(further) = count.checked_sub(1) else {
            continue;
        };
        let last = first
            .checked_add(further)
            .ok_or_else(|| D::Error::custom("a range of columns beyond 32 bits"))?;
        columns.extend(first..=last);
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Columns(#[serde(with = "super")] Vec<u32>);

    #[test]
    fn columns_come_back_in_their_order() {
        for columns in [
            vec![],
            vec![5],
            (0..1000).collect(),
            vec![3, 4, 5, 1, 0, 7, 7, 8],
            vec![u32::MAX - 1, u32::MAX, 0],
        ] {
            let columns = Columns(columns);
            let text = serde_json::to_string(&columns).expect("written");
            let read: Columns = serde_json::from_str(&text).expect("read");
            assert_eq!(read, columns);
        }
    }

    #[test]
    fn all_columns_of_a_large_network_are_one_range() {
        let columns = Columns((0..2_000_000).collect());
        let text = serde_json::to_string(&columns).expect("written");
        assert_eq!(text, "[[0,2000000]]");
    }

    #[test]
    fn ranges_that_no_network_has_are_refused() {
        for text in ["[[4294967295,2]]", "[[0,4000000000],[0,4000000000]]"] {
            assert!(serde_json::from_str::<Columns>(text).is_err(), "{text}");
        }
    }
}
