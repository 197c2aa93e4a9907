//! The bundled JASPAR collection: `data/jaspar2024_core.meme.gz`.
//!
//! Invariant: only the motif that is asked for is parsed; the text is unpacked once, when first needed.

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::MultiGzDecoder;

use super::Motif;
use super::lookup::{self, Names};
use super::motif_file::{Origin, parse_meme};
use crate::diag::{Code, Diagnostic, Outcome};

/// What the collection is called in reports.
pub const COLLECTION: &str = "JASPAR 2024 CORE";

static PACKED: &[u8] = include_bytes!("../../data/jaspar2024_core.meme.gz");
static INDEX: OnceLock<Result<Index, String>> = OnceLock::new();

/// The unpacked text and where each motif starts in it.
struct Index {
    text: String,
    /// Byte offsets of the `MOTIF` lines, and then of the end of the text.
    starts: Vec<usize>,
}

impl Index {
    fn build() -> Result<Index, String> {
        let mut text = String::new();
        MultiGzDecoder::new(PACKED)
            .read_to_string(&mut text)
            .map_err(|error| error.to_string())?;
        let starts = text
            .match_indices("\nMOTIF ")
            .map(|(newline, _)| newline + 1)
            .chain([text.len()])
            .collect();
        Ok(Index { text, starts })
    }

    /// The text from each `MOTIF` line up to the next.
    fn blocks(&self) -> impl Iterator<Item = &str> + Clone {
        self.starts
            .windows(2)
            .map(|ends| &self.text[ends[0]..ends[1]])
    }

    fn names(&self) -> impl Iterator<Item = Names<'_>> + Clone {
        self.blocks().map(|block| {
            let mut words = block.lines().next().unwrap_or_default().split_whitespace();
            Names {
                accession: words.nth(1).unwrap_or_default(),
                alternate: words.next(),
            }
        })
    }

    fn parse(&self, index: usize) -> Outcome<Motif> {
        let block = self.blocks().nth(index).unwrap_or_default();
        parse_meme(block, &Origin(COLLECTION.to_owned()))?
            .pop()
            .ok_or_else(|| unreadable("a motif is missing"))
    }
}

fn index() -> Outcome<&'static Index> {
    INDEX
        .get_or_init(Index::build)
        .as_ref()
        .map_err(|error| unreadable(error))
}

fn unreadable(error: &str) -> Box<Diagnostic> {
    Diagnostic::error(
        Code::BadMotifFile,
        format!("the bundled {COLLECTION} cannot be read: {error}"),
    )
    .into()
}

/// A motif of the collection by its accession (`MA0139.2`), by its matrix without a version (`MA0139`: the newest
/// that is bundled), or by its factor (`SPI1`) where that has only one.
///
/// Fails where there is none, with the versions that exist or the names that are most alike, or several.
pub fn find(name: &str) -> Outcome<Motif> {
    let index = index()?;
    let found = lookup::matches(index.names(), name);
    if let [one] = found.as_slice() {
        return index.parse(*one);
    }
    if !found.is_empty() {
        let all: Vec<Names> = index.names().collect();
        let accessions: Vec<&str> = found.iter().map(|&i| all[i].accession).collect();
        return Err(lookup::ambiguous(name, COLLECTION, &accessions).into());
    }
    let (matrix, version) = match name.split_once('.') {
        Some((matrix, version)) => (matrix, Some(version)),
        None => (name, None),
    };
    let mut versions: Vec<(u32, usize, &str)> = index
        .names()
        .enumerate()
        .filter_map(|(position, names)| {
            let (id, version) = names.accession.split_once('.')?;
            (id == matrix).then_some((version.parse().ok()?, position, names.accession))
        })
        .collect();
    versions.sort_unstable();
    match (versions.last(), version) {
        (Some((_, position, _)), None) => index.parse(*position),
        (Some(_), Some(_)) => {
            let existing: Vec<&str> = versions.iter().map(|(_, _, name)| *name).collect();
            Err(Diagnostic::error(
                Code::UnknownMotif,
                format!("{COLLECTION} holds no motif `{name}`"),
            )
            .help(format!(
                "of the matrix `{matrix}` it holds {}",
                lookup::listed(&existing)
            ))
            .into())
        }
        (None, _) => Err(lookup::unknown(name, COLLECTION, index.names()).into()),
    }
}

/// Accessions of all motifs, in the order of the collection.
pub fn names() -> Outcome<impl Iterator<Item = &'static str>> {
    Ok(index()?.names().map(|names| names.accession))
}

/// Everything that a motif of the collection can be asked for by, accessions and factors, each with the other name, sorted.
pub fn all_names() -> Outcome<&'static [(&'static str, &'static str)]> {
    static NAMES: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    let index = index()?;
    Ok(NAMES.get_or_init(|| {
        let mut all = Vec::new();
        for names in index.names() {
            let factor = names.alternate.unwrap_or_default();
            all.push((names.accession, factor));
            if !factor.is_empty() {
                all.push((factor, names.accession));
            }
        }
        all.sort_unstable();
        all
    }))
}
