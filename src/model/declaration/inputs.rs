//! Resolves what each input of a network receives, and the layout and length of the sequence inputs.

use super::sources::DeclarationSources;
use crate::declaration_file::TomlInput;
use crate::encoding::Layout;
use crate::graph::{Dim, Graph};
use crate::input::Input;
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};

/// Maximum number of bases in a batch: more than any chromosome.
const MAX_LENGTH_BP: usize = 1 << 32;

impl DeclarationSources {
    /// The declared inputs. Without a declaration, the only input is the sequence.
    pub(super) fn inputs(&self, graph: &Graph, declared: Vec<TomlInput>) -> Outcome<Vec<Input>> {
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
            return Ok(vec![Input::Sequence]);
        }
        if declared.len() != takes {
            return Err(Box::new(Diagnostic::error(
                Code::DeclarationMismatch,
                format!(
                    "`{}` declares {}, but the graph has {takes}",
                    self.toml,
                    pluralize(declared.len(), "input")
                ),
            )));
        }
        let shapes = graph.input_shapes();
        let inputs = declared.into_iter().zip(shapes).enumerate();
        let inputs = inputs
            .map(|(i, (declared, shape))| self.input(i, declared, shape.unwrap_or(&[])))
            .collect::<Outcome<Vec<_>>>()?;
        if inputs
            .iter()
            .all(|input| matches!(input, Input::Constant { .. }))
        {
            return Err(self.wrong_input(0, "does not take a sequence, and neither does any other"));
        }
        Ok(inputs)
    }

    fn input(&self, number: usize, declared: TomlInput, shape: &[Dim]) -> Outcome<Input> {
        let kind = declared.kind.as_deref();
        let constant = declared.value.is_some() || declared.values.is_some();
        match kind {
            Some("sequence") | None if !constant => return Ok(Input::Sequence),
            Some("reverse_complement") if !constant => return Ok(Input::ReverseComplement),
            Some("constant") | None => {}
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
        }
        let Some(shape) = super::fixed_after_batch(shape) else {
            return Err(self.wrong_input(
                number,
                "is constant, but the graph does not state its shape",
            ));
        };
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

    fn wrong_input(&self, number: usize, what: &str) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(
            Code::BadDeclaration,
            format!("input {} of `{}` {what}", number + 1, self.toml),
        ))
    }

    /// Layout and length, which all sequence inputs share.
    pub(super) fn fit_inputs(
        &self,
        graph: &Graph,
        inputs: &[Input],
        layout: Option<Layout>,
        length: Option<usize>,
    ) -> Outcome<(Layout, usize)> {
        let (mut layout, mut length) = (layout, length);
        for (input, shape) in inputs.iter().zip(graph.input_shapes()) {
            if !matches!(input, Input::Constant { .. }) {
                let shape = shape.ok_or_else(|| {
                    Diagnostic::error(
                        Code::BadModelFile,
                        format!(
                            "the graph of `{}` does not state the shape of its input",
                            self.file
                        ),
                    )
                })?;
                let found = self.fit_input(shape, layout, length)?;
                (layout, length) = (Some(found.0), Some(found.1));
            }
        }
        let found = layout.zip(length).ok_or_else(|| {
            let message = format!("`{}` takes no sequence", self.file);
            Diagnostic::error(Code::BadDeclaration, message)
        })?;
        self.check_batch(graph, found.1)?;
        Ok(found)
    }

    /// Checks that a batch of sequences of this length can be allocated.
    fn check_batch(&self, graph: &Graph, length: usize) -> Outcome<()> {
        let batch = graph.fixed_batch().unwrap_or(1);
        let bases = batch.checked_mul(length);
        if bases.is_some_and(|n| (1..=MAX_LENGTH_BP).contains(&n)) {
            return Ok(());
        }
        Err(Box::new(Diagnostic::error(
            Code::BadModelFile,
            format!(
                "`{}` needs batches of {batch} sequences of {length} bp; a batch may hold 1 to {MAX_LENGTH_BP} bases",
                self.file
            ),
        )))
    }

    /// Derives layout and length from the shape of one sequence input, given what is already known of them.
    fn fit_input(
        &self,
        shape: &[Dim],
        layout: Option<Layout>,
        length: Option<usize>,
    ) -> Outcome<(Layout, usize)> {
        if let Some(length) = length.filter(|n| !(1..=MAX_LENGTH_BP).contains(n)) {
            return Err(Box::new(Diagnostic::error(
                Code::BadDeclaration,
                format!(
                    "the declared input length of `{}`, {length} bp, is out of range",
                    self.file
                ),
            )));
        }
        let [_, first, second] = shape else {
            return Err(Box::new(Diagnostic::error(
                Code::BadDeclaration,
                format!(
                    "`{}` has an input of shape {}, but needs (batch, 4, length) or (batch, length, 4)",
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
                        Code::IncompleteDeclaration,
                        format!(
                            "the input of `{}` has shape {}, which fits both layouts",
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
                    Code::DeclarationMismatch,
                    format!(
                        "{claim}, but the graph of `{}` has an input of shape {}",
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
                Diagnostic::error(Code::IncompleteDeclaration, format!("the graph of `{}` leaves its input length free, and none is declared", self.file))
                    .help("declare `length` in the .toml beside the file, or write `load(..., length: 1000bp)`"),
            )),
        }
    }
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
