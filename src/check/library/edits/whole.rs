//! Edits of whatever the sequences hold: `disrupt`, `reverse_complement` and `apply`.

use std::rc::Rc;
use std::sync::Arc;

use super::{change, edit, preserved, refuse_other_alphabet, refuse_small_shuffle, side};
use crate::experiment::{Site, StepContext, UnplacedEdit};
use crate::library::native::Native;
use crate::library::parameter_types::Variant;
use crate::library::parameters::parameters;
use crate::value::HaplotypeValue;
use crate::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_domain::{Disruption, Draw, Edit, HaplotypeQuery, Keyed, Motif, Scanner, Side};

pub const NATIVES: &[Native] = &[
    edit!("disrupt", Disrupt),
    edit!("reverse_complement", ReverseComplement),
    edit!("apply", Apply),
];

parameters! {
    #[derive(Debug)]
    struct Disrupt { motif: Arc<Motif>, by: Rc<str>, preserving: f64 }
}

parameters! {
    #[derive(Debug)]
    struct ReverseComplement {}
}

parameters! {
    #[derive(Debug)]
    struct Apply { variant: Variant, shifting: Rc<str> }
}

/// How the bases of an occurrence change.
#[derive(Clone, Copy, PartialEq)]
enum DisruptMethod {
    Shuffle,
    Randomize,
}

impl UnplacedEdit for Disrupt {
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        let motif = checker.of_argument(self.motif.required())?.clone();
        refuse_other_alphabet(checker, &motif, &self.motif, of)?;
        checker.place(Scanner::new(&motif), self.motif.span(), "here")?;
        let means = [
            ("shuffle", DisruptMethod::Shuffle),
            ("randomize", DisruptMethod::Randomize),
        ];
        let means = checker.of_argument(self.by.keyword(&means))?;
        let preserving = preserved(checker, &self.preserving)?;
        let by = match (means.unwrap_or(DisruptMethod::Shuffle), preserving) {
            (DisruptMethod::Randomize, None) => Disruption::Randomize,
            (DisruptMethod::Randomize, Some(_)) => {
                return checker.fail(
                    Diagnostic::error(Code::OutOfRange, "uniform bases preserve no k-mers")
                        .at(self.preserving.span(), "of a shuffle")
                        .at(self.by.span(), "draws uniform bases"),
                );
            }
            (DisruptMethod::Shuffle, preserving) => {
                let preserving = preserving.unwrap_or(1);
                refuse_small_shuffle(checker, motif.width(), preserving, &self.motif)?;
                Disruption::Shuffle { preserving }
            }
        };
        let draw = Draw(of.id);
        let motif = Keyed::motif(motif);
        change(Edit::Disrupt { motif, by, draw }, of)
    }
}

impl UnplacedEdit for ReverseComplement {
    fn place(&self, _: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        let end = of.population.length();
        change(Edit::Invert { start: 0, end }, of)
    }
}

impl UnplacedEdit for Apply {
    /// Writes the other allele of backgrounds that carry one, or what a haplotype has in windows of a genome.
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        let shifting = side(checker, &self.shifting)?;
        if let Variant::Haplotype(haplotype) = checker.of_argument(self.variant.required())?.clone()
        {
            return apply_haplotype(checker, &haplotype, shifting, of);
        }
        if of.population.carries_variants() {
            return change(Edit::Allele { shifting }, of);
        }
        let diagnostic = Diagnostic::error(
            Code::NoVariant,
            format!("the backgrounds carry no variant{}", of.at),
        )
        .at(of.span, "nothing to apply")
        .help("`vcf(\"variants.vcf\", genome: \"genome.2bit\", width: 1000bp)` reads backgrounds that do; one change for all is a `mutate`, `insert` or `delete`");
        checker.fail(match of.background {
            Some(span) => diagnostic.at(span, "these backgrounds"),
            None => diagnostic,
        })
    }
}

/// Writes what a haplotype has in the windows that the backgrounds are.
fn apply_haplotype(
    checker: &mut Checker,
    haplotype: &Rc<HaplotypeValue>,
    shifting: Side,
    of: StepContext,
) -> EvalResult<Vec<Site>> {
    let windows = of.population.genome_windows();
    let Some(windows) = windows else {
        let diagnostic = Diagnostic::error(
            Code::NoWindow,
            format!("the backgrounds are no windows of a genome{}, so nothing says which alleles of a haplotype lie in them", of.at),
        )
        .at(of.span, "nothing to apply")
        .help("`genome(\"genome.2bit\", regions: \"peaks.bed\", width: 1000bp)`, `locus(...)` and `vcf(...)` read windows");
        return checker.fail(match of.background {
            Some(span) => diagnostic.at(span, "these backgrounds"),
            None => diagnostic,
        });
    };
    let query = HaplotypeQuery {
        path: &haplotype.path,
        sample: &haplotype.sample,
        number: haplotype.number,
        bad: haplotype.bad,
        shifting,
    };
    let found = checker.files.haplotype(windows, query);
    let (found, sha256, notices) = checker.of_argument(haplotype.location.label_error(found))?;
    checker.files.record_hash(&haplotype.named, &sha256);
    for notice in notices {
        checker.sink.push(haplotype.location.warn(notice));
    }
    // Along an axis, the report says for each haplotype in how many windows it differs.
    if found.is_reference() && !of.varies {
        let message = format!(
            "{} is the reference in {}, so it changes nothing",
            found.name,
            match windows.len() {
                1 => "the window".to_string(),
                n => format!("all {} windows", gia_base::diag::count(n)),
            }
        );
        let warning = Diagnostic::warning(Code::ReferenceHaplotype, message);
        checker.sink.push(haplotype.location.warn(warning));
    }
    let haplotype = Keyed::haplotype(Arc::new(found));
    change(Edit::Haplotype { haplotype }, of)
}
