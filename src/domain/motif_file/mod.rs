//! Motif files in MEME, JASPAR or TRANSFAC format.
//!
//! Invariant: what is read is complete; a file with one damaged motif is refused, with the line. Which of the
//! formats a file has is told by its first line, not by its name.

mod jaspar;
mod meme;
mod transfac;

use std::path::{Path, PathBuf};

use super::lookup::{self, Names};
use super::{Motif, file};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::file::{InputKind, open_input};

pub(super) use meme::parse as parse_meme;

/// The motifs of one file, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct MotifFile {
    pub path: PathBuf,
    /// SHA-256 of the file as it lies on disk, lower-case hex.
    pub sha256: String,
    pub motifs: Vec<Motif>,
}

impl MotifFile {
    /// Reads a file in MEME format, in TRANSFAC format, or in JASPAR format with or without letters and brackets; plain or
    /// gzip.
    ///
    /// Fails on a file that cannot be read, is of none of these formats, holds no motif or holds a damaged one.
    pub fn read(path: &Path) -> Outcome<MotifFile> {
        let contents = file::read(path, Code::BadMotifFile)?;
        let origin = Origin(path.display().to_string());
        let text = std::str::from_utf8(&contents.bytes).map_err(|error| {
            let before = &contents.bytes[..error.valid_up_to()];
            let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
            origin.at(line, "this is not text in UTF-8")
        })?;
        let first = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim_start()))
            .find(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let motifs = match first {
            None => return Err(origin.whole("is empty")),
            Some((_, line)) if line.starts_with('>') => jaspar::parse(text, &origin)?,
            _ if text.lines().any(meme::is_version) => meme::parse(text, &origin)?,
            Some((_, line)) if transfac::is_start(line) => transfac::parse(text, &origin)?,
            Some((line, _)) => {
                return Err(origin.at(
                    line,
                    "a motif file starts with `MEME version` (MEME), `>` (JASPAR) or `AC` or `ID` (TRANSFAC)",
                ));
            }
        };
        if motifs.is_empty() {
            return Err(origin.whole("holds no motif"));
        }
        Ok(MotifFile {
            path: path.to_path_buf(),
            sha256: contents.sha256,
            motifs,
        })
    }

    /// The motif with this accession or, where there is none, of this factor; None where there is no such motif or
    /// several. [`MotifFile::find`] tells which.
    pub fn get(&self, name: &str) -> Option<&Motif> {
        match lookup::matches(self.both_names(), name).as_slice() {
            [index] => self.motifs.get(*index),
            _ => None,
        }
    }

    /// As [`MotifFile::get`], with a diagnosis where the name is unknown or ambiguous.
    pub fn find(&self, name: &str) -> Outcome<&Motif> {
        let place = format!("`{}`", self.path.display());
        let found: Vec<&Motif> = lookup::matches(self.both_names(), name)
            .into_iter()
            .filter_map(|index| self.motifs.get(index))
            .collect();
        match found.as_slice() {
            [motif] => Ok(motif),
            [] => Err(lookup::unknown(name, &place, self.both_names()).into()),
            several => {
                let accessions: Vec<&str> = several.iter().map(|m| m.name.as_str()).collect();
                Err(lookup::ambiguous(name, &place, &accessions).into())
            }
        }
    }

    /// Accessions, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.motifs.iter().map(|motif| motif.name.as_str())
    }

    fn both_names(&self) -> impl Iterator<Item = Names<'_>> + Clone {
        self.motifs.iter().map(|motif| Names {
            accession: &motif.name,
            alternate: motif.alternate.as_deref(),
        })
    }
}

/// The file that a text comes from, as messages name it.
pub(super) struct Origin(pub String);

impl Origin {
    fn at(&self, line: usize, what: impl std::fmt::Display) -> Box<Diagnostic> {
        let file = &self.0;
        Diagnostic::error(Code::BadMotifFile, format!("`{file}`, line {line}: {what}")).into()
    }

    fn whole(&self, what: &str) -> Box<Diagnostic> {
        let file = &self.0;
        Diagnostic::error(Code::BadMotifFile, format!("`{file}` {what}")).into()
    }
}

/// Bytes of a file that are skimmed for names.
const SKIMMED: u64 = 16 << 20;

/// Names of the motifs of a plain file, in its order, without reading their numbers; none where it cannot be read. For
/// completion: whether the file is right, [`MotifFile::read`] tells.
pub fn motif_names(path: &Path) -> Vec<String> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let Ok((file, _)) = open_input(path, InputKind::Data) else {
        return Vec::new();
    };
    if file.take(SKIMMED).read_to_end(&mut bytes).is_err() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut names: Vec<String> = Vec::new();
    for line in text.lines() {
        let rest = ["MOTIF ", ">", "AC ", "ID "]
            .iter()
            .find_map(|head| line.strip_prefix(head));
        names.extend(
            rest.into_iter()
                .flat_map(str::split_whitespace)
                .map(String::from),
        );
    }
    names.dedup();
    names
}
