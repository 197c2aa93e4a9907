//! Motif files in MEME, JASPAR, HOMER, HOCOMOCO or TRANSFAC format, and results of TF-MoDISco.
//!
//! Invariant: a file is read completely or refused with the line of the error. Its format is recognized from its text, not from its name
//! or the shape of its matrices.

mod headed;
mod meme;
mod modisco;
mod transfac;

use std::path::{Path, PathBuf};

use super::motif_lookup::{self, MotifNames};
use super::motif_names::make_distinct;
use super::{Motif, file};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{InputKind, open_input};

pub(super) use meme::parse as parse_meme;

/// The motifs of one file, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct MotifFile {
    /// Path that the file was read from.
    pub path: PathBuf,
    /// SHA-256 of the file on disk, lower-case hex.
    pub sha256: String,
    /// At least one motif, in the order of the file; no two have the same name.
    pub motifs: Vec<Motif>,
}

impl MotifFile {
    /// Reads a file in MEME, TRANSFAC, HOMER or HOCOMOCO format, or in JASPAR format with or without letters and brackets;
    /// plain or gzip. Or the HDF5 of tfmodisco-lite, whose patterns keep their whole width.
    ///
    /// # Errors
    /// A file that cannot be read, has no motif or a malformed one; [`Code::MotifLayout`] for a file of unknown or ambiguous layout;
    /// [`Code::LogOdds`] for log-odds.
    pub fn read(path: &Path) -> Outcome<MotifFile> {
        let contents = file::read(path, Code::BadMotifFile)?;
        let origin = SourceFile(path.display().to_string());
        if modisco::is_hdf5(&contents.bytes) {
            let motifs = modisco::parse(contents.bytes, &origin)?;
            if motifs.is_empty() {
                return Err(origin.whole("has no pattern"));
            }
            return Ok(MotifFile {
                path: path.to_path_buf(),
                sha256: contents.sha256,
                motifs,
            });
        }
        let text = std::str::from_utf8(&contents.bytes).map_err(|error| {
            let before = &contents.bytes[..error.valid_up_to()];
            let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
            origin.at(line, "this is not text in UTF-8")
        })?;
        // Skips a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // Line breaks of classic Mac OS.
        let of_mac = (!text.contains('\n')).then(|| text.replace('\r', "\n"));
        let text = of_mac.as_deref().unwrap_or(text);
        let first = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim_start()))
            .find(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let motifs = match first {
            None => return Err(origin.whole("is empty")),
            Some((_, line)) if line.starts_with('>') => headed::parse(text, &origin)?,
            _ if text.lines().any(meme::is_version) => meme::parse(text, &origin)?,
            Some((_, line)) if transfac::is_start(line) => transfac::parse(text, &origin)?,
            Some((number, line)) => return Err(unknown_format(number, line, &origin)),
        };
        if motifs.is_empty() {
            return Err(origin.whole("has no motif"));
        }
        let mut motifs = motifs;
        make_distinct(&mut motifs);
        Ok(MotifFile {
            path: path.to_path_buf(),
            sha256: contents.sha256,
            motifs,
        })
    }

    /// The motif with this name; None for no match or several. [`MotifFile::find`] returns an error instead.
    pub fn get(&self, name: &str) -> Option<&Motif> {
        find_motif(self.motifs.iter(), name, "the file").ok()
    }

    /// Finds a motif as [`find_motif`] does.
    pub fn find(&self, name: &str) -> Outcome<&Motif> {
        let place = format!("`{}`", self.path.display());
        find_motif(self.motifs.iter(), name, &place)
    }

    /// Names, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.motifs.iter().map(|motif| motif.name.as_str())
    }
}

/// Finds a motif by name or alternate name (the accession), else by the factor of a name that another motif shares, else by the
/// part of the name before `(` or `/`: `GATA1` finds `GATA1(Zf)/Homer`.
/// `place` names the list in messages.
///
/// # Errors
/// No match, with the most similar names, or several.
pub fn find_motif<'m>(
    motifs: impl Iterator<Item = &'m Motif> + Clone,
    name: &str,
    place: &str,
) -> Outcome<&'m Motif> {
    let names = motifs.clone().map(|motif| MotifNames {
        name: &motif.name,
        alternate: motif.alternate.as_deref(),
    });
    let found = motif_lookup::matches(names.clone(), name);
    let found: Vec<(usize, &Motif)> = motifs
        .enumerate()
        .filter(|(number, _)| found.contains(number))
        .collect();
    match found.as_slice() {
        [(_, motif)] => Ok(motif),
        [] => Err(motif_lookup::unknown(name, place, names).into()),
        several => {
            let several: Vec<(usize, &str)> = several
                .iter()
                .map(|(number, motif)| (*number, motif.name.as_str()))
                .collect();
            Err(motif_lookup::ambiguous(name, place, &several).into())
        }
    }
}

/// The path of a motif file, for messages.
pub(super) struct SourceFile(pub String);

impl SourceFile {
    fn at(&self, line: usize, what: impl std::fmt::Display) -> Box<Diagnostic> {
        self.with(Code::BadMotifFile, line, what).into()
    }

    fn with(&self, code: Code, line: usize, what: impl std::fmt::Display) -> Diagnostic {
        let file = &self.0;
        Diagnostic::error(code, format!("`{file}:{line}`: {what}"))
    }

    fn whole(&self, what: &str) -> Box<Diagnostic> {
        self.about(Code::BadMotifFile, what).into()
    }

    fn about(&self, code: Code, what: &str) -> Diagnostic {
        let file = &self.0;
        Diagnostic::error(code, format!("`{file}` {what}"))
    }
}

/// The supported formats, for messages.
const FORMATS: &str = "the formats are
MEME: `MEME version 4`, then `MOTIF NAME` and `letter-probability matrix:` above four probabilities for each position
JASPAR: `>MA0035.5 GATA1`, then a row of counts for each base, `A [ 1 2 3 ]`
HOMER: `>CONSENSUS`, name and threshold with tabs between, then four probabilities for each position
HOCOMOCO: `>GATA1.H12CORE.0.PSM.A`, then four counts or probabilities for each position
TRANSFAC: `AC NAME`, `P0 A C G T`, then `01 1 2 3 4` for each position, and `//`";

/// Maximum number of characters of a line that a message quotes.
const MAX_QUOTED_CHARS: usize = 40;

fn unknown_format(number: usize, line: &str, origin: &SourceFile) -> Box<Diagnostic> {
    let mut quoted: String = line.chars().take(MAX_QUOTED_CHARS).collect();
    if quoted.len() < line.len() {
        quoted.push_str(" ...");
    }
    let what = format!("no motif format starts with `{}`", quoted.trim_end());
    let diagnostic = origin.with(Code::MotifLayout, number, what);
    Box::new(diagnostic.help(FORMATS))
}

/// Maximum number of bytes of a file that are searched for names.
const MAX_SKIMMED_BYTES: u64 = 16 << 20;

/// Names of the motifs of an uncompressed file, for completion: in order, without parsing matrices. Empty if the file cannot be read.
pub fn motif_names(path: &Path) -> Vec<String> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let Ok((file, _)) = open_input(path, InputKind::Data) else {
        return Vec::new();
    };
    if file
        .take(MAX_SKIMMED_BYTES)
        .read_to_end(&mut bytes)
        .is_err()
    {
        return Vec::new();
    }
    if modisco::is_hdf5(&bytes) {
        let patterns = modisco::parse(bytes, &SourceFile(path.display().to_string()));
        let names = patterns.unwrap_or_default().into_iter();
        return names.map(|motif| motif.name).collect();
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut names: Vec<String> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        if let Some(heading) = line.strip_prefix('>') {
            names.extend(headed::names(heading));
            continue;
        }
        let rest = ["MOTIF ", "AC ", "ID "]
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
