//! Inline hints, shown in grey after the cursor.
//!
//! Invariant: the right arrow inserts the same text as completion.

use std::path::Path;

use super::complete::complete;
use super::cursor_context::{Kind, cursor_context};
use gia_check::{DescriptionTopic, VisibleName};

/// A hint: the rest of a signature, or of the only completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineHint {
    /// Text shown after the cursor.
    pub displayed: String,
    /// Text that the right arrow inserts; none for a signature.
    pub inserted: Option<String>,
}

/// The hint at the end of a line; none if there is nothing to suggest.
pub fn hint(line: &str, names: &[VisibleName], folder: &Path) -> Option<InlineHint> {
    let context = cursor_context(line);
    if context.word.is_empty() && context.kind == Kind::Word {
        let open = context
            .open
            .last()
            .filter(|open| open.bracket == '(' && open.named.is_none())?;
        let name = open.callee.last()?;
        let named = names.iter().find(|named| named.name == *name)?;
        let DescriptionTopic::Function { signature, .. } = &named.value.what else {
            return None;
        };
        let (_, inside) = signature.split_once('(')?;
        let rest: Vec<&str> = inside.splitn(open.complete_arguments + 1, ", ").collect();
        let shown = rest.get(open.complete_arguments)?;
        return Some(InlineHint {
            displayed: shown.to_string(),
            inserted: None,
        });
    }
    let is_command = line.trim_start().starts_with(':');
    if context.word.len() < 2 && !is_command {
        return None;
    }
    let (start, found) = complete(line, line.len(), names, folder);
    let [one] = found.as_slice() else {
        return None;
    };
    let typed = line.get(start..)?;
    let rest = one.text.get(typed.len()..)?;
    let same = one.text.get(..typed.len()) == Some(typed);
    (same && !rest.is_empty()).then(|| InlineHint {
        displayed: rest.to_string(),
        inserted: Some(rest.to_string()),
    })
}
