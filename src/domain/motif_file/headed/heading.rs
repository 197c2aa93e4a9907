//! Headings of matrices: `>` lines.

use crate::jaspar::matrix_id::MatrixId;
use crate::motif_names::by_factor;
use crate::{Alphabet, BaseSet};

/// Formats that are recognized from a heading alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadingFormat {
    Jaspar,
    Homer,
    Hocomoco,
}

pub(super) struct Heading<'t> {
    pub name: &'t str,
    /// The factor; for HOMER, the consensus.
    pub alternate: Option<String>,
    pub known: Option<HeadingFormat>,
    /// Where the heading holds letters that tell it.
    pub alphabet: Option<Alphabet>,
}

impl<'t> Heading<'t> {
    /// Parses the text after `>`; None if it has no motif name.
    pub fn read(text: &'t str) -> Option<Heading<'t>> {
        let text = text.trim_end();
        if let Some(homer) = homer(text) {
            return Some(homer);
        }
        let text = text.trim();
        let (name, alternate) = match text.split_once(char::is_whitespace) {
            Some((name, alternate)) => (name, Some(alternate.trim().to_owned())),
            None => (text, None),
        };
        if name.is_empty() {
            return None;
        }
        let (known, factor) = match hocomoco_factor(name) {
            Some(factor) => (Some(HeadingFormat::Hocomoco), Some(factor.to_owned())),
            None => {
                let is_jaspar = MatrixId::parse(name).is_some_and(MatrixId::is_canonical);
                (is_jaspar.then_some(HeadingFormat::Jaspar), None)
            }
        };
        Some(Heading {
            name,
            alternate: alternate.or(factor),
            known,
            alphabet: None,
        })
    }
}

impl Heading<'_> {
    /// The name of the motif in reports, and another by which it is known.
    pub fn names(&self) -> (String, Option<String>) {
        let (name, alternate) = (self.name.to_owned(), self.alternate.clone());
        match self.known {
            // The alternate name is a consensus.
            Some(HeadingFormat::Homer) => (name, alternate),
            Some(HeadingFormat::Jaspar | HeadingFormat::Hocomoco) => by_factor(name, alternate),
            // Several words describe the motif.
            None if self
                .alternate
                .as_ref()
                .is_some_and(|words| words.contains(char::is_whitespace)) =>
            {
                (name, alternate)
            }
            None => by_factor(name, alternate),
        }
    }
}

/// `CONSENSUS<tab>NAME<tab>THRESHOLD`, and more behind it. The consensus may be missing.
fn homer(text: &str) -> Option<Heading<'_>> {
    let mut fields = text.split('\t').map(str::trim);
    let (consensus, name, threshold) = (fields.next()?, fields.next()?, fields.next()?);
    let letters = |alphabet| {
        consensus
            .chars()
            .all(|letter| BaseSet::from_iupac(letter, alphabet).is_some())
    };
    let alphabet = [Alphabet::Dna, Alphabet::Rna]
        .into_iter()
        .find(|&alphabet| letters(alphabet))?;
    (threshold.parse::<f64>().is_ok() && !name.is_empty()).then(|| Heading {
        name,
        alternate: (!consensus.is_empty()).then(|| consensus.to_owned()),
        known: Some(HeadingFormat::Homer),
        alphabet: Some(alphabet),
    })
}

/// `GATA1` of `GATA1.H12CORE.0.P.B` and of `GATA1_HUMAN.H11MO.0.A`.
fn hocomoco_factor(name: &str) -> Option<&str> {
    let mut parts = name.split('.');
    let factor = parts.next()?;
    let release = parts.next()?.strip_prefix('H')?;
    let digits = release.bytes().take_while(u8::is_ascii_digit).count();
    let collection = &release[digits..];
    let is_release = digits > 0 && collection.bytes().all(|byte| byte.is_ascii_uppercase());
    let species = ["_HUMAN", "_MOUSE"];
    let factor = species
        .iter()
        .find_map(|species| factor.strip_suffix(species))
        .unwrap_or(factor);
    (is_release && !collection.is_empty()).then_some(factor)
}
