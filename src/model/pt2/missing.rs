//! Operators of a file that are not supported: all of them, with where they stand.

use std::collections::HashMap;

use serde_json::Value as Json;

use gia_base::diag::{Code, Diagnostic, pluralize};

/// Maximum number of operators that a message lists.
const MAX_LISTED: usize = 20;

/// One operator that cannot be translated.
struct Missing {
    operator: String,
    /// Why, if it is more than that it is unknown.
    diagnostic: Box<Diagnostic>,
    /// Where its first call stands.
    place: Option<String>,
    /// Number of calls.
    calls: usize,
}

/// The operators that could not be translated so far, in the order of their first calls.
#[derive(Default)]
pub struct MissingOperators {
    found: Vec<Missing>,
    at: HashMap<String, usize>,
}

impl MissingOperators {
    /// Adds a call that could not be translated. `node` is the call in the file.
    pub fn add(&mut self, operator: &str, node: &Json, diagnostic: Box<Diagnostic>) {
        let reason = format!("{operator} {:?}", diagnostic.code);
        if let Some(&at) = self.at.get(&reason) {
            self.found[at].calls += 1;
            return;
        }
        self.at.insert(reason, self.found.len());
        self.found.push(Missing {
            operator: operator.to_string(),
            diagnostic,
            place: place(node),
            calls: 1,
        });
    }

    /// The error for all of them; none if there is none.
    pub fn diagnostic(&mut self, file: &str) -> Option<Box<Diagnostic>> {
        // A network that mixes its batch or draws random numbers is refused for that, whatever else it uses.
        let refused = |missing: &&Missing| {
            matches!(
                missing.diagnostic.code,
                Code::BatchMixing | Code::NotRepeatable
            )
        };
        if let Some(missing) = self.found.iter().find(refused) {
            return Some(with_place(missing.diagnostic.clone(), &missing.place));
        }
        let unknown = |missing: &&Missing| missing.diagnostic.code == Code::UnknownOperator;
        if let ([only], true) = (
            self.found.as_slice(),
            self.found.iter().all(|m| !unknown(&m)),
        ) {
            return Some(with_place(only.diagnostic.clone(), &only.place));
        }
        let first = self.found.first()?;
        let count = pluralize(self.found.len(), "operator");
        let verb = if self.found.len() == 1 { "is" } else { "are" };
        let mut message = format!("`{file}`: {count} {verb} not supported:");
        for missing in self.found.iter().take(MAX_LISTED) {
            message.push_str(&format!("\n  `{}`", missing.operator));
            if missing.calls > 1 {
                message.push_str(&format!(", {} calls", missing.calls));
            }
            if !unknown(&missing) {
                let reason = &missing.diagnostic.message;
                let reason = reason
                    .split_once(") ")
                    .map_or(reason.as_str(), |(_, why)| why);
                message.push_str(&format!(", which {reason}"));
            }
            if let Some(place) = &missing.place {
                message.push_str(&format!(": {place}"));
            }
        }
        if self.found.len() > MAX_LISTED {
            message.push_str(&format!("\n  and {} more", self.found.len() - MAX_LISTED));
        }
        let code = match self.found.iter().any(|missing| unknown(&missing)) {
            true => Code::UnknownOperator,
            false => first.diagnostic.code,
        };
        let help = first.diagnostic.help.clone().unwrap_or_else(|| {
            "`program = program.run_decompositions()` before `torch.export.save` writes many operators in terms of others; \
             for the rest, use operators that docs/models.md lists, or run the network in Python (`kind = \"python\"`, docs/models.md)"
                .to_string()
        });
        Some(Box::new(Diagnostic::error(code, message).help(help)))
    }
}

fn with_place(mut diagnostic: Box<Diagnostic>, place: &Option<String>) -> Box<Diagnostic> {
    if let Some(place) = place {
        diagnostic.message.push_str(&format!(": {place}"));
    }
    diagnostic
}

/// Where a call stands: its module, and the line of the program.
fn place(node: &Json) -> Option<String> {
    let text = |key: &str| node.pointer(&format!("/metadata/{key}"))?.as_str();
    // `L__self__block,block,package.Block;...`: the innermost module is the last.
    let module = text("nn_module_stack").and_then(|stack| {
        let mut parts = stack.rsplit(';').next()?.split(',');
        let (path, class) = (parts.nth(1)?, parts.next()?);
        let class = class.rsplit('.').next()?;
        Some(match path {
            "" => format!("`forward` of {class}"),
            path => format!("module `{path}` ({class})"),
        })
    });
    // `File "/path/net.py", line 3, in forward\n    code`: the first line is the network's own.
    let line = text("stack_trace").and_then(|trace| {
        let mut lines = trace.lines();
        let first = lines.next()?.trim().strip_prefix("File \"")?;
        let (path, rest) = first.split_once("\", line ")?;
        let number = rest.split(',').next()?;
        let name = path.rsplit(['/', '\\']).next()?;
        Some(format!("{name}:{number}"))
    });
    match (module, line) {
        (Some(module), Some(line)) => Some(format!("{module}, {line}")),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    }
}
