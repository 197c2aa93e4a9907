//! How often a motif occurs by chance.

use super::{Motif, Null, Population, Scanner, complement};

/// Backgrounds that are searched where there is no formula.
const SEARCHED: usize = 50;

/// The expected number of occurrences of a motif in one background, on both strands: exact for independent bases and a
/// motif of letters (a place where both strands fit counts once), else the mean over the first 50 backgrounds. None for a
/// motif that fits everywhere.
pub fn expected_occurrences(population: &Population, motif: &Motif) -> Option<f64> {
    if let Population::Null(Null::Chosen(chosen)) = population {
        return expected_occurrences(&chosen.of, motif);
    }
    let scanner = Scanner::new(motif).ok()?;
    let (length, width) = (population.length(), motif.width());
    let places = (length + 1).saturating_sub(width);
    if let (Some(letters), Population::Null(null)) = (motif.letters(), population) {
        let at = |position: usize| -> Option<[f64; 4]> {
            match null {
                Null::Uniform { .. } => Some([0.25; 4]),
                Null::Iid { frequencies, .. } => Some(*frequencies),
                Null::Profile { columns, .. } => columns.get(position).copied(),
                _ => None,
            }
        };
        let chance = |start: usize| -> Option<f64> {
            let (mut forward, mut reverse, mut both) = (1.0, 1.0, 1.0);
            for offset in 0..width {
                let p = at(start + offset)?;
                let other = letters[width - 1 - offset];
                let sum = |allowed: &dyn Fn(u8) -> bool| -> f64 {
                    (0..4)
                        .filter(|&b| allowed(b))
                        .map(|b| p[usize::from(b)])
                        .sum()
                };
                forward *= sum(&|base| letters[offset].contains(base));
                reverse *= sum(&|base| other.contains(complement(base)));
                both *=
                    sum(&|base| letters[offset].contains(base) && other.contains(complement(base)));
            }
            Some(forward + reverse - both)
        };
        let alike = !matches!(null, Null::Profile { .. });
        let exact = if alike && places > 0 {
            chance(0).map(|one| one * places as f64)
        } else {
            (0..places).map(chance).sum()
        };
        if exact.is_some() {
            return exact;
        }
    }
    let n = population.size().unwrap_or(SEARCHED).min(SEARCHED);
    let sampler = population.sampler(0);
    let found: usize = (0..n)
        .map(|index| scanner.occurrences(&sampler.background(index)).len())
        .sum();
    Some(found as f64 / n.max(1) as f64)
}
