//! Resolves how a sequence input encodes bases: its channels, its part of the sequence, or a single-base tokenizer.

use std::collections::BTreeMap;
use std::path::Path;

use super::input_shapes::SINGLE_BASE_TOKENS;
use super::sources::DeclarationSources;
use crate::declaration_file::{TomlChannel, TomlInput};
use crate::graph::{Dim, Graph, Op, Operand, ValueId};
use crate::input::{Channel, Encoding, Part, Tokenizer};
use crate::load_arguments::LoadArguments;
use gia_base::diag::{Code, Diagnostic, Outcome, closest};
use gia_base::file::{InputKind, read_text_as};

/// Maximum number of channels along the sequence.
const MAX_CHANNELS: usize = 1024;

impl DeclarationSources {
    /// How a declared input encodes bases. `alphabet` orders the bases.
    pub(super) fn encoding(
        &self,
        number: usize,
        declared: TomlInput,
        alphabet: &str,
    ) -> Outcome<Encoding> {
        let stated = [
            (declared.channels.is_some(), "channels"),
            (declared.tokens.is_some(), "tokens"),
            (declared.vocabulary.is_some(), "vocabulary"),
        ];
        let stated: Vec<&str> = stated
            .iter()
            .filter_map(|(is_stated, key)| is_stated.then_some(*key))
            .collect();
        if let [first, second, ..] = stated.as_slice() {
            return Err(self.wrong_input(
                number,
                &format!("has both `{first}` and `{second}`; keep one of them"),
            ));
        }
        if let Some(key) = declared
            .word_key()
            .filter(|_| declared.vocabulary.is_none())
        {
            return Err(self.wrong_input(
                number,
                &format!("has `{key}`, but no `vocabulary` whose words it describes"),
            ));
        }
        if let Some(channels) = declared.channels {
            return self.channels(number, channels, alphabet);
        }
        if let Some(tokens) = &declared.tokens {
            let words = self.base_tokens(number, tokens, alphabet)?;
            let named = |word: &str| tokens.get(word).copied();
            return Ok(Encoding::Tokens(Tokenizer {
                k: 1,
                step: 1,
                words,
                unknown: named("N"),
                start: self.framing(number, &declared.start_tokens, &named)?,
                end: self.framing(number, &declared.end_tokens, &named)?,
                bases: None,
                unknown_base: None,
            }));
        }
        match declared.vocabulary.clone() {
            Some(file) => self.vocabulary(number, &file, declared, alphabet),
            None if declared.start_tokens.is_empty() && declared.end_tokens.is_empty() => {
                Ok(Encoding::OneHot)
            }
            None => Err(self.wrong_input(
                number,
                "has tokens around the sequence, but neither `tokens` nor a `vocabulary` for its bases",
            )),
        }
    }

    /// The encoding of the only input, which no table describes: one-hot, or tokens of single bases if the graph looks them up in a table
    /// with a row for each base, or for each base and N.
    pub(super) fn undeclared_encoding(&self, graph: &Graph) -> Outcome<Encoding> {
        let input = graph.inputs.first().copied();
        let shape = input.and_then(|id| graph.values[id.0].shape.as_deref());
        let (Some(input), Some(shape @ [_, _])) = (input, shape) else {
            return Ok(Encoding::OneHot);
        };
        let table = table_of_tokens(graph, input);
        let rows = table.map(|(rows, _)| rows);
        // Padding in the place of a base says that the bases have other tokens.
        let pads_base = matches!(table, Some((_, Some(0..=3))));
        if let Some(rows @ (4 | 5)) = rows.filter(|_| !pads_base) {
            return Ok(Encoding::Tokens(Tokenizer {
                k: 1,
                step: 1,
                words: vec![0, 1, 2, 3],
                unknown: (rows == 5).then_some(4),
                start: Vec::new(),
                end: Vec::new(),
                bases: None,
                unknown_base: None,
            }));
        }
        let tokens = match rows {
            Some(12) | None => SINGLE_BASE_TOKENS,
            Some(5) => "{ A = 1, C = 2, G = 3, T = 4 }",
            Some(4) => "{ A = 0, C = 1, G = 2, T = 3 }",
            Some(_) => "{ A = 0, C = 1, G = 2, T = 3, N = 4 }",
        };
        let message = match rows {
            Some(_) if pads_base => {
                let padding = table.and_then(|(_, padding)| padding).unwrap_or(0);
                format!(
                    "`{}` takes tokens, of which {padding} is padding, and does not state those of the bases",
                    self.file
                )
            }
            Some(rows) => format!(
                "`{}` takes tokens, which are looked up in a table of {rows} rows, and does not state those of the bases",
                self.file
            ),
            None => format!(
                "`{}` has an input of shape {}, but needs (batch, 4, length) or (batch, length, 4)",
                self.file,
                super::input_shapes::show_shape(shape)
            ),
        };
        let flattened = match shape {
            [_, Dim::Fixed(n)] if rows.is_none() && n % 4 == 0 => format!(
                "; if it takes one-hot sequences of {} bp that are flattened, flatten them in `forward` and export the network with an input of shape (batch, 4, {})",
                n / 4,
                n / 4
            ),
            _ => String::new(),
        };
        Err(Box::new(Diagnostic::error(Code::IncompleteDeclaration, message).help(format!(
            "state the numbers of tokens in an `[[input]]` table of the .toml beside the file: `tokens = {tokens}`, or `vocabulary = \"vocab.txt\"` with `k = 6` and `step = 6` for words of several bases{flattened}"
        ))))
    }

    /// The size of each declared input along a sequence of `length` positions, before the graph is read; none for a constant, or where the
    /// declaration leaves it to the graph.
    pub(super) fn stated_sizes(
        &self,
        given: &LoadArguments,
        declared: &[TomlInput],
        length: usize,
    ) -> Outcome<Vec<Option<i64>>> {
        if declared.is_empty() {
            return Ok(vec![i64::try_from(length).ok()]);
        }
        let alphabet = given.alphabet.as_deref().unwrap_or("ACGT");
        let mut sizes = Vec::with_capacity(declared.len());
        for (number, input) in declared.iter().enumerate() {
            let is_constant = input.value.is_some() || input.values.is_some();
            let positions = match (input.start, input.length) {
                _ if is_constant => None,
                (None, _) => Some(length),
                (Some(_), stated) => stated,
            };
            let Some(positions) = positions else {
                sizes.push(None);
                continue;
            };
            let encoding = self.encoding(number, input.clone(), alphabet)?;
            sizes.push(encoding.size(positions));
        }
        Ok(sizes)
    }

    fn channels(
        &self,
        number: usize,
        declared: Vec<TomlChannel>,
        alphabet: &str,
    ) -> Outcome<Encoding> {
        if declared.len() > MAX_CHANNELS {
            let message = format!(
                "has {} channels; at most {MAX_CHANNELS} are supported",
                declared.len()
            );
            return Err(self.wrong_input(number, &message));
        }
        let mut channels = Vec::with_capacity(declared.len());
        for channel in declared {
            channels.push(match channel {
                TomlChannel::Letter(letter) if letter == "N" => Channel::Unknown,
                TomlChannel::Letter(letter) => {
                    let Some(index) = base_index(&letter, alphabet) else {
                        return Err(self.wrong_input(
                            number,
                            &format!("has a channel \"{letter}\"; a channel is one of the bases of \"{alphabet}\", \"N\", a number, or a list of numbers"),
                        ));
                    };
                    Channel::Base(index)
                }
                TomlChannel::Number(value) => Channel::Constant(value),
                TomlChannel::Numbers(values) => Channel::Track(values),
                TomlChannel::File { file } => Channel::Track(self.numbers_of(number, &file)?),
            });
        }
        let repeated = channels.iter().enumerate().find(|(at, channel)| {
            matches!(channel, Channel::Base(_) | Channel::Unknown)
                && channels[..*at].contains(channel)
        });
        if let Some((_, channel)) = repeated {
            let letter = match channel {
                Channel::Base(base) => alphabet.chars().nth(usize::from(*base)).unwrap_or('?'),
                _ => 'N',
            };
            return Err(self.wrong_input(
                number,
                &format!("has two channels for {letter}; each base has one"),
            ));
        }
        if let Some(missing) = (0..4).find(|base| !channels.contains(&Channel::Base(*base))) {
            let letter = alphabet.chars().nth(usize::from(missing)).unwrap_or('?');
            return Err(self.wrong_input(number, &format!("has no channel for the base {letter}")));
        }
        let values = channels.iter().flat_map(|channel| match channel {
            Channel::Constant(value) => std::slice::from_ref(value),
            Channel::Track(values) => values.as_slice(),
            Channel::Base(_) | Channel::Unknown => &[],
        });
        match values.copied().find(|value| !value.is_finite()) {
            Some(value) => Err(self.wrong_input(
                number,
                &format!("has the value {value} in a channel, which is not finite"),
            )),
            None => Ok(Encoding::Channels(channels)),
        }
    }

    /// The numbers of a text file beside the declaration, separated by spaces, commas or line breaks.
    fn numbers_of(&self, number: usize, file: &Path) -> Outcome<Vec<f32>> {
        let text = read_text_as(&self.beside(file), InputKind::Declaration)?;
        let words = text.split(|c: char| c.is_whitespace() || c == ',');
        let numbers = words.filter(|word| !word.is_empty()).map(|word| {
            word.parse::<f32>().map_err(|_| {
                let message = format!(
                    "reads `{}`, which holds \"{word}\" where a number is expected",
                    file.display()
                );
                self.wrong_input(number, &message)
            })
        });
        numbers.collect()
    }

    /// Path of a file that the declaration names.
    pub(super) fn beside(&self, file: &Path) -> std::path::PathBuf {
        match Path::new(&self.toml).parent() {
            Some(folder) => folder.join(file),
            None => file.to_path_buf(),
        }
    }

    /// The token of each base, in the order of the alphabet.
    fn base_tokens(
        &self,
        number: usize,
        tokens: &BTreeMap<String, u32>,
        alphabet: &str,
    ) -> Outcome<Vec<u32>> {
        let known: Vec<String> = alphabet.chars().chain(['N']).map(String::from).collect();
        if let Some(wrong) = tokens.keys().find(|letter| !known.contains(letter)) {
            let candidates = known.iter().map(String::as_str);
            let hint = closest(wrong, candidates)
                .map_or(String::new(), |close| format!("; did you mean {close}?"));
            return Err(self.wrong_input(
                number,
                &format!("has a token for \"{wrong}\", which is neither a base of \"{alphabet}\" nor N{hint}"),
            ));
        }
        let bases = alphabet.chars().map(|base| {
            tokens
                .get(base.encode_utf8(&mut [0; 4]) as &str)
                .copied()
                .ok_or_else(|| {
                    self.wrong_input(number, &format!("has no token for the base {base}"))
                })
        });
        let tokens = bases.collect::<Outcome<Vec<u32>>>()?;
        let letters: Vec<char> = alphabet.chars().collect();
        let repeated = tokens.iter().enumerate().find_map(|(at, token)| {
            let first = tokens[..at].iter().position(|other| other == token)?;
            Some((*letters.get(first)?, *letters.get(at)?, *token))
        });
        match repeated {
            None => Ok(tokens),
            Some((first, second, token)) => Err(self.wrong_input(
                number,
                &format!("has the token {token} for both {first} and {second}; the network could not tell them apart"),
            )),
        }
    }

    /// The part of the sequence that a declared input reads, if not all of it.
    pub(super) fn part(
        &self,
        number: usize,
        declared: &TomlInput,
        shape: &[Dim],
    ) -> Outcome<Option<Part>> {
        let Some(start) = declared.start else {
            return match declared.length {
                None => Ok(None),
                Some(_) => Err(self.wrong_input(
                    number,
                    "has a length, but no `start`: which part of the sequence does it read?",
                )),
            };
        };
        let channels = declared.channels.as_ref().map_or(4, Vec::len) as i64;
        let stated = match shape {
            [_, Dim::Fixed(channel), Dim::Fixed(n)] | [_, Dim::Fixed(n), Dim::Fixed(channel)]
                if *channel == channels =>
            {
                usize::try_from(*n).ok()
            }
            _ => None,
        };
        match declared.length.or(stated).filter(|length| *length > 0) {
            Some(length) => Ok(Some(Part { start, length })),
            None => Err(self.wrong_input(
                number,
                "has a `start`, but neither it nor the graph states how many bases it reads; add `length`",
            )),
        }
    }
}

/// The index of a base in the alphabet.
pub(super) fn base_index(letter: &str, alphabet: &str) -> Option<u8> {
    let mut letters = letter.chars();
    let (Some(only), None) = (letters.next(), letters.next()) else {
        return None;
    };
    let index = alphabet.chars().position(|base| base == only)?;
    u8::try_from(index).ok()
}

/// Number of rows of the table in which the tokens of an input are looked up, and the row that stands for padding; none if they are used
/// in another way.
pub(super) fn table_of_tokens(graph: &Graph, input: ValueId) -> Option<(i64, Option<i64>)> {
    let mut copies = vec![input];
    for node in &graph.nodes {
        let reads = |at: usize| match node.inputs.get(at) {
            Some(Operand::Value(id)) => copies.contains(id),
            _ => false,
        };
        match &node.op {
            Op::Identity if reads(0) => copies.extend(&node.outputs),
            Op::Take { dim: 0 } if reads(1) => {
                let Some(Operand::Value(table)) = node.inputs.first() else {
                    return None;
                };
                let weight = graph.weights.iter().find(|weight| weight.value == *table)?;
                let padding = graph.padding_rows.iter().find(|(id, _)| id == table);
                return Some((*weight.shape.first()?, padding.map(|(_, row)| *row)));
            }
            _ => {}
        }
    }
    None
}
