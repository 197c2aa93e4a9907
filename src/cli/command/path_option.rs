//! Command-line options for output files and folders, generated from a list of formats.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, value_parser};

/// `--OPTION VALUE_NAME`, which takes a path.
pub fn path_option(option: &'static str, value_name: &'static str, help: &'static str) -> Arg {
    Arg::new(option)
        .long(option)
        .value_name(value_name)
        .value_parser(value_parser!(PathBuf))
        .help(help)
}

/// The formats whose options are present, each with its path.
pub fn paths_of<F>(
    matches: &ArgMatches,
    formats: &[&'static F],
    option: impl Fn(&F) -> &'static str,
) -> Vec<(&'static F, PathBuf)> {
    let present = formats.iter().filter_map(|&format| {
        let path = matches.get_one::<PathBuf>(option(format))?;
        Some((format, path.clone()))
    });
    present.collect()
}
