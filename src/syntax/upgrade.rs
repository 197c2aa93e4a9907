//! Spellings that the language no longer takes, and the new ones. The parser refuses each with the new spelling as its mend,
//! and `gia fmt --upgrade` writes it.

use std::collections::HashSet;

use super::tree::*;
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;

/// An old spelling.
struct OldSpelling {
    /// The text to replace.
    span: Span,
    new: String,
    /// The old spelling, as the error message names it.
    what: String,
}

/// An error for each old spelling in a file, with the new one as its mend.
pub fn old_spellings(file: &File, text: &str) -> Vec<Diagnostic> {
    let old = find(file, text).into_iter();
    let errors = old.map(|OldSpelling { span, new, what }| {
        let help = match new.is_empty() {
            true => "leave it out".to_string(),
            false => format!("write `{new}`"),
        };
        Diagnostic::error(Code::OldSpelling, what)
            .at(span, "old spelling")
            .suggest(help, [(span, new)])
    });
    errors.collect()
}

/// A text in the new spelling; none if it holds no old one.
pub fn upgraded(file: &File, text: &str) -> Option<String> {
    let mut old = find(file, text);
    old.sort_by_key(|old| old.span.start);
    let mut new = String::with_capacity(text.len());
    let mut copied = 0;
    for OldSpelling { span, new: by, .. } in &old {
        let range = span.range();
        new.push_str(&text[copied..range.start]);
        new.push_str(by);
        copied = range.end;
    }
    new.push_str(&text[copied..]);
    (!old.is_empty()).then_some(new)
}

fn find(file: &File, text: &str) -> Vec<OldSpelling> {
    let mut found = Vec::new();
    let declares_profile = file.items.iter().any(|item| match &item.kind {
        ItemKind::Fn(Fn { name, .. }) | ItemKind::Let(Let { name, .. }) => name.text == "profile",
        _ => false,
    });
    let mut sequences = HashSet::new();
    for item in &file.items {
        match &item.kind {
            ItemKind::Fn(function) => {
                let parameters = function.parameters.iter().map(|p| &p.ty);
                parameters
                    .chain(&function.result)
                    .for_each(|ty| in_type(ty, &mut found));
            }
            ItemKind::Let(binding) => {
                in_binding(binding, item.span, text, &mut sequences, &mut found);
            }
            _ => {}
        }
        let in_experiment = |body: &Experiment, found: &mut Vec<OldSpelling>| {
            let mut sequences = sequences.clone();
            for statement in &body.statements {
                if let StatementKind::Let(binding) = &statement.kind {
                    in_binding(binding, statement.span, text, &mut sequences, found);
                }
            }
        };
        if let ItemKind::Experiment { body, .. } = &item.kind {
            in_experiment(body, &mut found);
        }
        for expr in item.expressions() {
            expr.walk(&mut |expr| match &expr.kind {
                ExprKind::Phrase { verb, arguments } => {
                    in_phrase(&verb.text, arguments, text, &mut found);
                }
                ExprKind::Experiment(body) => in_experiment(body, &mut found),
                ExprKind::Call { function, .. } if !declares_profile => {
                    if matches!(&function.kind, ExprKind::Name(name) if name == "profile") {
                        found.push(OldSpelling {
                            span: function.span,
                            new: "position_specific".into(),
                            what: "the null model `profile` is called `position_specific`".into(),
                        });
                    }
                }
                _ => {}
            });
        }
    }
    found
}

/// `Null` is called `Population`.
fn in_type(ty: &TypeExpr, found: &mut Vec<OldSpelling>) {
    if ty.name.text == "Null" {
        found.push(OldSpelling {
            span: ty.name.span,
            new: "Population".into(),
            what: "the type of null models and sequences is called `Population`".into(),
        });
    }
    ty.arguments.iter().for_each(|ty| in_type(ty, found));
}

/// `null x = fasta(...)` declares real sequences, which are no null model. `sequences` holds the names of those above.
fn in_binding(
    binding: &Let,
    span: Span,
    text: &str,
    sequences: &mut HashSet<String>,
    found: &mut Vec<OldSpelling>,
) {
    if !are_sequences(&binding.value, sequences) {
        sequences.remove(&binding.name.text);
        return;
    }
    sequences.insert(binding.name.text.clone());
    if binding.kind == Kind::Null && text[span.range()].starts_with("null") {
        let start = span.start as usize;
        found.push(OldSpelling {
            span: Span::new(span.source, start, start + "null".len()),
            new: "let".into(),
            what: "real sequences are no null model, and are named with `let`".into(),
        });
    }
}

/// Whether an expression reads sequences, or selects among some that are read.
fn are_sequences(expr: &Expr, sequences: &HashSet<String>) -> bool {
    match &expr.kind {
        ExprKind::Name(name) => sequences.contains(name),
        ExprKind::Call {
            function,
            arguments,
        } => match (&function.kind, arguments.first()) {
            (ExprKind::Name(name), _) if matches!(name.as_str(), "fasta" | "genome" | "vcf") => {
                true
            }
            // Of a set these select sequences; of a null model they make another.
            (ExprKind::Name(name), Some(of)) if matches!(name.as_str(), "without" | "filtered") => {
                are_sequences(&of.value, sequences)
            }
            _ => false,
        },
        _ => false,
    }
}

fn in_phrase(verb: &str, arguments: &[Argument], text: &str, found: &mut Vec<OldSpelling>) {
    let joined = match verb {
        "mutate" => Some("with"),
        "move" => Some("at"),
        _ => None,
    };
    if let (Some(word), [first]) = (joined, arguments)
        && let ExprKind::To {
            from,
            to,
            step: None,
        } = &first.value.kind
    {
        let (start, end) = (from.span.end as usize, to.span.start as usize);
        if let Some(at) = text[start..end].find("to") {
            // Only some words go on in the next line.
            let behind = start + at + "to".len();
            let joined = text[behind..end].contains('\n') && text[behind..end].trim().is_empty();
            let (stop, new) = match joined {
                true => (end, format!("{word} ")),
                false => (behind, word.to_string()),
            };
            found.push(OldSpelling {
                span: Span::new(first.value.span.source, start + at, stop),
                new,
                what: format!("the word of `{verb}` is `{word}`"),
            });
        }
    }
    for (i, argument) in arguments.iter().enumerate() {
        let (Some(word), ExprKind::Name(value)) = (&argument.name, &argument.value.kind) else {
            continue;
        };
        let quoted = || OldSpelling {
            span: argument.value.span,
            new: format!("\"{value}\""),
            what: format!("`{}` takes a text in quotes", word.text),
        };
        match (verb, word.text.as_str(), value.as_str()) {
            ("insert" | "delete", "shifting", "left" | "right") => found.push(quoted()),
            ("disrupt", "by", "randomize") => found.push(quoted()),
            // A shuffle is what `disrupt` does anyway.
            ("disrupt", "by", "shuffle") if i > 0 => {
                let start = arguments[i - 1].value.span.end as usize;
                let end = argument.value.span.end as usize;
                found.push(OldSpelling {
                    span: Span::new(word.span.source, start, end),
                    new: String::new(),
                    what: "`disrupt` shuffles by default, and takes no `by shuffle`".into(),
                });
            }
            _ => {}
        }
    }
}
