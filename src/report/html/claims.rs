//! Claims in their author's words, each with its verdict and reason.

use maud::{Markup, html};

use crate::display::{claim_reason, methods_of_claims, verdict_word};
use gia_base::diag::replace_control;
use gia_study::{Claim, Verdict};

pub fn claim_list(claims: &[Claim]) -> Markup {
    html! {
        @if !claims.is_empty() {
            h3 { "Claims" }
            ul.claims {
                @for claim in claims {
                    li class=(verdict_word(claim.verdict)) {
                        p.verdict {
                            span aria-hidden="true" { (icon(claim.verdict)) } " " (verdict_word(claim.verdict))
                        }
                        p.claim { code { (replace_control(&claim.claim)) } }
                        p.reason { (replace_control(&claim_reason(claim))) }
                    }
                }
            }
            p.note { (replace_control(&methods_of_claims(claims))) }
        }
    }
}

/// A verdict as a symbol, with its word for screen readers.
pub fn verdict_mark(of: Verdict) -> Markup {
    html! {
        span class=(format!("mark {}", verdict_word(of))) role="img" aria-label=(verdict_word(of)) title=(verdict_word(of)) { (icon(of)) }
    }
}

fn icon(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "✓",
        Verdict::Refuted => "✗",
        Verdict::Undecided => "?",
    }
}
