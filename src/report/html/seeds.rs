//! Verdicts under several seeds.

use maud::{Markup, html};

use crate::number::four_digits;
use gia_base::diag::replace_control;
use gia_study::SeedReplication;

/// Headers of the columns after the claim.
const HEADERS: [&str; 5] = [
    "supported",
    "refuted",
    "undecided",
    "lowest mean",
    "highest mean",
];

/// A table with the counts of verdicts on each claim, and the range of the mean that decides.
pub fn section(replication: &SeedReplication) -> Markup {
    html! {
        section aria-labelledby="seeds" {
            h2 #seeds { "Verdicts under several seeds" }
            p { (replication.summary()) }
            div.scroll role="group" aria-labelledby="seeds-caption" tabindex="0" {
                table {
                    caption #seeds-caption { "Verdicts on each claim over the seeds, and the range of the mean that decides" }
                    thead {
                        tr {
                            th scope="col" { "claim" }
                            @for header in HEADERS { th scope="col" { (header) } }
                        }
                    }
                    tbody {
                        @for claim in &replication.claims {
                            tr {
                                th scope="row" { (replace_control(&gia_study::case_name(&claim.experiment, &claim.claim))) }
                                @for n in [claim.supported, claim.refuted, claim.undecided] { td.number { (n) } }
                                @for mean in [claim.lowest_mean, claim.highest_mean] { td.number { (four_digits(mean)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
