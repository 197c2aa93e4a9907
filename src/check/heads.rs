//! Outputs of models by name, their tasks, and the part of a sequence that they are read over:
//! `m.profile["DNase"][400bp..600bp]`.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::Checker;
use super::value::{Anchor, ChosenEntries, ModelOutput, Places, Position, TrackValue, Value};
use gia_base::diag::{Code, Diagnostic, Outcome, closest, pluralize};
use gia_design::OutputRef;
use gia_model::{Output, OutputAxis, Track};

impl Checker<'_> {
    /// `m.profile`.
    pub(super) fn head_by_name(&mut self, model: usize, name: &str) -> Outcome<Value> {
        let declaration = self.models[model].declaration.clone();
        let called = |output: &Output| output.name.as_deref() == Some(name);
        if let Some(output) = declaration.outputs.iter().position(called) {
            return Ok(Value::Head(ModelOutput {
                model,
                output,
                task: None,
                chosen: ChosenEntries::default(),
            }));
        }
        let names: Vec<&str> = declaration
            .outputs
            .iter()
            .filter_map(|output| output.name.as_deref())
            .collect();
        let is_task = declaration
            .outputs
            .iter()
            .any(|output| output.tasks.iter().any(|task| task == name));
        let diagnostic = Diagnostic::error(
            Code::UnknownTask,
            format!("`{}` has no output `{name}`", self.models[model].name),
        );
        Err(Box::new(match closest(name, names.iter().copied()) {
            _ if is_task || names.is_empty() => {
                diagnostic.help(format!("a task stands in brackets: `[\"{name}\"]`"))
            }
            Some(close) => diagnostic.did_you_mean(close),
            None => diagnostic.help(format!("its outputs are `{}`", names.join("`, `"))),
        }))
    }

    /// The output along the sequence of a model that has a single one, with a single task.
    pub(super) fn only_track(&mut self, model: usize) -> Outcome<ModelOutput> {
        let declaration = self.models[model].declaration.clone();
        let mut tracks = declaration
            .outputs
            .iter()
            .enumerate()
            .filter(|(_, output)| output.track.is_some());
        let name = &self.models[model].name;
        let Some((output, _)) = tracks.next() else {
            return Err(Box::new(
                Diagnostic::error(
                    Code::UnknownTask,
                    format!("no output of `{name}` is declared to lie along the sequence"),
                )
                .help("declare the width of its bins: `bin = 1` in an `[[output]]` of the .toml beside the file"),
            ));
        };
        if tracks.next().is_some() {
            let message =
                format!("`{name}` has several outputs along the sequence; say which is meant");
            return Err(Diagnostic::error(Code::UnknownTask, message).into());
        }
        Ok(ModelOutput {
            model,
            output,
            task: None,
            chosen: ChosenEntries::default(),
        })
    }

    /// A task of an output, or a part of its numbers.
    pub(super) fn index_head(&mut self, head: ModelOutput, at: &Value) -> Outcome<Value> {
        let declaration = self.models[head.model].declaration.clone();
        let output = &declaration.outputs[head.output];
        if let Some(axis) = output.axes.get(head.chosen.depth)
            && matches!(at, Value::Text(_) | Value::Number(_))
        {
            let entry = self.entry_of_axis(head, output, axis, at)?;
            let chosen = ChosenEntries {
                depth: head.chosen.depth + 1,
                index: head.chosen.index * axis.size + entry,
            };
            let head = ModelOutput { chosen, ..head };
            return Ok(match chosen.depth == output.axes.len() {
                true => self.select_task(head, output, chosen.index),
                false => Value::Head(head),
            });
        }
        match at {
            Value::Text(task) if head.task.is_none() => {
                let found = output.tasks.iter().position(|known| **known == **task);
                let Some(index) = found else {
                    return Err(self.unknown_task_error(head, output, &format!("\"{task}\"")));
                };
                Ok(self.select_task(head, output, index))
            }
            Value::Number(n) if head.task.is_none() => {
                if *n >= 0.0 && n.fract() == 0.0 && *n < output.entries() as f64 {
                    return Ok(self.select_task(head, output, *n as usize));
                }
                Err(self.unknown_task_error(head, output, &n.to_string()))
            }
            Value::Region { start, end } => {
                let (track, task) = self.track_alignment(head, output)?;
                let length = declaration.length as i64;
                let (start, end) = (start.start_of(0, length), end.start_of(0, length));
                let bins = track.bins_in(start, end);
                let inside = start >= track.start && end <= track.end();
                if bins.is_empty() || !inside {
                    return Err(self.outside_track_error(
                        head,
                        output,
                        &track,
                        &format!("{start}bp..{end}bp"),
                    ));
                }
                Ok(Value::Track(Rc::new(
                    self.track_of(head, output, &track, task, bins),
                )))
            }
            Value::Position(_) | Value::Length(_) => {
                let (track, task) = self.track_alignment(head, output)?;
                let position = match at {
                    Value::Position(position) => *position,
                    Value::Length(offset) => Position {
                        anchor: Anchor::Start,
                        offset: *offset,
                    },
                    _ => return Err(self.outside_track_error(head, output, &track, "here")),
                };
                let at = position.start_of(0, declaration.length as i64);
                if at < track.start || at >= track.end() {
                    return Err(self.outside_track_error(head, output, &track, &format!("{at}bp")));
                }
                let bin = (at - track.start) as usize / track.bin;
                Ok(self.read(head.model, output.column_at(&track, task, bin)))
            }
            // The number of a bin, as of a track: `net.profile["plus"][3]`.
            Value::Number(_) if output.track.is_some() => {
                let track = self.head_track(head)?;
                self.index_track(&track, at)
            }
            other => Err(Box::new(Diagnostic::error(
                Code::TypeMismatch,
                format!(
                    "{} is indexed with {}, not with {}",
                    self.head_name(head),
                    match (head.task, &output.track) {
                        (None, None) => "a task",
                        (None, Some(_)) => "a task or a part of the sequence",
                        _ => "a part of the sequence",
                    },
                    other.kind()
                ),
            ))),
        }
    }

    /// The entry of an axis that a name or a number selects.
    fn entry_of_axis(
        &self,
        head: ModelOutput,
        output: &Output,
        axis: &OutputAxis,
        at: &Value,
    ) -> Outcome<usize> {
        let found = match at {
            Value::Text(name) => axis.entries.iter().position(|entry| **entry == **name),
            Value::Number(n) => {
                (*n >= 0.0 && n.fract() == 0.0 && *n < axis.size as f64).then_some(*n as usize)
            }
            _ => None,
        };
        let written = match at {
            Value::Text(name) => format!("\"{name}\""),
            Value::Number(n) => n.to_string(),
            other => other.kind().to_string(),
        };
        found.ok_or_else(|| {
            let diagnostic = Diagnostic::error(
                Code::UnknownTask,
                format!("{} has no {} {written}", self.head_name(head), axis.name),
            );
            let entries = axis.entries.iter().map(String::as_str);
            let other = output.axes.iter().find(|other| match at {
                Value::Text(name) => other.entries.iter().any(|entry| **entry == **name),
                _ => false,
            });
            Box::new(match (other, closest(written.trim_matches('"'), entries)) {
                (Some(other), _) => diagnostic.help(format!(
                    "{written} is an entry of `{}`; axes are selected in their order: {}",
                    other.name,
                    axes_in_order(output)
                )),
                (None, Some(close)) => diagnostic.did_you_mean_text(close),
                (None, None) => diagnostic.help(axis_help(axis)),
            })
        })
    }

    /// A task of an output: a query if the task is one number, else the output narrowed to the task.
    fn select_task(&self, head: ModelOutput, output: &Output, task: usize) -> Value {
        if output.track.is_none() && output.size() == output.entries() {
            return self.read(head.model, output.offset + task);
        }
        Value::Head(ModelOutput {
            task: Some(task),
            ..head
        })
    }

    /// The track of an output along the sequence, and the index of the task to read.
    fn track_alignment(&self, head: ModelOutput, output: &Output) -> Outcome<(Track, usize)> {
        let name = self.head_name(head);
        let Some(track) = output.track else {
            return Err(Box::new(
                Diagnostic::error(
                    Code::UnknownTask,
                    format!("{name} is not declared to lie along the sequence"),
                )
                .help("declare the width of its bins: `bin = 1` in its `[[output]]` of the .toml beside the file"),
            ));
        };
        match head.task {
            Some(task) => Ok((track, task)),
            None if output.entries() == 1 => Ok((track, 0)),
            None => Err(Box::new(
                Diagnostic::error(
                    Code::UnknownTask,
                    format!(
                        "{name} has {}; say which is meant",
                        pluralize(output.entries() / chosen_parts(head, output), "task")
                    ),
                )
                .help(
                    match (output.axes.get(head.chosen.depth), output.tasks.as_slice()) {
                        (Some(axis), _) => axis_help(axis),
                        (None, []) => "write its number in brackets first: `[0]`".to_string(),
                        (None, tasks) => format!("its tasks are \"{}\"", tasks.join("\", \"")),
                    },
                ),
            )),
        }
    }

    /// The number of an output that has only one.
    pub(super) fn single_column(&mut self, head: ModelOutput) -> Outcome<Value> {
        let declaration = self.models[head.model].declaration.clone();
        let output = &declaration.outputs[head.output];
        if output.size() == 1 {
            return Ok(self.read(head.model, output.offset));
        }
        let name = self.head_name(head);
        if let Some(track) = output.track {
            let (_, task) = self.track_alignment(head, output)?;
            if track.bins == 1 {
                return Ok(self.read(head.model, output.column_at(&track, task, 0)));
            }
            let written = name.trim_matches('`');
            return Err(Box::new(
                Diagnostic::error(
                    Code::TypeMismatch,
                    format!("{name} is {}, and one is measured", pluralize(track.bins, "number")),
                )
                .help(format!(
                    "make them one: `sum({written}[{}bp..{}bp])`, or `mean`, `max` or `min` of them",
                    track.start,
                    track.end()
                )),
            ));
        }
        Err(Box::new(
            Diagnostic::error(
                Code::UnknownTask,
                format!(
                    "{name} has {}; say which is meant",
                    pluralize(output.size() / chosen_parts(head, output), "number")
                ),
            )
            .help(
                match (output.axes.get(head.chosen.depth), output.tasks.first()) {
                    (Some(axis), _) => axis_help(axis),
                    (None, Some(task)) => format!("write its task in brackets: `[\"{task}\"]`"),
                    (None, None) => "write its number in brackets: `[0]`".to_string(),
                },
            ),
        ))
    }

    /// Some bins of a task as a track.
    fn track_of(
        &self,
        head: ModelOutput,
        output: &Output,
        track: &Track,
        task: usize,
        bins: Range<usize>,
    ) -> TrackValue {
        let start = track.start + (bins.start * track.bin) as i64;
        let columns = bins.map(|bin| output.column_at(track, task, bin));
        self.track_of_columns(
            head.model,
            columns.collect(),
            Places::Sequence {
                start,
                bin: track.bin,
            },
        )
    }

    /// Columns of a model as a track.
    pub(super) fn track_of_columns(
        &self,
        model: usize,
        columns: Vec<usize>,
        places: Places,
    ) -> TrackValue {
        let declaration = &self.models[model].declaration;
        let unit = columns.first().and_then(|column| declaration.unit(*column));
        TrackValue {
            unit: unit.map(String::from),
            track: Arc::new(gia_design::Track::Leaves(
                columns
                    .into_iter()
                    .map(|column| OutputRef { model, column })
                    .collect(),
            )),
            places: Some(places),
        }
    }

    /// All numbers of an output, or of one of its tasks, in order.
    pub(super) fn head_track(&mut self, head: ModelOutput) -> Outcome<TrackValue> {
        let declaration = self.models[head.model].declaration.clone();
        let output = &declaration.outputs[head.output];
        if output.track.is_some() {
            let (track, task) = self.track_alignment(head, output)?;
            return Ok(self.track_of(head, output, &track, task, 0..track.bins));
        }
        // The numbers of a task, or of what is chosen on the leading axes, follow each other.
        let (index, parts) = match (head.task, output.axes.is_empty()) {
            (Some(task), _) => (task, output.entries()),
            (None, true) => (0, 1),
            (None, false) => (head.chosen.index, chosen_parts(head, output)),
        };
        let each = output.size() / parts.max(1);
        let first = output.offset + index * each;
        let columns = first..first + each;
        let places = Places::Numbered { first: 0, step: 1 };
        Ok(self.track_of_columns(head.model, columns.collect(), places))
    }

    /// An output or task as a script writes it.
    fn head_name(&self, head: ModelOutput) -> String {
        let model = &self.models[head.model];
        let output = &model.declaration.outputs[head.output];
        let name = output.name.as_ref();
        let name = name.map_or(String::new(), |name| format!(".{name}"));
        let task = match head.task {
            Some(task) => output.task_label(task),
            None => output.label_of_axes(head.chosen.index, head.chosen.depth),
        };
        format!("`{}{name}{task}`", model.name)
    }

    fn unknown_task_error(
        &self,
        head: ModelOutput,
        output: &Output,
        task: &str,
    ) -> Box<Diagnostic> {
        let diagnostic = Diagnostic::error(
            Code::UnknownTask,
            format!("{} has no task {task}", self.head_name(head)),
        );
        let tasks = &output.tasks;
        Box::new(
            match closest(task.trim_matches('"'), tasks.iter().map(String::as_str)) {
                Some(close) => diagnostic.did_you_mean_text(close),
                None if tasks.is_empty() => diagnostic.help(format!(
                    "it has {}, counted from 0",
                    pluralize(output.entries(), "task")
                )),
                None => diagnostic.help(format!("its tasks are \"{}\"", tasks.join("\", \""))),
            },
        )
    }

    fn outside_track_error(
        &self,
        head: ModelOutput,
        output: &Output,
        track: &Track,
        at: &str,
    ) -> Box<Diagnostic> {
        let bins = match (track.bins, track.bin) {
            (bins, 1) => pluralize(bins, "base"),
            (bins, width) => format!("{} of {width} bp", pluralize(bins, "bin")),
        };
        let name = match &output.name {
            Some(_) => self.head_name(head),
            None => format!("the output of {}", self.head_name(head)),
        };
        Box::new(Diagnostic::error(
            Code::DoesNotFit,
            format!(
                "{at} is not inside {name}, which covers {}bp..{}bp of the sequence, {bins}",
                track.start,
                track.end()
            ),
        ))
    }
}

/// Number of combinations of entries on the axes that are chosen so far; one of them is meant. At least 1.
pub(super) fn chosen_parts(head: ModelOutput, output: &Output) -> usize {
    let chosen = output.axes.iter().take(head.chosen.depth);
    chosen.map(|axis| axis.size).product::<usize>().max(1)
}

/// What may stand in the next brackets of an output with named axes.
fn axis_help(axis: &OutputAxis) -> String {
    const MAX_NAMED: usize = 12;
    match axis.entries.as_slice() {
        [] => format!(
            "its {} is selected by number, from 0 to {}",
            axis.name,
            axis.size.saturating_sub(1)
        ),
        entries if entries.len() <= MAX_NAMED => {
            format!("its {} is one of \"{}\"", axis.name, entries.join("\", \""))
        }
        [first, .., last] => format!(
            "its {} is one of {}, from \"{first}\" to \"{last}\"",
            axis.name, axis.size
        ),
        [only] => format!("its {} is \"{only}\"", axis.name),
    }
}

/// `[CELL][ASSAY]`.
fn axes_in_order(output: &Output) -> String {
    let axes = output
        .axes
        .iter()
        .map(|axis| format!("[{}]", axis.name.to_uppercase()));
    format!("`{}`", axes.collect::<String>())
}
