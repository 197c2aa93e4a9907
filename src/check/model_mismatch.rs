//! Whether the models of a query accept a population of sequences.

use super::Checker;
use gia_base::diag::Code;
use gia_design::{Formula, OutputRef};
use gia_domain::Population;

/// Why a model does not accept the sequences.
pub(super) struct ModelMismatch {
    pub code: Code,
    /// `` `net` takes sequences of 600 bp, the backgrounds are 100 bp``.
    pub message: String,
    /// Label for the model: the length or alphabet that it accepts.
    pub wanted: String,
    pub given: String,
    /// Accepted and given length in bp; none if the lengths agree.
    pub lengths: Option<(usize, usize)>,
}

impl Checker<'_> {
    /// The first model that a query reads and that does not take the sequences, which a message calls by `name`, as in `the
    /// backgrounds`.
    pub(super) fn find_model_mismatch(
        &self,
        query: &Formula<OutputRef>,
        sequences: &Population,
        name: &str,
    ) -> Option<ModelMismatch> {
        let mut models = Vec::new();
        query.leaves(&mut |read: OutputRef| {
            if !models.contains(&read.model) {
                models.push(read.model);
            }
        });
        models.into_iter().find_map(|index| {
            let model = &self.models[index];
            let declaration = &model.declaration;
            let (wanted, given) = (declaration.length, sequences.length());
            // A model that is built in takes every length.
            if wanted != given && wanted != 0 {
                return Some(ModelMismatch {
                    code: Code::LengthMismatch,
                    message: format!(
                        "`{}` takes sequences of {wanted} bp, {name} are {given} bp",
                        model.name
                    ),
                    wanted: format!("{wanted} bp"),
                    given: format!("{given} bp"),
                    lengths: Some((wanted, given)),
                });
            }
            let (wanted, given) = (declaration.alphabet_kind(), sequences.alphabet());
            (wanted != given).then(|| ModelMismatch {
                code: Code::AlphabetMismatch,
                message: format!(
                    "`{}` takes {}, {name} are {}",
                    model.name,
                    wanted.name(),
                    given.name()
                ),
                wanted: wanted.name().to_string(),
                given: given.name().to_string(),
                lengths: None,
            })
        })
    }
}
