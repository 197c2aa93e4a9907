//! The bundled JASPAR collection: matrices in `data/jaspar2026_core.meme.gz`, and their factors and species in the table beside it.
//!
//! Invariant: the collection is unpacked on first use, and motifs are parsed on request. An ambiguous name is an error, and so is a name
//! without a vertebrate motif, unless species or taxon are given.

mod candidates;
pub(super) mod matrix_id;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::OnceLock;

use flate2::read::MultiGzDecoder;

use super::Motif;
use super::motif_file::{SourceFile, parse_meme};
use super::motif_names::make_distinct;
use gia_base::diag::{Code, Diagnostic, Outcome};
use matrix_id::MatrixId;

/// Name of the collection in reports.
pub const COLLECTION: &str = "JASPAR 2026 CORE";

/// The taxon in which names are looked up if no species or taxon is given.
const DEFAULT_TAXON: &str = "vertebrates";

static PACKED: &[u8] = include_bytes!("data/jaspar2026_core.meme.gz");
static TABLE: &str = include_str!("data/jaspar2026_core.tsv");
static COLLECTED: OnceLock<Result<Collection, String>> = OnceLock::new();

/// Restricts the lookup of a name to motifs of a species or taxon; no restriction by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SearchScope<'a> {
    /// A species by its scientific name, for example `Homo sapiens`; case does not matter.
    pub species: Option<&'a str>,
    /// A group of species, for example `plants`.
    pub taxon: Option<&'a str>,
}

/// An entry of the table of motifs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The matrix with its version, `MA0139.2`.
    pub matrix: &'static str,
    /// The factor's name, in the case that JASPAR gives it.
    pub factor: &'static str,
    /// Group of species, in lower case, for example `vertebrates`.
    pub taxon: &'static str,
    /// Scientific names; empty where JASPAR gives no species.
    pub species: Vec<&'static str>,
    /// Number of binding sites behind the matrix, as in the table.
    pub sites: &'static str,
}

impl Entry {
    fn read(line: &'static str) -> Option<Entry> {
        let mut cells = line.split('\t');
        let mut cell = || cells.next();
        let (matrix, factor, taxon) = (cell()?, cell()?, cell()?);
        let species = cell()?.split(';').filter(|name| !name.is_empty()).collect();
        let _tax_ids = cell()?;
        Some(Entry {
            matrix,
            factor,
            taxon,
            species,
            sites: cell()?,
        })
    }

    fn is_among(&self, among: SearchScope) -> bool {
        let of_species = |wanted: &str| self.species.iter().any(|s| s.eq_ignore_ascii_case(wanted));
        among.species.is_none_or(of_species)
            && among
                .taxon
                .is_none_or(|wanted| self.taxon.eq_ignore_ascii_case(wanted))
    }
}

/// The unpacked text, the offsets of its motifs, and the table in the same order.
struct Collection {
    text: String,
    /// Byte offsets of the `MOTIF` lines, and then of the end of the text.
    starts: Vec<usize>,
    entries: Vec<Entry>,
}

impl Collection {
    fn build() -> Result<Collection, String> {
        let mut text = String::new();
        MultiGzDecoder::new(PACKED)
            .read_to_string(&mut text)
            .map_err(|error| error.to_string())?;
        let starts: Vec<usize> = text
            .match_indices("\nMOTIF ")
            .map(|(newline, _)| newline + 1)
            .chain([text.len()])
            .collect();
        let lines = TABLE.lines().skip(1);
        let entries: Option<Vec<Entry>> = lines.map(Entry::read).collect();
        let entries = entries.ok_or("a line of its table is cut off")?;
        if entries.len() + 1 != starts.len() {
            return Err("its table has another number of motifs".to_string());
        }
        Ok(Collection {
            text,
            starts,
            entries,
        })
    }

    fn parse(&self, index: usize) -> Outcome<Motif> {
        let block = match self.starts.get(index..index + 2) {
            Some(&[start, end]) => &self.text[start..end],
            _ => "",
        };
        parse_meme(block, &SourceFile(COLLECTION.to_owned()))?
            .pop()
            .ok_or_else(|| unreadable("a motif is missing"))
    }

    /// Indices of the motifs that satisfy a predicate.
    fn which(&self, is: impl Fn(&Entry) -> bool) -> Vec<usize> {
        let entries = self.entries.iter().enumerate();
        entries
            .filter(|(_, entry)| is(entry))
            .map(|(index, _)| index)
            .collect()
    }

    /// The motif of a matrix, with or without version, among all motifs.
    fn by_matrix(&self, name: &str) -> Option<usize> {
        let same = |entry: &Entry| {
            entry.matrix.eq_ignore_ascii_case(name)
                || base_of(entry.matrix).eq_ignore_ascii_case(name)
        };
        self.entries.iter().position(same)
    }

    /// The motifs of a factor, ignoring case. Without species or taxon, those of vertebrates if there are any.
    fn by_factor(&self, name: &str, among: SearchScope) -> FactorMatches {
        let same = self.which(|entry| entry.factor.eq_ignore_ascii_case(name));
        let fitting: Vec<usize> = same
            .iter()
            .copied()
            .filter(|&index| self.entries[index].is_among(among))
            .collect();
        if among != SearchScope::default() {
            return match fitting.as_slice() {
                [one] => FactorMatches::One(*one),
                [] if same.is_empty() => FactorMatches::Nothing,
                [] => FactorMatches::Elsewhere(same),
                _ => FactorMatches::Several(fitting),
            };
        }
        let (mut first, others): (Vec<usize>, Vec<usize>) = same
            .into_iter()
            .partition(|&index| self.entries[index].taxon == DEFAULT_TAXON);
        match first.as_slice() {
            [one] => FactorMatches::One(*one),
            [] if others.is_empty() => FactorMatches::Nothing,
            [] => FactorMatches::Elsewhere(others),
            _ => {
                first.extend(others);
                FactorMatches::Several(first)
            }
        }
    }
}

/// The motifs that match the name of a factor.
enum FactorMatches {
    Nothing,
    One(usize),
    /// Indices, vertebrates first.
    Several(Vec<usize>),
    /// Indices of motifs of other species or taxa only.
    Elsewhere(Vec<usize>),
}

/// The identifier without its version: `MA0139` for `MA0139.2`.
fn base_of(matrix: &str) -> &str {
    matrix.split('.').next().unwrap_or(matrix)
}

fn collection() -> Outcome<&'static Collection> {
    COLLECTED
        .get_or_init(Collection::build)
        .as_ref()
        .map_err(|error| unreadable(error))
}

fn unreadable(error: &str) -> Box<Diagnostic> {
    Diagnostic::error(
        Code::BadMotifFile,
        format!("cannot read the bundled {COLLECTION}: {error}"),
    )
    .into()
}

/// [`find_in`] without restriction.
pub fn find(name: &str) -> Outcome<Motif> {
    find_in(name, SearchScope::default())
}

/// Finds a motif by its matrix (`MA0139.2`, or `MA0139` without the version) or by its factor (`SPI1`, ignoring case). A factor must have
/// exactly one motif of the species or taxon or, if neither is given, of vertebrates.
///
/// # Errors
/// [`Code::UnknownMotif`] for no match, [`Code::AmbiguousMotif`] for several matches or matches in other taxa only; the help lists the
/// candidates.
pub fn find_in(name: &str, among: SearchScope) -> Outcome<Motif> {
    let collection = collection()?;
    if let Some(index) = collection.by_matrix(name) {
        if !collection.entries[index].is_among(among) {
            return Err(collection.elsewhere(name, among, &[index]));
        }
        return collection.parse(index);
    }
    if MatrixId::parse(name).is_some_and(MatrixId::is_core) {
        return Err(collection.unknown_matrix_error(name));
    }
    match collection.by_factor(name, among) {
        FactorMatches::One(index) => collection.parse(index),
        FactorMatches::Several(found) => Err(collection.several(name, among, &found)),
        FactorMatches::Elsewhere(found) => Err(collection.elsewhere(name, among, &found)),
        FactorMatches::Nothing => Err(collection.nothing(name)),
    }
}

/// All motifs of a species or taxon, or of the whole collection, in the order of the collection. They are called by their factors; where
/// several have one factor, its name is followed by the matrix.
///
/// # Errors
/// A species or taxon that the collection does not hold, or a species of another taxon.
pub fn all(among: SearchScope) -> Outcome<Vec<Motif>> {
    among.species.map_or(Ok(()), check_species)?;
    among.taxon.map_or(Ok(()), check_taxon)?;
    let collection = collection()?;
    let found = collection.which(|entry| entry.is_among(among));
    if found.is_empty() {
        return Err(collection.no_motif_of(among));
    }
    let motifs = found.into_iter().map(|index| collection.parse(index));
    let mut motifs = motifs.collect::<Outcome<Vec<Motif>>>()?;
    make_distinct(&mut motifs);
    Ok(motifs)
}

/// Checks that the collection has motifs of a species.
pub fn check_species(name: &str) -> Outcome<()> {
    collection()?.known_word("species", name, &species())
}

/// Checks that the collection has motifs of a taxon.
pub fn check_taxon(name: &str) -> Outcome<()> {
    collection()?.known_word("taxon", name, &taxa())
}

/// All species of the collection, the most frequent first.
pub fn species() -> Vec<&'static str> {
    most_frequent(|entry| &entry.species)
}

/// All taxa of the collection, the most frequent first.
pub fn taxa() -> Vec<&'static str> {
    most_frequent(|entry| std::slice::from_ref(&entry.taxon))
}

/// The distinct words of all entries, the most frequent first; empty if the collection cannot be read.
fn most_frequent(words: impl Fn(&'static Entry) -> &'static [&'static str]) -> Vec<&'static str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let entries = collection().map_or(&[][..], |collection| &collection.entries);
    for word in entries.iter().flat_map(words) {
        *counts.entry(word).or_default() += 1;
    }
    let mut found: Vec<&str> = counts.keys().copied().collect();
    found.sort_by_key(|word| Reverse(counts[word]));
    found
}

/// The matrix identifiers of all motifs, in the order of the collection.
pub fn names() -> Outcome<impl Iterator<Item = &'static str>> {
    Ok(collection()?.entries.iter().map(|entry| entry.matrix))
}

/// A name of a motif, for completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionName {
    /// The text that completion matches: a matrix or a factor.
    pub begun: &'static str,
    /// The text to insert: the matrix if the factor stands for several motifs.
    pub name: &'static str,
    /// The motif that the name stands for.
    pub entry: &'static Entry,
}

/// All names for completion, sorted: matrices, factors that stand for one motif, and for each other factor the matrices that
/// it could mean.
pub fn completion_names() -> Outcome<&'static [CompletionName]> {
    static OFFERED: OnceLock<Vec<CompletionName>> = OnceLock::new();
    let collection = collection()?;
    Ok(OFFERED.get_or_init(|| {
        let mut found: Vec<CompletionName> = collection
            .entries
            .iter()
            .flat_map(|entry| {
                let one = |begun, name| CompletionName { begun, name, entry };
                let by_factor = match collection.picks(entry) {
                    true => entry.factor,
                    false => entry.matrix,
                };
                [
                    one(entry.matrix, entry.matrix),
                    one(entry.factor, by_factor),
                ]
            })
            .collect();
        found.sort_by_key(|offered| (offered.begun.to_lowercase(), offered.entry.matrix));
        found
    }))
}

impl Collection {
    /// Whether the name of the factor alone selects this motif.
    fn picks(&self, entry: &Entry) -> bool {
        let alike = |other: &&Entry| other.factor.eq_ignore_ascii_case(entry.factor);
        entry.taxon == DEFAULT_TAXON
            && self
                .entries
                .iter()
                .filter(alike)
                .filter(|other| other.taxon == DEFAULT_TAXON)
                .count()
                == 1
    }
}
