//! Information content of motifs, their similarity, and clusters of redundant motifs.

use super::{Alphabet, Motif};

/// Probability of a base that every base shares; the mean of each column.
const EVEN: f64 = 0.25;

/// How far below the threshold a similarity may be by rounding: equal motifs are similar at 100 %.
const ROUNDING: f64 = 1e-9;

impl Motif {
    /// Information content in bits: the sum over positions of 2 - H, where H is the entropy of the column. Without the correction for
    /// small samples, since probabilities do not tell the number of sites. Schneider & Stephens 1990, doi 10.1093/nar/18.20.6097.
    pub fn information(&self) -> f64 {
        let negative_entropy = |column: &[f64; 4]| -> f64 {
            let terms = column.iter().filter(|p| **p > 0.0);
            terms.map(|p| p * p.log2()).sum()
        };
        self.columns
            .iter()
            .map(|column| 2.0 + negative_entropy(column))
            .sum()
    }

    /// Similarity of two motifs, at most 1: the normalised correlation of RSAT, for the best of all alignments. Pearson's correlation over
    /// the cells of the aligned columns is multiplied by the number of these and divided by the width of the whole alignment, overhangs
    /// included, so that a short overlap cannot make two motifs similar. Of DNA, either strand of `other` is aligned; of RNA, the one
    /// given. Columns that are even everywhere correlate with nothing. Castro-Mondragon et al. 2017, doi 10.1093/nar/gkx314.
    pub fn similarity(&self, other: &Motif) -> f64 {
        Profile::new(self).best_alignment(&Profile::new(other), -1.0)
    }
}

/// Groups motifs whose similarity to a representative is at least `threshold`, by greedy clustering in the order of decreasing
/// information (Li & Godzik 2006, doi 10.1093/bioinformatics/btl158): each motif joins the first representative that it is similar
/// to, and becomes one where there is none. So no two representatives are similar.
///
/// Returns indices of the motifs: clusters in the order of their representatives in `motifs`, the representative first in each, then
/// the others in the order of `motifs`.
pub fn redundancy_clusters(motifs: &[&Motif], threshold: f64) -> Vec<Vec<usize>> {
    let profiles: Vec<Profile> = motifs.iter().map(|motif| Profile::new(motif)).collect();
    let mut order: Vec<(usize, f64)> = motifs.iter().map(|m| m.information()).enumerate().collect();
    // Of equal ones, the first of the list.
    order.sort_by(|(i, a), (j, b)| b.total_cmp(a).then(i.cmp(j)));
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    for (index, _) in order {
        let joined = clusters.iter_mut().find(|cluster| {
            let representative = &profiles[cluster[0]];
            representative.is_similar(&profiles[index], threshold)
        });
        match joined {
            Some(cluster) => cluster.push(index),
            None => clusters.push(vec![index]),
        }
    }
    for cluster in &mut clusters {
        cluster[1..].sort_unstable();
    }
    clusters.sort_by_key(|cluster| cluster[0]);
    clusters
}

/// A motif as the cells of its columns, less their mean.
struct Profile {
    alphabet: Alphabet,
    cells: Vec<[f64; 4]>,
    /// The same of the other strand.
    reversed: Vec<[f64; 4]>,
    /// Sums of the squares of the cells before each column, and of all.
    squares: Vec<f64>,
    reversed_squares: Vec<f64>,
}

impl Profile {
    fn new(motif: &Motif) -> Profile {
        let cells: Vec<[f64; 4]> = motif
            .columns
            .iter()
            .map(|column| column.map(|p| p - EVEN))
            .collect();
        let turned = cells.iter().rev();
        let reversed: Vec<[f64; 4]> = turned.map(|&[a, c, g, t]| [t, g, c, a]).collect();
        Profile {
            alphabet: motif.alphabet,
            squares: running_squares(&cells),
            reversed_squares: running_squares(&reversed),
            cells,
            reversed,
        }
    }

    fn is_similar(&self, other: &Profile, threshold: f64) -> bool {
        let bound = threshold - ROUNDING;
        self.best_alignment(other, bound) > bound
    }

    /// The normalised correlation of the best alignment, or `bound` if none is better.
    fn best_alignment(&self, other: &Profile, bound: f64) -> f64 {
        let mut best = bound;
        let mut search = |cells: &[[f64; 4]], squares: &[f64]| {
            let (own, theirs) = (self.cells.len() as isize, cells.len() as isize);
            for shift in 1 - theirs..own {
                let start = shift.max(0);
                let end = own.min(shift + theirs);
                let overlap = (end - start) as f64;
                let share = overlap / (own.max(shift + theirs) - shift.min(0)) as f64;
                // A correlation is at most 1.
                if share <= best {
                    continue;
                }
                let (start, end) = (start as usize, end as usize);
                let from = (start as isize - shift) as usize;
                let to = (end as isize - shift) as usize;
                let products = self.cells[start..end].iter().zip(&cells[from..to]);
                let covariance: f64 = products
                    .map(|(a, b)| a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3])
                    .sum();
                let norms =
                    (self.squares[end] - self.squares[start]) * (squares[to] - squares[from]);
                let correlation = match norms > f64::EPSILON {
                    true => (covariance / norms.sqrt()).min(1.0),
                    false => 0.0,
                };
                best = best.max(correlation * share);
            }
        };
        search(&other.cells, &other.squares);
        if (self.alphabet, other.alphabet) == (Alphabet::Dna, Alphabet::Dna) {
            search(&other.reversed, &other.reversed_squares);
        }
        best
    }
}

fn running_squares(cells: &[[f64; 4]]) -> Vec<f64> {
    let mut sum = 0.0;
    let squares = cells.iter().map(|column| {
        sum += column.iter().map(|value| value * value).sum::<f64>();
        sum
    });
    std::iter::once(0.0).chain(squares).collect()
}
