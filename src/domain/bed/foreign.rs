//! Recognizes other file formats from a line that is not a BED record.

use super::super::columns::{Line, Table, parse_whole};
use gia_base::diag::Outcome;

/// Names of the contig, start and end columns in other tables, in lower case.
const CONTIG: &[&str] = &[
    "chrom",
    "chr",
    "chromosome",
    "contig",
    "seqnames",
    "seqname",
    "seqid",
];
const START: &[&str] = &["start", "chromstart", "chr_start", "begin", "from"];
const END: &[&str] = &["end", "chromend", "chr_end", "stop", "to"];

/// Whether cells are names of the first three columns.
pub fn names_columns(cells: &[&[u8]]) -> bool {
    let is = |number: usize, words: &[&str]| {
        let cell: Option<&&[u8]> = cells.get(number);
        cell.is_some_and(|cell| {
            words
                .iter()
                .any(|w| cell.eq_ignore_ascii_case(w.as_bytes()))
        })
    };
    is(0, CONTIG) && is(1, START) && is(2, END)
}

/// Refuses a `track` line for data other than regions.
pub fn refuse_track(table: &Table, line: Line) -> Outcome<()> {
    let text = line.text;
    let words = text.split(|byte| byte.is_ascii_whitespace());
    let mut types = words.filter_map(|word| Some((word, word.strip_prefix(b"type=")?)));
    let Some((word, kind)) = types.next() else {
        return Ok(());
    };
    let kind: Vec<u8> = kind
        .iter()
        .filter(|b| !b"\"'".contains(b))
        .copied()
        .collect();
    let kind = String::from_utf8_lossy(&kind).to_ascii_lowercase();
    let (what, help) = match kind.as_str() {
        "bedgraph" => (
            "bedGraph",
            "without this line, the first three columns are read as regions",
        ),
        "wiggle_0" | "wig" => (
            "wiggle",
            "BED has one line per region: contig, start and end",
        ),
        _ => return Ok(()),
    };
    let why = format!("the track is {what}, which contains values along a genome, not regions");
    Err(Box::new(table.at_cell(line, word, &why).help(help)))
}

/// The probable format of a line that is not a BED record, and what to do.
pub fn what_it_is(line: Line, cells: &[&[u8]]) -> Option<String> {
    let text = line.text;
    let starts = |words: &[&[u8]]| words.iter().any(|word| text.starts_with(word));
    if starts(&[b">"]) {
        return Some("this is FASTA, which `fasta(...)` reads".to_string());
    }
    if starts(&[b"@HD\t", b"@SQ\t", b"@RG\t", b"@PG\t"]) {
        return Some(
            "this is SAM, which contains reads; convert it with `bedtools bamtobed`".to_string(),
        );
    }
    if starts(&[b"fixedStep ", b"variableStep "]) {
        return Some(
            "this is wiggle, which contains values along a genome, not regions".to_string(),
        );
    }
    if names_columns(cells) {
        return Some(
            "this is a header line, which BED does not have: remove it, or start it with `#`"
                .to_string(),
        );
    }
    if let [position] = cells
        && let Some((contig, start, end)) = position_of(position)
    {
        return Some(format!(
            "this is a genome browser position, which counts from 1; in BED it is `{contig}`, `{}` and `{end}`, separated by tabs",
            start - 1
        ));
    }
    let number = |number: usize| {
        cells
            .get(number)
            .is_some_and(|cell| parse_whole(cell).is_some())
    };
    let letters = |number: usize| {
        let is_base = |byte: &u8| b"ACGTNacgtn,".contains(byte);
        let cell: Option<&&[u8]> = cells.get(number);
        cell.is_some_and(|cell| !cell.is_empty() && cell.iter().all(is_base))
    };
    if cells.len() >= 8 && number(3) && number(4) && !number(1) {
        return Some(
            "this is GFF or GTF, which has start and end in columns 4 and 5 and counts from 1; \
             `awk -v OFS='\\t' '!/^#/ {print $1, $4 - 1, $5, $3, \".\", $7}'` writes it as BED"
                .to_string(),
        );
    }
    if number(1) && letters(3) && letters(4) {
        return Some("this is VCF, which `vcf(...)` reads".to_string());
    }
    if cells.len() == 1 && (text.contains(&b',') || text.contains(&b';')) {
        return Some("BED columns are separated by tabs, not by commas".to_string());
    }
    None
}

/// Contig, start and end of a position such as `chr1:1,001-2,000`.
fn position_of(cell: &[u8]) -> Option<(String, i64, i64)> {
    let text = std::str::from_utf8(cell).ok()?;
    let (contig, range) = text.rsplit_once(':')?;
    let (start, end) = range.split_once('-')?;
    let number = |text: &str| parse_whole(text.replace(',', "").as_bytes());
    let (start, end) = (number(start)?, number(end)?);
    let plain = contig.chars().all(|c| c.is_ascii_graphic() && c != '`');
    (start >= 1 && !contig.is_empty() && plain).then(|| (contig.to_string(), start, end))
}
