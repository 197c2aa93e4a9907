//! Parses the page of a code, `codes/CODE.md`: its text, and the examples that tests run.
//!
//! A page consists of a paragraph and fenced blocks. The first line of a block gives its kind:
//!
//! - ```` ```gia wrong ```` is a script that gives the code when it is checked, ```` ```gia mended ```` one that gives no code.
//! - ```` ```gia run wrong ```` is a script that gives the code when it is run, ```` ```gia run mended ```` one that gives no code.
//! - ```` ```sh wrong ```` holds commands, which give the code on standard error; ```` ```sh mended ```` holds
//!   commands that succeed and give no code.
//! - ```` ```text NAME ```` is a file beside the scripts. `wrong` or `mended` follows the name where the two versions differ.
//! - ```` ```network PATH ```` names a network of the source tree, which lies beside the scripts together with its declaration. The
//!   text tells a reader what the network is.

use super::Code;

/// The kind of a block of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExampleKind<'a> {
    /// A script that gives the code when it is checked.
    Wrong,
    /// A script without the mistake.
    Mended,
    /// A script that gives the code when it is run.
    WrongRun,
    /// A script that runs and gives no code.
    MendedRun,
    /// Shell commands that give the code.
    Commands,
    /// Shell commands that succeed and give no code.
    MendedCommands,
    /// A file that the scripts read: its name, and whether it belongs to the wrong script, to the mended one, or to both.
    File(&'a str, Option<bool>),
    /// A network beside the scripts: its path in the source tree. The text of the block describes it.
    Network(&'a str),
}

/// A fenced block of a page.
#[derive(Debug, Clone, Copy)]
pub struct Example<'a> {
    /// The kind that the first line of the block gives.
    pub kind: ExampleKind<'a>,
    /// Contents of the block, without its fences and its first line.
    pub text: &'a str,
}

/// A parsed page.
#[derive(Debug)]
pub struct Explanation<'a> {
    /// The text before the first block, with the line breaks of the file.
    pub paragraph: &'a str,
    /// Blocks of a known kind, in the order of the page.
    pub examples: Vec<Example<'a>>,
}

impl Code {
    /// The parsed page of the code.
    pub fn explanation(self) -> Explanation<'static> {
        let page = self.page();
        let (paragraph, mut rest) = page
            .split_once("```")
            .map_or((page, ""), |(before, _)| (before, &page[before.len()..]));
        let mut examples = Vec::new();
        while let Some(opened) = rest.find("```").map(|at| &rest[at + 3..]) {
            let (head, body) = opened.split_once('\n').unwrap_or((opened, ""));
            let (text, after) = body.split_once("```").unwrap_or((body, ""));
            if let Some(kind) = kind_of(head) {
                examples.push(Example { kind, text });
            }
            rest = after;
        }
        Explanation {
            paragraph: paragraph.trim(),
            examples,
        }
    }
}

fn kind_of(head: &str) -> Option<ExampleKind<'_>> {
    let words: Vec<&str> = head.split_whitespace().collect();
    Some(match words[..] {
        ["gia", "wrong"] => ExampleKind::Wrong,
        ["gia", "mended"] => ExampleKind::Mended,
        ["gia", "run", "wrong"] => ExampleKind::WrongRun,
        ["gia", "run", "mended"] => ExampleKind::MendedRun,
        ["sh", "wrong"] => ExampleKind::Commands,
        ["sh", "mended"] => ExampleKind::MendedCommands,
        ["network", path] => ExampleKind::Network(path),
        ["text", name] => ExampleKind::File(name, None),
        ["text", name, "wrong"] => ExampleKind::File(name, Some(true)),
        ["text", name, "mended"] => ExampleKind::File(name, Some(false)),
        _ => return None,
    })
}

impl ExampleKind<'_> {
    /// The heading of the block for a reader.
    pub fn title(self) -> String {
        match self {
            ExampleKind::Wrong => "Wrong".into(),
            ExampleKind::Mended => "Right".into(),
            ExampleKind::WrongRun => "Wrong, found when it is run".into(),
            ExampleKind::MendedRun => "Right, and it runs".into(),
            ExampleKind::Commands => "Wrong, on the command line".into(),
            ExampleKind::MendedCommands => "Right, on the command line".into(),
            ExampleKind::File(name, None) => format!("The file {name}"),
            ExampleKind::File(name, Some(true)) => format!("The file {name}, wrong"),
            ExampleKind::File(name, Some(false)) => format!("The file {name}, right"),
            ExampleKind::Network(path) => format!("The network {path} of the source tree"),
        }
    }
}
