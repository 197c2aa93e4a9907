//! What is known of the contributions of one sequence.

use gia_design::ContributionList;

/// Contributions of the bases of one sequence, each list by position.
pub struct Contributions {
    mean: Vec<f64>,
    /// Standard deviation over references; empty without references, and 0 with one.
    sd: Vec<f64>,
    /// Mean over the first half of the references; empty without references, and the mean with one.
    first_half: Vec<f64>,
    /// What each base would contribute, by base and position; empty unless asked for.
    hypothetical: Vec<f64>,
}

impl Contributions {
    pub fn of_one(mean: Vec<f64>) -> Contributions {
        Contributions {
            mean,
            sd: Vec::new(),
            first_half: Vec::new(),
            hypothetical: Vec::new(),
        }
    }

    /// Adds what each base would contribute, by base and position.
    pub fn with_hypothetical(self, hypothetical: Vec<f64>) -> Contributions {
        Contributions {
            hypothetical,
            ..self
        }
    }

    /// The contributions of each sequence, given those against its `each` references, sequence by sequence.
    pub fn of_pairs(pairs: &[Vec<f64>], each: usize) -> Vec<Contributions> {
        let sequences = pairs.chunks(each.max(1));
        sequences.map(Contributions::over_references).collect()
    }

    fn over_references(each: &[Vec<f64>]) -> Contributions {
        let positions = 0..each.first().map_or(0, Vec::len);
        let mean_of = |of: &[Vec<f64>], position: usize| {
            of.iter().map(|one| one[position]).sum::<f64>() / of.len().max(1) as f64
        };
        let mean: Vec<f64> = positions.clone().map(|at| mean_of(each, at)).collect();
        let half = &each[..(each.len() / 2).max(1)];
        let sd = positions.clone().map(|at| {
            let squares = each.iter().map(|one| (one[at] - mean[at]).powi(2));
            (squares.sum::<f64>() / (each.len().max(2) - 1) as f64).sqrt()
        });
        Contributions {
            sd: sd.collect(),
            first_half: positions.map(|at| mean_of(half, at)).collect(),
            mean,
            hypothetical: Vec::new(),
        }
    }

    /// A column of the attribution, as [`Attributor::predict`](super::Attributor::predict) has them.
    pub fn column(&self, column: usize) -> f64 {
        let length = self.mean.len().max(1);
        let position = column % length;
        let number = match ContributionList::at(column / length) {
            None => None,
            Some(ContributionList::Observed) => self.mean.get(position),
            Some(ContributionList::Hypothetical(base)) => {
                self.hypothetical.get(usize::from(base) * length + position)
            }
            Some(ContributionList::Sd) => self.sd.get(position),
            Some(ContributionList::FirstHalf) => self.first_half.get(position),
        };
        number.copied().unwrap_or(f64::NAN)
    }
}
