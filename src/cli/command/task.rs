//! The task that `--of` names, for `gia ism` and `gia gradients`.
//!
//! Tasks are numbered over all outputs: those of an output along the sequence, each with all of its bins, and every number of another.

use gia_base::diag::{Code, Diagnostic, Outcome, closest, pluralize};
use gia_base::spelling::string_literal;
use gia_model::{Declaration, Output, Track};

/// What `--of` selects.
pub enum Task<'a> {
    /// One column.
    Column(usize),
    /// A task of an output along the sequence, which is summed over its bins.
    Profile {
        output: &'a Output,
        track: &'a Track,
        task: usize,
    },
}

impl<'a> Task<'a> {
    /// The task with this name or number; the only one if none is given. `model` is what messages call the model.
    pub fn find(
        declaration: &'a Declaration,
        model: &str,
        given: Option<&str>,
    ) -> Outcome<Task<'a>> {
        let all = declaration.outputs.iter().map(numbered).sum::<usize>();
        let Some(given) = given else {
            if all == 1 {
                return Ok(Task::numbered(declaration, 0));
            }
            let message = format!("`{model}` has {all} outputs, and no task was chosen");
            let names = declaration.outputs.first();
            let example = names.and_then(|output| output.tasks.first());
            return Err(Diagnostic::error(Code::UnknownTask, message)
                .help(format!(
                    "choose one, for example `--of {}`",
                    example.map_or("0", String::as_str)
                ))
                .into());
        };
        if let Some(diagnostic) = ambiguous(declaration, model, given) {
            return Err(diagnostic);
        }
        if let Some(column) = declaration.column(given) {
            return Ok(Task::Column(column));
        }
        if let Some((output, task)) = declaration.track_of(given) {
            let output = &declaration.outputs[output];
            if let Some(track) = &output.track {
                return Ok(Task::Profile {
                    output,
                    track,
                    task,
                });
            }
        }
        if let Some(task) = Task::only_of(declaration, given) {
            return Ok(task);
        }
        if let Some(number) = given.parse().ok().filter(|number| *number < all) {
            return Ok(Task::numbered(declaration, number));
        }
        let outputs = declaration.outputs.iter();
        let names = outputs.flat_map(|output| output.tasks.iter().chain(&output.name));
        let message = format!("`{model}` has no task \"{given}\"");
        let diagnostic = Diagnostic::error(Code::UnknownTask, message);
        Err(Box::new(match closest(given, names.map(String::as_str)) {
            Some(close) => diagnostic.help(format!("did you mean `--of {close}`?")),
            None => diagnostic.help(format!(
                "it has {}, numbered from 0",
                pluralize(all, "output")
            )),
        }))
    }

    /// The task of an output with this name that has no other.
    fn only_of(declaration: &'a Declaration, name: &str) -> Option<Task<'a>> {
        let is_named = |output: &&Output| output.name.as_deref() == Some(name);
        let output = declaration.outputs.iter().find(is_named)?;
        if numbered(output) != 1 {
            return None;
        }
        Some(match &output.track {
            Some(track) => Task::Profile {
                output,
                track,
                task: 0,
            },
            None => Task::Column(output.offset),
        })
    }

    fn numbered(declaration: &Declaration, mut number: usize) -> Task<'_> {
        for output in &declaration.outputs {
            match &output.track {
                _ if number >= numbered(output) => number -= numbered(output),
                Some(track) => {
                    return Task::Profile {
                        output,
                        track,
                        task: number,
                    };
                }
                None => return Task::Column(output.offset + number),
            }
        }
        Task::Column(0)
    }

    /// The columns whose sum the task is.
    pub fn columns(&self) -> Vec<usize> {
        match self {
            Task::Column(column) => vec![*column],
            Task::Profile {
                output,
                track,
                task,
            } => (0..track.bins)
                .map(|bin| output.column_at(track, *task, bin))
                .collect(),
        }
    }

    /// The task as a script reads it from the model `net`.
    pub fn query(&self, declaration: &Declaration) -> String {
        match self {
            Task::Column(_) if declaration.columns() == 1 => "net".to_string(),
            Task::Column(column) => match declaration.task_name(*column) {
                // Another output may have a task of the same name.
                Some(name) if declaration.column(name) == Some(*column) => {
                    format!("net[{}]", string_literal(name))
                }
                _ => format!("net[{column}]"),
            },
            Task::Profile { output, task, .. } => {
                let name = output.tasks.get(*task).filter(|name| {
                    let found = declaration.track_of(name);
                    declaration.column(name).is_none()
                        && found.is_some_and(|(at, index)| {
                            declaration.outputs[at].offset == output.offset && index == *task
                        })
                });
                let is_only = output.entries() == 1 && output.axes.is_empty();
                match (name, &output.name) {
                    (Some(name), _) => format!("sum(net[{}])", string_literal(name)),
                    (None, Some(head)) if is_only && output.tasks.is_empty() => {
                        format!("sum(net.{head})")
                    }
                    (None, Some(head)) => format!("sum(net.{head}{})", output.task_label(*task)),
                    (None, None) => {
                        let columns = self.columns();
                        let read = columns.iter().map(|column| format!("net[{column}]"));
                        format!("sum([{}])", read.collect::<Vec<_>>().join(", "))
                    }
                }
            }
        }
    }
}

/// Error: several outputs have a task of this name; none if at most one has.
fn ambiguous(declaration: &Declaration, model: &str, given: &str) -> Option<Box<Diagnostic>> {
    let mut numbers = Vec::new();
    let mut first = 0;
    for output in &declaration.outputs {
        let tasks = output.tasks.iter().enumerate();
        let named = tasks.filter(|(_, task)| *task == given);
        numbers.extend(named.map(|(index, _)| first + index));
        first += numbered(output);
    }
    let [one, .., last] = numbers.as_slice() else {
        return None;
    };
    let message = format!(
        "`{model}` has {} called \"{given}\"",
        pluralize(numbers.len(), "task")
    );
    let help =
        format!("choose one by its number over all outputs, such as `--of {one}` or `--of {last}`");
    Some(Box::new(
        Diagnostic::error(Code::UnknownTask, message).help(help),
    ))
}

/// How many tasks of an output have a number.
fn numbered(output: &Output) -> usize {
    match &output.track {
        Some(_) => output.entries(),
        None => output.size(),
    }
}
