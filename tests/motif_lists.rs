//! Lists of motifs on an axis: what is kept for reports.

use crate::support::script::check;

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
