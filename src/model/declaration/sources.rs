//! Merges the `.toml`, the arguments of `load` and the graph into one declaration.

use std::path::Path;

use serde::Serialize;

use super::Declaration;
use crate::batch_flow::BatchFlow;
use crate::declaration_file::{DeclarationFile, TomlFlanks};
use crate::encoding::{Layout, UnknownBase};
use crate::flanks::{Flanks, TomlFlank};
use crate::graph::Graph;
use crate::input::{Channel, Encoding, Input};
use crate::last_step::LastStep;
use crate::load_arguments::LoadArguments;
use crate::output::Output;
use crate::output_receptive_field::{OutputReceptiveField, output_receptive_fields};
use crate::shape_check::Shapes;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Names of the model file and its `.toml`, for messages.
pub(super) struct DeclarationSources {
    pub file: String,
    pub toml: String,
}

/// Output properties that are declared for the model as a whole.
pub(super) struct OutputDefaults {
    pub tasks: Option<Vec<String>>,
    pub unit: Option<String>,
    pub before: Option<LastStep>,
    /// Whether the network reads tokens, of which some may stand before and behind the sequence.
    pub of_tokens: bool,
}

impl DeclarationSources {
    pub fn of(model: &std::path::Path) -> DeclarationSources {
        DeclarationSources {
            file: model.display().to_string(),
            toml: DeclarationFile::path_beside(model).display().to_string(),
        }
    }

    pub fn assemble(
        &self,
        graph: &Graph,
        form: DeclarationFile,
        given: &LoadArguments,
    ) -> Outcome<Declaration> {
        let alphabet = self
            .reconcile("alphabet", form.alphabet, given.alphabet.clone())?
            .unwrap_or_else(|| "ACGT".into());
        self.check_alphabet(&alphabet)?;
        let mut inputs = self.inputs(graph, form.input, &alphabet)?;
        let layout = self.reconcile("layout", form.layout, given.layout)?;
        let length = self.reconcile("length", form.length, given.length)?;
        let (layout, length) = self.fit_inputs(graph, &mut inputs, layout, length)?;
        let unknown = self
            .reconcile("unknown", form.unknown, given.unknown)?
            .unwrap_or(UnknownBase::Zeros);
        self.check_unknown(&inputs, unknown)?;
        // The worker in Python encodes all inputs itself.
        let graph = &match form.entry {
            Some(_) => graph.clone(),
            None => graph.clone().with_one_hot_inputs(&inputs, layout, length),
        };
        let shapes = Shapes::of(graph, length);
        self.check_shapes(graph, &shapes)?;
        self.check_mixing(graph, &inputs, length)?;
        let flanks = self.flanks(form.flanks, &alphabet, length)?;
        let tasks = self.reconcile("tasks", form.tasks, given.tasks.clone())?;
        // A `unit` in the `.toml` describes the complete network, so it does not apply if the call alone removes the
        // last step.
        let unit = form
            .unit
            .filter(|_| given.before.is_none() || form.before.is_some());
        let unit = self.reconcile("unit", unit, given.unit.clone())?;
        let before = self.reconcile("before", form.before, given.before)?;
        let whole = OutputDefaults {
            tasks,
            unit,
            before,
            of_tokens: inputs
                .iter()
                .filter_map(Input::sequence)
                .any(|input| matches!(input.encoding, Encoding::Tokens(_))),
        };
        let outputs = self.outputs(
            graph,
            form.output,
            whole,
            (layout, length),
            flanks.left.len(),
        )?;
        self.check_outputs(graph, &shapes, &outputs)?;
        let receptive_fields = derive_receptive_fields(graph, &inputs, &outputs, layout);
        let lower = |hash: String| hash.to_lowercase();
        let sha256 = self.reconcile(
            "sha256",
            form.sha256.map(lower),
            given.sha256.clone().map(lower),
        )?;
        Ok(Declaration {
            length: length - flanks.len(),
            flanks,
            alphabet,
            layout,
            unknown,
            inputs,
            outputs,
            receptive_fields,
            entry: form.entry,
            sha256,
            other_precision: graph.other_precision.clone(),
            source: form.source,
            licence: form.licence,
        })
    }

    /// The value of a property that the `.toml` or the call states.
    ///
    /// # Errors
    /// If both state it and disagree.
    fn reconcile<T: PartialEq + Serialize>(
        &self,
        what: &str,
        toml: Option<T>,
        given: Option<T>,
    ) -> Outcome<Option<T>> {
        match (toml, given) {
            (Some(a), Some(b)) if a != b => Err(Box::new(
                Diagnostic::error(
                    Code::DeclarationMismatch,
                    format!(
                        "`{what}` is {} in `{}` and {} in this call",
                        toml_value(&a),
                        self.toml,
                        toml_value(&b)
                    ),
                )
                .help("leave it out of the call, or correct the declaration"),
            )),
            (toml, given) => Ok(toml.or(given)),
        }
    }

    /// Checks that the encoding of unknown bases suits inputs that have a channel or tokens for them.
    fn check_unknown(&self, inputs: &[Input], unknown: UnknownBase) -> Outcome<()> {
        let sequences = inputs.iter().filter_map(Input::sequence);
        let of_own = sequences.filter(|input| match &input.encoding {
            Encoding::OneHot => false,
            Encoding::Channels(channels) => channels.contains(&Channel::Unknown),
            Encoding::Tokens(_) => true,
        });
        match of_own.count() {
            1.. if unknown == UnknownBase::Quarter => Err(Box::new(Diagnostic::error(
                Code::BadDeclaration,
                format!(
                    "`unknown = \"quarter\"` of `{}` is for one-hot inputs, and this network has a channel or a token for unknown bases",
                    self.toml
                ),
            ))),
            _ => Ok(()),
        }
    }

    /// Encodes the flanks, which must leave at least one base of the input.
    fn flanks(&self, form: TomlFlanks, alphabet: &str, length: usize) -> Outcome<Flanks> {
        let kind = Declaration::kind_of(alphabet);
        let side = |name: &str, flank: Option<TomlFlank>| {
            let codes = flank.map_or(Ok(Vec::new()), |flank| flank.codes(kind, length));
            codes.map_err(|what| self.wrong_flanks(&format!("`{name}` {what}")))
        };
        let flanks = Flanks {
            left: side("left", form.left)?,
            right: side("right", form.right)?,
        };
        if flanks.len() >= length {
            let message = format!(
                "the flanks have {} bp together, which leaves no base of an input of {length} bp",
                flanks.len()
            );
            return Err(self.wrong_flanks(&message));
        }
        Ok(flanks)
    }

    fn wrong_flanks(&self, what: &str) -> Box<Diagnostic> {
        let message = format!("`[flanks]` of `{}`: {what}", self.toml);
        Box::new(Diagnostic::error(Code::BadDeclaration, message))
    }

    /// Checks that shapes fit each other and that outputs have the batch first.
    fn check_shapes(&self, graph: &Graph, shapes: &Shapes) -> Outcome<()> {
        if let Some(conflict) = shapes.conflict() {
            let message = format!(
                "`{}`: node `{}` ({}) {}",
                self.file, conflict.node, conflict.kind, conflict.what
            );
            return Err(Box::new(Diagnostic::error(Code::ShapeConflict, message)));
        }
        let batch = graph.fixed_batch().unwrap_or(1) as i64;
        for (number, shape) in shapes.outputs(graph).into_iter().enumerate() {
            if let Some(shape) = shape
                && shape.first() != Some(&batch)
            {
                let message = format!(
                    "`{}` does not return one row per sequence: output {number} has shape {shape:?} for a batch of {batch}",
                    self.file
                );
                let help = match shape.is_empty() {
                    true => {
                        "reduce within each sequence, `y.flatten(1).sum(1)` and not `y.sum()`, and export the network again"
                    }
                    false => "return the output with the batch first, and export the network again",
                };
                return Err(Box::new(
                    Diagnostic::error(Code::OutputNotByRow, message).help(help),
                ));
            }
        }
        Ok(())
    }

    /// Checks the stated shapes of the outputs against those that the nodes produce.
    fn check_outputs(&self, graph: &Graph, shapes: &Shapes, stated: &[Output]) -> Outcome<()> {
        for (number, (output, made)) in stated.iter().zip(shapes.outputs(graph)).enumerate() {
            let Some(made) = made.and_then(|made| made.get(1..)) else {
                continue;
            };
            let numbers: i64 = made.iter().product();
            if usize::try_from(numbers) != Ok(output.size()) {
                return Err(Box::new(Diagnostic::error(
                    Code::DeclarationMismatch,
                    format!(
                        "`{}` states the shape {:?} for output {number}, but its nodes produce {made:?}",
                        self.file, output.shape
                    ),
                )));
            }
        }
        Ok(())
    }

    /// Checks that the prediction for a sequence does not depend on the others of its batch.
    fn check_mixing(&self, graph: &Graph, inputs: &[Input], length: usize) -> Outcome<()> {
        let varying: Vec<bool> = inputs.iter().map(Input::follows_sequence).collect();
        let flow = BatchFlow::new(graph, length, &varying);
        match flow.mixing() {
            Some(mixing) => Err(Box::new(mixing.diagnostic(Path::new(&self.file)))),
            None => Ok(()),
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
                    "the alphabet \"{alphabet}\" of `{}` does not hold each of the four bases once",
                    self.file
                ),
            )
            .help("write the bases in the order of the channels, such as \"ACGT\" or \"ACGU\""),
        ))
    }
}

/// Receptive field of each output.
fn derive_receptive_fields(
    graph: &Graph,
    inputs: &[Input],
    outputs: &[Output],
    layout: Layout,
) -> Vec<Option<OutputReceptiveField>> {
    // Positions on the reverse complement run in the opposite direction, which the derivation does not support.
    if inputs.iter().any(Input::is_reverse_complement) {
        return Vec::new();
    }
    let positions = Input::position_dims(inputs, layout);
    let before: Vec<Option<LastStep>> = outputs.iter().map(|output| output.before).collect();
    match graph.clone().without_last_step(&before) {
        Ok(graph) => output_receptive_fields(&graph, &positions),
        Err(_) => Vec::new(),
    }
}

/// A value in TOML notation.
fn toml_value<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
