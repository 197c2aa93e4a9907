//! Links of the pages: every file and every heading that they lead to is there, and every page can be reached.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::support::command::root;
use crate::support::documents::documents;

/// Prose of a page: without what stands between fences and between backticks.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if !fenced {
            let parts = line.split('`').enumerate();
            // Every second piece stands between backticks; a lone mark keeps its place as a word of a link.
            out.extend(parts.map(|(i, part)| if i % 2 == 0 { part } else { "code" }));
            out.push('\n');
        }
    }
    out
}

/// What the links of a page lead to.
fn targets(text: &str) -> Vec<String> {
    let prose = prose(text);
    let inline = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    let named = prose
        .lines()
        .filter_map(|line| line.trim().strip_prefix('['));
    let named = named
        .filter_map(|line| line.split_once("]: "))
        .map(|(_, target)| target);
    inline
        .map(|(target, _)| target)
        .chain(named)
        .map(|target| target.split_whitespace().next().unwrap_or_default())
        .map(|target| target.trim_matches(['<', '>']).to_string())
        .filter(|target| !target.is_empty())
        .collect()
}

/// What GitHub and mdBook call the headings of a page.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        let title = line.trim_start_matches('#');
        if fenced || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let kept = title.trim().to_lowercase();
        let kept = kept
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let name: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let n = seen.entry(name.clone()).or_default();
        found.insert(if *n == 0 { name } else { format!("{name}-{n}") });
        *n += 1;
    }
    found
}

/// A path with its `..` worked out.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The file of the tree, and the heading in it, that a link of a page leads to; none for those that leave the tree.
fn inside(page: &Path, target: &str) -> Option<(PathBuf, Option<String>)> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = match target.split_once('#') {
        Some((file, heading)) => (file, Some(heading.to_string())),
        None => (target, None),
    };
    let folder = page.parent().expect("a page lies in a folder");
    let path = match file {
        "" => page.to_path_buf(),
        file => plain(&folder.join(file)),
    };
    Some((path, heading))
}

#[test]
fn every_link_leads_somewhere() {
    let mut dead = Vec::new();
    let mut followed = 0;
    for page in documents() {
        for target in targets(&read(&page)) {
            let Some((path, heading)) = inside(&page, &target) else {
                continue;
            };
            followed += 1;
            let there = path.exists() && path.starts_with(root());
            let known = match heading {
                Some(heading) => {
                    there && path.is_file() && anchors(&read(&path)).contains(&heading)
                }
                None => there,
            };
            if !known {
                dead.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
    assert!(followed > 200, "{followed} links");
}

/// The table of contents names every page once; `make book` puts the decisions behind it.
#[test]
fn the_table_of_contents_has_every_page() {
    let contents = root().join("docs/SUMMARY.md");
    let mut listed = Vec::new();
    for target in targets(&read(&contents)) {
        let (path, _) = inside(&contents, &target).expect("a page of the tree");
        assert!(!listed.contains(&path), "{} twice", path.display());
        listed.push(path);
    }
    for page in documents() {
        let decision = page.starts_with(root().join("docs/decisions"));
        let left_out = page == contents || decision;
        assert!(
            left_out || listed.contains(&page),
            "{} is not listed",
            page.display()
        );
    }
}

#[test]
fn headings_are_called_as_github_calls_them() {
    let page =
        "# A `b` c\n## What n is\n### What n is\n```\n# no heading\n```\n## More: than, this_one\n";
    let found: Vec<_> = anchors(page).into_iter().collect();
    assert_eq!(
        found,
        ["a-b-c", "more-than-this_one", "what-n-is", "what-n-is-1"]
    );
    let links = targets("see [a](b.md#c) and `[x](no)` and [`d`](e.md \"title\")\n[f]: g.md\n");
    assert_eq!(links, ["b.md#c", "e.md", "g.md"]);
}
