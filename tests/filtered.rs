//! Backgrounds that a query lets through: the very ones that lie between its bounds, in order, whatever the batch.

use std::path::Path;

use serde_json::Value;

use crate::support::command::{gia, root, study};
use crate::support::script::check;
use crate::support::written::letters;

const NET: &str = "model net = load(\"NET\")\nnull random = uniform(length: 100bp)\n";

fn script(folder: &Path, text: &str) -> std::path::PathBuf {
    let network = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let text = format!("{NET}{text}").replace("NET", &network.display().to_string());
    let path = folder.join("run.gia");
    std::fs::write(&path, text).expect("a script");
    path
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
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_comes_through_is_what_lies_between() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(
        folder.path(),
        "null typical = filtered(random, net[\"CTCF\"] - net[\"PU.1\"] between quantile(20%) and 0.5)
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
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn sets_are_filtered_and_null_models_made_of_what_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = script(
        folder.path(),
        "let peaks = fasta(\"PEAKS\", width: 100bp)
let strong = filtered(peaks, net[\"CTCF\"] between 5 and 100)
experiment whole {
    background peaks
    embed \"GATA\" at center
    measure net[0]
}
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
    // Shuffles are made of the sequences in turn, those of the file that come through in its order.
    let cropped = place.join("whole/control.fa");
    let file = letters(&cropped);
    let accepted = file.iter().zip(predicted(folder.path(), &cropped));
    let accepted = accepted.filter(|(_, [ctcf, _])| *ctcf >= 5.0);
    for ((a, _), b) in accepted.zip(&shuffled) {
        assert_eq!(composition(a), composition(b));
        assert_ne!(a, b);
    }
    // The set is filtered in drawn order for the sample, and in its own order for the shuffles.
    assert_eq!(found["filters"].as_array().unwrap().len(), 2);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
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

/// With a weight of 1 for every G or C, positions are independent and each is one with probability e / (e + 1).
#[test]
fn walks_come_to_the_distribution_that_they_are_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("walk.gia");
    let text = "model strong = additive({\"S\": 1.0})
null tilted = maxent(strong, from: iid(length: 30bp, gc: 0.1), steps: 400)
experiment one {
    background tilted
    sample 2000
    embed \"A\" at center
    measure strong
}
";
    std::fs::write(&path, text).expect("a script");
    let place = folder.path().join("written");
    let found = study(&path, &["--sequences", place.to_str().unwrap()]);
    let sequences = letters(&place.join("one/control.fa"));
    let all = (sequences.len() * 30) as f64;
    let share = |base: char| {
        let count: usize = sequences.iter().map(|s| s.matches(base).count()).sum();
        count as f64 / all
    };
    let strong = std::f64::consts::E / (std::f64::consts::E + 1.0);
    // Standard error of a share of 60,000 independent bases.
    let se = |p: f64| (p * (1.0 - p) / all).sqrt();
    for (base, p) in [
        ('G', strong / 2.0),
        ('C', strong / 2.0),
        ('A', (1.0 - strong) / 2.0),
        ('T', (1.0 - strong) / 2.0),
    ] {
        assert!(
            (share(base) - p).abs() < 4.0 * se(p),
            "{base}: {} {p}",
            share(base)
        );
    }
    let counts = sequences
        .iter()
        .map(|s| s.matches(['G', 'C']).count() as f64);
    let mean = 30.0 * strong;
    let squares: f64 = counts.map(|count| (count - mean).powi(2)).sum();
    let variance = squares / sequences.len() as f64;
    // Independent: the variance of a binomial, whose own standard error is about sqrt(2 / n) of it.
    let binomial = 30.0 * strong * (1.0 - strong);
    assert!(
        (variance / binomial - 1.0).abs() < 4.0 * (2.0f64 / 2000.0).sqrt(),
        "{variance} {binomial}"
    );
    let walk = &found["walks"][0];
    let means: Vec<f64> = walk["means"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m.as_f64().unwrap())
        .collect();
    assert!((means[0] - 3.0).abs() < 0.3, "{means:?}");
    assert!(
        (means[2] - mean).abs() < 0.3 && (means[1] - mean).abs() < 0.3,
        "{means:?}"
    );
    let accepted = walk["accepted"].as_f64().unwrap();
    assert!((0.5..0.9).contains(&accepted), "{accepted}");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn walks_depend_on_neither_batch_nor_how_many_there_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let walked = |count: usize, more: &[&str]| {
        let text = format!(
            "null tilted = maxent(rc_average(net)[\"CTCF\"], from: random, steps: 6)
experiment one {{
    background tilted
    sample {count}
    embed \"GATA\" at center
    measure net[0]
}}
"
        );
        let path = script(folder.path(), &text);
        let place = folder.path().join("written");
        let mut all = vec!["--sequences", place.to_str().unwrap()];
        all.extend(more);
        let found = study(&path, &all);
        let means = found["walks"][0]["means"].clone();
        let climbed = means[2].as_f64() > means[0].as_f64();
        assert!(climbed, "{means}");
        letters(&place.join("one/control.fa"))
    };
    let all = walked(40, &["--batch", "64"]);
    assert_eq!(walked(40, &["--batch", "3", "--threads", "1"]), all);
    assert_eq!(walked(25, &[]), all[..25]);
}

#[test]
fn a_sample_of_a_filtered_set_is_drawn_as_one_of_the_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.gia");
    let text = "model sums = additive({\"GATA\": 1.0})
let peaks = fasta(\"PEAKS\", width: 100bp)
experiment all {
    background peaks
    sample 20
    embed \"GATA\" at center
    measure sums
}
experiment filtered_set {
    background filtered(peaks, sums between 0 and 1000)
    sample 20
    embed \"GATA\" at center
    measure sums
}
experiment some {
    background filtered(peaks, sums between 1 and 1000)
    sample 20
    embed \"GATA\" at center
    measure sums
}
";
    let peaks = root().join("experiments/ctcf_pu1/gm12878_ctcf.fa");
    std::fs::write(&path, text.replace("PEAKS", &peaks.display().to_string())).expect("a script");
    let place = folder.path().join("written");
    study(&path, &["--sequences", place.to_str().expect("a path")]);
    let of = |name: &str| letters(&place.join(name).join("control.fa"));
    // All come through, so it is the sample of the set, which is not its head.
    assert_eq!(of("filtered_set"), of("all"));
    let file: Vec<String> = letters(&peaks).iter().map(|l| l.to_uppercase()).collect();
    let at = |letters: &String| {
        file.iter()
            .position(|of_file| of_file.contains(letters.as_str()))
    };
    for name in ["all", "some"] {
        let places: Vec<usize> = of(name)
            .iter()
            .map(|l| at(l).expect("of the file"))
            .collect();
        assert!(
            places.iter().any(|place| *place > 250),
            "{name}: {places:?}"
        );
    }
    assert!(
        of("some")
            .iter()
            .all(|letters| letters.contains("GATA") || letters.contains("TATC"))
    );
}
