//! `show`: the rows that it picks, and their order.

use crate::support::command::{gia, root, study};

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn rows_are_picked_and_ordered_as_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("words.gia");
    let model = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let script = format!(
        r#"
use syntax
model net = load("{}")
null random = uniform(length: 100bp)
experiment words = kmer_scan(2, on: random, of: net["CTCF"], n: 30)
experiment pair {{
    background random
    sample 10
    factorial ["CACC" as a, 4bp, "GGGG" as b] at 40bp
    measure ctcf = net["CTCF"], pu1 = net["PU.1"]
}}
show top 3 of words.effect
show bottom 2 of words.effect
show words.effect
show pair.interaction(a, b).pu1
"#,
        model.display()
    );
    std::fs::write(&path, script).expect("a script");
    let study = study(&path, &[]);
    let means = |i: usize| -> Vec<f64> {
        let rows = study["shown"][i]["rows"].as_array().expect("rows");
        rows.iter()
            .map(|row| row["mean"].as_f64().expect("a mean"))
            .collect()
    };
    let grid: Vec<f64> = means(2);
    assert_eq!(grid.len(), 16);
    let mut sorted = grid.clone();
    sorted.sort_by(f64::total_cmp);
    assert_eq!(means(1), sorted[..2]);
    sorted.reverse();
    assert_eq!(means(0), sorted[..3]);
    let rows = study["experiments"][0]["rows"].as_array().expect("rows");
    assert_eq!(study["shown"][2]["rows"].as_array().expect("rows"), rows);
    let interaction = &study["shown"][3];
    assert_eq!(interaction["rows"].as_array().expect("rows").len(), 1);
    assert_eq!(interaction["rows"][0]["outcome"], "pu1");
    let output = gia(["run", &path.display().to_string()]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let place = said.find("show top 3 of words.effect").expect("a title");
    assert!(said[place..].contains("95 % interval"), "{said}");
}

/// Rows of single backgrounds say their grid point and their outcome, also where those that are shown agree in them.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn rows_of_backgrounds_say_what_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rows.gia");
    let model = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let script = format!(
        r#"
model net = load("{}")
experiment places {{
    vary place in [10bp, 60bp]
    background uniform(length: 100bp)
    sample 30
    embed "CCACCAGGGGGCGC" at place
    measure ctcf = net["CTCF"], pu1 = net["PU.1"]
    report each
}}
show bottom 1 of each(places.effect.pu1)
"#,
        model.display()
    );
    std::fs::write(&path, script).expect("a script");
    let page = folder.path().join("page.html");
    let [path, html] = [&path, &page].map(|path| path.display().to_string());
    let output = gia(["run", &path, "--report", &html]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // The order is of one outcome at a time.
    for outcome in ["ctcf", "pu1"] {
        let statement = format!("`show top N of each(places.effect.{outcome})`");
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&statement), "{said}");
        assert!(flat.contains(&format!("60 rows of {outcome}")), "{said}");
    }
    let place = said.rfind("show bottom 1").expect("a title");
    let shown = &said[place..];
    for word in ["sequence", "outcome", "at", "effect", "pu1", "place = "] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let page = std::fs::read_to_string(&page).expect("a page");
    assert!(page.contains("show bottom 1 of each(places.effect.pu1)"));
}
