//! Writes the text of a declaration for a model that has none.

use super::declaration::Declaration;
use super::graph::Graph;
use super::input::{Encoding, Input, SequenceInput};

/// The text of a `.toml` that declares a model, with commented-out lines for what only the model's authors know.
pub fn declaration_text(declaration: &Declaration, graph: &Graph, sha256: &str) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let list = |texts: &[String]| toml::Value::from(texts.to_vec()).to_string();
    let python = declaration.entry.as_ref();
    let python =
        python.map(|entry| format!("kind     = \"python\"\nentry    = {}\n", quoted(entry)));
    let mut text = format!(
        "{}length   = {}\nalphabet = {}\nlayout   = {}\n",
        python.unwrap_or_default(),
        declaration.input_length(),
        quoted(&declaration.alphabet),
        quoted(declaration.layout.word()),
    );
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    // TorchScript and networks in Python have no graph, so the declaration has to state the shapes.
    let is_opaque = graph.nodes.is_empty();
    let one = match declaration.outputs.as_slice() {
        [output] if !is_opaque => Some(output),
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
    if let Some(output) = one {
        match (output.before, graph.last_step(0)) {
            (Some(step), _) => line(format!("before   = {}", quoted(step.word()))),
            (None, Some(step)) => line(format!(
                "# before = {:<15} # measure the input of the last step",
                quoted(step.word())
            )),
            (None, None) => {}
        }
    }
    line(format!("sha256   = {}", quoted(sha256)));
    line("# source = \"\"              # who trained it, on what".to_string());
    let plain = [Input::one_hot(false)];
    if declaration.inputs != plain {
        for (id, input) in graph.inputs.iter().zip(&declaration.inputs) {
            line(format!(
                "\n[[input]]\nname  = {}",
                quoted(&graph.values[id.0].name)
            ));
            match input {
                Input::Sequence(input) => {
                    let kind = match input.reverse_complement {
                        true => "reverse_complement",
                        false => "sequence",
                    };
                    line(format!("kind  = {}", quoted(kind)));
                    if let Some(tokens) = base_tokens(input, &declaration.alphabet) {
                        line(format!("tokens = {tokens}"));
                    }
                }
                Input::Constant { shape, values } => {
                    match values.as_slice() {
                        [value] => line(format!("value = {value:?}")),
                        values => line(format!("values = {values:?}")),
                    }
                    if declaration.entry.is_some() {
                        line(format!("shape = {shape:?}"));
                    }
                }
            }
        }
    }
    if one.is_none() {
        for (id, output) in graph.outputs.iter().zip(&declaration.outputs) {
            let name = &graph.values[id.0].name;
            line(format!(
                "\n[[output]]                  # {name}, {:?} after the batch",
                output.shape
            ));
            if is_opaque {
                line(format!("shape = {:?}", output.shape));
            }
            match &output.name {
                Some(name) => line(format!("name  = {}", quoted(name))),
                None => line(format!(
                    "# name  = {:<17} # what a script calls it",
                    quoted(name)
                )),
            }
            match output.tasks.is_empty() {
                true => line("# tasks = [...]".to_string()),
                false => line(format!("tasks = {}", list(&output.tasks))),
            }
            if let Some(unit) = &output.unit {
                line(format!("unit  = {}", quoted(unit)));
            }
        }
    }
    text
}

/// The tokens of single bases, as a declaration states them; none for an input without such tokens.
fn base_tokens(input: &SequenceInput, alphabet: &str) -> Option<String> {
    let Encoding::Tokens(tokenizer) = &input.encoding else {
        return None;
    };
    if tokenizer.k != 1 {
        return None;
    }
    let bases = alphabet.chars().zip(tokenizer.words.iter().copied());
    let all = bases.chain(tokenizer.unknown.map(|token| ('N', token)));
    let entries: Vec<String> = all
        .map(|(letter, token)| format!("{letter} = {token}"))
        .collect();
    Some(format!("{{ {} }}", entries.join(", ")))
}
