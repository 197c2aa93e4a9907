//! Inline hints, shown in grey after the cursor.
//!
//! Invariant: the right arrow inserts what completion would write.

use std::path::Path;

use super::complete::complete;
use super::place::{Kind, place};
use gia_check::{Named, What};

/// A hint: the rest of a signature, or of the only completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hinted {
    /// Text shown after the cursor.
    pub shown: String,
    /// Text that the right arrow inserts; none for a signature.
    pub taken: Option<String>,
}

/// The hint at the end of a line; none if there is nothing to suggest.
pub fn hint(line: &str, names: &[Named], folder: &Path) -> Option<Hinted> {
    let place = place(line);
    if place.word.is_empty() && place.kind == Kind::Word {
        let open = place
            .open
            .last()
            .filter(|open| open.sign == '(' && open.named.is_none())?;
        let name = open.of.last()?;
        let named = names.iter().find(|named| named.name == *name)?;
        let What::Function { signature, .. } = &named.value.what else {
            return None;
        };
        let (_, inside) = signature.split_once('(')?;
        let rest: Vec<&str> = inside.splitn(open.done + 1, ", ").collect();
        let shown = rest.get(open.done)?;
        return Some(Hinted {
            shown: shown.to_string(),
            taken: None,
        });
    }
    let is_command = line.trim_start().starts_with(':');
    if place.word.len() < 2 && !is_command {
        return None;
    }
    let (start, found) = complete(line, line.len(), names, folder);
    let [one] = found.as_slice() else {
        return None;
    };
    let typed = line.get(start..)?;
    let rest = one.text.get(typed.len()..)?;
    let same = one.text.get(..typed.len()) == Some(typed);
    (same && !rest.is_empty()).then(|| Hinted {
        shown: rest.to_string(),
        taken: Some(rest.to_string()),
    })
}
