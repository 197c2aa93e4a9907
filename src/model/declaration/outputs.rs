//! Resolves the outputs of a network: their tasks, their units, and how they align with the sequence.

use std::collections::HashSet;
use std::path::Path;

use super::fixed_after_batch;
use super::input_shapes::show_shape;
use super::sources::{DeclarationSources, OutputDefaults};
use crate::declaration_file::TomlOutput;
use crate::encoding::Layout;
use crate::graph::{Graph, ValueId};
use crate::last_step::LastStep;
use crate::output::{Output, OutputAxis, Track};
use crate::python::is_python;
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};

/// Maximum number of output elements for one sequence.
const MAX_COLUMNS: usize = 1 << 31;

/// Number of bins of tokens that may stand before or behind the sequence.
const BINS_AROUND: i64 = 4;

/// Inputs or outputs with their shapes, as a diagnostic lists them. Outputs have the names that the file gives them.
fn listed(graph: &Graph, ids: &[ValueId]) -> String {
    let named = |(number, id): (usize, &ValueId)| {
        let value = &graph.values[id.0];
        let name = match ids == graph.outputs {
            true => graph.output_names.get(number),
            false => None,
        };
        let name = name.unwrap_or(&value.name);
        let shape = value.shape.as_deref().map(show_shape);
        format!("`{name}` {}", shape.unwrap_or_default())
    };
    let all: Vec<String> = ids.iter().enumerate().map(named).collect();
    all.join(", ").trim_end().to_string()
}

impl DeclarationSources {
    pub(super) fn outputs(
        &self,
        graph: &Graph,
        declared: Vec<TomlOutput>,
        whole: OutputDefaults,
        input: (Layout, usize),
        left_flank: usize,
    ) -> Outcome<Vec<Output>> {
        let OutputDefaults {
            tasks,
            unit,
            before,
            of_tokens,
        } = whole;
        let around = if of_tokens { BINS_AROUND } else { 0 };
        let twice = [
            ("tasks", tasks.is_some()),
            ("unit", unit.is_some()),
            ("before", before.is_some()),
        ];
        if let Some((what, _)) = twice.iter().find(|(_, told)| *told && !declared.is_empty()) {
            return Err(Box::new(
                Diagnostic::error(
                    Code::DeclarationMismatch,
                    format!(
                        "`{}` has both a top-level `{what}` and `[[output]]` tables",
                        self.toml
                    ),
                )
                .help(format!("move `{what}` into the `[[output]]` tables")),
            ));
        }
        let shapes = graph.output_shapes();
        let name = |output: usize| graph.output_names.get(output).cloned();
        let declared = match (declared.is_empty(), shapes.len()) {
            (true, 1) => vec![TomlOutput {
                name: name(0),
                tasks: tasks.unwrap_or_default(),
                unit,
                before,
                ..TomlOutput::default()
            }],
            (true, n) if tasks.is_none() => (0..n)
                .map(|output| TomlOutput {
                    name: name(output),
                    unit: unit.clone(),
                    before,
                    ..TomlOutput::default()
                })
                .collect(),
            (true, n) => {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::DeclarationMismatch,
                        format!("`{}` has {n} outputs, but `tasks` describes one", self.file),
                    )
                    .help("describe each output in an `[[output]]` table of the .toml"),
                ));
            }
            (false, n) if n != declared.len() => {
                return Err(self.wrong_count("output", declared.len(), graph, &graph.outputs));
            }
            (false, _) => declared,
        };
        self.check_names_of_file(graph, &declared)?;
        let steps: Vec<Option<LastStep>> = declared.iter().map(|output| output.before).collect();
        self.check_last_steps(graph, &steps)?;
        let mut outputs = Vec::new();
        let mut offset = 0;
        for (shape, declared) in shapes.into_iter().zip(declared) {
            let Some(shape) = shape.and_then(fixed_after_batch) else {
                return Err(Box::new(Diagnostic::error(
                    Code::BadModelFile,
                    format!(
                        "the graph of `{}` does not state the shape of its output",
                        self.file
                    ),
                )));
            };
            if let Some(stated) = declared.shape.as_ref().filter(|stated| **stated != shape) {
                let message = format!(
                    "`shape` is {stated:?} in `{}`, but {shape:?} after the batch in the graph",
                    self.toml
                );
                return Err(Box::new(Diagnostic::error(
                    Code::DeclarationMismatch,
                    message,
                )));
            }
            let size = shape
                .iter()
                .try_fold(1usize, |n, extent| n.checked_mul(*extent))
                .and_then(|size| size.checked_add(offset));
            let Some(end) = size.filter(|end| *end <= MAX_COLUMNS) else {
                return Err(Box::new(Diagnostic::error(
                    Code::BadModelFile,
                    format!(
                        "an output of `{}` has shape {shape:?}, which is larger than supported",
                        self.file
                    ),
                )));
            };
            let track = self.track(&shape, &declared, input, around)?;
            let axes = self.axes(&shape, &declared, track.as_ref())?;
            // Declared positions count from the start of the input, tracks from the first base after the left flank.
            let track = track.map(|track| Track {
                start: track.start - left_flank as i64,
                ..track
            });
            let unit_before = declared.before.and_then(LastStep::unit_before);
            let mut output = Output {
                name: declared.name,
                shape,
                tasks: declared.tasks,
                axes,
                unit: declared.unit.or(unit_before.map(String::from)),
                before: declared.before,
                offset,
                track,
                opposite: Vec::new(),
            };
            let entries = output.entries();
            if !output.tasks.is_empty() && output.tasks.len() != entries {
                return Err(Box::new(Diagnostic::error(
                    Code::DeclarationMismatch,
                    format!(
                        "{} declared, but `{}` has {}",
                        match output.tasks.len() {
                            1 => "1 task is".to_string(),
                            n => format!("{n} tasks are"),
                        },
                        self.file,
                        pluralize(entries, "output")
                    ),
                )));
            }
            output.opposite = self.opposite(&output.tasks, &declared.opposite)?;
            if let Some(name) = &output.name
                && outputs
                    .iter()
                    .any(|o: &Output| o.name.as_ref() == Some(name))
            {
                return Err(self.wrong(format!("has the same name as another: `{name}`")));
            }
            offset = end;
            outputs.push(output);
        }
        self.check_names(&outputs)?;
        Ok(outputs)
    }

    /// Checks that each output ends with the function that `before` names.
    fn check_last_steps(&self, graph: &Graph, steps: &[Option<LastStep>]) -> Outcome<()> {
        if steps.iter().all(Option::is_none) {
            return Ok(());
        }
        let Err((number, made_by)) = graph.clone().without_last_step(steps) else {
            return Ok(());
        };
        if graph.nodes.is_empty() {
            let what = match is_python(Path::new(&self.file)) {
                true => "runs in Python",
                false => "is TorchScript",
            };
            let message = format!(
                "`{}` {what}, where its last step cannot be split off",
                self.file
            );
            return Err(Box::new(
                Diagnostic::error(Code::DeclarationMismatch, message)
                    .help("leave `before` out, or export the network again with torch.export"),
            ));
        }
        let step = steps[number].map_or("", LastStep::word);
        let output = match steps.len() {
            1 => "the output".to_string(),
            _ => format!("output {}", number + 1),
        };
        let message = format!(
            "{output} of `{}` cannot be taken before its `{step}`: it is made by `{made_by}`",
            self.file
        );
        let diagnostic = Diagnostic::error(Code::DeclarationMismatch, message);
        Err(Box::new(match graph.last_step(number) {
            Some(last) => diagnostic.help(format!("its last step is `{}`", last.word())),
            None => diagnostic.help(
                "leave `before` out: the output does not end with any of the supported functions",
            ),
        }))
    }

    /// Checks that tasks with a single element have unique names, as scripts select them by name.
    fn check_names(&self, outputs: &[Output]) -> Outcome<()> {
        let mut known = HashSet::new();
        let mut names = outputs
            .iter()
            .filter(|output| output.size() == output.tasks.len())
            .flat_map(|output| &output.tasks);
        match names.find(|task| !known.insert(*task)) {
            None => Ok(()),
            Some(task) => Err(Box::new(Diagnostic::error(
                Code::BadDeclaration,
                format!("two tasks of `{}` are named \"{task}\"", self.file),
            ))),
        }
    }

    /// Alignment with the sequence of an output that declares a `bin`.
    fn track(
        &self,
        shape: &[usize],
        declared: &TomlOutput,
        (layout, length): (Layout, usize),
        around: i64,
    ) -> Outcome<Option<Track>> {
        let Some(bin) = declared.bin else {
            if declared.start.is_some() || declared.layout.is_some() {
                return Err(self.wrong("has a `start` or `layout`, but no `bin` width"));
            }
            return Ok(None);
        };
        let layout = declared.layout.unwrap_or(layout);
        let bins = match (shape, layout) {
            ([bins], _)
            | ([_, bins], Layout::ChannelsFirst)
            | ([bins, _], Layout::ChannelsLast) => *bins,
            ([.., bins], Layout::ChannelsFirst) | ([bins, ..], Layout::ChannelsLast)
                if !declared.axis.is_empty() =>
            {
                *bins
            }
            _ => {
                return Err(self.wrong(format!(
                    "has a `bin`, but its shape after the batch is {shape:?}; an output along the sequence has one or two dimensions, or names the others in `[[output.axis]]` tables"
                )));
            }
        };
        let span = bins
            .checked_mul(bin)
            .and_then(|width| i64::try_from(width).ok());
        let free = span.and_then(|width| i64::try_from(length).ok()?.checked_sub(width));
        let start = match (free, declared.start) {
            (Some(free), None) => (free >= 0).then_some(free / 2),
            // Bins of tokens around the sequence reach past its ends by a bin or two.
            (Some(free), Some(start)) => {
                let beyond = around * bin as i64;
                (-beyond <= start && start <= free.saturating_add(beyond)).then_some(start)
            }
            (None, _) => None,
        };
        match start.filter(|_| bins > 0 && bin > 0) {
            Some(start) => Ok(Some(Track {
                bins,
                bin,
                start,
                layout,
            })),
            None => {
                let place = declared
                    .start
                    .map_or(String::new(), |start| format!(" from {start} bp on"));
                Err(self.wrong(format!(
                    "has {bins} bins of {bin} bp{place}, which do not fit an input of {length} bp"
                )))
            }
        }
    }

    /// The named dimensions: of an output along the sequence, all but that of the bins; else the leading ones.
    fn axes(
        &self,
        shape: &[usize],
        declared: &TomlOutput,
        track: Option<&Track>,
    ) -> Outcome<Vec<OutputAxis>> {
        if declared.axis.is_empty() {
            return Ok(Vec::new());
        }
        if !declared.tasks.is_empty() || !declared.opposite.is_empty() {
            return Err(self.wrong(
                "has `[[output.axis]]` tables beside `tasks` or `opposite`; the axes name its entries",
            ));
        }
        let named = match track.map(|track| track.layout) {
            None => shape,
            Some(Layout::ChannelsFirst) => &shape[..shape.len() - 1],
            Some(Layout::ChannelsLast) => &shape[1..],
        };
        let fits = match track {
            Some(_) => declared.axis.len() == named.len(),
            None => declared.axis.len() <= named.len(),
        };
        if !fits {
            return Err(self.wrong(format!(
                "has {}, but its shape after the batch is {shape:?}{}",
                pluralize(declared.axis.len(), "`[[output.axis]]` table"),
                if track.is_some() {
                    ", of which one dimension holds the bins"
                } else {
                    ""
                }
            )));
        }
        let mut axes: Vec<OutputAxis> = Vec::new();
        for (axis, &size) in declared.axis.iter().zip(named) {
            let name = &axis.name;
            if name.is_empty() || axes.iter().any(|known| known.name == *name) {
                return Err(self.wrong("has an axis without a `name` of its own"));
            }
            if !axis.entries.is_empty() && axis.entries.len() != size {
                return Err(self.wrong(format!(
                    "names {} of the axis `{name}`, which has {size}",
                    pluralize(axis.entries.len(), "entry")
                )));
            }
            let mut known = HashSet::new();
            if let Some(twice) = axis.entries.iter().find(|entry| !known.insert(*entry)) {
                return Err(self.wrong(format!(
                    "names the entry \"{twice}\" of the axis `{name}` twice"
                )));
            }
            axes.push(OutputAxis {
                name: name.clone(),
                size,
                entries: axis.entries.clone(),
            });
        }
        Ok(axes)
    }

    /// The error for another number of `[[input]]` or `[[output]]` tables than the graph has of these.
    pub(super) fn wrong_count(
        &self,
        what: &str,
        declared: usize,
        graph: &Graph,
        ids: &[ValueId],
    ) -> Box<Diagnostic> {
        let message = format!(
            "`{}` declares {}, but the graph has {}",
            self.toml,
            pluralize(declared, what),
            ids.len()
        );
        Box::new(
            Diagnostic::error(Code::DeclarationMismatch, message).help(format!(
                "write an `[[{what}]]` table for each, in the order of the graph: {}",
                listed(graph, ids)
            )),
        )
    }

    /// Checks that no declared name is the one that the file gives another output.
    fn check_names_of_file(&self, graph: &Graph, declared: &[TomlOutput]) -> Outcome<()> {
        for (number, output) in declared.iter().enumerate() {
            let Some(name) = &output.name else { continue };
            let is_own = graph.output_names.get(number) == Some(name);
            let other = graph.output_names.iter().position(|known| known == name);
            if let Some(other) = other.filter(|_| !is_own) {
                let message = format!(
                    "`{}` gives the name \"{name}\" to output {number}, but `{}` gives it to output {other}",
                    self.toml, self.file
                );
                return Err(Box::new(
                    Diagnostic::error(Code::DeclarationMismatch, message).help(format!(
                        "write the `[[output]]` tables in the order of the graph: {}",
                        listed(graph, &graph.outputs)
                    )),
                ));
            }
        }
        Ok(())
    }

    /// For each task, the index of its counterpart on the opposite strand.
    fn opposite(&self, tasks: &[String], opposite: &[String]) -> Outcome<Vec<usize>> {
        let found = opposite
            .iter()
            .map(|name| tasks.iter().position(|task| task == name))
            .collect::<Option<Vec<usize>>>();
        let of_itself = |map: &Vec<usize>| map.iter().enumerate().all(|(i, &to)| map[to] == i);
        match found {
            Some(map) if map.is_empty() => Ok(map),
            Some(map) if map.len() == tasks.len() && of_itself(&map) => Ok(map),
            _ => Err(self.wrong(
                "needs an `opposite` list that names, for each task, its counterpart on the other strand",
            )),
        }
    }

    fn wrong(&self, what: impl std::fmt::Display) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(
            Code::BadDeclaration,
            format!("an `[[output]]` of `{}` {what}", self.toml),
        ))
    }
}
