//! Reads the vocabulary of a tokenizer of words of several bases.

use std::collections::HashMap;
use std::path::Path;

use super::sources::DeclarationSources;
use crate::declaration_file::{TomlInput, TomlToken};
use crate::input::{Encoding, Tokenizer};
use gia_base::diag::{Outcome, pluralize};
use gia_base::file::{InputKind, read_text_as};

/// The words by which tokenizers of the field call the token for what they do not know.
const UNKNOWN_WORDS: [&str; 2] = ["[UNK]", "<unk>"];

impl DeclarationSources {
    /// A tokenizer of words of k bases, by the file with its words: one in each line, as `vocab.txt` of Hugging Face, where a word's token is the
    /// number of its line, or a JSON object of words and tokens, as `vocab.json`.
    pub(super) fn vocabulary(
        &self,
        number: usize,
        file: &Path,
        declared: TomlInput,
        alphabet: &str,
    ) -> Outcome<Encoding> {
        let text = read_text_as(&self.beside(file), InputKind::Declaration)?;
        let tokens = match read_words(&text) {
            Ok(tokens) => tokens,
            Err(what) => {
                return Err(
                    self.wrong_input(number, &format!("reads `{}`, which {what}", file.display()))
                );
            }
        };
        let Some(k) = declared.k else {
            return Err(self.wrong_input(
                number,
                "has a `vocabulary`, but does not say how many bases a word has; add `k`",
            ));
        };
        if !(1..=Tokenizer::MAX_K).contains(&k) {
            let message = format!(
                "has words of {k} bases; 1 to {} are supported",
                Tokenizer::MAX_K
            );
            return Err(self.wrong_input(number, &message));
        }
        let step = declared.step.unwrap_or(1);
        if step == 0 {
            return Err(self.wrong_input(
                number,
                "has a `step` of 0; neighbouring words start at least 1 bp apart",
            ));
        }
        let named = |word: &str| tokens.get(word).copied();
        let mut words = Vec::with_capacity(1 << (2 * k));
        for index in 0..1usize << (2 * k) {
            let word = word_of(index, k, alphabet);
            match named(&word) {
                Some(token) => words.push(token),
                None => {
                    let message = format!(
                        "has {} of {k} bases, but `{}` has no word \"{word}\"",
                        pluralize(1 << (2 * k), "word"),
                        file.display()
                    );
                    return Err(self.wrong_input(number, &message));
                }
            }
        }
        let unknown = match &declared.unknown_token {
            Some(token) => Some(self.token(number, token, &named)?),
            None => UNKNOWN_WORDS.iter().find_map(|word| named(word)),
        };
        let bases = alphabet
            .chars()
            .map(|base| named(base.encode_utf8(&mut [0; 4])));
        let bases: Option<Vec<u32>> = bases.collect();
        Ok(Encoding::Tokens(Tokenizer {
            k,
            step,
            words,
            unknown,
            unknown_base: named("N").or(unknown),
            start: self.framing(number, &declared.start_tokens, &named)?,
            end: self.framing(number, &declared.end_tokens, &named)?,
            bases: bases.and_then(|bases| bases.try_into().ok()),
        }))
    }

    /// Tokens around the sequence.
    pub(super) fn framing(
        &self,
        number: usize,
        tokens: &[TomlToken],
        named: &dyn Fn(&str) -> Option<u32>,
    ) -> Outcome<Vec<u32>> {
        let tokens = tokens.iter().map(|token| self.token(number, token, named));
        tokens.collect()
    }

    fn token(
        &self,
        number: usize,
        token: &TomlToken,
        named: &dyn Fn(&str) -> Option<u32>,
    ) -> Outcome<u32> {
        match token {
            TomlToken::Number(token) => Ok(*token),
            TomlToken::Word(word) => named(word).ok_or_else(|| {
                self.wrong_input(
                    number,
                    &format!("names the token \"{word}\", which its words do not have"),
                )
            }),
        }
    }
}

/// The word of a number in the base of the alphabet, the first letter being the highest digit.
fn word_of(index: usize, k: usize, alphabet: &str) -> String {
    let digits = (0..k).rev().map(|place| (index >> (2 * place)) & 3);
    digits
        .filter_map(|digit| alphabet.chars().nth(digit))
        .collect()
}

/// Words and their tokens. Some tokenizers write words in lower case; words that differ in case only stay apart.
fn read_words(text: &str) -> Result<HashMap<String, u32>, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|error| format!("is no JSON object of words and tokens ({error})"));
    }
    let lines = text.lines().map(str::trim_end).enumerate();
    let mut words = HashMap::new();
    for (line, word) in lines.filter(|(_, word)| !word.is_empty()) {
        let token = u32::try_from(line).map_err(|_| "has too many lines".to_string())?;
        if words.insert(word.to_string(), token).is_some() {
            return Err(format!("has the word \"{word}\" twice"));
        }
    }
    Ok(words)
}
