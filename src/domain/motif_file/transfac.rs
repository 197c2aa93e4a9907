//! The TRANSFAC format of count matrices, including the variants of JASPAR, HOCOMOCO and others.
//!
//! Lines of two-letter codes: `AC` or `ID` names a motif, `NA` its factor; `P0` heads the matrix with its bases, numbered
//! rows of counts follow, perhaps with a consensus letter; `//` ends the motif. Other codes are skipped.

use super::SourceFile;
use crate::motif::column_fault;
use crate::motif_names::by_factor;
use crate::{Alphabet, Motif};
use gia_base::diag::Outcome;

/// Whether a line is one that a file in this format starts with.
pub(super) fn is_start(line: &str) -> bool {
    let code = line.split_whitespace().next().unwrap_or_default();
    matches!(code, "VV" | "XX" | "AC" | "ID" | "NA" | "DE" | "P0" | "PO")
}

/// A motif that is being read.
#[derive(Default)]
struct Entry {
    /// Line of its first code.
    start: usize,
    accession: Option<String>,
    identifier: Option<String>,
    factor: Option<String>,
    /// Code of the base of each column, once `P0` has been read.
    order: Option<[usize; 4]>,
    alphabet: Option<Alphabet>,
    columns: Vec<[f64; 4]>,
}

/// All motifs of a text. Entries without a matrix, such as the heading of a file, are skipped.
pub(super) fn parse(text: &str, origin: &SourceFile) -> Outcome<Vec<Motif>> {
    let mut motifs = Vec::new();
    let mut entry = Entry::default();
    let lines = (1..).zip(text.lines());
    for (number, line) in lines {
        let number: usize = number;
        let line = line.trim();
        let (code, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if entry.start == 0 && !line.is_empty() {
            entry.start = number;
        }
        match code {
            "AC" => entry.accession = Some(rest.to_owned()),
            "ID" => entry.identifier = Some(rest.to_owned()),
            "NA" => entry.factor = Some(rest.to_owned()),
            "P0" | "PO" => entry
                .heading(rest)
                .map_err(|fault| origin.at(number, fault))?,
            "//" => {
                motifs.extend(entry.finish(origin)?);
                entry = Entry::default();
            }
            _ if code.starts_with(|c: char| c.is_ascii_digit()) => {
                entry
                    .row(code, rest)
                    .map_err(|fault| origin.at(number, fault))?;
            }
            _ => {}
        }
    }
    if entry.order.is_some() {
        let name = entry.name().unwrap_or("the last one").to_owned();
        return Err(origin.whole(&format!("ends before the `//` of the motif `{name}`")));
    }
    Ok(motifs)
}

impl Entry {
    fn name(&self) -> Option<&str> {
        let names = [&self.accession, &self.identifier, &self.factor];
        names
            .into_iter()
            .flatten()
            .map(String::as_str)
            .find(|name| !name.is_empty())
    }

    /// The bases in the order of the columns.
    fn heading(&mut self, rest: &str) -> Result<(), String> {
        let letters: Vec<&str> = rest.split_whitespace().collect();
        let alphabet = Alphabet::from_letters(&letters.concat());
        let (Some(alphabet), 4) = (alphabet, letters.len()) else {
            return Err(format!(
                "the header of the matrix is `{rest}` instead of four bases"
            ));
        };
        let mut order = [0; 4];
        for (place, letter) in letters.iter().enumerate() {
            let code = letter
                .chars()
                .next()
                .and_then(|letter| alphabet.encode(letter));
            order[place] = usize::from(code.unwrap_or(0));
        }
        self.order = Some(order);
        self.alphabet = Some(alphabet);
        Ok(())
    }

    fn row(&mut self, code: &str, rest: &str) -> Result<(), String> {
        let Some(order) = self.order else {
            return Err("this row of counts is above its `P0` line".into());
        };
        let wanted = self.columns.len() + 1;
        if code.parse() != Ok(wanted) {
            return Err(format!("row `{code}` is in place of row {wanted}"));
        }
        let words: Vec<&str> = rest.split_whitespace().collect();
        if !(4..=5).contains(&words.len()) {
            return Err(format!(
                "row `{code}` has {} entries instead of four counts",
                words.len()
            ));
        }
        if let Some(fifth) = words.get(4)
            && fifth.parse::<f64>().is_ok()
        {
            return Err(format!(
                "row `{code}` has five numbers; only a letter of the consensus may follow four counts"
            ));
        }
        let mut column = [0.0; 4];
        for (word, base) in words.iter().zip(order) {
            column[base] = word
                .parse()
                .map_err(|_| format!("`{word}` in row `{code}` is not a number"))?;
        }
        if let Some(fault) = column_fault(&column, None) {
            return Err(format!("row `{code}`: {fault}"));
        }
        self.columns.push(column);
        Ok(())
    }

    fn finish(self, origin: &SourceFile) -> Outcome<Option<Motif>> {
        let Some(alphabet) = self.alphabet else {
            return Ok(None);
        };
        let Some(name) = self.name().map(str::to_owned) else {
            return Err(origin.at(self.start, "this motif has no name"));
        };
        let alternate = [self.factor, self.identifier]
            .into_iter()
            .flatten()
            .find(|other| *other != name);
        let (name, alternate) = by_factor(name, alternate);
        Motif::from_counts(name, alternate, alphabet, self.columns)
            .map(Some)
            .map_err(|fault| origin.at(self.start, fault.message))
    }
}
