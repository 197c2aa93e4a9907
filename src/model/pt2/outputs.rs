//! The outputs of a network.

use serde_json::Value as Json;

use super::{Reader, field, list};
use crate::aten::ElementType;
use crate::unsupported_file::damaged;
use gia_base::diag::{Code, Diagnostic, Outcome};

impl Reader {
    pub(super) fn outputs(&mut self, module: &Json) -> Outcome<()> {
        let signature = field(module, "signature", &self.file)?.clone();
        for spec in list(&signature, "output_specs", &self.file)? {
            let Some(output) = spec.get("user_output") else {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::BadModelFile,
                        format!("`{}` changes its own state when it runs", self.file),
                    )
                    .help("call `model.eval()` before exporting"),
                ));
            };
            if let Some(name) = output.pointer("/arg/as_tensor/name").and_then(Json::as_str) {
                self.output(name)?;
            }
        }
        if self.graph.outputs.is_empty() {
            return Err(damaged(&self.file, "its graph has no output".to_string()));
        }
        let names = dictionary_keys(module).filter(|keys| keys.len() == self.graph.outputs.len());
        self.graph.output_names = names.unwrap_or_default();
        Ok(())
    }

    fn output(&mut self, name: &str) -> Outcome<()> {
        if self.scope.element_type(name) == Some(ElementType::Complex) {
            return Err(Box::new(
                Diagnostic::error(
                    Code::UnknownOperator,
                    format!("`{}`: its output `{name}` holds complex numbers", self.file),
                )
                .help("return `torch.view_as_real(output)` or `output.abs()`, and export the network again"),
            ));
        }
        self.refresh(name, name)?;
        let id = self.lookup(name)?;
        self.graph.outputs.push(id);
        Ok(())
    }
}

/// The keys of a network that returns a dictionary of tensors, in the order of its outputs; none for any other, and if
/// a key cannot be a name.
fn dictionary_keys(module: &Json) -> Option<Vec<String>> {
    let spec = module.pointer("/module_call_graph/0/signature/out_spec")?;
    let spec: Json = serde_json::from_str(spec.as_str()?).ok()?;
    let tree = spec.get(1)?;
    if tree.get("type")?.as_str()? != "builtins.dict" {
        return None;
    }
    let is_leaf = |child: &Json| child.get("type").is_none_or(Json::is_null);
    if !tree.get("children_spec")?.as_array()?.iter().all(is_leaf) {
        return None;
    }
    let keys: Vec<String> = serde_json::from_str(tree.get("context")?.as_str()?).ok()?;
    let is_name = |key: &String| {
        let first = key.chars().next();
        first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    keys.iter().all(is_name).then_some(keys)
}
