//! Null models in words and as a hash.

use super::{Chain, Hairpin, Null};
use crate::domain::Alphabet;

impl Null {
    /// A line for reports, for example `uniform, 1000 bp`.
    pub fn describe(&self) -> String {
        let length = self.length();
        let rna = match self.alphabet() {
            Alphabet::Dna => "",
            Alphabet::Rna => " RNA",
        };
        match self {
            Null::Uniform { .. } => format!("uniform{rna}, {length} bp"),
            Null::Iid {
                alphabet,
                frequencies: [a, c, g, t],
                ..
            } => {
                let composition = if a == t && c == g {
                    format!("GC {}", shown(c + g))
                } else {
                    alphabet
                        .letters()
                        .chars()
                        .zip([a, c, g, t])
                        .map(|(letter, &frequency)| format!("{letter} {}", shown(frequency)))
                        .collect::<Vec<_>>()
                        .join(" ")
                };
                format!("iid{rna}, {composition}, {length} bp")
            }
            Null::Markov { chain, .. } => {
                let Chain { order, like, .. } = &**chain;
                let like = like.path.display();
                format!("markov{rna} of order {order} like {like}, {length} bp")
            }
            Null::Profile { .. } => format!("profile{rna}, {length} bp"),
            Null::Shuffled { of, preserving } => {
                format!(
                    "shuffled, preserving {preserving}-mers, of ({})",
                    of.describe()
                )
            }
            Null::Mixture(parts) => {
                let words: Vec<String> = parts
                    .iter()
                    .map(|(weight, of)| format!("{} of ({})", shown(*weight), of.describe()))
                    .collect();
                format!("mixture: {}", words.join(", "))
            }
            Null::Without { of, motif } => {
                format!("({}) without {}", of.describe(), motif.name)
            }
            Null::Hairpin(Hairpin {
                of,
                start,
                stem,
                loop_,
            }) => format!(
                "hairpin at {start} bp, stem {stem} bp, loop {loop_} bp, in ({})",
                of.describe()
            ),
            Null::Chosen(chosen) => {
                format!("({}) {}", chosen.of.describe(), chosen.words)
            }
        }
    }

    /// Gives `field` every part of what decides a draw.
    pub(in crate::domain) fn hash(&self, field: &mut impl FnMut(&[u8])) {
        field(self.kind().as_bytes());
        field(b"\0");
        field(self.alphabet().letters().as_bytes());
        field(&(self.length() as u64).to_le_bytes());
        let mut number = |n: usize| field(&(n as u64).to_le_bytes());
        match self {
            Null::Uniform { .. } => {}
            Null::Iid { frequencies, .. } => {
                for frequency in frequencies {
                    field(&frequency.to_le_bytes());
                }
            }
            Null::Markov { chain, .. } => {
                number(chain.order);
                for probability in chain.start.iter().chain(chain.next.as_flattened()) {
                    field(&probability.to_le_bytes());
                }
            }
            Null::Profile { columns, .. } => {
                for probability in columns.as_flattened() {
                    field(&probability.to_le_bytes());
                }
            }
            Null::Shuffled { of, preserving } => {
                number(*preserving);
                field(&of.identity());
            }
            Null::Mixture(parts) => {
                for (weight, of) in parts {
                    field(&weight.to_le_bytes());
                    field(&of.identity());
                }
            }
            Null::Without { of, motif } => {
                field(&of.identity());
                for probability in motif.columns.as_flattened() {
                    field(&probability.to_le_bytes());
                }
            }
            Null::Hairpin(Hairpin {
                of,
                start,
                stem,
                loop_,
            }) => {
                number(*start);
                number(*stem);
                number(*loop_);
                field(&of.identity());
            }
            Null::Chosen(chosen) => field(&chosen.key),
        }
    }
}

/// A frequency without the noise of its last bits.
fn shown(frequency: f64) -> f64 {
    (frequency * 1e6).round() / 1e6
}
