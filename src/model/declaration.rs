//! What a model's graph cannot tell: the meaning of its input and of its outputs.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::graph::{Dim, Graph};
use super::toml_form::{TomlForm, TomlOutput};
use crate::diag::{Code, Diagnostic, Outcome, counted};
use crate::domain::Alphabet;

/// How the one-hot input is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// (batch, 4, length), PyTorch's habit.
    ChannelsFirst,
    /// (batch, length, 4), Keras' habit.
    ChannelsLast,
}

/// What stands in the four channels of a base that is not known (`N`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownBase {
    /// Four zeros.
    Zeros,
    /// A quarter each.
    Quarter,
}

/// Everything known of a model: the `.toml` beside it, the arguments of `load`, and its graph, which must agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Input length in base pairs.
    pub length: usize,
    /// The bases in the order of the channels, for example `ACGT` or `ACGU`.
    pub alphabet: String,
    pub layout: Layout,
    pub unknown: UnknownBase,
    /// The network's outputs, in the graph's order.
    pub outputs: Vec<Output>,
    /// Hash of the model file that the declaration was written for, lower-case hex.
    pub sha256: Option<String>,
    pub source: Option<String>,
    pub licence: Option<String>,
}

/// One output tensor of the network, flattened after the batch dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Needed only where there are several.
    pub name: Option<String>,
    /// Shape after the batch dimension, for example `[2]` or `[3, 1000]`.
    pub shape: Vec<usize>,
    /// Names of the entries of the first dimension after the batch; empty where undeclared.
    pub tasks: Vec<String>,
    /// The scale of the numbers, for example `logit`.
    pub unit: Option<String>,
    /// Where this output starts in the concatenation of all flattened outputs.
    pub offset: usize,
}

/// What `load(...)` says beside the path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    pub length: Option<usize>,
    pub alphabet: Option<String>,
    pub layout: Option<Layout>,
    pub unknown: Option<UnknownBase>,
    pub tasks: Option<Vec<String>>,
    pub unit: Option<String>,
    pub sha256: Option<String>,
}

impl Declaration {
    /// What is known of a model: its `.toml`, what `load` was given, and its graph. They may each be silent about
    /// something, but where two speak they must agree.
    ///
    /// Fails on a file that is not a `torch.export` archive, on a malformed declaration, on a contradiction and on
    /// what nobody tells. No weights are read.
    pub fn load(path: &Path, given: &Given) -> Outcome<Declaration> {
        let graph = Graph::read(path)?;
        let beside = TomlForm::path_beside(path);
        let form = TomlForm::read(&beside)?.unwrap_or_default();
        let sources = Sources {
            file: path.display().to_string(),
            toml: beside.display().to_string(),
        };
        sources.assemble(&graph, form, given)
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
        if self.alphabet.contains('U') {
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

impl Output {
    /// Numbers in this output for one sequence.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Who says what, for messages.
struct Sources {
    file: String,
    toml: String,
}

impl Sources {
    fn assemble(&self, graph: &Graph, form: TomlForm, given: &Given) -> Outcome<Declaration> {
        if graph.inputs.len() != 1 {
            return Err(Box::new(Diagnostic::error(
                Code::BadDeclaration,
                format!(
                    "`{}` takes {} inputs; a network with one sequence input is needed",
                    self.file,
                    graph.inputs.len()
                ),
            )));
        }
        let layout = self.agree("layout", form.layout, given.layout)?;
        let length = self.agree("length", form.length, given.length)?;
        let (layout, length) = self.fit_input(graph, layout, length)?;
        let alphabet = self
            .agree("alphabet", form.alphabet, given.alphabet.clone())?
            .unwrap_or_else(|| "ACGT".into());
        self.check_alphabet(&alphabet)?;
        let unknown = self
            .agree("unknown", form.unknown, given.unknown)?
            .unwrap_or(UnknownBase::Zeros);
        let tasks = self.agree("tasks", form.tasks, given.tasks.clone())?;
        let unit = self.agree("unit", form.unit, given.unit.clone())?;
        let outputs = self.outputs(graph, form.output, tasks, unit)?;
        let sha256 = self
            .agree("sha256", form.sha256, given.sha256.clone())?
            .map(|hash| hash.to_lowercase());
        Ok(Declaration {
            length,
            alphabet,
            layout,
            unknown,
            outputs,
            sha256,
            source: form.source,
            licence: form.licence,
        })
    }

    /// What the `.toml` and the call say of one thing.
    fn agree<T: PartialEq + Serialize>(
        &self,
        what: &str,
        toml: Option<T>,
        given: Option<T>,
    ) -> Outcome<Option<T>> {
        match (toml, given) {
            (Some(a), Some(b)) if a != b => Err(Box::new(
                Diagnostic::error(
                    Code::Contradiction,
                    format!(
                        "`{what}` is {} in `{}` and {} in this call",
                        written(&a),
                        self.toml,
                        written(&b)
                    ),
                )
                .help("leave it out here, or mend the declaration"),
            )),
            (toml, given) => Ok(toml.or(given)),
        }
    }

    /// Layout and length, found from the graph's input where it tells them.
    fn fit_input(
        &self,
        graph: &Graph,
        layout: Option<Layout>,
        length: Option<usize>,
    ) -> Outcome<(Layout, usize)> {
        let shape = graph.input_shape().unwrap_or(&[]);
        let [_, first, second] = shape else {
            return Err(Box::new(Diagnostic::error(
                Code::BadDeclaration,
                format!(
                    "`{}` takes an input of shape {}; (batch, 4, length) or (batch, length, 4) is needed",
                    self.file,
                    show_shape(shape)
                ),
            )));
        };
        let could_be = |layout: Layout| {
            let (channels, positions) = match layout {
                Layout::ChannelsFirst => (first, second),
                Layout::ChannelsLast => (second, first),
            };
            let long_enough = match (positions, length) {
                (Dim::Fixed(n), Some(declared)) => usize::try_from(*n) == Ok(declared),
                _ => true,
            };
            *channels == Dim::Fixed(4) && long_enough
        };
        let found = match (
            could_be(Layout::ChannelsFirst),
            could_be(Layout::ChannelsLast),
            layout,
        ) {
            (_, _, Some(declared)) if could_be(declared) => declared,
            (true, false, None) => Layout::ChannelsFirst,
            (false, true, None) => Layout::ChannelsLast,
            (true, true, None) => {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::Incomplete,
                        format!(
                            "the input of `{}` is {}, which does not tell its layout",
                            self.file,
                            show_shape(shape)
                        ),
                    )
                    .help("declare `layout = \"channels_first\"` or `layout = \"channels_last\"`"),
                ));
            }
            _ => {
                let mut claims = Vec::new();
                claims.extend(layout.map(|l| format!("layout {}", l.word())));
                claims.extend(length.map(|n| format!("length {n} bp")));
                let claim = if claims.is_empty() {
                    "four channels are needed".into()
                } else {
                    format!("{} is declared", claims.join(" and "))
                };
                return Err(Box::new(Diagnostic::error(
                    Code::Contradiction,
                    format!(
                        "{claim}, but the graph of `{}` takes an input of shape {}",
                        self.file,
                        show_shape(shape)
                    ),
                )));
            }
        };
        let positions = if found == Layout::ChannelsFirst {
            second
        } else {
            first
        };
        match (positions, length) {
            (Dim::Fixed(n), _) if *n > 0 => Ok((found, *n as usize)),
            (Dim::Free, Some(declared)) => Ok((found, declared)),
            _ => Err(Box::new(
                Diagnostic::error(Code::Incomplete, format!("nothing tells how long the input of `{}` is", self.file))
                    .help("declare `length` in the .toml beside the file, or write `load(..., length: 1000bp)`"),
            )),
        }
    }

    fn check_alphabet(&self, alphabet: &str) -> Outcome<()> {
        let mut letters: Vec<char> = alphabet.chars().collect();
        letters.sort_unstable();
        if letters == ['A', 'C', 'G', 'T'] || letters == ['A', 'C', 'G', 'U'] {
            return Ok(());
        }
        Err(Box::new(
            Diagnostic::error(
                Code::BadDeclaration,
                format!(
                    "the alphabet \"{alphabet}\" of `{}` is not the four bases",
                    self.file
                ),
            )
            .help("write the bases in the order of the channels, such as \"ACGT\" or \"ACGU\""),
        ))
    }

    fn outputs(
        &self,
        graph: &Graph,
        declared: Vec<TomlOutput>,
        tasks: Option<Vec<String>>,
        unit: Option<String>,
    ) -> Outcome<Vec<Output>> {
        let shapes = graph.output_shapes();
        let declared = match (declared.is_empty(), shapes.len()) {
            (true, 1) => vec![TomlOutput {
                name: None,
                tasks: tasks.unwrap_or_default(),
                unit,
            }],
            (true, n) if tasks.is_none() => (0..n)
                .map(|_| TomlOutput {
                    unit: unit.clone(),
                    ..TomlOutput::default()
                })
                .collect(),
            (true, n) => {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::Contradiction,
                        format!("`{}` has {n} outputs, but `tasks` describes one", self.file),
                    )
                    .help("describe each output in an `[[output]]` table of the .toml"),
                ));
            }
            (false, n) if n != declared.len() => {
                return Err(Box::new(Diagnostic::error(
                    Code::Contradiction,
                    format!(
                        "`{}` declares {}, the graph has {n}",
                        self.toml,
                        counted(declared.len(), "output")
                    ),
                )));
            }
            (false, _) => declared,
        };
        let mut outputs = Vec::new();
        let mut offset = 0;
        for (shape, declared) in shapes.into_iter().zip(declared) {
            let Some(shape) = shape.and_then(fixed_after_batch) else {
                return Err(Box::new(Diagnostic::error(
                    Code::BadDeclaration,
                    format!(
                        "the graph of `{}` does not tell the shape of its output",
                        self.file
                    ),
                )));
            };
            let entries = shape.first().copied().unwrap_or(1);
            if !declared.tasks.is_empty() && declared.tasks.len() != entries {
                return Err(Box::new(Diagnostic::error(
                    Code::Contradiction,
                    format!(
                        "{} declared, but `{}` has {}",
                        match declared.tasks.len() {
                            1 => "1 task is".to_string(),
                            n => format!("{n} tasks are"),
                        },
                        self.file,
                        counted(entries, "output")
                    ),
                )));
            }
            let output = Output {
                name: declared.name,
                shape,
                tasks: declared.tasks,
                unit: declared.unit,
                offset,
            };
            offset += output.size();
            outputs.push(output);
        }
        Ok(outputs)
    }
}

/// A value as a declaration writes it.
fn written<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl Layout {
    /// As it is written in a declaration.
    pub fn word(self) -> &'static str {
        match self {
            Layout::ChannelsFirst => "channels_first",
            Layout::ChannelsLast => "channels_last",
        }
    }
}

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

fn show_shape(shape: &[Dim]) -> String {
    let dims: Vec<String> = shape
        .iter()
        .enumerate()
        .map(|(i, dim)| match dim {
            Dim::Fixed(n) => n.to_string(),
            Dim::Free if i == 0 => "batch".to_string(),
            Dim::Free => "any".to_string(),
        })
        .collect();
    format!("({})", dims.join(", "))
}
