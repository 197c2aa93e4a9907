//! Experiments under several null models: what is pooled, and over what.

use serde_json::Value;

use crate::support::command::{gia, root, study};

fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().unwrap_or_else(|| panic!("{key}: {of}"))
}

#[test]
fn contrasts_are_pooled_over_null_models_alone() {
    let study = study(&root().join("tests/suites/pooled/nulls.gia"), &[]);
    let [apart, together, sites] = ["apart", "together", "sites"].map(|name| {
        let all = study["experiments"].as_array().expect("a list");
        let found = all.iter().find(|e| e["name"] == name);
        found.expect("the experiment")
    });
    assert!(sites.get("pooled").is_none());
    for (experiment, pooled, nulls, crossed) in [(apart, 2, 2, false), (together, 1, 3, true)] {
        let rows = experiment["rows"].as_array().expect("a list");
        let effects = experiment["pooled"].as_array().expect("a list");
        assert_eq!(effects.len(), pooled);
        for effect in effects {
            assert_eq!(effect["axis"], "null_model");
            assert!(effect["at"].get("null_model").is_none());
            // The rows of this point of the other axes, one for each null model.
            let of_point: Vec<&Value> = rows
                .iter()
                .filter(|row| row["at"].get("gap") == effect["at"].get("gap"))
                .collect();
            let means = effect["nulls"].as_array().expect("a list");
            assert_eq!((means.len(), of_point.len()), (nulls, nulls));
            for (mean, row) in means.iter().zip(&of_point) {
                assert_eq!(mean["null"], row["at"]["null_model"]);
                assert!((number(mean, "mean") - number(row, "mean")).abs() < 1e-12);
            }
            let of_rows: f64 = of_point.iter().map(|row| number(row, "mean")).sum();
            let mean = number(effect, "mean");
            assert!((mean - of_rows / nulls as f64).abs() < 1e-12);
            assert!(number(effect, "low") < mean && mean < number(effect, "high"));
            assert!(number(effect, "between") <= number(effect, "sd") + 1e-12 || crossed);
            let method = effect["method"].as_str().expect("a text");
            assert_eq!(method.contains("crossed"), crossed, "{method}");
        }
    }
    // Two null models without a source in common: Student's interval of two numbers.
    let effect = &apart["pooled"][0];
    let half = 12.706_204_736_174_698 * number(effect, "sd") / 2f64.sqrt();
    assert!((number(effect, "high") - number(effect, "mean") - half).abs() < 1e-9);
}

#[test]
fn the_page_has_the_pooled_effects() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("page.html");
    let script = root().join("tests/suites/pooled/nulls.gia");
    gia([
        "run",
        &script.display().to_string(),
        "--report",
        &path.display().to_string(),
    ]);
    let page = std::fs::read_to_string(path).expect("a page");
    assert_eq!(page.matches("Effects over null_model").count(), 2);
    assert!(page.contains("same sign"));
}
