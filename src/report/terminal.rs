//! The study as a person reads it.

use crate::diag::Style;
use crate::result::Study;

/// All experiments with their contrasts, arms and claims, then how to reproduce them.
pub fn table(study: &Study, style: Style) -> String {
    let _ = style;
    study.schema.to_string()
}
