//! Names of node kinds in messages and reports.

use super::graph::Op;

impl Op {
    /// The node kind in words, for example `batch norm`.
    pub fn describe(&self) -> String {
        let text = match self {
            Op::Activate(activation) => format!("{activation:?}"),
            Op::Reduce { kind, .. } => format!("{kind:?}"),
            Op::Recurrent { cell, .. } => format!("{cell:?}"),
            Op::Compare(comparison) => format!("{comparison:?}"),
            op => format!("{op:?}"),
        };
        let name = text.split([' ', '(', '{']).next().unwrap_or_default();
        let mut words = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !words.is_empty() {
                words.push(' ');
            }
            words.extend(letter.to_lowercase());
        }
        words
    }
}
