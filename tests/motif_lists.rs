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

/// One motif of each cluster is embedded, and not the cluster's motifs side by side.
#[test]
fn a_cluster_on_an_axis_is_its_representative() {
    let of = |list: &str| {
        let text = format!(
            "model net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")
let patterns = motifs(\"../data/modisco/results.h5\")
experiment screen {{
    vary site in {list}
    background uniform(length: 100bp)
    sample 10
    embed site at center
    measure net[0]
}}
"
        );
        let checked = check("lists.gia", "tests/language", &text);
        let experiment = checked.program().experiments[0].clone();
        let values = experiment.axes[0].values.clone();
        let edits = experiment.points.iter().map(|point| point.arms[1].clone());
        (values, format!("{:?}", edits.collect::<Vec<_>>()))
    };
    let distinct = of("distinct(patterns, similarity: 60%)");
    assert!(distinct.0.len() < 12);
    assert_eq!(of("clusters(patterns, similarity: 60%)"), distinct);
    let wide = "clusters(patterns, similarity: 60%) where information(site) > 0";
    assert_eq!(of(wide), distinct);
    // A cluster is a list of its motifs, each with a grid point of its own.
    let third = "clusters(patterns, similarity: 60%)[2]";
    let members = of(third);
    assert!(members.0.len() > 1);
    assert_eq!(members.0[0], distinct.0[2]);
    assert_eq!(of(&format!("{third} first 1")).0[..], members.0[..1]);
    // Rows of motifs that a script writes are constructs.
    let rows = of("[[patterns[0], patterns[1]], [patterns[1], patterns[0]]]");
    assert_eq!(rows.0.len(), 2);
}

/// Where the contributions of a discovered motif are negative, its letters hang from the line.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn discovered_motifs_are_drawn_with_their_contributions() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, page) = (
        folder.path().join("run.gia"),
        folder.path().join("page.html"),
    );
    let figures = folder.path().join("figures");
    let text = "model net = load(\"NET\")
experiment screen {
    vary site in motifs(\"PATTERNS\") where information(site) > 6
    background uniform(length: 100bp)
    sample 10
    embed site at center
    measure net[0]
}
experiment words {
    background uniform(length: 100bp)
    sample 10
    embed \"WGATAR\" at center
    measure net[0]
}
";
    let at = |path: &str| root().join(path).display().to_string();
    let text = text
        .replace("NET", &at("experiments/ctcf_pu1/ctcf_pu1.pt2"))
        .replace("PATTERNS", &at("tests/data/modisco/results.h5"));
    std::fs::write(&path, text).expect("a script");
    let more = [&page, &figures].map(|path| path.to_str().expect("a path").to_string());
    let study = study(&path, &["--report", &more[0], "--figures", &more[1]]);
    let expected = std::fs::read_to_string(root().join("tests/data/modisco/expected.json"));
    let expected: Value = serde_json::from_str(&expected.expect("the oracle")).expect("JSON");
    let motifs = study["experiments"][0]["motifs"]
        .as_array()
        .expect("motifs");
    assert!(!motifs.is_empty());
    for motif in motifs {
        let name = motif["motif"].as_str().expect("a name");
        let wanted = &expected[name];
        assert_eq!(motif["seqlets"], wanted["seqlets"], "{name}");
        let list = |of: &Value| of.as_array().expect("a list").clone();
        let (whole, trimmed) = (list(&wanted["sequence"]), list(&wanted["trimmed"]));
        let mut windows = whole.windows(trimmed.len());
        let start = windows.position(|window| window == trimmed);
        let start = start.expect("where it was cut off");
        let contributions = &list(&wanted["contributions"])[start..start + trimmed.len()];
        let found = list(&motif["contributions"]);
        assert_eq!(found.len(), trimmed.len());
        for (found, wanted) in found.iter().zip(contributions) {
            for base in 0..4 {
                let [a, b] = [found, wanted].map(|of| of[base].as_f64().expect("a number"));
                assert!((a - b).abs() < 1e-12, "{name}: {a} and {b}");
            }
        }
    }
    let plain = &study["experiments"][1]["motifs"][0];
    assert!(plain.get("contributions").is_none() && plain.get("seqlets").is_none());
    let page = std::fs::read_to_string(page).expect("a page");
    let logos = page
        .matches("aria-label=\"contributions of the bases of")
        .count();
    // Beside the design, and in the table.
    assert_eq!(logos, 2 * motifs.len());
    assert!(figures.join("screen_motifs.png").exists());
    assert!(!figures.join("words_motifs.png").exists());
    let svg = std::fs::read_to_string(figures.join("screen_motifs.svg")).expect("a figure");
    assert!(svg.contains("neg_patterns.pattern_0"), "its name");
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
