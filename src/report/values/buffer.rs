//! Rows of values that wait to be written.

use std::mem::take;

use crate::tidy::AxisColumn;
use crate::{Cells, Column};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::Strand;
use gia_study::{Background, Study, UnitVariant, ValueBlock, ValueKind};

/// Maximum number of rows that are held, and so of a Parquet row group.
pub const MAX_BUFFERED_ROWS: usize = 1 << 16;

/// Takes rows as columns.
type RowSink<'s> = &'s mut dyn FnMut(&[Column]) -> Outcome<()>;

/// At most [`MAX_BUFFERED_ROWS`] rows of values.
pub struct RowBuffer {
    axes: Vec<AxisColumn>,
    /// Parallel to `axes`.
    at: Vec<Column>,
    experiment: Vec<Option<String>>,
    arm: Vec<Option<String>>,
    contrast: Vec<Option<String>>,
    outcome: Vec<Option<String>>,
    unit: Vec<Option<String>>,
    /// None if the study has no tracks.
    place: Option<Vec<Option<i64>>>,
    index: Vec<Option<i64>>,
    source: Vec<Option<i64>>,
    name: Vec<Option<String>>,
    chromosome: Vec<Option<String>>,
    start: Vec<Option<i64>>,
    end: Vec<Option<i64>>,
    strand: Vec<Option<String>>,
    position: Vec<Option<i64>>,
    id: Vec<Option<String>>,
    reference: Vec<Option<String>>,
    alternate: Vec<Option<String>>,
    sequence: Vec<Option<String>>,
    value: Vec<Option<f64>>,
}

impl RowBuffer {
    /// No rows; the axes are those of a study.
    pub fn new(study: &Study) -> RowBuffer {
        let axes = AxisColumn::all(study);
        RowBuffer {
            at: axes.iter().map(AxisColumn::empty).collect(),
            axes,
            experiment: Vec::new(),
            arm: Vec::new(),
            contrast: Vec::new(),
            outcome: Vec::new(),
            unit: Vec::new(),
            place: study
                .experiments
                .iter()
                .any(|experiment| !experiment.tracks.is_empty())
                .then(Vec::new),
            index: Vec::new(),
            source: Vec::new(),
            name: Vec::new(),
            chromosome: Vec::new(),
            start: Vec::new(),
            end: Vec::new(),
            strand: Vec::new(),
            position: Vec::new(),
            id: Vec::new(),
            reference: Vec::new(),
            alternate: Vec::new(),
            sequence: Vec::new(),
            value: Vec::new(),
        }
    }

    /// Adds the rows of a block. Whenever the buffer is full, its rows go to `flush`.
    ///
    /// # Errors
    /// A value that is not finite, and those of `flush`.
    pub fn add(&mut self, block: &ValueBlock, flush: RowSink) -> Outcome<()> {
        if let Some(bad) = block.values.iter().find(|value| !value.is_finite()) {
            let message = format!(
                "the values of `{}` cannot be written: {bad} in `{}`",
                block.experiment, block.outcome
            );
            return Err(Box::new(Diagnostic::error(Code::NonFinite, message)));
        }
        let (mut backgrounds, mut values) = (block.backgrounds, block.values);
        while !values.is_empty() {
            let free = MAX_BUFFERED_ROWS - self.value.len();
            let taken = free.min(values.len());
            self.push(&ValueBlock {
                backgrounds: &backgrounds[..taken],
                values: &values[..taken],
                ..*block
            });
            (backgrounds, values) = (&backgrounds[taken..], &values[taken..]);
            if taken == free {
                flush(&self.take())?;
            }
        }
        Ok(())
    }

    fn push(&mut self, block: &ValueBlock) {
        let rows = block.values.len();
        let (arm, contrast) = match block.of {
            ValueKind::Arm(arm) => (Some(arm), None),
            ValueKind::Contrast(contrast) => (None, Some(contrast)),
        };
        let same = |text: Option<&str>| std::iter::repeat_n(text.map(String::from), rows);
        self.experiment.extend(same(Some(block.experiment)));
        for (axis, column) in self.axes.iter().zip(&mut self.at) {
            axis.push(&mut column.cells, block.at, rows);
        }
        self.arm.extend(same(arm));
        self.contrast.extend(same(contrast));
        self.outcome.extend(same(Some(block.outcome)));
        self.unit.extend(same(block.unit));
        if let Some(places) = &mut self.place {
            places.extend(std::iter::repeat_n(block.place, rows));
        }
        for background in block.backgrounds {
            self.push_background(background);
        }
        self.value.extend(block.values.iter().copied().map(Some));
    }

    fn push_background(&mut self, background: &Background) {
        let window = background.window.as_ref();
        self.index.push(i64::try_from(background.index).ok());
        self.source.push(i64::try_from(background.source).ok());
        self.name.push(Some(background.name.clone()));
        self.chromosome
            .push(window.map(|window| window.chromosome.to_string()));
        let position = |bp: Option<u64>| bp.and_then(|bp| i64::try_from(bp).ok());
        self.start.push(position(window.map(|window| window.start)));
        self.end.push(position(window.map(|window| window.end)));
        let strand = window.map(|window| match window.strand {
            Strand::Forward => "+".to_string(),
            Strand::Reverse => "-".to_string(),
        });
        self.strand.push(strand);
        let variant = background.variant.as_ref();
        let position_of = |variant: &UnitVariant| position(variant.position);
        self.position.push(variant.and_then(position_of));
        self.id.push(variant.and_then(|variant| variant.id.clone()));
        self.reference
            .push(variant.map(|variant| variant.reference.clone()));
        self.alternate
            .push(variant.map(|variant| variant.alternate.clone()));
        self.sequence
            .push(Some(format!("{:016x}", background.sequence)));
    }

    /// Empties the buffer, and returns its rows as the columns of the table.
    pub fn take(&mut self) -> Vec<Column> {
        let column = |name: &str, cells| Column {
            name: name.to_string(),
            unit: None,
            cells,
        };
        let empty = self.axes.iter().map(AxisColumn::empty).collect();
        let mut columns = vec![column(
            "experiment",
            Cells::Text(take(&mut self.experiment)),
        )];
        columns.extend(std::mem::replace(&mut self.at, empty));
        columns.extend([
            column("arm", Cells::Text(take(&mut self.arm))),
            column("contrast", Cells::Text(take(&mut self.contrast))),
            column("outcome", Cells::Text(take(&mut self.outcome))),
            column("unit", Cells::Text(take(&mut self.unit))),
        ]);
        if let Some(places) = &mut self.place {
            columns.push(column("place", Cells::Whole(take(places))));
        }
        columns.extend([
            column("index", Cells::Whole(take(&mut self.index))),
            column("source", Cells::Whole(take(&mut self.source))),
            column("name", Cells::Text(take(&mut self.name))),
            column("chromosome", Cells::Text(take(&mut self.chromosome))),
            column("start", Cells::Whole(take(&mut self.start))),
            column("end", Cells::Whole(take(&mut self.end))),
            column("strand", Cells::Text(take(&mut self.strand))),
            column("position", Cells::Whole(take(&mut self.position))),
            column("id", Cells::Text(take(&mut self.id))),
            column("reference", Cells::Text(take(&mut self.reference))),
            column("alternate", Cells::Text(take(&mut self.alternate))),
            column("sequence", Cells::Text(take(&mut self.sequence))),
            column("value", Cells::Number(take(&mut self.value))),
        ]);
        columns
    }
}
