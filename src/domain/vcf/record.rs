//! Records of a VCF file, and their alleles.

use std::ops::Range;

use super::super::columns::{Line, Table, parse_whole, quoted, whole_number_fault};
use super::super::record_filter::{RecordError, RecordFilter};
use super::super::{Alphabet, BaseSet, Reason, UnknownBases};
use super::VariantOptions;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// The columns of a record that are read.
pub struct VcfRecord<'a> {
    line: Line<'a>,
    contig: &'a [u8],
    /// POS, from 1.
    number: i64,
    /// POS as it is written.
    position: &'a [u8],
    id: Option<&'a [u8]>,
    reference: &'a [u8],
    alternates: &'a [u8],
}

/// One alternate allele of a record.
pub struct Allele<'a> {
    pub line: Line<'a>,
    pub contig: &'a [u8],
    /// POS as it is written.
    pub position: &'a [u8],
    /// Position of the first reference base, from 0.
    pub start: i64,
    pub reference: &'a [u8],
    pub alternate: &'a [u8],
    /// ID of the record, if it has one.
    pub id: Option<&'a [u8]>,
    pub name: String,
}

impl Allele<'_> {
    /// The reference bases on the contig, from 0, half open.
    pub fn range(&self) -> Range<i64> {
        self.start..self.start + self.reference.len() as i64
    }

    /// By how many bases it is shorter than the reference allele; 0 for a longer one.
    pub fn lost(&self) -> usize {
        self.reference.len().saturating_sub(self.alternate.len())
    }
}

/// The columns that are read, by name.
const COLUMNS: &str = "CHROM, POS, ID, REF and ALT";

impl<'a> VcfRecord<'a> {
    pub fn read(table: &Table, line: Line<'a>) -> Result<Self, RecordError> {
        let malformed = |diagnostic: Diagnostic| {
            let diagnostic = match what_it_is(line) {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            };
            RecordError::of(table, line, Reason::Malformed, diagnostic)
        };
        let mut cells = line.text.split(|byte| *byte == b'\t');
        let mut next = || cells.next();
        let (Some(contig), Some(position), Some(id), Some(reference), Some(alternates)) =
            (next(), next(), next(), next(), next())
        else {
            let count = line.text.split(|byte| *byte == b'\t').count();
            let parted_by_blanks = count == 1 && line.text.split(|b| *b == b' ').count() > 4;
            let why = match parted_by_blanks {
                true => {
                    format!("the columns are separated by blanks; VCF needs tabs between {COLUMNS}")
                }
                false => format!(
                    "the line has {}; VCF needs at least {COLUMNS}, separated by tabs",
                    gia_base::diag::pluralize(count, "column")
                ),
            };
            return Err(malformed(table.at_line(line, &why)));
        };
        if contig.is_empty() || contig.iter().any(u8::is_ascii_whitespace) {
            let why = match contig {
                b"" => "CHROM is empty".to_string(),
                _ => format!("CHROM is `{}`, which has a blank in it", quoted(contig)),
            };
            return Err(malformed(table.at_cell(line, contig, &why)));
        }
        let Some(number) = parse_whole(position) else {
            let why = format!(
                "POS is `{}`, {}; VCF has a whole number here, counted from 1",
                quoted(position),
                whole_number_fault(position)
            );
            return Err(malformed(table.at_cell(line, position, &why)));
        };
        if number == 0 {
            let why = "POS is 0, which is the telomere before the first base";
            let diagnostic = table.at_cell(line, position, why);
            return Err(RecordError::of(table, line, Reason::PastContig, diagnostic));
        }
        if !is_letters(reference) {
            let why = format!("REF is `{}` instead of bases", quoted(reference));
            return Err(malformed(table.at_cell(line, reference, &why)));
        }
        Ok(VcfRecord {
            line,
            contig,
            number,
            position,
            id: id
                .split(|byte| *byte == b';')
                .next()
                .filter(|id| !id.is_empty() && *id != b"."),
            reference,
            alternates,
        })
    }

    /// Adds the alternate alleles that can be written into a window.
    pub fn alleles(
        &self,
        table: &Table,
        options: VariantOptions,
        filter: &mut RecordFilter,
        into: &mut Vec<Allele<'a>>,
    ) -> Outcome<()> {
        let Self {
            line, alternates, ..
        } = *self;
        if alternates == b"." {
            // Well-formed: a site without variation.
            let diagnostic =
                table.at_cell(line, alternates, "ALT is `.`: there is no other allele");
            filter.exclude(RecordError::of(
                table,
                line,
                Reason::NoAlternate,
                diagnostic,
            ));
            return Ok(());
        }
        for alternate in alternates.split(|byte| *byte == b',') {
            if !is_letters(alternate) {
                let why = match alternate {
                    b"" => "an allele of ALT is empty".to_string(),
                    b"*" => "the allele `*` of ALT is a deletion that another record describes, and not spelled out in bases".to_string(),
                    _ => format!("the allele `{}` of ALT is not spelled out in bases", quoted(alternate)),
                };
                let diagnostic = table.at_cell(line, alternate, &why);
                let error = RecordError::of(table, line, Reason::NotSpelledOut, diagnostic);
                match options.unknown {
                    // The bases of a symbolic allele are not known.
                    UnknownBases::Drop => filter.exclude(error),
                    UnknownBases::Refuse | UnknownBases::Keep => {
                        filter.admit::<()>(Err(error))?;
                    }
                }
                continue;
            }
            if !is_known(alternate) {
                let why = format!(
                    "the allele `{}` of ALT has an unknown base",
                    quoted(alternate)
                );
                let diagnostic = Diagnostic {
                    code: Code::UnknownBase,
                    ..table.at_cell(line, alternate, &why)
                }
                .help("`unknown: \"drop\"` leaves such alleles out, `unknown: \"keep\"` encodes them as the model's declaration says");
                let error = RecordError::of(table, line, Reason::UnknownBase, diagnostic);
                match options.unknown {
                    UnknownBases::Refuse => {
                        filter.admit::<()>(Err(error))?;
                        continue;
                    }
                    UnknownBases::Drop => {
                        filter.exclude(error);
                        continue;
                    }
                    UnknownBases::Keep => {}
                }
            }
            into.push(self.allele(alternate));
        }
        Ok(())
    }

    /// The reference bases on the contig, from 0, half open.
    pub fn range(&self) -> Range<i64> {
        let start = self.number - 1;
        start..start + self.reference.len() as i64
    }

    /// The reference allele.
    pub fn reference(&self) -> &'a [u8] {
        self.reference
    }

    /// The alternate alleles, in the order of their numbers from 1.
    pub fn alternates(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let alleles = self.alternates.split(|byte| *byte == b',');
        alleles.filter(|allele| *allele != b".")
    }

    /// Refuses an allele of a sample whose bases are not known.
    pub fn check_spelled_out(
        &self,
        table: &Table,
        allele: &[u8],
        sample: &str,
    ) -> Result<(), RecordError> {
        let shown = quoted(allele);
        if !is_letters(allele) {
            let why = format!(
                "the allele `{shown}` of ALT, which `{sample}` has, is not spelled out in bases"
            );
            let diagnostic = table.at_cell(self.line, allele, &why);
            let reason = Reason::NotSpelledOut;
            return Err(RecordError::of(table, self.line, reason, diagnostic));
        }
        if !is_known(allele) {
            let why =
                format!("the allele `{shown}` of ALT, which `{sample}` has, has an unknown base");
            let diagnostic = Diagnostic {
                code: Code::UnknownBase,
                ..table.at_cell(self.line, allele, &why)
            };
            let reason = Reason::UnknownBase;
            return Err(RecordError::of(table, self.line, reason, diagnostic));
        }
        Ok(())
    }

    fn allele(&self, alternate: &'a [u8]) -> Allele<'a> {
        let text = String::from_utf8_lossy;
        let place = format!(
            "{}:{}:{}>{}",
            text(self.contig),
            self.number,
            text(self.reference),
            text(alternate)
        );
        Allele {
            line: self.line,
            contig: self.contig,
            position: self.position,
            start: self.number - 1,
            reference: self.reference,
            alternate,
            id: self.id,
            name: match self.id {
                Some(id) => format!("{}:{place}", text(id)),
                None => place,
            },
        }
    }
}

/// The probable format of a line that is not a record, and what to do.
fn what_it_is(line: Line) -> Option<&'static str> {
    if line.text.starts_with(b">") {
        return Some("this is FASTA, which `fasta(...)` reads");
    }
    let cells: Vec<&[u8]> = line.text.split(u8::is_ascii_whitespace).collect();
    if cells
        .get(1)
        .is_some_and(|cell| cell.eq_ignore_ascii_case(b"POS"))
    {
        return Some("this is a header line, which must start with `#`");
    }
    let ends = cells.get(1).zip(cells.get(2));
    let is_bed =
        ends.is_some_and(|(start, end)| parse_whole(start).is_some() && parse_whole(end).is_some());
    is_bed.then_some("this is BED, which `genome(..., regions:)` reads")
}

/// Whether an allele consists of letters for bases, unknown ones included.
fn is_letters(allele: &[u8]) -> bool {
    let is_base = |byte: &u8| bases(*byte).is_some();
    !allele.is_empty() && allele.iter().all(is_base)
}

/// Whether each letter is one base.
fn is_known(allele: &[u8]) -> bool {
    allele.iter().all(|byte| b"ACGTacgt".contains(byte))
}

/// The bases that a letter of DNA stands for.
fn bases(letter: u8) -> Option<BaseSet> {
    BaseSet::from_iupac(letter, Alphabet::Dna)
}

/// Whether letters of the genome match a reference allele. An ambiguous letter matches each of its bases, because VCF writes one of
/// them.
pub fn same_bases(genome: &[u8], reference: &[u8]) -> bool {
    let agree = |(one, other): (&u8, &u8)| {
        one.eq_ignore_ascii_case(other)
            || match (bases(*one), bases(*other)) {
                (Some(one), Some(other)) => one.len() > 1 && one.0 & other.0 != 0,
                _ => false,
            }
    };
    genome.len() == reference.len() && genome.iter().zip(reference).all(agree)
}
