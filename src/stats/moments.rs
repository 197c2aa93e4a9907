//! Count, mean, variance, skewness and kurtosis of numbers that come in blocks.

/// Count, mean and sums of powers of the deviations of some numbers.
///
/// Merged blocks give the moments of the whole, up to rounding in the last digits. Equal numbers have exactly their value as
/// mean and exactly zero variance, however they are split.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// Number of numbers.
    pub n: usize,
    /// Mean; 0 for no numbers.
    pub mean: f64,
    /// Sum of squared deviations from the mean.
    pub squared_deviations: f64,
    /// Sum of cubed deviations from the mean.
    pub cubed_deviations: f64,
    /// Sum of fourth powers of deviations from the mean.
    pub fourth_powers: f64,
}

impl Moments {
    /// The moments of one block, in two passes.
    ///
    /// Distances from the first number are summed rather than the numbers themselves, so that a large common offset
    /// costs no digits; the second pass corrects for what rounding left of the first (Chan, Golub and LeVeque 1983,
    /// *The American Statistician* 37, equation 1.7).
    pub fn of(values: &[f64]) -> Moments {
        let Some(&first) = values.first() else {
            return Moments::default();
        };
        let n = values.len() as f64;
        let offset = sum_in_lanes(values, |x| x - first) / n;
        let mean = first + offset;
        let left = sum_in_lanes(values, |x| x - mean);
        let squares = sum_in_lanes(values, |x| (x - mean) * (x - mean));
        let cubes = sum_in_lanes(values, |x| (x - mean) * (x - mean) * (x - mean));
        Moments {
            n: values.len(),
            mean,
            squared_deviations: (squares - left * left / n).max(0.0),
            fourth_powers: sum_in_lanes(values, |x| (x - mean).powi(4)),
            cubed_deviations: cubes - 3.0 * (left / n) * squares,
        }
    }

    /// Merges another block (the pairwise formula of the same paper, equation 2.1; for higher powers Pébay 2008, Sandia report
    /// SAND2008-6212, equations 1.5 and 1.6).
    pub fn merge(&mut self, other: Moments) {
        if self.n == 0 {
            *self = other;
        } else if other.n > 0 {
            let (a, b) = (self.n as f64, other.n as f64);
            let distance = other.mean - self.mean;
            let n = a + b;
            self.fourth_powers += other.fourth_powers
                + distance.powi(4) * (a * b * (a * a - a * b + b * b) / n.powi(3))
                + 6.0
                    * distance
                    * distance
                    * (a * a * other.squared_deviations + b * b * self.squared_deviations)
                    / (n * n)
                + 4.0 * distance * (a * other.cubed_deviations - b * self.cubed_deviations) / n;
            self.cubed_deviations += other.cubed_deviations
                + distance
                    * (distance * distance * (a * b * (a - b) / (a + b).powi(2))
                        + 3.0 * (a * other.squared_deviations - b * self.squared_deviations)
                            / (a + b));
            self.n += other.n;
            self.mean += distance * (b / (a + b));
            self.squared_deviations +=
                other.squared_deviations + distance * distance * (a * b / (a + b));
        }
    }

    /// Skewness, the mean cubed deviation over the cube of the standard deviation, both dividing by n; 0 for equal numbers.
    pub fn skewness(&self) -> f64 {
        let n = self.n as f64;
        match self.squared_deviations > 0.0 {
            true => self.cubed_deviations / n / (self.squared_deviations / n).powf(1.5),
            false => 0.0,
        }
    }

    /// Whether mean and variance are finite.
    pub fn is_finite(&self) -> bool {
        self.mean.is_finite() && self.squared_deviations.is_finite()
    }

    /// Sample standard deviation, dividing by n - 1; none for fewer than two numbers.
    pub fn sd(&self) -> Option<f64> {
        (self.n >= 2).then(|| (self.squared_deviations / (self.n - 1) as f64).sqrt())
    }
}

/// Sum in eight lanes: a fixed order that still vectorises.
fn sum_in_lanes(values: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; 8];
    let mut chunks = values.chunks_exact(8);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += term(x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane += term(x);
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}
