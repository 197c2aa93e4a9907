//! Resolves what each input of a network receives.

use super::sources::DeclarationSources;
use crate::declaration_file::TomlInput;
use crate::graph::{Dim, Graph};
use crate::input::{Input, SequenceInput};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};

impl DeclarationSources {
    /// The declared inputs. Without a declaration, the only input is the sequence. `alphabet` orders the bases.
    pub(super) fn inputs(
        &self,
        graph: &Graph,
        declared: Vec<TomlInput>,
        alphabet: &str,
    ) -> Outcome<Vec<Input>> {
        let takes = graph.inputs.len();
        if declared.is_empty() && takes != 1 {
            return Err(Box::new(
                Diagnostic::error(
                    Code::IncompleteDeclaration,
                    format!("`{}` has {takes} inputs, and none is declared", self.file),
                )
                .help("describe each in an `[[input]]` table of the .toml beside the file, in the graph's order: `kind = \"sequence\"`, or `value = 0.0` for a constant"),
            ));
        }
        if declared.is_empty() {
            let encoding = self.undeclared_encoding(graph)?;
            return Ok(vec![Input::Sequence(SequenceInput {
                reverse_complement: false,
                part: None,
                encoding,
            })]);
        }
        if declared.len() != takes {
            return Err(self.wrong_count("input", declared.len(), graph, &graph.inputs));
        }
        let shapes = graph.input_shapes();
        let inputs = declared.into_iter().zip(shapes).enumerate();
        let inputs = inputs
            .map(|(i, (declared, shape))| self.input(i, declared, shape.unwrap_or(&[]), alphabet))
            .collect::<Outcome<Vec<_>>>()?;
        self.check_integers(graph, &inputs)?;
        if !inputs.iter().any(Input::follows_sequence) {
            return Err(self.wrong_input(0, "does not take a sequence, and neither does any other"));
        }
        Ok(inputs)
    }

    /// Checks that the constants of inputs that are integers in the graph are whole.
    fn check_integers(&self, graph: &Graph, inputs: &[Input]) -> Outcome<()> {
        for (number, (input, id)) in inputs.iter().zip(&graph.inputs).enumerate() {
            let values = match input {
                Input::Constant { values, .. } => values.as_slice(),
                Input::Sequence(_) => &[],
            };
            let fraction = values.iter().find(|value| value.fract() != 0.0);
            if let (Some(value), true) = (fraction, graph.integer_inputs.contains(id)) {
                return Err(self.wrong_input(
                    number,
                    &format!("has the value {value}, but the graph takes whole numbers there"),
                ));
            }
        }
        Ok(())
    }

    fn input(
        &self,
        number: usize,
        declared: TomlInput,
        shape: &[Dim],
        alphabet: &str,
    ) -> Outcome<Input> {
        let constant = declared.value.is_some() || declared.values.is_some();
        let reverse_complement = match declared.kind.as_deref() {
            Some("sequence") | None if !constant => false,
            Some("reverse_complement") if !constant => true,
            Some("constant") | None => return self.constant(number, declared, shape),
            Some(kind @ ("sequence" | "reverse_complement")) => {
                return Err(
                    self.wrong_input(number, &format!("has the kind {kind}, but also a value"))
                );
            }
            Some(other) => {
                return Err(self.wrong_input(
                    number,
                    &format!("has the unknown kind \"{other}\"; use \"sequence\", \"reverse_complement\" or \"constant\""),
                ));
            }
        };
        if declared.shape.is_some() {
            return Err(self.wrong_input(number, "has a `shape`, which is for constants"));
        }
        Ok(Input::Sequence(SequenceInput {
            reverse_complement,
            part: self.part(number, &declared, shape)?,
            encoding: self.encoding(number, declared, alphabet)?,
        }))
    }

    fn constant(&self, number: usize, declared: TomlInput, shape: &[Dim]) -> Outcome<Input> {
        if let Some(key) = declared.sequence_key() {
            return Err(self.wrong_input(
                number,
                &format!("is constant, but has `{key}`, which describes a sequence"),
            ));
        }
        let Some(shape) = super::fixed_after_batch(shape) else {
            return Err(self.wrong_input(
                number,
                "is constant, but the graph does not state its shape",
            ));
        };
        if let Some(stated) = declared.shape.filter(|stated| *stated != shape) {
            return Err(self.wrong_input(
                number,
                &format!("has the shape {stated:?}, but the graph needs {shape:?} after the batch"),
            ));
        }
        let size: usize = shape.iter().product();
        let values: Vec<f32> = match (declared.value, declared.values) {
            (Some(value), None) => vec![value],
            (None, Some(values)) if values.len() == size => values,
            (None, Some(values)) => {
                return Err(self.wrong_input(
                    number,
                    &format!(
                        "has {}, but the graph needs {size}: {shape:?} after the batch",
                        pluralize(values.len(), "value")
                    ),
                ));
            }
            (Some(_), Some(_)) => {
                return Err(
                    self.wrong_input(number, "has both `value` and `values`; keep one of them")
                );
            }
            (None, None) => {
                return Err(self.wrong_input(number, "is constant, but has no `value`"));
            }
        };
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(self.wrong_input(
                number,
                &format!("has the value {value}, which is not finite"),
            ));
        }
        Ok(Input::Constant { shape, values })
    }

    pub(super) fn wrong_input(&self, number: usize, what: &str) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(
            Code::BadDeclaration,
            format!("input {} of `{}` {what}", number + 1, self.toml),
        ))
    }
}
