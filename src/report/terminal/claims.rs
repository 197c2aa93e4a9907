//! Claims and their verdicts, each with its reason.

use super::layout::Page;
use crate::display::{self, claim_reason};
use gia_base::diag::{Style, replace_control};
use gia_study::{Claim, Verdict};

pub fn show(page: &mut Page, claims: &[Claim]) {
    if claims.is_empty() {
        return;
    }
    page.gap();
    for claim in claims {
        let mark = verdict_mark(claim.verdict, page.style);
        // As wide as the mark without its colours: two blanks, a symbol and the longest verdict.
        let indent = " ".repeat(15);
        for (i, line) in page
            .wrapped(&claim.claim, &indent, &indent)
            .iter()
            .enumerate()
        {
            match line.get(indent.len()..) {
                Some(text) if i == 0 => {
                    let text = page.style.bold(text);
                    page.line(&format!("{mark}{text}"));
                }
                _ => page.line(&page.style.bold(line)),
            }
        }
        for line in page.wrapped(&replace_control(&claim_reason(claim)), &indent, &indent) {
            page.line(&line);
        }
    }
    page.gap();
    page.note(&display::methods_of_claims(claims));
}

/// A symbol and the verdict, of equal width for each verdict, so that colour is never needed.
pub fn verdict_mark(verdict: Verdict, style: Style) -> String {
    let symbol = match (verdict, style.unicode) {
        (Verdict::Supported, true) => "✓",
        (Verdict::Supported, false) => "+",
        (Verdict::Refuted, true) => "✗",
        (Verdict::Refuted, false) => "x",
        (Verdict::Undecided, _) => "?",
    };
    let text = format!("{symbol} {:<11}", display::verdict_word(verdict));
    let painted = match verdict {
        Verdict::Supported => style.green(&text),
        Verdict::Refuted => style.red(&text),
        Verdict::Undecided => style.yellow(&text),
    };
    format!("  {painted}")
}
