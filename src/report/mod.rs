//! A study, or a network, as text: for a terminal, as JSON, and the files that it is written to.
//!
//! Nothing is computed here that a study does not say; a report only chooses digits and order.

mod file;
mod json;
mod network;
mod progress;
mod suite;
mod terminal;

pub use file::{OutputFile, remove_unfinished};
pub use json::{comparison_json, from_json, to_json};
pub use network::Network;
pub use progress::{FileProgress, ProgressBar, SuiteBar};
pub use suite::{annotations, json_lines, junit, markdown};
pub use terminal::{
    comparison_page, logo, network_page, shown, suite_file, suite_summary, sweep, table,
};

pub use crate::diag::Style;
