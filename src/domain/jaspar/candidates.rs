//! Diagnostics for a name that selects no single motif of the collection: candidates, each with a name that selects it.

use super::{COLLECTION, Collection, DEFAULT_TAXON, SearchScope, base_of};
use crate::motif_lookup::{self, MotifNames};
use gia_base::diag::{Code, Diagnostic, Outcome, closest, count};

/// Maximum number of candidates that a message lists; the rest is counted.
const MAX_LISTED: usize = 8;

impl Collection {
    /// Checks that the table has a species or taxon.
    pub(super) fn known_word(&self, what: &str, wanted: &str, known: &[&str]) -> Outcome<()> {
        if known.iter().any(|word| word.eq_ignore_ascii_case(wanted)) {
            return Ok(());
        }
        let message = format!("{COLLECTION} has no motif of the {what} `{wanted}`");
        let help = match closest(wanted, known.iter().copied()) {
            Some(close) => format!("did you mean `{what}: \"{close}\"`?"),
            None => format!("most motifs are of {}", motif_lookup::listed(known)),
        };
        let diagnostic = Diagnostic::error(Code::UnknownTaxon, message).help(help);
        Err(diagnostic.into())
    }

    /// The diagnostic for a species and a taxon that have no motif in common.
    pub(super) fn no_motif_of(&self, among: SearchScope) -> Box<Diagnostic> {
        let species = SearchScope {
            taxon: None,
            ..among
        };
        let mut taxa: Vec<&str> = Vec::new();
        for index in self.which(|entry| entry.is_among(species)) {
            let taxon = self.entries[index].taxon;
            if !taxa.contains(&taxon) {
                taxa.push(taxon);
            }
        }
        let message = format!("{COLLECTION} has no motif{}", described(among));
        let help = format!(
            "the motifs{} are of the taxon {}",
            described(species),
            motif_lookup::listed(&taxa)
        );
        Diagnostic::error(Code::UnknownTaxon, message)
            .help(help)
            .into()
    }

    /// The diagnostic for the identifier of a matrix that the collection does not hold.
    pub(super) fn unknown_matrix_error(&self, name: &str) -> Box<Diagnostic> {
        let base = base_of(name);
        let versions = self.which(|entry| base_of(entry.matrix).eq_ignore_ascii_case(base));
        let diagnostic = unknown(name);
        match versions.is_empty() {
            true => diagnostic,
            false => diagnostic.help(format!(
                "it has the newest version of each matrix:{}",
                self.listed(&versions)
            )),
        }
        .into()
    }

    /// The diagnostic for an unknown name, with the factors of the most similar spelling.
    pub(super) fn nothing(&self, name: &str) -> Box<Diagnostic> {
        let names = self.entries.iter().map(|entry| MotifNames {
            // Matrix identifiers are not compared: their digits are too similar.
            name: entry.factor,
            alternate: None,
        });
        let alike = motif_lookup::nearest(name, names);
        let mut found: Vec<usize> = Vec::new();
        for factor in alike.iter().map(|names| names.name) {
            for index in self.which(|entry| entry.factor == factor) {
                if !found.contains(&index) {
                    found.push(index);
                }
            }
        }
        // Within equally good spellings, vertebrates first.
        found.sort_by_key(|&index| self.entries[index].taxon != DEFAULT_TAXON);
        match found.is_empty() {
            true => unknown(name),
            false => unknown(name).help(format!("did you mean{}", self.listed(&found))),
        }
        .into()
    }

    pub(super) fn several(
        &self,
        name: &str,
        among: SearchScope,
        found: &[usize],
    ) -> Box<Diagnostic> {
        let of = described(among);
        let message = format!(
            "`{name}` names {} motifs{of} in {COLLECTION}",
            count(found.len())
        );
        let help = format!("choose one by its matrix:{}", self.listed(found));
        Diagnostic::error(Code::AmbiguousMotif, message)
            .help(help)
            .into()
    }

    /// The diagnostic for a name whose motifs all belong to other species or taxa.
    pub(super) fn elsewhere(
        &self,
        name: &str,
        among: SearchScope,
        found: &[usize],
    ) -> Box<Diagnostic> {
        let of = match among == SearchScope::default() {
            true => format!(" of {DEFAULT_TAXON}"),
            false => described(among),
        };
        let message = format!("{COLLECTION} has no motif `{name}`{of}");
        let help = format!("it has{}", self.listed(found));
        Diagnostic::error(Code::AmbiguousMotif, message)
            .help(help)
            .into()
    }

    /// One line for each motif: the name that selects it, and a description.
    fn listed(&self, found: &[usize]) -> String {
        let mut text = String::new();
        for &index in found.iter().take(MAX_LISTED) {
            let entry = &self.entries[index];
            let species = match entry.species.as_slice() {
                [] => "no species given".to_string(),
                species => species.join(", "),
            };
            text += &format!(
                "\n`jaspar(\"{}\")`: {}, {species} ({})",
                entry.matrix, entry.factor, entry.taxon
            );
            // A bundled matrix that cannot be read is not listed with numbers.
            if let Ok(motif) = self.parse(index) {
                let sites = entry.sites.parse::<u64>().unwrap_or(0);
                text += &format!(
                    ", {} bp, {} sites, {}",
                    motif.width(),
                    count(sites),
                    motif.consensus_text()
                );
            }
        }
        match found.len().saturating_sub(MAX_LISTED) {
            0 => text,
            more => text + &format!("\nand {more} more"),
        }
    }
}

fn unknown(name: &str) -> Diagnostic {
    Diagnostic::error(
        Code::UnknownMotif,
        format!("{COLLECTION} has no motif `{name}`"),
    )
}

/// The restriction in words: ` of Homo sapiens`, ` of plants`.
fn described(among: SearchScope) -> String {
    let words: Vec<&str> = [among.species, among.taxon].into_iter().flatten().collect();
    match words.is_empty() {
        true => String::new(),
        false => format!(" of {}", words.join(", ")),
    }
}
