//! One operator call of an ONNX file, with its inputs and attributes by name.

use super::proto;
use crate::batch_flow::{INSTEAD_OF_BATCH_SIZE, USES_BATCH_SIZE};
use crate::unsupported_file::damaged;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// A node of the file.
pub struct Call<'n> {
    file: String,
    /// Name of the node, or of its first result if the node has none.
    pub name: String,
    pub operator: &'n str,
    node: &'n proto::Node,
}

impl<'n> Call<'n> {
    /// Wraps a node.
    ///
    /// # Errors
    /// If the operator is not one of ONNX's own, or draws random numbers.
    pub fn new(file: &str, node: &'n proto::Node) -> Outcome<Call<'n>> {
        let named = (!node.name.is_empty()).then_some(&node.name);
        let name = named.or(node.output.first()).cloned().unwrap_or_default();
        let call = Call {
            file: file.to_string(),
            name,
            operator: &node.op_type,
            node,
        };
        if !matches!(node.domain.as_str(), "" | "ai.onnx") {
            return Err(call.unknown(&format!("belongs to the operator domain `{}`", node.domain)));
        }
        let random = call.operator.starts_with("Random");
        if random || matches!(call.operator, "Bernoulli" | "Multinomial") {
            return Err(call.random("draws random numbers"));
        }
        Ok(call)
    }

    pub fn inputs(&self) -> usize {
        self.node.input.len()
    }

    pub fn has_input(&self, index: usize) -> bool {
        self.node
            .input
            .get(index)
            .is_some_and(|name| !name.is_empty())
    }

    pub fn input(&self, index: usize) -> Outcome<&'n str> {
        match self.node.input.get(index) {
            Some(name) if !name.is_empty() => Ok(name),
            _ => Err(self.wrong(&format!("has no input {}", index + 1))),
        }
    }

    pub fn output(&self) -> Outcome<&'n str> {
        match self.node.output.first() {
            Some(name) if !name.is_empty() => Ok(name),
            _ => Err(self.wrong("has no result")),
        }
    }

    /// Names of all its results; empty for a result that nothing uses.
    pub fn outputs(&self) -> &'n [String] {
        &self.node.output
    }

    fn attribute(&self, name: &str) -> Option<&'n proto::Attribute> {
        self.node.attribute.iter().find(|a| a.name == name)
    }

    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |a| a.i)
    }

    pub fn float(&self, name: &str, default: f64) -> f64 {
        self.attribute(name).map_or(default, |a| f64::from(a.f))
    }

    pub fn ints(&self, name: &str) -> Option<&'n [i64]> {
        self.attribute(name).map(|a| a.ints.as_slice())
    }

    /// A list with one entry for each spatial dimension; `default` for each if it is omitted.
    pub fn spatial(&self, name: &str, dims: usize, default: i64) -> Outcome<Vec<i64>> {
        match self.ints(name) {
            None => Ok(vec![default; dims]),
            Some(list) if list.len() == dims => Ok(list.to_vec()),
            Some(list) => Err(self.wrong(&format!(
                "has {} numbers in `{name}`, not {dims}",
                list.len()
            ))),
        }
    }

    pub fn text(&self, name: &str, default: &'static str) -> String {
        match self.attribute(name) {
            Some(attribute) => String::from_utf8_lossy(&attribute.s).into_owned(),
            None => default.to_string(),
        }
    }

    /// A list of texts; empty if it is omitted.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.attribute(name).map(|a| a.strings.as_slice());
        let texts = list.unwrap_or_default().iter();
        texts
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect()
    }

    /// A list of numbers; none if it is omitted.
    pub fn floats(&self, name: &str) -> Option<Vec<f64>> {
        let list = self.attribute(name)?.floats.iter();
        Some(list.map(|x| f64::from(*x)).collect())
    }

    pub fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }

    pub fn tensor(&self, name: &str) -> Option<&'n proto::Tensor> {
        self.attribute(name)?.t.as_ref()
    }

    /// A graph that the node holds.
    pub fn graph(&self, name: &str) -> Option<&'n proto::Graph> {
        self.attribute(name)?.g.as_ref()
    }

    /// Error: the operator, or this use of it, is not supported.
    pub fn unknown(&self, why: &str) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::error(
                Code::UnknownOperator,
                format!(
                    "`{}`: node `{}` (`{}`) {why}",
                    self.file, self.name, self.operator
                ),
            )
            .help("docs/models.md lists the supported operators"),
        )
    }

    /// Error: the node draws random numbers.
    pub fn random(&self, what: &str) -> Box<Diagnostic> {
        let message = format!(
            "`{}`: node `{}` (`{}`) {what}, so the network's output for one sequence changes from run to run",
            self.file, self.name, self.operator
        );
        Box::new(
            Diagnostic::error(Code::NotRepeatable, message).help(
                "call `model.eval()` before exporting, and remove random numbers from `forward`",
            ),
        )
    }

    /// Error: the node normalises by statistics of the batch.
    pub fn batch_statistics(&self) -> Box<Diagnostic> {
        let message = format!(
            "`{}`: node `{}` (`{}`) is in training mode: it normalises by the mean and variance of the batch, so it mixes the sequences of a batch",
            self.file, self.name, self.operator
        );
        Box::new(
            Diagnostic::error(Code::BatchMixing, message)
                .help("call `model.eval()` before exporting"),
        )
    }

    /// Error: the node computes with the number of sequences in the batch.
    pub fn batch_size(&self) -> Box<Diagnostic> {
        let message = format!(
            "`{}`: node `{}` (`{}`) {}",
            self.file, self.name, self.operator, USES_BATCH_SIZE
        );
        Box::new(Diagnostic::error(Code::BatchMixing, message).help(INSTEAD_OF_BATCH_SIZE))
    }

    /// Error: the node violates the ONNX specification.
    pub fn wrong(&self, what: &str) -> Box<Diagnostic> {
        damaged(
            &self.file,
            format!("its node `{}` (`{}`) {what}", self.name, self.operator),
        )
    }
}
