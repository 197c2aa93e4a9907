//! `set streams = "independent"`: backgrounds that an experiment shares with no other.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Checker, Context, ErrorReported, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_design::{Point, Streams};
use gia_domain::{Population, with_own_stream};

impl Checker<'_> {
    /// Gives the null models of an experiment random streams that its name addresses, if the script asks for that. Sequences of a file
    /// stay as they are.
    pub(super) fn draw_independently(
        &mut self,
        context: &Context,
        experiment: &str,
        points: &mut [Point],
    ) -> EvalResult<()> {
        match context.settings.streams {
            Streams::Shared => return Ok(()),
            Streams::Independent => {}
        }
        // Points share populations, by address.
        let mut own: HashMap<*const Population, Arc<Population>> = HashMap::new();
        for point in points {
            let Population::Null(null) = &*point.population else {
                continue;
            };
            let key = Arc::as_ptr(&point.population);
            let drawn = match own.get(&key) {
                Some(drawn) => drawn.clone(),
                None => match with_own_stream(null, experiment) {
                    Some(null) => Arc::new(Population::Null(null)),
                    None => return self.refuse_conditioned_streams(context),
                },
            };
            own.insert(key, drawn.clone());
            point.population = drawn;
        }
        Ok(())
    }

    fn refuse_conditioned_streams(&mut self, context: &Context) -> EvalResult<()> {
        let Some(source) = context.parts.background else {
            return Err(ErrorReported);
        };
        self.fail(
            Diagnostic::error(
                Code::KnownOnlyInRun,
                "which backgrounds meet the condition is decided once for all experiments, so they are not independent",
            )
            .at(source.span, "selected by predictions")
            .help("leave `set streams = \"independent\"` out"),
        )
    }
}
