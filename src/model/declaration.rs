//! What a model's graph cannot tell: the meaning of its input and of its outputs.

mod inputs;
mod outputs;
mod sources;

use std::path::{Path, PathBuf};

use super::encoding::{Layout, UnknownBase};
use super::flanks::Flanks;
use super::given::Given;
use super::graph::{Dim, Graph};
use super::input::Input;
use super::output::Output;
use super::reach::Reach;
use super::toml_form::{TomlForm, TomlInput};
use super::torchscript::{self, is_torchscript};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::Alphabet;
use sources::Sources;

/// Everything known of a model: the `.toml` beside it, the arguments of `load`, and its graph, which must agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Length in base pairs of the sequences that a script gives it.
    pub length: usize,
    /// What it is shown on both sides of them.
    pub flanks: Flanks,
    /// The bases in the order of the channels, for example `ACGT` or `ACGU`.
    pub alphabet: String,
    pub layout: Layout,
    pub unknown: UnknownBase,
    /// What each of the network's inputs is given, in the graph's order.
    pub inputs: Vec<Input>,
    /// The network's outputs, in the graph's order.
    pub outputs: Vec<Output>,
    /// By output, which stretch of the input its numbers can depend on; none where that is not known. May be empty.
    pub reaches: Vec<Option<Reach>>,
    /// Hash of the model file that the declaration was written for, lower-case hex.
    pub sha256: Option<String>,
    pub source: Option<String>,
    pub licence: Option<String>,
}

impl Declaration {
    /// What is known of a model: its `.toml`, what `load` was given, and its graph. They may each be silent about
    /// something, but where two speak they must agree.
    ///
    /// Fails on a file that is not a `torch.export` archive, on a malformed declaration, on a contradiction and on
    /// what nobody tells. No weights are read.
    pub fn load(path: &Path, given: &Given) -> Outcome<Declaration> {
        let form = TomlForm::read(&TomlForm::path_beside(path))?.unwrap_or_default();
        let graph = match is_torchscript(path) {
            true => torchscript::surface(path, &form, given)?,
            false => Graph::read(path)?,
        };
        Sources::of(path).assemble(&graph, form, given)
    }

    /// What the graph, `given` and `inputs` (none where there is one) tell, whatever stands beside the model file.
    ///
    /// # Errors
    /// As [`Declaration::load`], but for what concerns that file.
    pub fn of(
        graph: &Graph,
        path: &Path,
        given: &Given,
        inputs: Vec<TomlInput>,
    ) -> Outcome<Declaration> {
        let form = TomlForm {
            input: inputs,
            ..TomlForm::default()
        };
        Sources::of(path).assemble(graph, form, given)
    }

    /// Where the declaration of a model file lies.
    pub fn path_beside(model: &Path) -> PathBuf {
        TomlForm::path_beside(model)
    }

    /// Length in base pairs of the network's input.
    pub fn input_length(&self) -> usize {
        self.length + self.flanks.len()
    }

    /// As [`Declaration::of`], of TorchScript that gives outputs of these shapes after the batch; without any, enough to
    /// run it once and see.
    ///
    /// # Errors
    /// As [`Declaration::load`], but for what concerns the file beside the model.
    pub fn of_torchscript(
        path: &Path,
        given: &Given,
        inputs: Vec<TomlInput>,
        shapes: &[Vec<usize>],
    ) -> Outcome<(Declaration, Graph)> {
        let count = inputs.len().max(1);
        let (Some(length), Some(layout)) = (given.length, given.layout) else {
            let message = format!(
                "nothing tells how long the input of `{}` is",
                path.display()
            );
            return Err(Box::new(
                Diagnostic::error(Code::Incomplete, message).help("declare `length` and `layout`"),
            ));
        };
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let graph = torchscript::graph_of(count, layout, length, shapes);
        let declaration = Declaration::of(&graph, path, given, inputs)?;
        Ok((declaration, graph))
    }

    /// The stretch of a script's sequence that a column can depend on; none where that is not known, or not bounded.
    pub fn reach(&self, column: usize) -> Option<std::ops::Range<i64>> {
        let number = self
            .outputs
            .iter()
            .position(|output| (output.offset..output.offset + output.size()).contains(&column))?;
        let reach = self.reaches.get(number).copied().flatten()?;
        let seen = reach.of(column - self.outputs[number].offset);
        let left = self.flanks.left.len() as i64;
        Some(seen.start - left..seen.end - left)
    }

    /// Numbers that the network gives for one sequence, over all outputs.
    pub fn columns(&self) -> usize {
        self.outputs
            .last()
            .map_or(0, |output| output.offset + output.size())
    }

    /// The column of a task, where a task is a single number.
    pub fn column(&self, task: &str) -> Option<usize> {
        self.outputs.iter().find_map(|output| {
            let index = output.tasks.iter().position(|known| known == task)?;
            (output.size() == output.tasks.len()).then_some(output.offset + index)
        })
    }

    /// The first output along the sequence with a task of this name, and the task's index in it.
    pub fn track_of(&self, task: &str) -> Option<(usize, usize)> {
        self.outputs.iter().enumerate().find_map(|(i, output)| {
            output.track.as_ref()?;
            Some((i, output.tasks.iter().position(|known| known == task)?))
        })
    }

    /// The column that says of the reverse complement of a sequence what this column says of the sequence.
    pub fn mirrored(&self, column: usize) -> usize {
        match self.output_of(column) {
            Some(output) => output.offset + output.mirrored(column - output.offset),
            None => column,
        }
    }

    /// A column as a script writes it behind the model's name: `["DNase"]`, `.profile["plus"][500bp]`, `[3]`.
    pub fn column_name(&self, column: usize) -> String {
        let by_number = format!("[{column}]");
        let Some(output) = self.output_of(column) else {
            return by_number;
        };
        let place = column - output.offset;
        let head = output.name.as_ref().map(|name| format!(".{name}"));
        if let Some(track) = &output.track {
            let (task, bin) = track.place(output.entries(), place);
            let task = match output.tasks.get(task) {
                Some(task) => format!("[\"{task}\"]"),
                None if output.entries() == 1 => String::new(),
                None => format!("[{task}]"),
            };
            let head = head.unwrap_or_default();
            return format!("{head}{task}[{}bp]", track.start + (bin * track.bin) as i64);
        }
        match (self.task_name(column), head) {
            (Some(task), _) => format!("[\"{task}\"]"),
            (None, Some(head)) if output.size() == 1 => head,
            _ => by_number,
        }
    }

    pub fn task_name(&self, column: usize) -> Option<&str> {
        let output = self.output_of(column)?;
        let index = column - output.offset;
        (output.size() == output.tasks.len())
            .then(|| output.tasks.get(index).map(String::as_str))
            .flatten()
    }

    /// The scale of a column's numbers.
    pub fn unit(&self, column: usize) -> Option<&str> {
        self.output_of(column)?.unit.as_deref()
    }

    fn output_of(&self, column: usize) -> Option<&Output> {
        self.outputs
            .iter()
            .find(|output| (output.offset..output.offset + output.size()).contains(&column))
    }

    pub fn alphabet_kind(&self) -> Alphabet {
        Declaration::kind_of(&self.alphabet)
    }

    fn kind_of(alphabet: &str) -> Alphabet {
        if alphabet.contains('U') {
            Alphabet::Rna
        } else {
            Alphabet::Dna
        }
    }

    /// The base code of each channel, in order.
    pub fn channels(&self) -> [u8; 4] {
        let kind = self.alphabet_kind();
        let mut codes = [0; 4];
        for (slot, letter) in codes.iter_mut().zip(self.alphabet.chars()) {
            *slot = kind.encode(letter).unwrap_or(0);
        }
        codes
    }
}

/// The dimensions behind the batch, where none is free.
fn fixed_after_batch(shape: &[Dim]) -> Option<Vec<usize>> {
    shape
        .iter()
        .skip(1)
        .map(|dim| match dim {
            Dim::Fixed(n) => usize::try_from(*n).ok(),
            Dim::Free => None,
        })
        .collect()
}
