//! Verdicts under several seeds.

use maud::{Markup, html};

use super::table::Table;
use crate::number::{count, four_digits};
use gia_base::diag::replace_control;
use gia_study::{SeedReplication, SeedVerdicts, case_name};

/// A table with the counts of verdicts on each claim, and the range of the mean that decides.
pub fn section(replication: &SeedReplication) -> Markup {
    let claims = &replication.claims;
    let mut table = Table::new("Verdicts on each claim over the seeds", claims.len());
    let name = |of: &SeedVerdicts| replace_control(&case_name(&of.experiment, &of.claim));
    table.text("claim", claims.iter().map(name));
    table.numbers("supported", claims.iter().map(|of| count(of.supported)));
    table.numbers("refuted", claims.iter().map(|of| count(of.refuted)));
    table.numbers("undecided", claims.iter().map(|of| count(of.undecided)));
    table.numbers(
        "lowest deciding value",
        claims.iter().map(|of| four_digits(of.lowest_mean)),
    );
    table.numbers(
        "highest",
        claims.iter().map(|of| four_digits(of.highest_mean)),
    );
    html! {
        section aria-labelledby="seeds" {
            h2 #seeds { "Verdicts under several seeds" }
            p { (replication.summary()) }
            (table.markup("seeds-verdicts"))
        }
    }
}
