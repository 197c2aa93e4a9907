//! Lists of motifs: how much information a motif has, how similar two are, and which of a list are redundant.

use std::rc::Rc;
use std::sync::Arc;

use super::arguments::Argument;
use super::native::{Native, native};
use super::parameter_types::List;
use super::parameters::parameters;
use crate::Checker;
use crate::native_function::NativeResult;
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic, Outcome, count};
use gia_domain::{Motif, redundancy_clusters};

/// Maximum number of positions of two motifs that are compared, whose alignments grow with the square.
const MAX_PAIR_POSITIONS: usize = 10_000;
/// Maximum number of positions of all motifs that are clustered: three times the whole of JASPAR.
const MAX_CLUSTERED_POSITIONS: usize = 100_000;

pub(super) const NATIVES: &[Native] = &[
    native!("information", OneMotif, information),
    native!("similarity", TwoMotifs, similarity),
    native!("distinct", Redundancy, distinct),
    native!("clusters", Redundancy, clusters),
];

parameters! {
    struct OneMotif {
        pattern: Arc<Motif>,
    }
}

parameters! {
    struct TwoMotifs {
        a: Arc<Motif>,
        b: Arc<Motif>,
    }
}

parameters! {
    struct Redundancy {
        motifs: List<Arc<Motif>>,
        similarity: f64,
    }
}

fn information(_: &mut Checker, given: OneMotif) -> NativeResult<Value> {
    Ok(Value::Number(given.pattern.required()?.information()))
}

fn similarity(_: &mut Checker, given: TwoMotifs) -> NativeResult<Value> {
    let (a, b) = (given.a.required()?, given.b.required()?);
    given.b.label_error(same_alphabet(a, b))?;
    let positions = a.width() + b.width();
    if positions > MAX_PAIR_POSITIONS {
        let message = format!(
            "the two motifs have {} positions, and at most {} are compared",
            count(positions),
            count(MAX_PAIR_POSITIONS)
        );
        return given.b.refuse(Code::OutOfRange, message);
    }
    Ok(Value::Number(a.similarity(b)))
}

fn distinct(_: &mut Checker, given: Redundancy) -> NativeResult<Value> {
    let representatives = clusters_of(&given)?.into_iter().filter_map(|cluster| {
        let motif = cluster.into_iter().next()?;
        Some(Value::Motif(motif))
    });
    Ok(Value::List(Rc::new(representatives.collect())))
}

fn clusters(_: &mut Checker, given: Redundancy) -> NativeResult<Value> {
    let clusters = clusters_of(&given)?.into_iter().map(|cluster| {
        let motifs = cluster.into_iter().map(Value::Motif);
        Value::Cluster(Rc::new(motifs.collect()))
    });
    Ok(Value::List(Rc::new(clusters.collect())))
}

/// The motifs of a list in clusters, each with its representative first.
fn clusters_of(given: &Redundancy) -> NativeResult<Vec<Vec<Arc<Motif>>>> {
    let motifs: Vec<Arc<Motif>> = given.motifs.required()?.iter().flatten().collect();
    let threshold = threshold(&given.similarity)?;
    let borrowed: Vec<&Motif> = motifs.iter().map(|motif| &**motif).collect();
    if let [first, others @ ..] = borrowed.as_slice() {
        for other in others {
            given.motifs.label_error(same_alphabet(first, other))?;
        }
    }
    let positions: usize = borrowed.iter().map(|motif| motif.width()).sum();
    if positions > MAX_CLUSTERED_POSITIONS {
        let message = format!(
            "the {} motifs have {} positions, and at most {} are compared with each other",
            count(borrowed.len()),
            count(positions),
            count(MAX_CLUSTERED_POSITIONS)
        );
        return given.motifs.refuse(Code::OutOfRange, message);
    }
    let clusters = redundancy_clusters(&borrowed, threshold);
    let named = |cluster: Vec<usize>| cluster.into_iter().map(|i| motifs[i].clone()).collect();
    Ok(clusters.into_iter().map(named).collect())
}

/// A similarity above 0 % and at most 100 %.
fn threshold(similarity: &Argument<f64>) -> NativeResult<f64> {
    let threshold = *similarity.required()?;
    if threshold > 0.0 && threshold <= 1.0 {
        return Ok(threshold);
    }
    let message = format!("`similarity` is above 0% and at most 100%, not {threshold}");
    match similarity.without_percent_sign() {
        None => similarity.refuse(Code::OutOfRange, message),
        Some(share) => {
            let diagnostic = Diagnostic::error(Code::OutOfRange, message);
            let help = format!("did you mean {share}?");
            similarity.label_error(Err(diagnostic.help(help).into()))
        }
    }
}

/// Refuses to compare motifs of DNA with motifs of RNA.
fn same_alphabet(a: &Motif, b: &Motif) -> Outcome<()> {
    if a.alphabet == b.alphabet {
        return Ok(());
    }
    let message = format!(
        "`{}` is a motif of {}, `{}` of {}: only motifs of one alphabet are compared",
        a.name,
        a.alphabet.name(),
        b.name,
        b.alphabet.name()
    );
    Err(Diagnostic::error(Code::AlphabetMismatch, message).into())
}
