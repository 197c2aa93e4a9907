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
        Ok(())
    }

    fn output(&mut self, name: &str) -> Outcome<()> {
        if self.scope.types.get(name) == Some(&ElementType::Complex) {
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
