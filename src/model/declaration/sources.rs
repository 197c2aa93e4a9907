//! One declaration of what the `.toml`, the call and the graph say.

use serde::Serialize;

use super::{Declaration, Given, UnknownBase};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::model::graph::Graph;
use crate::model::toml_form::TomlForm;

/// Who says what, for messages.
pub(super) struct Sources {
    pub file: String,
    pub toml: String,
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
        let alphabet = self
            .agree("alphabet", form.alphabet, given.alphabet.clone())?
            .unwrap_or_else(|| "ACGT".into());
        self.check_alphabet(&alphabet)?;
        let unknown = self
            .agree("unknown", form.unknown, given.unknown)?
            .unwrap_or(UnknownBase::Zeros);
        let tasks = self.agree("tasks", form.tasks, given.tasks.clone())?;
        let unit = self.agree("unit", form.unit, given.unit.clone())?;
        let outputs = self.outputs(graph, form.output, tasks, unit, (layout, length))?;
        let lower = |hash: String| hash.to_lowercase();
        let sha256 = self.agree(
            "sha256",
            form.sha256.map(lower),
            given.sha256.clone().map(lower),
        )?;
        Ok(Declaration {
            length,
            alphabet,
            layout,
            unknown,
            inputs,
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

/// A value as a declaration writes it.
fn written<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
