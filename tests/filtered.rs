//! Backgrounds that a query lets through: the very ones that lie between its bounds, in order, whatever the batch.

use std::path::Path;

use serde_json::Value;

use crate::support::command::{gia, root, study};
use crate::support::script::check;

const NET: &str = "model net = load(\"NET\")\nnull random = uniform(length: 100bp)\n";

fn script(folder: &Path, text: &str) -> std::path::PathBuf {
    let network = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let text = format!("{NET}{text}").replace("NET", &network.display().to_string());
    let path = folder.join("run.gia");
    std::fs::write(&path, text).expect("a script");
    path
}

fn letters(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a FASTA file");
    text.lines()
        .filter(|line| !line.starts_with('>'))
        .map(String::from)
        .collect()
}

/// CTCF and PU.1 of each sequence of a file.
fn predicted(folder: &Path, fasta: &Path) -> Vec<[f64; 2]> {
    let json = folder.join("p.json");
    let output = gia([
        "predict".as_ref(),
        root().join("experiments/ctcf_pu1/ctcf_pu1.pt2").as_os_str(),
        fasta.as_os_str(),
        "--json".as_ref(),
        json.as_os_str(),
    ]);
    assert!(output.status.success());
    let found: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let rows = found["predictions"].as_array().expect("predictions").iter();
    rows.map(|row| [0, 1].map(|i| row["values"][i].as_f64().expect("a number")))
        .collect()
}

#[test]
fn what_comes_through_is_what_lies_between() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(
        folder.path(),
        "null typical = filtered(random, net[\"CTCF\"] - net[\"PU.1\"] between 20% and 0.5)
experiment all {
    background random
    sample 1000
    embed \"GATA\" at center
    measure net[0]
}
experiment some {
    background typical
    sample 60
    embed \"GATA\" at center
    measure net[0]
}
",
    );
    let place = folder.path().join("written");
    let more = ["--sequences", place.to_str().unwrap()];
    let found = study(&path, &[more[0], more[1], "--batch", "7"]);
    let (all, some) = (place.join("all/control.fa"), place.join("some/control.fa"));
    let difference: Vec<f64> = predicted(folder.path(), &all)
        .iter()
        .map(|[ctcf, pu1]| ctcf - pu1)
        .collect();
    let mut sorted = difference.clone();
    sorted.sort_by(f64::total_cmp);
    // The quantile of 1,000 numbers at 0.2 lies between those of places 199 and 200, at 0.8 of the way.
    let low = sorted[199] + 0.8 * (sorted[200] - sorted[199]);
    let filter = &found["filters"][0];
    assert!((filter["low"].as_f64().unwrap() - low).abs() < 1e-5);
    assert_eq!(filter["high"], 0.5);
    let candidates = letters(&all);
    let wanted: Vec<&String> = candidates
        .iter()
        .zip(&difference)
        .filter(|(_, value)| (low..=0.5).contains(value))
        .map(|(letters, _)| letters)
        .take(60)
        .collect();
    let written = letters(&some);
    assert_eq!(written.iter().collect::<Vec<_>>(), wanted);
    let last = candidates.iter().position(|c| *c == written[59]).unwrap();
    assert_eq!(filter["count"], 60);
    assert_eq!(filter["tried"].as_u64(), Some(last as u64 + 1));
    let again = study(
        &path,
        &["--batch", "64", "--threads", "2", "--sequences", more[1]],
    );
    let low = |study: &Value| study["filters"][0]["low"].as_f64().unwrap();
    assert!((low(&again) - low(&found)).abs() < 1e-5);
    assert_eq!(again["filters"][0]["tried"], filter["tried"]);
    assert_eq!(letters(&some), written);
}

#[test]
fn sets_are_filtered_and_null_models_made_of_what_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(
        folder.path(),
        "let peaks = fasta(\"PEAKS\", width: 100bp)
let strong = filtered(peaks, net[\"CTCF\"] between 5 and 100)
experiment some {
    vary from in [strong, shuffled(strong), mixture([strong, random])]
    background from
    sample 20
    embed \"GATA\" at center
    measure net[0]
}
"
        .replace(
            "PEAKS",
            &root()
                .join("experiments/ctcf_pu1/gm12878_ctcf.fa")
                .display()
                .to_string(),
        )
        .as_str(),
    );
    let place = folder.path().join("written");
    let found = study(&path, &["--sequences", place.to_str().unwrap()]);
    let strong = place.join("some/from=strong/control.fa");
    let numbers = predicted(folder.path(), &strong);
    assert!(numbers.len() == 20 && numbers.iter().all(|[ctcf, _]| *ctcf >= 5.0));
    let composition = |letters: &str| {
        let mut letters: Vec<char> = letters.chars().collect();
        letters.sort_unstable();
        letters
    };
    let points: Vec<_> = std::fs::read_dir(place.join("some"))
        .unwrap()
        .flatten()
        .collect();
    let shuffled = points.iter().map(|e| e.path()).find(|p| {
        p.file_name()
            .unwrap()
            .to_string_lossy()
            .contains("shuffled")
    });
    let shuffled = letters(&shuffled.expect("a folder").join("control.fa"));
    for (a, b) in letters(&strong).iter().zip(&shuffled) {
        assert_eq!(composition(a), composition(b));
        assert_ne!(a, b);
    }
    assert_eq!(found["filters"].as_array().unwrap().len(), 1);
}

#[test]
fn too_few_that_come_through_end_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(
        folder.path(),
        "null none = filtered(random, net[0] between 1000 and 2000)
experiment some {
    background none
    sample 20
    embed \"GATA\" at center
    measure net[0]
}
",
    );
    let output = gia(["run".as_ref(), path.as_os_str()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains("E0310") && said.contains("none of 10000 backgrounds"),
        "{said}"
    );
}

#[test]
fn between_includes_both_ends_and_binds_as_a_comparison() {
    let text = "model net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")
experiment one {
    vary gap in 0bp to 10bp
    background uniform(length: 100bp)
    sample 20
    embed [\"GATA\", gap, \"GATA\"] at center
    measure net[0]
    expect effect > 0 where gap between 1bp + 1bp and 2 * 3bp and gap != 4bp
}
";
    let checked = check("e.gia", "tests/plans", text);
    let points = &checked.program().experiments[0].claims[0].points;
    assert_eq!(points, &[2, 3, 5, 6]);
}
