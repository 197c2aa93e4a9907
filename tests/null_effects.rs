//! What effects are ranked among are other sequences, and what is said of one sequence where nothing replicates it.

use std::fs;
use std::sync::Arc;

use crate::single_sequences::{experiment, folder, number, numbers, refusal, run};
use crate::support::command::gia;
use crate::support::script::check;
use gia::domain::{Origin, Population};

/// Null effects of the null model that backgrounds are drawn from are of other draws, and those of a set are of its other sequences.
#[test]
fn no_effect_is_ranked_among_itself() {
    let folder = folder();
    let study = run(
        folder.path(),
        "experiment drawn {\n background uniform(length: 100bp)\n sample 50\n embed CTCF at center\n measure net[\"CTCF\"]\n\
           report each beyond uniform(length: 100bp) first 50\n}\n\
         experiment same {\n background uniform(length: 100bp) first 50\n embed CTCF at center\n measure net[\"CTCF\"]\n report each\n}\n\
         experiment records {\n background peaks first 10\n shuffle 40bp..60bp\n measure net[\"CTCF\"]\n report each beyond peaks first 40\n}\n\
         experiment others {\n background peaks first 40\n shuffle 40bp..60bp\n measure net[\"CTCF\"]\n report each\n}\n",
    );
    let each = |name: &str| experiment(&study, name)["each"]["effects"][0].clone();
    let drawn = each("drawn");
    // The backgrounds are those of any experiment with the model; the null effects are not.
    assert_eq!(drawn["values"], each("same")["values"]);
    let own = numbers(&drawn["values"]);
    let among_own = |effect: f64| {
        let beyond = own.iter().filter(|null| null.abs() >= effect.abs());
        (1 + beyond.count()) as f64 / 51.0
    };
    let p = numbers(&drawn["p"]);
    assert!(
        own.iter()
            .zip(&p)
            .any(|(effect, p)| (among_own(*effect) - p).abs() > 1e-9)
    );

    let nulls = numbers(&each("others")["values"]);
    let records = each("records");
    let effects = numbers(&records["values"]);
    assert_eq!(effects, nulls[..10]);
    let method = experiment(&study, "records")["each"]["null"]["method"].to_string();
    assert!(method.contains("30"), "{method}");
}

#[test]
fn the_backgrounds_themselves_are_no_other_sequences() {
    for (background, beyond) in [
        ("peaks first 30", "peaks first 30"),
        ("peaks[5]", "peaks[5]"),
        ("peaks first 30", "peaks first 10"),
    ] {
        let (text, codes) = refusal(&format!(
            "experiment e {{\n background {background}\n embed CTCF at center\n measure net[\"CTCF\"]\n report each beyond {beyond}\n}}\n"
        ));
        assert_eq!(codes, ["E0310"], "{text}");
        assert!(text.contains("no other sequence"), "{text}");
    }
}

/// What a network selects of a set is not the backgrounds either.
#[test]
fn backgrounds_are_left_out_of_what_a_filter_selects_from() {
    let folder = folder();
    let path = folder.path().to_str().expect("a path");
    let script = |background: &str| {
        format!(
            "let peaks = fasta(\"gm12878_ctcf.fa\", width: 100bp)\nmodel net = load(\"ctcf_pu1.pt2\")\n\
             experiment e {{\n background {background}\n embed \"TGACTCA\" at center\n measure net[\"CTCF\"]\n\
               report each beyond filtered(peaks, net[\"CTCF\"] between -100 and 100) first 40\n}}\n"
        )
    };
    let text = script("peaks first 10");
    let program = check("script.gia", path, &text).program.expect("a program");
    let experiment = &program.experiments[0];
    let own = experiment.points[0].population.sampler(0);
    let own: Vec<String> = (0..10).map(|index| own.name(index)).collect();
    let null = &experiment.null_effects[0].points[0].population;
    let Population::Null(null) = &**null else {
        panic!("a null model");
    };
    let Origin::Conditioned(conditioned) = null.origin() else {
        panic!("a filter");
    };
    let source = &conditioned.source;
    let all = source.sampler(0);
    let size = source.size().expect("a set");
    assert!(size > 100);
    assert!((0..size).all(|index| !own.contains(&all.name(index))));
    let known = program.selections.iter();
    assert!(
        known
            .into_iter()
            .any(|selection| selection.key == conditioned.key)
    );

    let (text, codes) = refusal(
        "experiment e {\n background peaks\n embed CTCF at center\n measure net[\"CTCF\"]\n\
           report each beyond filtered(peaks, net[\"CTCF\"] between -100 and 100) first 40\n}\n",
    );
    assert_eq!(codes, ["E0310"], "{text}");
    assert!(text.contains("no other sequence"), "{text}");
}

/// A set of thousands of sequences is not searched and copied for each grid point.
#[test]
fn grid_points_share_their_null_backgrounds() {
    let folder = folder();
    let path = folder.path().to_str().expect("a path");
    let text = "let peaks = fasta(\"gm12878_ctcf.fa\", width: 100bp)\nmodel net = load(\"ctcf_pu1.pt2\")\n\
         experiment e {\n vary place in 10bp to 20bp\n background peaks first 3\n embed \"TGACTCA\" at place\n measure net[\"CTCF\"]\n\
           report each beyond peaks first 40\n}\n";
    let program = check("script.gia", path, text).program.expect("a program");
    let points = &program.experiments[0].null_effects[0].points;
    assert_eq!(points.len(), 11);
    for point in points {
        assert!(Arc::ptr_eq(&point.population, &points[0].population));
        assert_eq!(point.count, 37);
    }
}

/// The number of one sequence has no p and takes no place in a family of claims.
#[test]
fn a_size_of_one_sequence_has_no_p() {
    let folder = folder();
    let study = run(
        folder.path(),
        "set family = \"script\"\nlet one = peaks[1]\n\
         experiment e {\n background one\n embed CTCF at center\n measure net[\"CTCF\"]\n\
           expect effect > 0 beyond shuffled(one, preserving: 2) first 200\n\
           expect effect > -100\n expect effect < 100\n expect abs(effect) > 500\n}\n",
    );
    assert_eq!(study["family"]["claims"], 1);
    let claims = &experiment(&study, "e")["claims"];
    for (i, verdict) in [(1, "supported"), (2, "supported"), (3, "refuted")] {
        assert_eq!(claims[i]["verdict"], verdict);
        assert!(claims[i]["p"].is_null(), "{}", claims[i]);
        assert!(
            claims[i]
                .get("family_p")
                .is_none_or(serde_json::Value::is_null)
        );
    }
    let script = folder.path().join("script.gia");
    let methods = folder.path().join("methods.md");
    let words = ["run", "--methods"].map(std::ffi::OsStr::new);
    gia(words
        .into_iter()
        .chain([methods.as_os_str(), script.as_os_str()]));
    let text = fs::read_to_string(methods).expect("written");
    assert!(
        text.contains("the number of one sequence compares that number as it is"),
        "{text}"
    );
    assert!(!text.contains("1e-12"), "{text}");
    assert!(!text.contains("1 independent backgrounds"), "{text}");
}

/// For one sequence, the members of an ensemble are the sample: Student's interval over their numbers.
#[test]
fn members_replicate_one_sequence() {
    let folder = folder();
    let study = run(
        folder.path(),
        "model a = additive({\"TGACTCA\": 1.0})\nmodel b = additive({\"TGACTCA\": 1.3})\nmodel c = additive({\"TGACTCA\": 0.9})\n\
         model nets = ensemble(a, b, c)\n\
         experiment e {\n background dna\"ACGTACGTACGTACGTACGTACGTACGTACGTACGT\"\n embed \"TGACTCA\" at 10bp\n measure nets\n\
           expect effect > 0 across models\n expect effect > 1 across models\n expect effect > 3 across models\n}\n",
    );
    let e = experiment(&study, "e");
    let verdicts: Vec<&str> = (0..3)
        .map(|i| e["claims"][i]["verdict"].as_str().expect("a text"))
        .collect();
    assert_eq!(verdicts, ["supported", "undecided", "refuted"]);
    let members = &e["rows"][0]["members"];
    let values = [1.0, 1.3, 0.9f64];
    let mean = values.iter().sum::<f64>() / 3.0;
    let sd = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
    // t quantile 0.975 with 2 degrees of freedom, from tables.
    let half = 4.302_652_730 * sd / 3f64.sqrt();
    assert!((number(members, "mean") - mean).abs() < 1e-6);
    assert!((number(members, "low") - (mean - half)).abs() < 1e-5);
    assert!((number(members, "high") - (mean + half)).abs() < 1e-5);
    assert!(members["within"].is_null());
    assert!(e["rows"][0]["low"].is_null());
}

/// Overlapping windows are one source, not one sequence: their shuffles replicate nothing.
#[test]
fn shuffles_of_overlapping_windows_replicate_nothing() {
    let folder = folder();
    let lines: String = (0..3)
        .map(|i| format!("peak2\t{}\t{}\n", 50 + i, 150 + i))
        .collect();
    fs::write(folder.path().join("near.bed"), lines).expect("written");
    let study = run(
        folder.path(),
        "let near = genome(\"genome.fa\", regions: \"near.bed\")\n\
         experiment e {\n background shuffled(near) first 60\n embed CTCF at center\n measure net[\"CTCF\"]\n}\n",
    );
    let row = &experiment(&study, "e")["rows"][0];
    assert_eq!(number(row, "sources"), 1.0);
    assert!(row["low"].is_null());
}

#[test]
fn claims_between_single_sequences_are_refused() {
    let (text, codes) = refusal(
        "let one = peaks[1]\n\
         experiment a {\n background one\n embed CTCF at center\n measure net[\"CTCF\"]\n}\n\
         experiment b {\n background one\n embed CTCF at 10bp\n measure net[\"CTCF\"]\n}\n\
         expect a.effect - b.effect > 1\n",
    );
    assert_eq!(codes, ["E0317"], "{text}");
}
