//! Formats in which a `>` line heads each matrix: JASPAR (<https://jaspar.elixir.no/docs/>) with a row for each base, HOMER
//! (<http://homer.ucsd.edu/homer/motif/creatingCustomMotifs.html>) and HOCOMOCO (<https://hocomoco.autosome.org>) with a row for
//! each position.
//!
//! Invariant: the layout of the rows is determined by letters before or above them, by the heading, or by numbers that only one layout
//! can have; otherwise the file is refused.

mod bases;
mod heading;

use self::bases::Matrix;
use self::heading::{Heading, HeadingFormat};
use super::{FORMATS, SourceFile};
use crate::motif::{TWO_DIGIT_SUM_TOLERANCE, column_fault, sum_tolerance};
use crate::{Alphabet, Motif};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// A heading and the non-blank lines below it.
struct Block<'t> {
    line: usize,
    heading: Heading<'t>,
    rows: Vec<(usize, &'t str)>,
}

/// The layout of the rows of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Four rows, each starting with the letter of its base.
    Labelled,
    /// Four rows of numbers, for A, C, G and T.
    Bases,
    /// A row of four numbers for each position, for A, C, G and T.
    Positions,
    /// The same, below a line with the bases in their order.
    Headed,
}

/// All motifs of a text.
pub(super) fn parse(text: &str, origin: &SourceFile) -> Outcome<Vec<Motif>> {
    let blocks = blocks(text, origin)?;
    let told: Vec<Option<Layout>> = blocks.iter().map(Block::layout).collect();
    // An ambiguous matrix without labels has the layout of all other matrices without labels in the file.
    let mut bare = told
        .iter()
        .copied()
        .flatten()
        .filter(|layout| match layout {
            Layout::Bases | Layout::Positions => true,
            Layout::Labelled | Layout::Headed => false,
        });
    let first = bare.next();
    let usual = first.filter(|first| bare.all(|other| other == *first));
    let motifs = blocks.iter().zip(&told).map(|(block, told)| {
        if *told != Some(Layout::Labelled) && block.is_numbered() {
            return Err(block.numbered(origin));
        }
        // HOCOMOCO names imply the layout of HOCOMOCO unless the numbers contradict it.
        let own =
            (block.heading.known == Some(HeadingFormat::Hocomoco)).then_some(Layout::Positions);
        let Some(layout) = told.or(usual).or(own) else {
            return Err(block.unclear(origin));
        };
        block.read(layout, origin)
    });
    motifs.collect()
}

/// The names that a heading gives its motif.
pub(super) fn names(heading: &str) -> Vec<String> {
    let Some(heading) = Heading::read(heading) else {
        return Vec::new();
    };
    let name = heading.name.to_owned();
    std::iter::once(name).chain(heading.alternate).collect()
}

fn blocks<'t>(text: &'t str, origin: &SourceFile) -> Outcome<Vec<Block<'t>>> {
    let lines = (1..)
        .zip(text.lines())
        .map(|(number, line)| (number, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let mut blocks: Vec<Block> = Vec::new();
    for (number, line) in lines {
        if let Some(heading) = line.strip_prefix('>') {
            let Some(heading) = Heading::read(heading) else {
                return Err(origin.at(number, "this `>` line has no motif name"));
            };
            blocks.push(Block {
                line: number,
                heading,
                rows: Vec::new(),
            });
            continue;
        }
        match blocks.last_mut() {
            Some(block) => block.rows.push((number, line)),
            None => return Err(origin.at(number, "this line belongs to no motif")),
        }
    }
    Ok(blocks)
}

impl Block<'_> {
    /// The layout of the rows; None if it is ambiguous.
    fn layout(&self) -> Option<Layout> {
        let starts_with_letter =
            |(_, row): &(usize, &str)| row.starts_with(|c: char| c.is_ascii_alphabetic());
        match self.rows.first() {
            // A matrix without rows is reported as incomplete.
            None => return Some(Layout::Labelled),
            Some((_, row)) if order_of(row).is_some() => return Some(Layout::Headed),
            _ if self.rows.iter().any(starts_with_letter) => return Some(Layout::Labelled),
            _ => {}
        }
        let rows: Vec<Vec<f64>> = self.rows.iter().map(|(_, row)| numbers_in(row)).collect();
        let of_four = rows.iter().all(|row| row.len() == 4);
        let by_sums = match (rows.len(), of_four) {
            (4, true) => square(&rows),
            _ => None,
        };
        match (self.heading.known, by_sums) {
            (Some(HeadingFormat::Homer), _) => return Some(Layout::Positions),
            // Sums of JASPAR matrices may differ between positions, but rows that all sum to 1 are positions.
            (Some(HeadingFormat::Jaspar), Some(Layout::Positions)) => return None,
            (Some(HeadingFormat::Jaspar), _) => return Some(Layout::Bases),
            // HOCOMOCO also distributes its matrices in the layout of JASPAR.
            (Some(HeadingFormat::Hocomoco), told) => match (rows.len(), of_four) {
                (4, true) => return told,
                (4, false) => {}
                _ => return Some(Layout::Positions),
            },
            (None, _) => {}
        }
        match (rows.len(), of_four) {
            (4, true) => by_sums,
            // The rows of four bases, one missing or too many, do not have equal sums.
            (5.., true) if sum_alike(&rows) => Some(Layout::Positions),
            (_, true) if rows.iter().all(|row| sums_to_1(row)) => Some(Layout::Positions),
            (_, true) => None,
            _ => Some(Layout::Bases),
        }
    }

    fn read(&self, layout: Layout, origin: &SourceFile) -> Outcome<Motif> {
        for (number, row) in &self.rows {
            if let Some(value) = numbers_in(row).into_iter().find(|value| *value < 0.0) {
                return Err(self.log_odds(*number, value, origin));
            }
        }
        let (alphabet, columns) = match layout {
            Layout::Labelled => self.bases(true, origin)?,
            Layout::Bases => self.bases(false, origin)?,
            Layout::Positions => self.positions(&self.rows, ORDER, origin)?,
            Layout::Headed => {
                let (first, rest) = match self.rows.split_first() {
                    Some(((_, first), rest)) => (*first, rest),
                    None => ("", &[][..]),
                };
                let (alphabet, order) = order_of(first).unwrap_or(ORDER);
                self.positions(rest, (alphabet, order), origin)?
            }
        };
        let (name, alternate) = self.heading.names();
        Motif::from_counts(name, alternate, alphabet, columns)
            .map_err(|fault| origin.at(self.line, fault.message))
    }

    /// Parses four rows, one per base.
    fn bases(&self, labelled: bool, origin: &SourceFile) -> Outcome<(Alphabet, Vec<[f64; 4]>)> {
        let name = &self.heading.name;
        let mut matrix = Matrix::default();
        for (read, (number, row)) in self.rows.iter().enumerate() {
            let added = match read < 4 {
                true => matrix.add(row, (!labelled).then_some(read), name),
                false => Err("this line belongs to no motif".to_string()),
            };
            added.map_err(|fault| origin.at(*number, fault))?;
        }
        if self.rows.len() < 4 {
            let last = self.rows.last().map_or(self.line, |(number, _)| *number);
            let fault = format!(
                "the motif `{name}` ends after {} of 4 rows",
                self.rows.len()
            );
            return Err(origin.at(last, fault));
        }
        Ok((matrix.alphabet, matrix.columns()))
    }

    /// Parses one row per position, with numbers in the given order of bases.
    fn positions(
        &self,
        rows: &[(usize, &str)],
        (alphabet, order): (Alphabet, [usize; 4]),
        origin: &SourceFile,
    ) -> Outcome<(Alphabet, Vec<[f64; 4]>)> {
        let name = &self.heading.name;
        let mut columns = Vec::with_capacity(rows.len());
        for (index, (number, row)) in rows.iter().enumerate() {
            let position = index + 1;
            let fail = |fault: String| {
                origin.at(
                    *number,
                    format!("row {position} of the motif `{name}` {fault}"),
                )
            };
            let mut values = Vec::with_capacity(4);
            for word in row.split_whitespace() {
                let value = word.parse::<f64>();
                values.push(
                    value.map_err(|_| fail(format!("contains `{word}`, which is not a number")))?,
                );
            }
            let Ok(values) = <[f64; 4]>::try_from(values.as_slice()) else {
                let has = values.len();
                return Err(fail(format!("has {has} numbers instead of 4")));
            };
            if self.heading.known == Some(HeadingFormat::Homer)
                && let Some(fault) = column_fault(&values, Some(sum_tolerance(row)))
            {
                return Err(fail(format!("is not a position: {fault}")));
            }
            if let Some(fault) = column_fault(&values, None) {
                return Err(fail(format!("is not a position: {fault}")));
            }
            let mut column = [0.0; 4];
            for (value, base) in values.into_iter().zip(order) {
                column[base] = value;
            }
            columns.push(column);
        }
        Ok((self.heading.alphabet.unwrap_or(alphabet), columns))
    }

    /// Whether each row of four numbers starts with its row number.
    fn is_numbered(&self) -> bool {
        let rows: Vec<Vec<f64>> = self.rows.iter().map(|(_, row)| numbers_in(row)).collect();
        let counts_up = |from: f64| {
            (0..)
                .zip(&rows)
                .all(|(i, row)| row[0] == from + f64::from(i))
        };
        if rows.len() < 2 || rows.iter().any(|row| row.len() != 5) {
            return false;
        }
        let rest: Vec<Vec<f64>> = rows.iter().map(|row| row[1..].to_vec()).collect();
        (counts_up(0.0) || counts_up(1.0)) && sum_alike(&rest)
    }

    /// The diagnostic for rows that start with their row number.
    fn numbered(&self, origin: &SourceFile) -> Box<Diagnostic> {
        let name = &self.heading.name;
        let at = self.rows.first().map_or(self.line, |(line, _)| *line);
        let what = format!("each row of the motif `{name}` starts with a row number");
        let help = "remove the row numbers, and write `A C G T` above the rows";
        Box::new(origin.with(Code::MotifLayout, at, what).help(help))
    }

    fn log_odds(&self, line: usize, value: f64, origin: &SourceFile) -> Box<Diagnostic> {
        let name = &self.heading.name;
        let what = format!(
            "the motif `{name}` contains {value}: negative numbers are log-odds, but a motif needs counts or probabilities"
        );
        let diagnostic = origin.with(Code::LogOdds, line, what);
        let help = "use the file of counts or probabilities: HOCOMOCO calls them `pcm` and `pfm`, and log-odds `pwm`";
        Box::new(diagnostic.help(help))
    }

    /// The diagnostic for rows that could be bases or positions.
    fn unclear(&self, origin: &SourceFile) -> Box<Diagnostic> {
        let name = &self.heading.name;
        let rows = self.rows.len();
        let at = self.rows.first().map_or(self.line, |(line, _)| *line);
        let seen = match rows {
            4 => "four rows of four numbers, which could be bases or positions".to_string(),
            _ => format!(
                "{rows} rows of four numbers whose sums differ, which are neither four bases nor positions"
            ),
        };
        let what = format!("the layout of the motif `{name}` is ambiguous: it has {seen}");
        let help = format!(
            "write the base before each row (`A [ 1 2 3 4 ]`), or `A C G T` above rows that are positions; {FORMATS}"
        );
        Box::new(origin.with(Code::MotifLayout, at, what).help(help))
    }
}

/// The order of bases without labels.
const ORDER: (Alphabet, [usize; 4]) = (Alphabet::Dna, [0, 1, 2, 3]);

/// The order of bases in a line such as `A C G T` above rows of positions.
fn order_of(line: &str) -> Option<(Alphabet, [usize; 4])> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let letters = words.concat().to_ascii_uppercase();
    if words.len() != 4 || letters.len() != 4 {
        return None;
    }
    let alphabet = Alphabet::from_letters(&letters)?;
    let mut order = [0; 4];
    for (place, letter) in letters.chars().enumerate() {
        order[place] = usize::from(alphabet.encode(letter)?);
    }
    Some((alphabet, order))
}

/// The numbers among the words of a row.
fn numbers_in(row: &str) -> Vec<f64> {
    let words = row.split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '|'));
    words.filter_map(|word| word.parse().ok()).collect()
}

/// The layout of four rows of four numbers, by their sums: positions have equal sums, 1 or the number of sites.
fn square(rows: &[Vec<f64>]) -> Option<Layout> {
    let columns: Vec<Vec<f64>> = (0..4)
        .map(|i| rows.iter().map(|row| row[i]).collect())
        .collect();
    match (sum_alike(rows), sum_alike(&columns)) {
        (true, false) => Some(Layout::Positions),
        (false, true) => Some(Layout::Bases),
        (true, true) | (false, false) => None,
    }
}

/// Whether all rows have the same sum, up to the rounding of printed numbers.
fn sum_alike(rows: &[Vec<f64>]) -> bool {
    /// Relative to the sum: counts that are weighted are printed with few digits.
    const ROUNDING: f64 = 5e-3;
    let sums: Vec<f64> = rows.iter().map(|row| row.iter().sum()).collect();
    let largest = sums.iter().copied().fold(0.0, f64::max);
    let smallest = sums.iter().copied().fold(f64::INFINITY, f64::min);
    let alike = largest > 0.0 && largest - smallest <= ROUNDING * largest;
    alike || rows.iter().all(|row| sums_to_1(row))
}

/// Whether numbers can be probabilities of two digits or more.
fn sums_to_1(row: &[f64]) -> bool {
    (row.iter().sum::<f64>() - 1.0).abs() <= TWO_DIGIT_SUM_TOLERANCE
}
