//! What is printed of an expression means the same when it is read back: the formulas of queries at a prompt, and the contrasts
//! that claims name.

use std::path::Path;
use std::sync::Arc;

use gia::check::{DescriptionTopic, Question, inspect};
use gia::design::{Formula, OutputRef};
use gia::source::Sources;
use gia::syntax;
use gia::syntax::tree::ItemKind;
use proptest::prelude::*;

use crate::support::script::check;

const MODELS: &str = "model a = additive({\"GATA\": 1.0})\nmodel b = additive({\"TTTT\": 2.0})\n";

/// Arithmetic over some names, bracketed at random.
fn arithmetic(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => proptest::sample::select(names).prop_map(str::to_string),
        1 => proptest::sample::select(&["2", "0.5", "(-3)"][..]).prop_map(str::to_string),
    ];
    leaf.prop_recursive(4, 16, 2, |inner| {
        let operator = proptest::sample::select(&["+", "-", "*", "/", "^"][..]);
        prop_oneof![
            4 => (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            2 => inner.clone().prop_map(|a| format!("({a})")),
            1 => inner.clone().prop_map(|a| format!("-{a}")),
            1 => inner.clone().prop_map(|a| format!("exp({a})")),
            1 => (inner.clone(), inner).prop_map(|(a, b)| format!("max({a}, {b})")),
        ]
    })
}

/// The formula that an experiment measures; none where it is no query, as 1 / 0 is not.
fn measured(query: &str) -> Option<Arc<Formula<OutputRef>>> {
    let text = format!(
        "{MODELS}experiment e {{\nbackground uniform(length: 50bp)\nsample 10\nembed \"GATA\" at 5bp\nmeasure it = {query}\n}}\n"
    );
    let checked = check("formula.gia", "tests", &text);
    let experiment = checked.program.as_ref()?.experiments.first()?;
    Some(experiment.points[0].outcomes[0].clone())
}

/// What a prompt shows of a query; none for what is none.
fn shown(query: &str) -> Option<String> {
    let mut sources = Sources::default();
    let id = sources.add("models.gia", Path::new(""), MODELS);
    let (file, _) = syntax::parse(id, MODELS);
    let text = format!("let it = {query}");
    let id = sources.add("entry", Path::new(""), &text);
    let (entry, _) = syntax::parse(id, &text);
    let ItemKind::Let(binding) = &entry.items.first()?.kind else {
        return None;
    };
    match inspect(&file, Question::Value(&binding.value), &mut sources)
        .value?
        .what
    {
        DescriptionTopic::Query { words, .. } => Some(words),
        _ => None,
    }
}

/// Name and formula of the contrast that a statement of an experiment adds.
fn contrast(statement: &str) -> Option<(String, Formula<usize>)> {
    let text = format!(
        "{MODELS}experiment e {{\nbackground uniform(length: 50bp)\nsample 10\narm g {{ embed \"GATA\" at 5bp }}\n\
         arm t {{ embed \"TTTT\" at 20bp }}\nmeasure out = a\ncontrast x = g - control\ncontrast y = t - control\n{statement}\n}}\n"
    );
    let checked = check("contrast.gia", "tests", &text);
    let contrasts = &checked.program.as_ref()?.experiments.first()?.contrasts;
    let added = contrasts.get(2)?;
    Some((added.name.clone(), added.formula.clone()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_query_is_shown_as_what_it_measures(query in arithmetic(&["a", "b"])) {
        if let (Some(formula), Some(words)) = (measured(&query), shown(&query)) {
            prop_assert_eq!(measured(&words), Some(formula), "{} is shown as {}", query, words);
        }
    }

    #[test]
    fn the_difference_that_is_claimed_is_named_as_it_is_written(
        left in arithmetic(&["x", "y", "x.out", "(y.out)"]),
        right in arithmetic(&["x", "y", "x.out", "(y.out)"]),
    ) {
        let claimed = contrast(&format!("expect {left} > {right}"));
        if let Some((name, formula)) = claimed {
            let written = contrast(&format!("contrast it = {name}")).map(|(_, formula)| formula);
            prop_assert_eq!(written, Some(formula), "{} > {} is called {}", left, right, name);
        }
    }
}

#[test]
fn brackets_are_kept_where_they_count() {
    for (claim, name) in [
        ("x > (x) + (y)", "x - ((x) + (y))"),
        ("x > (x + y)", "x - (x + y)"),
        ("x > x + y", "x - (x + y)"),
        ("(x.out) + (y.out) > 1", "(x) + (y)"),
    ] {
        let found = contrast(&format!("expect {claim}")).map(|(name, _)| name);
        assert_eq!(found.as_deref(), Some(name), "{claim}");
    }
    for (query, words) in [
        ("(a ^ b) ^ 2", "(a[\"sum\"] ^ b[\"sum\"]) ^ 2"),
        ("a ^ b ^ 2", "a[\"sum\"] ^ b[\"sum\"] ^ 2"),
        ("(-2) ^ a", "(-2) ^ a[\"sum\"]"),
    ] {
        assert_eq!(shown(query).as_deref(), Some(words), "{query}");
    }
}
