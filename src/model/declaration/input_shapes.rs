//! Fits layout and length of the sequence inputs to the shapes that the graph states.

use super::input_encoding::table_of_tokens;
use super::sources::DeclarationSources;
use crate::encoding::Layout;
use crate::graph::{Dataflow, Dim, Graph, Kernel, Operand, ValueId};
use crate::input::{Channel, Encoding, Input, SequenceInput, Tokenizer};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};

/// Maximum number of bases in a batch: more than any chromosome.
const MAX_LENGTH_BP: usize = 1 << 32;

/// The tokens of HyenaDNA's tokenizer, which many single-base networks share, for suggestions.
pub(super) const SINGLE_BASE_TOKENS: &str = "{ A = 7, C = 8, G = 9, T = 10, N = 11 }";

/// What is known of layout and length.
#[derive(Clone, Copy)]
struct Known {
    layout: Option<Layout>,
    length: Option<usize>,
    /// Whether the length is that of another input, and not declared.
    is_from_input: bool,
}

impl DeclarationSources {
    /// Layout and length, which all sequence inputs share.
    pub(super) fn fit_inputs(
        &self,
        graph: &Graph,
        inputs: &mut [Input],
        layout: Option<Layout>,
        length: Option<usize>,
    ) -> Outcome<(Layout, usize)> {
        if let Some(length) = length.filter(|n| !(1..=MAX_LENGTH_BP).contains(n)) {
            return Err(Box::new(Diagnostic::error(
                Code::BadDeclaration,
                format!(
                    "the declared input length of `{}`, {length} bp, is out of range",
                    self.file
                ),
            )));
        }
        let mut known = Known {
            layout,
            length,
            is_from_input: false,
        };
        for (at, shape) in graph.input_shapes().into_iter().enumerate() {
            let Some(Input::Sequence(input)) = inputs.get(at) else {
                continue;
            };
            let shape = shape.ok_or_else(|| {
                Diagnostic::error(
                    Code::BadModelFile,
                    format!(
                        "the graph of `{}` does not state the shape of its input",
                        self.file
                    ),
                )
            })?;
            match &input.encoding {
                Encoding::Tokens(tokenizer) => {
                    let fitting = self.fit_tokens(at, input, tokenizer, shape, &mut known)?;
                    if let Some(&id) = graph.inputs.get(at)
                        && let Some((rows, _)) = table_of_tokens(graph, id)
                    {
                        self.check_tokens(at, &fitting, rows)?;
                    }
                    self.check_lookup(graph, at)?;
                    if let Some(Input::Sequence(input)) = inputs.get_mut(at) {
                        input.encoding = Encoding::Tokens(fitting);
                    }
                }
                Encoding::OneHot | Encoding::Channels(_) => {
                    self.fit_channels(input, shape, &mut known)?;
                }
            }
        }
        let Some(length) = known.length else {
            return Err(Box::new(
                Diagnostic::error(
                    Code::IncompleteDeclaration,
                    format!(
                        "each input of `{}` reads a part of the sequence, and the length of the sequence is not declared",
                        self.file
                    ),
                )
                .help("declare `length` in the .toml beside the file, or remove `start` from the input that reads the whole sequence"),
            ));
        };
        self.check_batch(graph, length)?;
        for (at, input) in inputs.iter().enumerate() {
            if let Input::Sequence(input) = input {
                self.check_positions(at, input, length)?;
            }
        }
        // Without a one-hot input in the file, the order of its dimensions is of no consequence.
        Ok((known.layout.unwrap_or(Layout::ChannelsFirst), length))
    }

    /// Checks that a batch of sequences of this length can be allocated.
    fn check_batch(&self, graph: &Graph, length: usize) -> Outcome<()> {
        let batch = graph.fixed_batch().unwrap_or(1);
        let bases = batch.checked_mul(length);
        if bases.is_some_and(|n| (1..=MAX_LENGTH_BP).contains(&n)) {
            return Ok(());
        }
        Err(Box::new(Diagnostic::error(
            Code::BadModelFile,
            format!(
                "`{}` needs batches of {batch} sequences of {length} bp; a batch may hold 1 to {MAX_LENGTH_BP} bases",
                self.file
            ),
        )))
    }

    /// Checks that the part and the tracks of an input fit a sequence of this length.
    fn check_positions(&self, at: usize, input: &SequenceInput, length: usize) -> Outcome<()> {
        let end = input
            .part
            .map(|part| part.start.saturating_add(part.length));
        if let (Some(part), Some(end)) = (input.part, end.filter(|end| *end > length)) {
            let message = format!(
                "reads {}bp..{end}bp of a sequence of {length} bp",
                part.start
            );
            return Err(self.wrong_input(at, &message));
        }
        let positions = input.part.map_or(length, |part| part.length);
        let Encoding::Channels(channels) = &input.encoding else {
            return Ok(());
        };
        let wrong = channels.iter().find_map(|channel| match channel {
            Channel::Track(values) if values.len() != positions => Some(values.len()),
            _ => None,
        });
        match wrong {
            None => Ok(()),
            Some(count) => Err(self.wrong_input(
                at,
                &format!(
                    "has a channel of {}, but reads {positions} bp",
                    pluralize(count, "number")
                ),
            )),
        }
    }

    /// Checks that the table in which the graph looks up tokens has a row for each.
    fn check_tokens(&self, at: usize, tokenizer: &Tokenizer, rows: i64) -> Outcome<()> {
        let around = tokenizer.start.iter().chain(&tokenizer.end);
        let others = tokenizer
            .unknown
            .iter()
            .chain(tokenizer.bases.iter().flatten());
        let all = tokenizer.words.iter().chain(around).chain(others);
        match all.copied().max().filter(|token| i64::from(*token) >= rows) {
            None => Ok(()),
            Some(token) => Err(self.wrong_input(
                at,
                &format!(
                    "has the token {token}, but the graph looks tokens up in a table of {}, from 0 to {}",
                    pluralize(usize::try_from(rows).unwrap_or(0), "row"),
                    rows - 1
                ),
            )),
        }
    }

    /// Checks that the graph does not multiply numbers that are declared as tokens by weights.
    fn check_lookup(&self, graph: &Graph, at: usize) -> Outcome<()> {
        let Some(&input) = graph.inputs.get(at) else {
            return Ok(());
        };
        if graph.integer_inputs.contains(&input) || !is_multiplied(graph, input) {
            return Ok(());
        }
        let help = match graph.values[input.0].shape.as_deref() {
            Some([_, Dim::Fixed(n)]) if n % 4 == 0 => format!(
                "if it takes one-hot sequences that are flattened, flatten them in `forward`, and export the network with an input of shape (batch, 4, {})",
                n / 4
            ),
            _ => "declare what the input holds: one-hot bases, or `channels`".to_string(),
        };
        let message = format!(
            "`{}` declares tokens for input {}, but the graph of `{}` multiplies it by weights, as numbers",
            self.toml,
            at + 1,
            self.file
        );
        Err(Box::new(
            Diagnostic::error(Code::DeclarationMismatch, message).help(help),
        ))
    }

    /// Fits the length to the number of tokens, and returns the tokenizer with or without tokens for single bases at the end.
    fn fit_tokens(
        &self,
        at: usize,
        input: &SequenceInput,
        tokenizer: &Tokenizer,
        shape: &[Dim],
        known: &mut Known,
    ) -> Outcome<Tokenizer> {
        let [_, tokens] = shape else {
            let message = format!(
                "holds tokens, which the graph takes as (batch, tokens), but its shape is {}",
                show_shape(shape)
            );
            return Err(self.wrong_input(at, &message));
        };
        let with_bases = tokenizer.clone();
        let without = Tokenizer {
            bases: None,
            ..with_bases.clone()
        };
        let around = tokenizer.start.len() + tokenizer.end.len();
        let stated = tokens.fixed().and_then(|n| usize::try_from(n).ok());
        let is_single = (tokenizer.k, tokenizer.step) == (1, 1);
        if known.length.is_none() && input.part.is_none() && is_single {
            known.length = stated
                .and_then(|n| n.checked_sub(around))
                .filter(|n| *n > 0);
        }
        let Some(length) = input.part.map(|part| part.length).or(known.length) else {
            let message = format!(
                "the graph of `{}` states how many tokens it takes, but not the length of the sequence, and none is declared",
                self.file
            );
            return Err(Box::new(
                Diagnostic::error(Code::IncompleteDeclaration, message)
                    .help("declare `length` in the .toml beside the file, or write `load(..., length: 1000bp)`"),
            ));
        };
        let fits = |tokenizer: &Tokenizer| {
            tokenizer.count(length) > 0
                && stated.is_none_or(|stated| stated == tokenizer.tokens(length))
        };
        if let Some(fitting) = [with_bases, without].into_iter().find(fits) {
            return Ok(fitting);
        }
        let found = tokenizer.tokens(length);
        Err(self.wrong_input(
            at,
            &format!(
                "makes {} of {length} bp, but the graph takes {}",
                pluralize(found, "token"),
                stated.unwrap_or(0)
            ),
        ))
    }

    /// The error for a length that neither the graph nor anyone else states.
    pub(super) fn no_length(&self) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::error(Code::IncompleteDeclaration, format!("the graph of `{}` leaves its input length free, and none is declared", self.file))
                .help("declare `length` in the .toml beside the file, or write `load(..., length: 1000bp)`"),
        )
    }

    /// Derives layout and length from the shape of an input with channels, given what is already known of them.
    fn fit_channels(&self, input: &SequenceInput, shape: &[Dim], known: &mut Known) -> Outcome<()> {
        let layout = known.layout;
        let length = input.part.map(|part| part.length).or(known.length);
        let channel_count = match &input.encoding {
            Encoding::Channels(channels) => channels.len(),
            Encoding::OneHot | Encoding::Tokens(_) => 4,
        };
        let [_, first, second] = shape else {
            let message = format!(
                "`{}` has an input of shape {}, but needs (batch, {channel_count}, length) or (batch, length, {channel_count})",
                self.file,
                show_shape(shape)
            );
            let wrong = Diagnostic::error(Code::BadDeclaration, message);
            return Err(Box::new(match shape {
                [_, _] => wrong.help(format!("for an input of tokens, state the tokenizer's numbers in its `[[input]]` table: `tokens = {SINGLE_BASE_TOKENS}`")),
                _ => wrong,
            }));
        };
        let could_be = |layout: Layout| {
            let (channels, positions) = match layout {
                Layout::ChannelsFirst => (first, second),
                Layout::ChannelsLast => (second, first),
            };
            let long_enough = match (positions, length) {
                (Dim::Fixed(n), Some(declared)) => usize::try_from(*n) == Ok(declared),
                _ => true,
            };
            channels.fixed() == i64::try_from(channel_count).ok() && long_enough
        };
        let found = match (
            could_be(Layout::ChannelsFirst),
            could_be(Layout::ChannelsLast),
            layout,
        ) {
            (_, _, Some(declared)) if could_be(declared) => declared,
            (true, false, None) => Layout::ChannelsFirst,
            (false, true, None) => Layout::ChannelsLast,
            (true, true, None) => {
                return Err(Box::new(
                    Diagnostic::error(
                        Code::IncompleteDeclaration,
                        format!(
                            "the input of `{}` has shape {}, which fits both layouts",
                            self.file,
                            show_shape(shape)
                        ),
                    )
                    .help("declare `layout = \"channels_first\"` or `layout = \"channels_last\"`"),
                ));
            }
            _ => {
                let mut claims = Vec::new();
                claims.extend(layout.map(|l| format!("layout {}", l.word())));
                claims.extend(length.map(|n| format!("length {n} bp")));
                let help = mismatch_help(input, [first, second], known.is_from_input);
                if let (Some(length), Some(help), true) = (length, &help, known.is_from_input) {
                    let message = format!(
                        "an input of `{}` reads {length} bp, and another has the shape {}",
                        self.file,
                        show_shape(shape)
                    );
                    return Err(Box::new(
                        Diagnostic::error(Code::IncompleteDeclaration, message).help(help.as_str()),
                    ));
                }
                let claim = match (claims.is_empty(), channel_count) {
                    (true, 4) => "four channels are needed".into(),
                    (true, count) => format!("{count} channels are declared"),
                    (false, _) => format!("{} is declared", claims.join(" and ")),
                };
                let code = match claims.is_empty() && channel_count == 4 {
                    true => Code::IncompleteDeclaration,
                    false => Code::DeclarationMismatch,
                };
                let mismatch = Diagnostic::error(
                    code,
                    format!(
                        "{claim}, but the graph of `{}` has an input of shape {}",
                        self.file,
                        show_shape(shape)
                    ),
                );
                return Err(Box::new(match help {
                    Some(help) => mismatch.help(help),
                    None => mismatch,
                }));
            }
        };
        let positions = if found == Layout::ChannelsFirst {
            second
        } else {
            first
        };
        let positions = match (positions, length) {
            (Dim::Fixed(n), _) if *n > 0 => *n as usize,
            (Dim::Free, Some(declared)) => declared,
            _ => return Err(self.no_length()),
        };
        known.layout = Some(found);
        if input.part.is_none() {
            known.is_from_input |= known.length.is_none();
            known.length = Some(positions);
        }
        Ok(())
    }
}

/// What to declare for an input with other channels than the four bases, or of another length than other inputs.
fn mismatch_help(input: &SequenceInput, dims: [&Dim; 2], is_from_input: bool) -> Option<String> {
    if input.encoding != Encoding::OneHot || input.part.is_some() {
        return None;
    }
    let taken = match dims {
        [Dim::Fixed(4), Dim::Fixed(n)] => Some((Layout::ChannelsFirst, *n)),
        [Dim::Fixed(n), Dim::Fixed(4)] => Some((Layout::ChannelsLast, *n)),
        _ => None,
    };
    if let (Some((layout, n)), false) = (taken, is_from_input) {
        return Some(format!(
            "the graph takes {n} bp in the layout \"{}\"; leave both out of the declaration and the call, and they are read from the graph",
            layout.word()
        ));
    }
    if dims.contains(&&Dim::Fixed(4)) {
        let help = "an input that reads a part of the sequence names its first base in its `[[input]]` table: `start = 100`";
        return Some(help.to_string());
    }
    let fixed: Vec<i64> = dims.iter().filter_map(|dim| dim.fixed()).collect();
    let few = fixed.into_iter().min().filter(|n| (5..=16).contains(n))?;
    let more = vec!["0.0"; few as usize - 5];
    let more: String = more.iter().map(|value| format!(", {value}")).collect();
    Some(format!(
        "state what each of {few} channels holds in an `[[input]]` table of the .toml beside the file, such as `channels = [\"A\", \"C\", \"G\", \"T\", \"N\"{more}]`"
    ))
}

/// A shape, batch first.
/// Whether an input, or a copy of it in another shape or type, is multiplied by weights.
fn is_multiplied(graph: &Graph, input: ValueId) -> bool {
    let mut copies = vec![input];
    for node in &graph.nodes {
        let is_copy =
            |operand: &Operand| matches!(operand, Operand::Value(id) if copies.contains(id));
        if !node.inputs.iter().any(is_copy) {
            continue;
        }
        match node.op.kind().dataflow {
            Dataflow::Linear | Dataflow::MatrixProduct { .. } | Dataflow::Contraction { .. } => {
                return true;
            }
            Dataflow::Window(window) if matches!(window.kernel, Kernel::Weight { .. }) => {
                return true;
            }
            Dataflow::Copy | Dataflow::Reshape(_) | Dataflow::Reorder(_) => {
                copies.extend(&node.outputs);
            }
            _ => {}
        }
    }
    false
}

pub(super) fn show_shape(shape: &[Dim]) -> String {
    let dims: Vec<String> = shape
        .iter()
        .enumerate()
        .map(|(i, dim)| match dim {
            Dim::Fixed(n) => n.to_string(),
            Dim::Free if i == 0 => "batch".to_string(),
            Dim::Free => "any".to_string(),
        })
        .collect();
    format!("({})", dims.join(", "))
}
