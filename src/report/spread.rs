//! Which of many items are drawn.

/// At most so many items, spread evenly over a list, with the first and the last.
pub fn spread_evenly<T>(items: &[T], most: usize) -> Vec<&T> {
    let count = items.len().min(most);
    match count {
        0 => Vec::new(),
        1 => vec![&items[0]],
        _ => {
            let index = |i: usize| i * (items.len() - 1) / (count - 1);
            (0..count).map(|i| &items[index(i)]).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::spread_evenly;

    #[test]
    fn the_first_and_the_last_are_drawn_and_none_twice() {
        let items: Vec<usize> = (0..40).collect();
        for most in 2..=45 {
            let drawn = spread_evenly(&items, most);
            assert_eq!(drawn.len(), most.min(40));
            assert_eq!((*drawn[0], *drawn[drawn.len() - 1]), (0, 39));
            assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]), "{drawn:?}");
        }
        assert_eq!(spread_evenly(&items, 4), [&0, &13, &26, &39]);
        assert_eq!(spread_evenly(&items, 1), [&0]);
        assert!(spread_evenly::<usize>(&[], 4).is_empty());
    }
}
