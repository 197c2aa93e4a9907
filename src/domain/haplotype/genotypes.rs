//! The records of a VCF file near some windows, with the genotypes of all samples as the file writes them.
//!
//! Invariant: the file is read from its start to its end, line by line, and only lines near a window are kept.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::columns::{Line, Table, parse_whole, quoted};
use crate::contigs::Contigs;
use crate::file::{Hashing, Unpacked, is_gzip, unpacking};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{InputKind, Stamp, open_input, unreadable};

/// Number of columns before those of the samples.
const FIXED_COLUMNS: usize = 9;
/// The longest line that is read, in bytes: some 100 million genotypes.
const MAX_LINE_BYTES: u64 = 512 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line near a window.
pub struct KeptLine {
    /// From 1.
    number: usize,
    text: Box<[u8]>,
    /// The bases of the contig that the record is about, from 0; of an allele that is not spelled out, as far as the record says.
    pub range: Range<i64>,
}

impl KeptLine {
    pub fn line(&self) -> Line<'_> {
        Line {
            number: self.number,
            text: &self.text,
        }
    }
}

/// The records of a file near some windows.
pub struct Genotypes {
    pub path: PathBuf,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Names of the samples, in the order of the columns.
    pub samples: Vec<String>,
    /// By the name of the contig in the genome: the lines, ascending by start and then as in the file.
    lines: HashMap<Box<str>, ContigLines>,
    /// Lines that are no records.
    pub malformed: Vec<KeptLine>,
    /// Names of contigs in the file that were matched with another name in the genome.
    pub renamed: BTreeMap<String, String>,
}

#[derive(Default)]
struct ContigLines {
    list: Vec<KeptLine>,
    /// Length of the longest range.
    longest: i64,
}

/// Stretches of contigs, by the index of the contig, each ascending and apart from each other.
pub type Stretches = HashMap<usize, Vec<Range<i64>>>;

impl Genotypes {
    /// Reads the records that share a base with one of the stretches.
    ///
    /// # Errors
    /// A file that cannot be read, or that is not VCF with genotypes.
    pub fn read(path: &Path, contigs: &Contigs, stretches: &Stretches) -> Outcome<Genotypes> {
        let (file, metadata) = open_input(path, InputKind::Sequences)?;
        let stamp = Stamp::of(&metadata);
        let mut lines = Lines::open(path, &file, stamp.size())?;
        let samples = samples(path, &mut lines)?;
        let mut genotypes = Genotypes {
            path: path.to_path_buf(),
            sha256: String::new(),
            samples,
            lines: HashMap::new(),
            malformed: Vec::new(),
            renamed: BTreeMap::new(),
        };
        let mut known: HashMap<Box<[u8]>, Option<usize>> = HashMap::new();
        while let Some((number, text)) = lines.next()? {
            if text.iter().all(u8::is_ascii_whitespace) || text.starts_with(b"#") {
                continue;
            }
            let Some((contig, range)) = place(text) else {
                genotypes.malformed.push(KeptLine {
                    number,
                    text: text.into(),
                    range: 0..0,
                });
                continue;
            };
            let index = match known.get(contig) {
                Some(index) => *index,
                None => {
                    let name = String::from_utf8_lossy(contig);
                    let index = contigs.named(&name).or_else(|| contigs.matching(&name));
                    known.insert(contig.into(), index);
                    if let Some(index) = index
                        && contigs.get(index).name != name
                    {
                        let name_in_genome = contigs.get(index).name.clone();
                        genotypes.renamed.insert(name.into_owned(), name_in_genome);
                    }
                    index
                }
            };
            // A record of a contig that the genome lacks is near no window.
            let Some(index) = index else { continue };
            let name = contigs.get(index).name.as_str();
            // Other contigs are known by name, so that windows there are not taken for ones that the file is about.
            let of_contig = genotypes.lines.entry(name.into()).or_default();
            let stretches = stretches.get(&index).map_or(&[][..], Vec::as_slice);
            let next = stretches.partition_point(|stretch| stretch.end <= range.start);
            let is_near = stretches
                .get(next)
                .is_some_and(|stretch| stretch.start < range.end);
            if is_near {
                of_contig.longest = of_contig.longest.max(range.end - range.start);
                of_contig.list.push(KeptLine {
                    number,
                    text: text.into(),
                    range,
                });
            }
        }
        genotypes.sha256 = lines.finish()?;
        stamp.check_unchanged(&file, path)?;
        for of_contig in genotypes.lines.values_mut() {
            of_contig
                .list
                .sort_by_key(|line| (line.range.start, line.number));
        }
        Ok(genotypes)
    }

    /// Whether the file has a record on a contig of the genome.
    pub fn has_contig(&self, contig: &str) -> bool {
        self.lines.contains_key(contig)
    }

    /// The records that share a base with a stretch of a contig, ascending by their first base and then as in the file.
    pub fn near(&self, contig: &str, stretch: Range<i64>) -> impl Iterator<Item = &KeptLine> {
        let none = ContigLines::default();
        let (list, longest) = match self.lines.get(contig) {
            Some(lines) => (lines.list.as_slice(), lines.longest),
            None => (&[][..], none.longest),
        };
        let first = list.partition_point(|line| line.range.start < stretch.start - longest);
        let last = list.partition_point(|line| line.range.start < stretch.end);
        let near = list.get(first..last).unwrap_or_default().iter();
        near.filter(move |line| line.range.end > stretch.start)
    }
}

/// The names of the samples of a VCF file, plain or gzip, in the order of its columns. Only the header is read.
///
/// # Errors
/// A file that cannot be read, or without a line of column names that lists samples.
pub fn sample_names(path: &Path) -> Outcome<Vec<String>> {
    let (file, metadata) = open_input(path, InputKind::Sequences)?;
    let mut lines = Lines::open(path, &file, Stamp::of(&metadata).size())?;
    samples(path, &mut lines)
}

/// Reads up to the line of column names.
fn samples(path: &Path, lines: &mut Lines) -> Outcome<Vec<String>> {
    let shown = path.display();
    while let Some((number, text)) = lines.next()? {
        if text.starts_with(b"##") || text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let table = Table::new(path, text, Code::BadVcf, "VCF")?;
        let line = Line { number, text };
        let is_named = text.len() >= 6 && text[1..6].eq_ignore_ascii_case(b"CHROM");
        if !text.starts_with(b"#") || !is_named {
            let why = "the line of column names, `#CHROM` to `FORMAT` and the samples, is missing";
            return Err(table.at_line(line, why).into());
        }
        let cells: Vec<&[u8]> = text.split(|byte| *byte == b'\t').collect();
        if cells.len() <= FIXED_COLUMNS {
            let why = match cells.len() {
                1 => "the column names are not separated by tabs",
                _ => "there are no genotypes: no sample is named behind the column FORMAT",
            };
            return Err(table.at_line(line, why).into());
        }
        let format = cells[FIXED_COLUMNS - 1];
        if !format.eq_ignore_ascii_case(b"FORMAT") {
            let why = format!("column 9 is called `{}` instead of FORMAT", quoted(format));
            return Err(table.at_cell(line, format, &why).into());
        }
        let mut names: Vec<String> = Vec::with_capacity(cells.len() - FIXED_COLUMNS);
        let mut seen = HashMap::new();
        for (column, cell) in cells.iter().enumerate().skip(FIXED_COLUMNS) {
            if let Some(first) = seen.insert(*cell, column + 1) {
                let why = format!(
                    "the sample `{}` is named twice, in columns {first} and {}",
                    quoted(cell),
                    column + 1
                );
                return Err(table.at_cell(line, cell, &why).into());
            }
            names.push(String::from_utf8_lossy(cell).into_owned());
        }
        return Ok(names);
    }
    let message = format!("`{shown}` is empty, or has a header only, so it names no samples");
    Err(Diagnostic::error(Code::BadVcf, message).into())
}

/// Contig and bases of a record; None for a line that is malformed.
fn place(line: &[u8]) -> Option<(&[u8], Range<i64>)> {
    let mut cells = line.split(|byte| *byte == b'\t');
    let contig = cells.next()?;
    let start = parse_whole(cells.next()?)?.checked_sub(1)?;
    let (_, reference, alternates) = (cells.next()?, cells.next()?, cells.next()?);
    if contig.is_empty() || contig.iter().any(u8::is_ascii_whitespace) || start < 0 {
        return None;
    }
    let mut end = start + reference.len() as i64;
    if alternates.contains(&b'<') {
        let information = cells.nth(2).unwrap_or_default();
        for entry in information.split(|byte| *byte == b';') {
            let described = match entry {
                [b'E', b'N', b'D', b'=', at @ ..] => parse_whole(at),
                [b'S', b'V', b'L', b'E', b'N', b'=', lengths @ ..] => lengths
                    .split(|byte| *byte == b',')
                    .filter_map(|length| parse_whole(length.strip_prefix(b"-").unwrap_or(length)))
                    .max()
                    .map(|length| start + 1 + length),
                _ => None,
            };
            end = end.max(described.unwrap_or(end));
        }
    }
    Some((contig, start..end))
}

/// The lines of a file, plain or gzip.
struct Lines<'f> {
    path: &'f Path,
    input: Box<dyn BufRead + 'f>,
    line: Vec<u8>,
    number: usize,
    hash: Rc<RefCell<Hashing<Box<dyn Read + 'f>>>>,
}

/// Reads through a shared hasher, so that the hash is at hand when the lines are read.
struct Shared<'f>(Rc<RefCell<Hashing<Box<dyn Read + 'f>>>>);

impl Read for Shared<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().read(bytes)
    }
}

impl<'f> Lines<'f> {
    fn open(path: &'f Path, file: &'f File, size: u64) -> Outcome<Lines<'f>> {
        let refused = |error: std::io::Error| unreadable(path, &error);
        let mut start = Vec::new();
        file.take(2).read_to_end(&mut start).map_err(refused)?;
        let is_packed = is_gzip(&start);
        let whole: Box<dyn Read + 'f> = Box::new(std::io::Cursor::new(start).chain(file));
        let hash = Rc::new(RefCell::new(Hashing::new(whole)));
        let shared = Shared(Rc::clone(&hash));
        let input: Box<dyn BufRead + 'f> = match is_packed {
            true => Box::new(BufReader::with_capacity(
                1 << 18,
                Unpacked::new(shared, size, InputKind::Sequences),
            )),
            false => Box::new(BufReader::with_capacity(1 << 18, shared)),
        };
        Ok(Lines {
            path,
            input,
            line: Vec::new(),
            number: 0,
            hash,
        })
    }

    /// The next line with its number, without its line break.
    fn next(&mut self) -> Outcome<Option<(usize, &[u8])>> {
        self.line.clear();
        let read = (&mut self.input)
            .take(MAX_LINE_BYTES + 1)
            .read_until(b'\n', &mut self.line)
            .map_err(|error| unpacking(self.path, Code::BadVcf, &error))?;
        if read == 0 {
            return Ok(None);
        }
        if read as u64 > MAX_LINE_BYTES {
            let message = format!(
                "line {} of `{}` is longer than {} MB, so it is no record",
                self.number + 1,
                self.path.display(),
                MAX_LINE_BYTES >> 20
            );
            return Err(Diagnostic::error(Code::FileTooLarge, message).into());
        }
        self.number += 1;
        let mut text = self.line.as_slice();
        text = text.strip_suffix(b"\n").unwrap_or(text);
        text = text.strip_suffix(b"\r").unwrap_or(text);
        if self.number == 1 {
            text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
            // Tells binary formats.
            Table::new(self.path, text, Code::BadVcf, "VCF")?;
        }
        Ok(Some((self.number, text)))
    }

    /// The hash of the whole file.
    fn finish(self) -> Outcome<String> {
        let Lines {
            path, input, hash, ..
        } = self;
        drop(input);
        let refused = |error: std::io::Error| unreadable(path, &error);
        match Rc::into_inner(hash) {
            Some(hash) => hash.into_inner().finish().map_err(refused),
            None => Ok(String::new()),
        }
    }
}
