//! Lists of motifs on an axis: what is kept for reports, and the effects of a motif file.

use serde_json::Value;

use crate::support::command::{root, study};
use crate::support::script::check;

/// Of effects of up to about 20 logits, as float32 networks in two programs can be held to.
const TOLERANCE: f64 = 1e-5;

#[test]
fn matrices_of_a_whole_collection_are_kept_for_their_logos() {
    let text = "\
model net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")
experiment screen {
    vary site in jaspar_all(species: \"Mus musculus\")
    background uniform(length: 100bp)
    sample 10
    embed site at center
    measure net[0]
}
experiment words {
    vary word in kmers(4)
    background uniform(length: 100bp)
    sample 10
    embed word at center
    measure net[0]
}
";
    let checked = check("lists.gia", "tests/language", text);
    let experiments = &checked.program().experiments;
    let sizes = experiments
        .iter()
        .map(|e| (e.points.len(), e.embedded.len()));
    assert_eq!(sizes.collect::<Vec<_>>(), [(157, 157), (256, 64)]);
}

/// tests/oracle/tangermeme/motif_file.py made the numbers.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn effects_of_a_motif_file_are_those_of_tangermeme() {
    let oracle = root().join("tests/oracle/tangermeme/motif_file.json");
    let oracle = std::fs::read_to_string(oracle).expect("the oracle");
    let oracle: Value = serde_json::from_str(&oracle).expect("the oracle is JSON");
    let study = study(&root().join("tests/oracle/motif_file.gia"), &[]);
    let rows = study["experiments"][0]["rows"].as_array().expect("rows");
    let effects = oracle["effects"].as_object().expect("effects by motif");
    assert_eq!(rows.len(), 2 * effects.len());
    for (motif, wanted) in effects {
        // tangermeme calls a motif by accession and factor.
        let (accession, factor) = motif.split_once(' ').expect("two names");
        let names = [factor.to_string(), format!("{factor} {accession}")];
        for outcome in ["ctcf", "pu1"] {
            let found = rows.iter().find(|row| {
                let site = row["at"]["site"].as_str().expect("a name");
                row["outcome"] == outcome && names.iter().any(|name| name == site)
            });
            let found = found.unwrap_or_else(|| panic!("no row of {motif}"));
            let mean = found["mean"].as_f64().expect("a mean");
            let wanted = wanted[outcome].as_f64().expect("a number");
            assert!(
                (mean - wanted).abs() <= TOLERANCE * wanted.abs().max(1.0),
                "{motif}, {outcome}: {mean} here, {wanted} there"
            );
        }
    }
}
