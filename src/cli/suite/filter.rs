//! Filters for claims.

use gia_design::Program;
use gia_study::case_name;

/// A text or regular expression that is searched for in `FILE: EXPERIMENT: CLAIM`.
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    expression: Option<regex::Regex>,
}

impl Filter {
    /// A filter from any text; one that is no valid regular expression is searched for literally.
    pub fn new(text: &str) -> Filter {
        Filter {
            text: text.to_string(),
            expression: regex::Regex::new(text).ok(),
        }
    }

    /// Whether the filter selects a claim in a file, of this experiment or, if that is empty, of several.
    pub fn selects(&self, file: &str, experiment: &str, claim: &str) -> bool {
        let name = format!("{file}: {}", case_name(experiment, claim));
        let by_expression = self.expression.as_ref().is_some_and(|e| e.is_match(&name));
        name.contains(&self.text) || by_expression
    }

    /// Reduces a program to the experiments that a selected claim is about. All their claims stay, since the number of backgrounds of
    /// an experiment may depend on them. Evaluations are removed.
    pub fn apply(&self, file: &str, program: &mut Program) {
        let experiments = program.experiments.iter();
        let wanted = experiments.map(|experiment| {
            let mut claims = experiment.claims.iter();
            claims.any(|claim| self.selects(file, &experiment.name, &claim.text))
        });
        let mut wanted: Vec<bool> = wanted.collect();
        for claim in &program.claims {
            if self.selects(file, "", &claim.text) {
                let terms = claim.terms.iter();
                terms.for_each(|term| wanted[term.experiment] = true);
            }
        }
        program.retain_experiments(&wanted);
        program.evaluations.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_text_or_an_expression() {
        let names = |filter: &str| {
            Filter::new(filter).selects("a/b.gia", "spacing", "abs(effect)  <\n 0.1")
        };
        assert!(names("spacing: abs(effect) < 0.1"));
        assert!(names("b.gia"));
        assert!(names("^a/.*spacing"));
        assert!(names("(effect"));
        assert!(!names("^spacing"));
        assert!(!names("effect > 0"));
    }
}
