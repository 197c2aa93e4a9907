//! One declaration of what the `.toml`, the call and the graph say.

use std::path::Path;

use serde::Serialize;

use super::Declaration;
use crate::batch_flow::BatchFlow;
use crate::conflicts::Shapes;
use crate::encoding::{Layout, UnknownBase};
use crate::flanks::{Flanks, TomlFlank};
use crate::given::Given;
use crate::graph::Graph;
use crate::input::Input;
use crate::last_step::LastStep;
use crate::output::Output;
use crate::reach::{Reach, reaches};
use crate::toml_form::{TomlFlanks, TomlForm};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Who says what, for messages.
pub(super) struct Sources {
    pub file: String,
    pub toml: String,
}

/// What is said of a network's outputs all together.
pub(super) struct Whole {
    pub tasks: Option<Vec<String>>,
    pub unit: Option<String>,
    pub before: Option<LastStep>,
}

impl Sources {
    pub fn of(model: &std::path::Path) -> Sources {
        Sources {
            file: model.display().to_string(),
            toml: TomlForm::path_beside(model).display().to_string(),
        }
    }

    pub fn assemble(&self, graph: &Graph, form: TomlForm, given: &Given) -> Outcome<Declaration> {
        let inputs = self.inputs(graph, form.input)?;
        let layout = self.agree("layout", form.layout, given.layout)?;
        let length = self.agree("length", form.length, given.length)?;
        let (layout, length) = self.fit_inputs(graph, &inputs, layout, length)?;
        let shapes = Shapes::of(graph, length);
        self.check_shapes(graph, &shapes)?;
        self.check_mixing(graph, &inputs, length)?;
        let alphabet = self
            .agree("alphabet", form.alphabet, given.alphabet.clone())?
            .unwrap_or_else(|| "ACGT".into());
        self.check_alphabet(&alphabet)?;
        let flanks = self.flanks(form.flanks, &alphabet, length)?;
        let unknown = self
            .agree("unknown", form.unknown, given.unknown)?
            .unwrap_or(UnknownBase::Zeros);
        let tasks = self.agree("tasks", form.tasks, given.tasks.clone())?;
        // The scale that the file declares is that of the network as it is.
        let unit = form
            .unit
            .filter(|_| given.before.is_none() || form.before.is_some());
        let unit = self.agree("unit", unit, given.unit.clone())?;
        let before = self.agree("before", form.before, given.before)?;
        let whole = Whole {
            tasks,
            unit,
            before,
        };
        let outputs = self.outputs(
            graph,
            form.output,
            whole,
            (layout, length),
            flanks.left.len(),
        )?;
        self.check_outputs(graph, &shapes, &outputs)?;
        let reaches = reaches_of(graph, &inputs, &outputs, layout);
        let lower = |hash: String| hash.to_lowercase();
        let sha256 = self.agree(
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
            reaches,
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

    /// What stands on both sides of a sequence, which leaves it at least one base of the input.
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
                "both sides together have {} bp, which leaves nothing of an input of {length} bp",
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

    /// The network can run on one batch.
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
                    "`{}` does not give a row for each sequence: output {number} has shape {shape:?} for a batch of {batch}",
                    self.file
                );
                return Err(Box::new(
                    Diagnostic::error(Code::OutputNotByRow, message).help(
                        "return the output with the batch first, and export the network again",
                    ),
                ));
            }
        }
        Ok(())
    }

    /// What the file states of its outputs is what its nodes make.
    fn check_outputs(&self, graph: &Graph, shapes: &Shapes, stated: &[Output]) -> Outcome<()> {
        for (number, (output, made)) in stated.iter().zip(shapes.outputs(graph)).enumerate() {
            let Some(made) = made.and_then(|made| made.get(1..)) else {
                continue;
            };
            let numbers: i64 = made.iter().product();
            if usize::try_from(numbers) != Ok(output.size()) {
                return Err(Box::new(Diagnostic::error(
                    Code::Contradiction,
                    format!(
                        "`{}` states the shape {:?} of output {number}, and its nodes make {made:?}",
                        self.file, output.shape
                    ),
                )));
            }
        }
        Ok(())
    }

    /// What the network says of a sequence must not depend on the others of its batch.
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
                    "the alphabet \"{alphabet}\" of `{}` is not the four bases",
                    self.file
                ),
            )
            .help("write the bases in the order of the channels, such as \"ACGT\" or \"ACGU\""),
        ))
    }
}

/// By output, which stretch of the input it can depend on.
fn reaches_of(
    graph: &Graph,
    inputs: &[Input],
    outputs: &[Output],
    layout: Layout,
) -> Vec<Option<Reach>> {
    // On the other strand positions count from the other end, which is not followed.
    if inputs.contains(&Input::ReverseComplement) {
        return Vec::new();
    }
    let along = match layout {
        Layout::ChannelsFirst => 2,
        Layout::ChannelsLast => 1,
    };
    let positions = inputs
        .iter()
        .map(|input| input.follows_sequence().then_some(along));
    let positions: Vec<Option<usize>> = positions.collect();
    let before: Vec<Option<LastStep>> = outputs.iter().map(|output| output.before).collect();
    match graph.clone().before(&before) {
        Ok(graph) => reaches(&graph, &positions),
        Err(_) => Vec::new(),
    }
}

/// A value as a declaration writes it.
fn written<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
