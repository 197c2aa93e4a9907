//! Verdicts under several seeds.

use super::layout::Page;
use super::number::four_digits;
use gia_study::SeedReplication;

/// For each claim the counts of its verdicts, and the range of the mean that decides.
pub fn show(page: &mut Page, replication: &SeedReplication) {
    page.paragraph(&format!("verdicts under {}", replication.summary()));
    for claim in &replication.claims {
        let name = gia_study::case_name(&claim.experiment, &claim.claim);
        for line in page.wrapped(&name, "  ", "    ") {
            page.line(&line);
        }
        let (low, high) = (
            four_digits(claim.lowest_mean),
            four_digits(claim.highest_mean),
        );
        let counts = claim.counts();
        let text = match low == high {
            true => format!("{counts}; deciding value {low}"),
            false => format!("{counts}; deciding value {low} to {high}"),
        };
        let is_unanimous =
            claim.supported.max(claim.refuted).max(claim.undecided) == claim.runs.len();
        for line in page.wrapped(&text, "    ", "    ") {
            let line = match is_unanimous {
                true => line,
                false => page.style.yellow(&line),
            };
            page.line(&line);
        }
    }
}
