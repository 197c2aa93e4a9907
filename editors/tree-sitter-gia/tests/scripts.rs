//! Every script of the tree that follows the grammar of the language follows this one.

use std::path::{Path, PathBuf};

use tree_sitter::{Node, Parser, Query, QueryCursor, StreamingIterator, Tree};

fn parse(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_gia::LANGUAGE.into())
        .expect("a version that this library reads");
    parser.parse(text, None).expect("nothing stops it")
}

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the tree") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "gia") {
            found.push(path);
        }
    }
}

/// Whether a script is recorded to break the grammar, beside it.
fn is_wrong(script: &Path) -> bool {
    let recorded = std::fs::read_to_string(script.with_extension("txt")).unwrap_or_default();
    // A verb that no function of the prelude has is read by the grammar of the language, and unknown here.
    recorded.contains("error[E0001]")
        || recorded.contains("there is no statement and no edit")
        || script
            .file_stem()
            .is_some_and(|name| name.to_string_lossy().ends_with("_own_verb"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_script_parses() {
    let mut found = Vec::new();
    for folder in ["experiments", "stdlib", "tests"] {
        scripts(&root().join(folder), &mut found);
    }
    let mut tried = 0;
    for path in found.iter().filter(|path| !is_wrong(path)) {
        let Ok(text) = std::fs::read_to_string(path) else {
            continue;
        };
        let tree = parse(&text);
        let root = tree.root_node();
        if root.has_error() {
            panic!("{}: {}", path.display(), root.to_sexp());
        }
        tried += 1;
    }
    assert!(tried > 300, "only {tried} scripts were found");
}

#[test]
fn a_wrong_script_has_an_error() {
    for text in [
        "let a = [1, 2\n",
        "experiment e { vary gap 3 }",
        "embed a at b",
    ] {
        assert!(parse(text).root_node().has_error(), "{text}");
    }
}

/// Operators bind as in the language.
#[test]
fn operators_bind_as_in_the_language() {
    let grouped = |text: &str| {
        let script = format!("let it = {text}\n");
        let tree = parse(&script);
        let binding = tree.root_node().child(0).expect("a declaration");
        show(
            binding.child_by_field_name("value").expect("a value"),
            &script,
        )
    };
    for (text, meant) in [
        ("-2^2", "(-(2^2))"),
        ("2^3^4", "(2^(3^4))"),
        ("1 - 2 - 3", "((1-2)-3)"),
        ("1 + 2 * 3", "(1+(2*3))"),
        ("a..b + 1", "(a..(b+1))"),
        ("1 to 2 + 3 step 4", "(1 to(2+3)step 4)"),
        ("not a > 1 and b", "((not(a>1))and b)"),
        (
            "a between 1 and 2 + 3 and b",
            "((a between 1 and(2+3))and b)",
        ),
        ("a over gap > 1", "((a over gap)>1)"),
    ] {
        assert_eq!(
            grouped(text).replace(' ', ""),
            meant.replace(' ', ""),
            "{text}"
        );
    }
}

/// The tokens of a node, with brackets around whatever is made of several expressions.
fn show(node: Node, text: &str) -> String {
    if node.child_count() == 0 {
        return format!(" {} ", &text[node.byte_range()]);
    }
    let mut cursor = node.walk();
    let inside: Vec<String> = node.children(&mut cursor).map(|n| show(n, text)).collect();
    format!("({})", inside.concat())
}

#[test]
fn every_token_of_a_script_is_coloured() {
    let path = root().join("tests/format/layout.gia");
    let text = std::fs::read_to_string(path).expect("a script");
    let tree = parse(&text);
    let query = Query::new(
        &tree_sitter_gia::LANGUAGE.into(),
        tree_sitter_gia::HIGHLIGHTS_QUERY,
    );
    let query = query.expect("a query of this grammar");
    let mut coloured = vec![false; text.len()];
    let mut cursor = QueryCursor::new();
    let mut captures = cursor.captures(&query, tree.root_node(), text.as_bytes());
    while let Some((found, index)) = captures.next() {
        let range = found.captures()[*index].node.byte_range();
        coloured[range].fill(true);
    }
    for (at, byte) in text.bytes().enumerate() {
        let plain = byte.is_ascii_whitespace() || byte == b';';
        assert!(
            plain || coloured[at],
            "`{}`",
            text[at..].lines().next().unwrap_or_default()
        );
    }
}
