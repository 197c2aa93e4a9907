//! Reports of studies and networks: for a terminal, as an HTML page, as figures, tables and JSON, and the output files.
//!
//! Nothing is estimated here: a report only chooses digits and order.

mod bins;
mod design_effect;
mod display;
mod drivers;
mod each;
mod figure;
mod file;
mod formats;
mod html;
mod letter_map;
mod map_files;
mod mapped_rows;
mod methods;
mod network;
pub mod npz;
mod number;
mod predictions;
mod progress;
mod spread;
mod suite;
mod terminal;
mod tidy;
mod track_grid;
mod values;

pub use figure::{Figure, figures};
pub use file::{OutputFile, cannot_write};
pub use formats::{
    REPORT_FORMATS, ReportFormat, Writer, from_json, to_csv, to_html, to_json, to_parquet,
    write_comparison, write_json,
};
pub use map_files::MapFiles;
pub use network::NetworkDescription;
pub use progress::{FileProgress, ProgressBar, ProgressLines, SuiteBar};
pub use suite::{SUITE_FORMATS, SuiteFormat, annotations, json_lines, junit, markdown};
pub use terminal::{
    comparison_page, logo, network_page, power_page, shown, suite_family_note, suite_file,
    suite_summary, sweep, table,
};
pub use tidy::{Cells, Column, TidyTable};
pub use values::{
    MAX_BUFFERED_ROWS, MissingValues, ValueSink, ValuesFile, ValuesFormat, ValuesReader,
};

pub use gia_base::diag::Style;
