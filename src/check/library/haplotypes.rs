//! Haplotypes of the samples of a VCF file.

use std::fmt;
use std::rc::Rc;

use super::native::{Native, native};
use super::parameters::parameters;
use super::sequences::BAD_RECORD_KEYWORDS;
use crate::Checker;
use crate::native_function::NativeResult;
use crate::value::{HaplotypeValue, Value};
use gia_base::diag::{Code, Diagnostic, closest, pluralize};

pub(super) const NATIVES: &[Native] = &[native!("haplotype", Haplotype, haplotype)];

parameters! {
    struct Haplotype {
        number: f64,
        from: Rc<str>,
        of: Rc<str>,
        bad: Rc<str>,
    }
}

/// Maximum number of samples that a message lists.
const MAX_LISTED: usize = 6;
/// The largest ploidy of a sample.
const MAX_PLOIDY: usize = 64;

fn haplotype(checker: &mut Checker, given: Haplotype) -> NativeResult<Value> {
    let number = given.number.whole_number()?;
    if !(1..=MAX_PLOIDY).contains(&number) {
        return given.number.refuse(
            Code::OutOfRange,
            format!(
                "haplotypes are counted from 1, and a diploid sample has 1 and 2; this is {number}"
            ),
        );
    }
    let bad = given.bad.keyword(BAD_RECORD_KEYWORDS)?;
    let path = checker.files.resolve(given.from.text());
    let samples = given.from.label_error(checker.files.samples(&path))?;
    let sample = match given.of.optional_text() {
        Some(name) if samples.iter().any(|sample| sample == name) => name.to_string(),
        Some(name) => return unknown_sample(&given, name, &samples),
        None => match &*samples {
            [only] => only.clone(),
            _ => {
                let message = format!(
                    "`{}` has {}, so `of` must name one",
                    given.from.text(),
                    pluralize(samples.len(), "sample")
                );
                let diagnostic = Diagnostic::error(Code::UnknownSample, message);
                let help = format!("for example `of: \"{}\"`; {}", samples[0], listed(&samples));
                return given.of.label_error(Err(Box::new(diagnostic.help(help))));
            }
        },
    };
    Ok(Value::Haplotype(Rc::new(HaplotypeValue {
        number,
        sample,
        named: given.from.text().into(),
        path,
        bad: bad.unwrap_or_default(),
        location: given.from.location(),
    })))
}

fn unknown_sample<T>(given: &Haplotype, name: &str, samples: &[String]) -> NativeResult<T> {
    let message = format!("`{}` has no sample `{name}`", given.from.text());
    let diagnostic = Diagnostic::error(Code::UnknownSample, message);
    let diagnostic = match closest(name, samples.iter().map(String::as_str)) {
        Some(close) => diagnostic.did_you_mean_text(close),
        None => diagnostic.help(listed(samples)),
    };
    given.of.label_error(Err(Box::new(diagnostic)))
}

/// The names of the samples, of many the first.
fn listed(samples: &[String]) -> String {
    let names = samples.iter().take(MAX_LISTED);
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match samples.len() - names.len() {
        0 => format!("the file has {}", names.join(", ")),
        more => format!("the file has {} and {more} more", names.join(", ")),
    }
}

impl fmt::Display for HaplotypeValue {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let HaplotypeValue {
            number,
            sample,
            named,
            ..
        } = self;
        write!(
            f,
            "haplotype({number}, from: \"{named}\", of: \"{sample}\")"
        )
    }
}
