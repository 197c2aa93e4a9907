//! The declaration of a model: what its inputs and outputs mean, which its graph does not state.

mod input_encoding;
mod input_shapes;
mod inputs;
mod outputs;
mod sources;
mod vocabulary;

use std::path::{Path, PathBuf};

use super::declaration_file::{DeclarationFile, TomlInput};
use super::encoding::{Layout, UnknownBase};
use super::flanks::Flanks;
use super::graph::{Dim, Graph, OtherPrecision};
use super::input::Input;
use super::load_arguments::LoadArguments;
use super::opaque::{self, is_opaque};
use super::output::Output;
use super::output_receptive_field::OutputReceptiveField;
use super::python::{self, NetworkKind};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::Alphabet;
use sources::DeclarationSources;

/// Everything that is declared or derived about a model, from the `.toml` beside the file, the arguments of `load`, and
/// the graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Length in base pairs of the sequences that a script gives to the model, without flanks.
    pub length: usize,
    /// Fixed bases on both sides that pad each sequence to the network's input.
    pub flanks: Flanks,
    /// The bases in the order of the channels, for example `ACGT` or `ACGU`.
    pub alphabet: String,
    /// Which dimension of the one-hot input holds the four bases; the same for all sequence inputs.
    pub layout: Layout,
    /// How an unknown base (`N`) is encoded in the one-hot input.
    pub unknown: UnknownBase,
    /// What each input of the network receives, in the graph's order.
    pub inputs: Vec<Input>,
    /// The network's outputs, in the graph's order.
    pub outputs: Vec<Output>,
    /// Receptive field of each output; none if it cannot be derived. Empty for a model without a graph.
    pub receptive_fields: Vec<Option<OutputReceptiveField>>,
    /// What Python imports, for a network in Python; none for a model file.
    pub entry: Option<String>,
    /// Hash of the model file that the declaration was written for, or identity of the network in Python, lower-case hex.
    pub sha256: Option<String>,
    /// The first node that the network computes in another precision than float32; none if there is no such node.
    pub other_precision: Option<OtherPrecision>,
    /// Origin of the model in free text: who trained it, on which data.
    pub source: Option<String>,
    /// The licence of the model, in free text.
    pub licence: Option<String>,
}

impl Declaration {
    /// The warning that gia computes in float32 what the network computes in another precision; none if it does not. `written` is the
    /// path of the model file as the user wrote it.
    pub fn precision_warning(&self, written: &str) -> Option<Diagnostic> {
        let OtherPrecision { node, precision } = self.other_precision.as_ref()?;
        let (difference, mend) = match *precision {
            "float64" => (
                "so the last digits differ, and more where numbers cancel",
                "leave out `.double()`",
            ),
            _ => (
                "without rounding to fewer digits, so predictions differ from the network's own",
                "call `.float()` on the module and leave out `autocast`",
            ),
        };
        let message = format!(
            "`{written}` computes in {precision} from node `{node}` on, and `gia` in float32, {difference}"
        );
        let warning = Diagnostic::warning(Code::OtherPrecision, message);
        Some(warning.help(format!(
            "compare a prediction with PyTorch's; to have the same numbers, {mend}, and export the network again"
        )))
    }

    /// Combines a model's `.toml`, the arguments of `load` and the graph. Each may omit a property; if two of them
    /// state it, they must agree. Reads no weights.
    ///
    /// # Errors
    /// If the model file cannot be read, if the declaration is malformed, if two sources contradict each other, or if a
    /// required property is stated by none.
    pub fn load(path: &Path, given: &LoadArguments) -> Outcome<Declaration> {
        let form = DeclarationFile::read(&DeclarationFile::path_beside(path))?.unwrap_or_default();
        python::check_entry(path, &form)?;
        let graph = match is_opaque(path) {
            true => opaque::declared_graph(path, &form, given)?,
            false => {
                let stated = LoadArguments {
                    length: given.length.or(form.length),
                    alphabet: given.alphabet.clone().or_else(|| form.alphabet.clone()),
                    ..LoadArguments::default()
                };
                Declaration::read_graph(path, &stated, &form.input)?
            }
        };
        DeclarationSources::of(path).assemble(&graph, form, given)
    }

    /// The size of each declared input along a sequence of `length` positions; none for a constant, or where its declaration leaves it to the graph.
    ///
    /// # Errors
    /// If the encoding of an input is malformed.
    pub(super) fn stated_sizes(
        path: &Path,
        given: &LoadArguments,
        inputs: &[TomlInput],
        length: usize,
    ) -> Outcome<Vec<Option<i64>>> {
        DeclarationSources::of(path).stated_sizes(given, inputs, length)
    }

    /// The error for a length that neither the graph nor anyone else states.
    pub(super) fn no_length(path: &Path) -> Box<Diagnostic> {
        DeclarationSources::of(path).no_length()
    }

    /// As [`Declaration::load`], for a graph that has been read and without the `.toml`. `inputs` may be empty for a
    /// network with one input.
    ///
    /// # Errors
    /// As [`Declaration::load`], except those that concern the `.toml`.
    pub fn from_graph(
        graph: &Graph,
        path: &Path,
        given: &LoadArguments,
        inputs: Vec<TomlInput>,
    ) -> Outcome<Declaration> {
        let form = DeclarationFile {
            input: inputs,
            ..DeclarationFile::default()
        };
        DeclarationSources::of(path).assemble(graph, form, given)
    }

    /// Path of a model file's declaration: the same name, ending in `.toml`.
    pub fn path_beside(model: &Path) -> PathBuf {
        DeclarationFile::path_beside(model)
    }

    /// Length in base pairs of the network's input.
    pub fn input_length(&self) -> usize {
        self.length + self.flanks.len()
    }

    /// As [`Declaration::from_torchscript`], for a network in Python.
    ///
    /// # Errors
    /// As [`Declaration::load`], except those that concern the `.toml`.
    pub fn from_python(
        path: &Path,
        entry: &str,
        given: &LoadArguments,
        inputs: Vec<TomlInput>,
        shapes: &[Vec<usize>],
    ) -> Outcome<(Declaration, Graph)> {
        let form = DeclarationFile {
            kind: Some(NetworkKind::Python),
            entry: Some(entry.to_string()),
            input: inputs,
            ..DeclarationFile::default()
        };
        python::check_entry(path, &form)?;
        let (Some(length), Some(layout)) = (given.length, given.layout) else {
            let message = format!("the input length of `{}` is not declared", path.display());
            return Err(Box::new(
                Diagnostic::error(Code::IncompleteDeclaration, message)
                    .help("state it with `--length`"),
            ));
        };
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let graph = opaque::graph_without_nodes(&form.input, layout, length, shapes);
        let declaration = DeclarationSources::of(path).assemble(&graph, form, given)?;
        Ok((declaration, graph))
    }

    /// As [`Declaration::from_graph`], for TorchScript; `shapes` are those of the outputs after the batch. If they are empty, the declaration
    /// suffices to run the model once and find them.
    ///
    /// # Errors
    /// As [`Declaration::load`], except those that concern the `.toml`.
    pub fn from_torchscript(
        path: &Path,
        given: &LoadArguments,
        inputs: Vec<TomlInput>,
        shapes: &[Vec<usize>],
    ) -> Outcome<(Declaration, Graph)> {
        let (Some(length), Some(layout)) = (given.length, given.layout) else {
            let message = format!("the input length of `{}` is not declared", path.display());
            return Err(Box::new(
                Diagnostic::error(Code::IncompleteDeclaration, message)
                    .help("declare `length` and `layout`"),
            ));
        };
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let graph = opaque::graph_without_nodes(&inputs, layout, length, shapes);
        let declaration = Declaration::from_graph(&graph, path, given, inputs)?;
        Ok((declaration, graph))
    }

    /// Receptive field of a column, in base pairs relative to the first base of a script's sequence; none if unknown or
    /// unbounded.
    pub fn receptive_field(&self, column: usize) -> Option<std::ops::Range<i64>> {
        let number = self
            .outputs
            .iter()
            .position(|output| (output.offset..output.offset + output.size()).contains(&column))?;
        let field = self.receptive_fields.get(number).copied().flatten()?;
        let seen = field.of(column - self.outputs[number].offset);
        let left = self.flanks.left.len() as i64;
        Some(seen.start - left..seen.end - left)
    }

    /// Number of columns: elements of all outputs for one sequence.
    pub fn columns(&self) -> usize {
        self.outputs
            .last()
            .map_or(0, |output| output.offset + output.size())
    }

    /// Column of a task; none if there is no such task or if it has several elements.
    pub fn column(&self, task: &str) -> Option<usize> {
        self.outputs.iter().find_map(|output| {
            let index = output.tasks.iter().position(|known| known == task)?;
            (output.size() == output.tasks.len()).then_some(output.offset + index)
        })
    }

    /// The first output along the sequence with a task of this name, and the index of the task in it.
    pub fn track_of(&self, task: &str) -> Option<(usize, usize)> {
        self.outputs.iter().enumerate().find_map(|(i, output)| {
            output.track.as_ref()?;
            Some((i, output.tasks.iter().position(|known| known == task)?))
        })
    }

    /// The column that corresponds to this one on the reverse complement of a sequence.
    pub fn mirrored(&self, column: usize) -> usize {
        match self.output_of(column) {
            Some(output) => output.offset + output.mirrored(column - output.offset),
            None => column,
        }
    }

    /// A column as scripts write it after the model's name: `["DNase"]`, `.profile["plus"][500bp]`, `[3]`.
    pub fn column_name(&self, column: usize) -> String {
        let by_number = format!("[{column}]");
        let Some(output) = self.output_of(column) else {
            return by_number;
        };
        let place = column - output.offset;
        let head = output.name.as_ref().map(|name| format!(".{name}"));
        if let Some(track) = &output.track {
            let (task, bin) = track.task_and_bin(output.entries(), place);
            let task = match output.entries() {
                1 if output.tasks.is_empty() && output.axes.is_empty() => String::new(),
                _ => output.task_label(task),
            };
            let head = head.unwrap_or_default();
            return format!("{head}{task}[{}bp]", track.start + (bin * track.bin) as i64);
        }
        if !output.axes.is_empty() {
            let each = (output.size() / output.entries().max(1)).max(1);
            let number = match each {
                1 => String::new(),
                _ => format!("[{}]", place % each),
            };
            let head = head.unwrap_or_default();
            return format!("{head}{}{number}", output.task_label(place / each));
        }
        match (self.task_name(column), head) {
            (Some(task), _) => format!("[\"{task}\"]"),
            (None, Some(head)) if output.size() == 1 => head,
            _ => by_number,
        }
    }

    /// Name of the task of a column; none for an unnamed task or a task of several elements.
    pub fn task_name(&self, column: usize) -> Option<&str> {
        let output = self.output_of(column)?;
        let index = column - output.offset;
        (output.size() == output.tasks.len())
            .then(|| output.tasks.get(index).map(String::as_str))
            .flatten()
    }

    /// Unit of a column.
    pub fn unit(&self, column: usize) -> Option<&str> {
        self.output_of(column)?.unit.as_deref()
    }

    fn output_of(&self, column: usize) -> Option<&Output> {
        self.outputs
            .iter()
            .find(|output| (output.offset..output.offset + output.size()).contains(&column))
    }

    /// Alphabet of the sequences: RNA if a channel stands for `U`, else DNA.
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

    /// Base code of each channel, in the order of the channels.
    pub fn channels(&self) -> [u8; 4] {
        let kind = self.alphabet_kind();
        let mut codes = [0; 4];
        for (slot, letter) in codes.iter_mut().zip(self.alphabet.chars()) {
            *slot = kind.encode(letter).unwrap_or(0);
        }
        codes
    }
}

/// Sizes of all dimensions but the batch; none if one of them is free.
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
