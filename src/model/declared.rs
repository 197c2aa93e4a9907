//! The text of a declaration, for a model that has none.

use super::declaration::Declaration;
use super::graph::Graph;

/// What is known of a model as the `.toml` that says so, with a comment for what only its makers know.
pub fn declaration_text(declaration: &Declaration, graph: &Graph, sha256: &str) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let list = |texts: &[String]| toml::Value::from(texts.to_vec()).to_string();
    let mut text = format!(
        "length   = {}\nalphabet = {}\nlayout   = {}\n",
        declaration.length,
        quoted(&declaration.alphabet),
        quoted(declaration.layout.word()),
    );
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    let one = match declaration.outputs.as_slice() {
        [output] => Some(output),
        _ => None,
    };
    if let Some(output) = one {
        match output.tasks.is_empty() {
            true => line(format!(
                "# tasks  = [...]           # names of the {} outputs",
                output.shape.first().unwrap_or(&1)
            )),
            false => line(format!("tasks    = {}", list(&output.tasks))),
        }
        match &output.unit {
            None => line("# unit   = \"logit\"         # scale of the outputs".to_string()),
            Some(unit) => line(format!("unit     = {}", quoted(unit))),
        }
    }
    line(format!("sha256   = {}", quoted(sha256)));
    line("# source = \"\"              # who trained it, on what".to_string());
    if declaration.inputs.len() > 1 {
        for id in &graph.inputs {
            let name = &graph.values[id.0].name;
            line(format!("\n[[input]]                   # {name}"));
            line("# kind  = \"sequence\"        # or \"reverse_complement\", or `value = ` of a constant".to_string());
        }
    }
    if one.is_none() {
        for (id, output) in graph.outputs.iter().zip(&declaration.outputs) {
            let name = &graph.values[id.0].name;
            line(format!(
                "\n[[output]]                  # {name}, {:?} after the batch",
                output.shape
            ));
            line("# name  = \"counts\"          # what a script calls it".to_string());
            line("# tasks = [...]".to_string());
        }
    }
    text
}
