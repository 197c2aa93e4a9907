//! Effects of two runs on the same backgrounds, against SciPy and statsmodels, and when they cannot be paired.

use gia_base::diag::Outcome;
use gia_stats::{
    ConfidenceSequence, EquivalenceMargin, KeptValues, PairedEstimate, Unpaired,
    compare_studies_by_background,
};
use gia_study::{EffectVerdict, SeriesValues, Study};
use serde_json::{Value, json};

use super::{close, float, floats};

fn cases() -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("paired.json")).expect("JSON");
    all["cases"].as_array().expect("a list").clone()
}

fn case(name: &str) -> Value {
    let mut cases = cases().into_iter();
    cases.find(|case| case["name"] == name).expect("the case")
}

fn series(values: &Value, sources: &Value) -> SeriesValues {
    let values = floats(values);
    SeriesValues {
        sources: floats(sources)
            .iter()
            .map(|source| *source as usize)
            .collect(),
        sequences: (0..values.len() as u64).collect(),
        values,
    }
}

fn both(case: &Value) -> (SeriesValues, SeriesValues) {
    let of = |run: &str| series(&case[run], &case["sources"]);
    (of("before"), of("after"))
}

/// The values of the rows of a run, in their order.
struct Rows(Vec<SeriesValues>);

impl KeptValues for Rows {
    fn series(&mut self, experiment: &str, row: usize) -> Outcome<SeriesValues> {
        assert_eq!(experiment, "e");
        Ok(self.0[row].clone())
    }
}

/// The study of a run with these rows, each by its contrast.
fn study(rows: &[(&str, &SeriesValues)], more: Value) -> Study {
    let rows = rows.iter().map(|(contrast, of)| {
        let n = of.values.len() as f64;
        let mean = of.values.iter().sum::<f64>() / n;
        let squares: f64 = of.values.iter().map(|x| (x - mean).powi(2)).sum();
        let sd = (squares / (n - 1.0)).sqrt();
        json!({
            "at": {}, "contrast": contrast, "outcome": "net", "unit": null, "n": of.values.len(),
            "mean": mean, "sd": sd, "se": sd / n.sqrt(), "low": 0, "high": 1, "level": 0.95,
            "method": "paired Student t", "p": null, "q": null, "significant": null,
            "family": {"method": "Benjamini-Hochberg", "size": 0, "of": "grid points"}
        })
    });
    let mut experiment = json!({
        "name": "e", "doc": null, "unit_of_replication": "background", "fdr": 0.05,
        "axes": [], "arms": [], "rows": rows.collect::<Vec<_>>(), "claims": []
    });
    for (key, value) in more.as_object().expect("keys") {
        experiment[key] = value.clone();
    }
    let study = json!({
        "schema": "gia-study/1",
        "script": {"path": "e.gia", "sha256": "", "commit": null},
        "command": "gia run e.gia", "seed": 0,
        "versions": {"gia": "0.1.0", "libtorch": null}, "device": "cpu", "models": [], "data": [],
        "timing": {"check": 0.0, "plan": 0.0, "start": 0.0, "load": 0.0, "passes": 0.0, "analyse": 0.0, "total": 0.0},
        "experiments": [experiment]
    });
    serde_json::from_value(study).expect("a study")
}

/// Compares two runs, each with its rows by contrast.
fn compare(
    before: &[(&str, &SeriesValues)],
    after: &[(&str, &SeriesValues)],
    margin: EquivalenceMargin,
    more: Value,
) -> gia_study::Comparison {
    let kept = |rows: &[(&str, &SeriesValues)]| {
        Rows(rows.iter().map(|(_, values)| (*values).clone()).collect())
    };
    let values: (&mut dyn KeptValues, &mut dyn KeptValues) = (&mut kept(before), &mut kept(after));
    let (before, after) = (study(before, more.clone()), study(after, more));
    compare_studies_by_background(&before, &after, margin, values).expect("a comparison")
}

#[test]
fn a_difference_is_that_of_the_oracle() {
    for case in cases() {
        let name = case["name"].as_str().expect("a name");
        let (before, after) = both(&case);
        let paired = PairedEstimate::new(&before, &after).expect("the same backgrounds");
        let scale = float(&case["sd"]);
        let mean = float(&case["difference"]);
        close(paired.mean(), mean, scale, name);
        let record = paired.record(None);
        assert_eq!(record.n, before.values.len());
        close(record.sd.expect("sd"), scale, scale, name);
        close(record.se.expect("se"), float(&case["se"]), scale, name);
        let freedom = record.freedom.unwrap_or((record.n - 1) as f64);
        close(freedom, float(&case["freedom"]), 1.0, name);
        let last = before.sources.iter().max().expect("sources");
        assert_eq!(record.sources.unwrap_or(record.n), last + 1, "{name}");
        assert_eq!(record.sources.is_some(), name.starts_with("sources"));
        for interval in case["intervals"].as_array().expect("levels") {
            let (low, high) = paired
                .interval(1.0 - float(&interval[0]), None)
                .expect("an interval");
            // Ends far from the mean carry the rounding of the level.
            let scale = scale * (float(&interval[2]) - float(&interval[1])).max(1.0) * 1e3;
            close(low, float(&interval[1]), scale, name);
            close(high, float(&interval[2]), scale, name);
        }
        if let Some(p) = case["p"].as_f64() {
            let found = record.p.expect("a p");
            assert!((found - p).abs() <= 1e-8 * p, "{name}: {found:e}, {p:e}");
        }
    }
}

#[test]
fn effects_are_paired_and_share_the_error() {
    let names = ["alike", "moved", "other", "skewed", "sources of one size"];
    let all: Vec<(Value, SeriesValues, SeriesValues)> = names
        .iter()
        .map(|name| {
            let case = case(name);
            let (before, after) = both(&case);
            (case, before, after)
        })
        .collect();
    let before: Vec<_> = names.iter().zip(&all).map(|(n, of)| (*n, &of.1)).collect();
    let after: Vec<_> = names.iter().zip(&all).map(|(n, of)| (*n, &of.2)).collect();
    // The rows of the later run stand in another order.
    let mut turned = after.clone();
    turned.reverse();
    let found = compare(&before, &turned, EquivalenceMargin::default(), json!({}));
    assert_eq!(found.unpaired, None);
    for effect in &found.effects {
        let (case, ..) = all
            .iter()
            .find(|(case, ..)| case["name"] == effect.of.contrast.as_str())
            .expect("it");
        // The last of the stored levels is that of five effects.
        let wanted = &case["intervals"][2];
        let scale = 1e3 * float(&case["sd"]);
        close(effect.low.expect("an end"), float(&wanted[1]), scale, "low");
        close(
            effect.high.expect("an end"),
            float(&wanted[2]),
            scale,
            "high",
        );
        let by_source = if effect.of.contrast.starts_with("sources") {
            ", by source (CR2)"
        } else {
            ""
        };
        assert_eq!(
            effect.method,
            format!(
                "paired by background, t, hull of Student's and Hall's intervals{by_source}, simultaneous over 5 effects (Bonferroni)"
            )
        );
        let (low, high) = (float(&wanted[1]), float(&wanted[2]));
        let size = effect.margin.expect("a margin");
        let expected = match (low, high) {
            _ if -size <= low && high <= size => EffectVerdict::Unchanged,
            _ if low > 0.0 || high < 0.0 => EffectVerdict::Changed,
            _ => EffectVerdict::Undecided,
        };
        assert_eq!(effect.change, expected, "{}", effect.of.contrast);
    }
    let verdicts: Vec<EffectVerdict> = found.effects.iter().map(|effect| effect.change).collect();
    assert!(
        verdicts.contains(&EffectVerdict::Changed) && verdicts.contains(&EffectVerdict::Unchanged)
    );
}

#[test]
fn a_pair_is_narrower_than_two_independent_runs() {
    let case = case("moved");
    let (before, after) = both(&case);
    let paired = compare(
        &[("effect", &before)],
        &[("effect", &after)],
        EquivalenceMargin::InOutcomeUnit(0.0),
        json!({}),
    );
    let independent = gia_stats::compare_studies(
        &study(&[("effect", &before)], json!({})),
        &study(&[("effect", &after)], json!({})),
        EquivalenceMargin::InOutcomeUnit(0.0),
    );
    let width = |of: &gia_study::Comparison| {
        of.effects[0].high.expect("an end") - of.effects[0].low.expect("an end")
    };
    // The noise between runs is a tenth of the spread between backgrounds.
    assert!(width(&paired) < 0.1 * width(&independent));
    assert!(independent.effects[0].paired.is_none());
    assert!((paired.effects[0].difference - independent.effects[0].difference).abs() < 1e-12);
}

#[test]
fn other_backgrounds_are_compared_as_independent_and_the_reason_is_told() {
    let case = case("moved");
    let (before, after) = both(&case);
    let one = |after: &SeriesValues| {
        let found = compare(
            &[("effect", &before)],
            &[("effect", after)],
            EquivalenceMargin::default(),
            json!({}),
        );
        let effect = found.effects.into_iter().next().expect("an effect");
        assert_eq!(effect.method, "Welch t");
        assert!(effect.paired.is_none() && effect.low.is_some());
        effect.unpaired.expect("a reason")
    };
    let mut fewer = after.clone();
    fewer.values.pop();
    fewer.sources.pop();
    fewer.sequences.pop();
    assert_eq!(one(&fewer), "the runs have 200 and 199 backgrounds");
    let mut other = after.clone();
    other.sequences[3] += 1;
    assert_eq!(
        PairedEstimate::new(&before, &other).err(),
        Some(Unpaired::Sequence { index: 3 })
    );
    assert_eq!(
        one(&other),
        "the runs have other backgrounds from number 3 on (counting from 0)"
    );
    let mut grouped = after.clone();
    grouped.sources[1] = 0;
    assert_eq!(
        one(&grouped),
        "the runs group the backgrounds into other independent sources"
    );
    // Numbers of sources may differ, as long as they mean the same.
    let mut renumbered = after.clone();
    renumbered
        .sources
        .iter_mut()
        .for_each(|source| *source += 7);
    assert!(PairedEstimate::new(&before, &renumbered).is_ok());
}

#[test]
fn differences_that_say_too_little_decide_nothing() {
    let of = |values: &[f64]| SeriesValues {
        sources: (0..values.len()).collect(),
        sequences: vec![1; values.len()],
        values: values.to_vec(),
    };
    let varying: Vec<f64> = (0..40).map(|i| f64::from(i % 7)).collect();
    let shifted = |by: &dyn Fn(usize) -> f64| -> SeriesValues {
        of(&varying
            .iter()
            .enumerate()
            .map(|(i, x)| x + by(i))
            .collect::<Vec<_>>())
    };
    let verdict = |after: &SeriesValues| {
        let found = compare(
            &[("effect", &of(&varying))],
            &[("effect", after)],
            EquivalenceMargin::InOutcomeUnit(0.3),
            json!({}),
        );
        found.effects.into_iter().next().expect("an effect")
    };
    let constant = verdict(&shifted(&|_| 1.0));
    assert_eq!(
        (constant.change, constant.low),
        (EffectVerdict::Undecided, None)
    );
    assert_eq!(
        constant.method,
        "no interval, since the difference is the same for every background"
    );
    // Two of forty differ: an interval within the margin, of which nobody knows how often the rare difference is large.
    let few = verdict(&shifted(&|i| if i < 2 { 1.0 + i as f64 } else { 0.0 }));
    assert_eq!(few.change, EffectVerdict::Undecided);
    assert!(
        few.method
            .ends_with("; all but a few differences are equal, so it decides nothing"),
        "{}",
        few.method
    );
    let many = verdict(&shifted(&|i| if i < 12 { 2.0 } else { 1.9 }));
    assert_eq!(many.change, EffectVerdict::Changed);
}

#[test]
fn sequential_runs_have_a_confidence_sequence() {
    let case = case("moved");
    let (before, after) = both(&case);
    let stopping = json!({"stopping": {
        "until": "width < 0.1", "n": 200, "max": 1000, "looks": 3, "reached": true
    }});
    let found = compare(
        &[("effect", &before)],
        &[("effect", &after)],
        EquivalenceMargin::default(),
        stopping,
    );
    let effect = &found.effects[0];
    let sequence = ConfidenceSequence::for_max_backgrounds(1000, 0.95);
    let half = sequence.critical_value(200, 0.05) * float(&case["se"]);
    let (low, high) = (effect.low.expect("an end"), effect.high.expect("an end"));
    // At least as wide as the sequence's own interval, by what skew adds.
    assert!(low <= effect.difference - half + 1e-12 && high >= effect.difference + half - 1e-12);
    assert!(high - low < 2.1 * half);
    assert_eq!(
        effect.method,
        "paired by background, confidence sequence, widened for skew"
    );
    let fixed = float(&case["intervals"][0][1]);
    assert!(low < fixed);
}
