//! Edits in words.

use super::{Disruption, Edit, Side};
use crate::Alphabet;

impl Edit {
    /// As a script would write it, with its places worked out: `` `GATAAG` at 480bp ``, `invert 10bp..20bp`.
    pub fn describe(&self, alphabet: Alphabet) -> String {
        let side = |side: &Side| match side {
            Side::Left => "left",
            Side::Right => "right",
        };
        match self {
            Edit::Write { start, letters, .. } => {
                let letters: String = letters.iter().map(|set| set.to_iupac(alphabet)).collect();
                format!("`{letters}` at {start}bp")
            }
            Edit::Instance { start, motif, .. } => {
                format!("`draw({})` at {start}bp", motif.value.name)
            }
            Edit::Open {
                start,
                width,
                shifting,
                ..
            } => format!(
                "{width}bp of room at {start}bp shifting \"{}\"",
                side(shifting)
            ),
            Edit::Delete {
                start,
                end,
                shifting,
                ..
            } => format!(
                "`delete {start}bp..{end}bp shifting \"{}\"`",
                side(shifting)
            ),
            Edit::Shuffle {
                start,
                end,
                preserving,
                ..
            } => format!("`shuffle {start}bp..{end}bp preserving {preserving}`"),
            Edit::Randomize { start, end, .. } => format!("`randomize {start}bp..{end}bp`"),
            Edit::Disrupt { motif, by, .. } => {
                let by = match by {
                    Disruption::Shuffle { preserving } => {
                        format!("preserving {preserving}")
                    }
                    Disruption::Randomize => "by \"randomize\"".into(),
                };
                format!("`disrupt {} {by}`", motif.value.name)
            }
            Edit::Allele => "`apply variant`".into(),
            Edit::Invert { start, end } => format!("`invert {start}bp..{end}bp`"),
            Edit::Move { start, end, to } => format!("`move {start}bp..{end}bp at {to}bp`"),
            Edit::Swap { first, second } => {
                let region = |(start, end): &(usize, usize)| format!("{start}bp..{end}bp");
                format!("`swap {}, {}`", region(first), region(second))
            }
        }
    }
}
