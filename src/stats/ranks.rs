//! Exact p values by rank among null effects.
//!
//! If an effect and the null effects are exchangeable, the share (1 + number of null effects at least as large) / (1 + number of null effects) is
//! at most alpha with probability alpha or less, whatever their distribution (Phipson and Smyth, Statistical Applications in Genetics and
//! Molecular Biology 9:39, 2010). Of many effects against one sample of null effects these are conformal p values, to which the
//! procedure of Benjamini and Hochberg applies (Bates et al., Annals of Statistics 51:149, 2023).

/// Null effects in ascending order.
#[derive(Debug, Clone)]
pub struct NullDistribution {
    sorted: Vec<f64>,
}

impl NullDistribution {
    /// The distribution of these null effects.
    pub fn new(mut effects: Vec<f64>) -> NullDistribution {
        effects.sort_by(f64::total_cmp);
        NullDistribution { sorted: effects }
    }

    /// Number of null effects.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Number of null effects that are at least `effect`; ties count.
    pub fn at_least(&self, effect: f64) -> usize {
        self.sorted.len() - self.sorted.partition_point(|null| *null < effect)
    }

    /// Number of null effects that are at most `effect`; ties count.
    pub fn at_most(&self, effect: f64) -> usize {
        self.sorted.partition_point(|null| *null <= effect)
    }

    /// The exact p of an effect that would be as large or larger by chance.
    pub fn p_above(&self, effect: f64) -> f64 {
        self.share(self.at_least(effect))
    }

    /// The exact p of an effect that would be as small or smaller by chance.
    pub fn p_below(&self, effect: f64) -> f64 {
        self.share(self.at_most(effect))
    }

    /// The exact p of an effect that would lie as far out on either side by chance: twice the smaller of both, and 1 at most.
    pub fn p_two_sided(&self, effect: f64) -> f64 {
        (2.0 * self.p_above(effect).min(self.p_below(effect))).min(1.0)
    }

    fn share(&self, as_far: usize) -> f64 {
        (1 + as_far) as f64 / (1 + self.sorted.len()) as f64
    }
}

/// Means of consecutive groups of `size` numbers; numbers that fill no group are left out. With `size` 1 the numbers themselves.
pub fn group_means(values: &[f64], size: usize) -> Vec<f64> {
    let groups = values.chunks_exact(size.max(1));
    groups
        .map(|group| group.iter().sum::<f64>() / group.len() as f64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_against_the_effect() {
        let nulls = NullDistribution::new(vec![3.0, -1.0, 2.0, 2.0]);
        assert_eq!(nulls.at_least(2.0), 3);
        assert_eq!(nulls.at_most(2.0), 3);
        assert_eq!(nulls.p_above(4.0), 0.2);
        assert_eq!(nulls.p_below(-2.0), 0.2);
        assert_eq!(nulls.p_two_sided(4.0), 0.4);
        assert_eq!(nulls.p_two_sided(2.0), 1.0);
    }

    #[test]
    fn groups_are_whole() {
        assert_eq!(group_means(&[1.0, 3.0, 5.0, 9.0, 4.0], 2), [2.0, 7.0]);
        assert_eq!(group_means(&[1.0, 3.0], 1), [1.0, 3.0]);
    }
}
