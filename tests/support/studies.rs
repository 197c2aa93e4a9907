//! Studies written by hand, as a run would leave them.

use gia::domain::Reason;
use gia::study::*;
use serde_json::{Value, json};

pub const MODEL: &str = "9f2c1e77a0b4d36c58ee01d2b7a94c3f6610aa5be2d7c8049b13f5e6072d4a81";

pub fn study(experiments: Vec<Experiment>) -> Study {
    Study {
        schema: SCHEMA,
        provenance: Provenance {
            script: Script {
                path: "spacing.gia".into(),
                sha256: "0".repeat(64),
                commit: None,
            },
            command: "gia run spacing.gia".into(),
            seed: 7,
            versions: Versions {
                gia: "0.1.0".into(),
                libtorch: Some("2.11.0".into()),
            },
            device: "cpu".into(),
            precision: None,
            recomputed: None,
            attributions: Vec::new(),
            models: vec![ModelRecord {
                name: "k562".into(),
                path: "k562.pt2".into(),
                sha256: MODEL.into(),
                python: None,
            }],
            data: Vec::new(),
            timing: Default::default(),
        },
        registration: None,
        seeds: None,
        interrupted: None,
        filters: Vec::new(),
        walks: Vec::new(),
        values: None,
        shown: Vec::new(),
        evaluations: Vec::new(),
        maps: Vec::new(),
        influence_maps: Vec::new(),
        claims: Vec::new(),
        family: None,
        experiments,
    }
}

pub fn experiment(name: &str, doc: Option<&str>, axes: Vec<Axis>) -> Experiment {
    Experiment {
        name: name.into(),
        doc: doc.map(String::from),
        unit_of_replication: "background sequence, the same under every arm".into(),
        backgrounds: Vec::new(),
        sources: None,
        fdr: 0.05,
        left_out: Vec::new(),
        haplotypes: Vec::new(),
        stopping: None,
        axes,
        layouts: Vec::new(),
        motifs: Vec::new(),
        arms: Vec::new(),
        scales: Vec::new(),
        rows: Vec::new(),
        tracks: Vec::new(),
        pooled: Vec::new(),
        each: None,
        mutation_map: None,
        curves: Vec::new(),
        null: Vec::new(),
        claims: Vec::new(),
        warnings: Vec::new(),
    }
}

pub fn lengths(name: &str, values: impl IntoIterator<Item = i64>) -> Axis {
    Axis {
        name: name.into(),
        unit: Some("bp".into()),
        values: values.into_iter().map(|bp| json!(bp)).collect(),
    }
}

pub fn names<const N: usize>(name: &str, values: [&str; N]) -> Axis {
    Axis {
        name: name.into(),
        unit: None,
        values: values.into_iter().map(|text| json!(text)).collect(),
    }
}

pub fn at<const N: usize>(pairs: [(&str, Value); N]) -> GridPoint {
    pairs.into_iter().map(|(k, v)| (k.to_string(), v)).collect()
}

pub fn arm(
    at: GridPoint,
    arm: &str,
    outcome: (&str, &str),
    n: usize,
    mean: f64,
    sd: f64,
) -> ArmSummary {
    ArmSummary {
        at,
        arm: arm.into(),
        outcome: outcome.0.into(),
        unit: Some(outcome.1.into()),
        n,
        mean,
        sd: Some(sd),
    }
}

/// The interval is the mean and 1.96 standard errors, which is near enough to look at.
pub fn row(
    at: GridPoint,
    contrast: &str,
    outcome: (&str, &str),
    n: usize,
    mean: f64,
    sd: f64,
) -> Row {
    let se = sd / (n as f64).sqrt();
    let z = mean / se;
    // Leading term of the normal tail, for the look of it.
    let p = (2.0 * (-z * z / 2.0).exp() / (z.abs() + 1.0)).min(1.0);
    Row {
        at,
        contrast: contrast.into(),
        outcome: outcome.0.into(),
        unit: Some(outcome.1.into()),
        n,
        mean,
        sources: None,
        freedom: None,
        sd: Some(sd),
        se: Some(se),
        low: Some(mean - 1.96 * se),
        high: Some(mean + 1.96 * se),
        level: 0.95,
        method: "paired Student t".into(),
        p: Some(p),
        q: Some(p),
        significant: Some(p <= 0.05),
        family: TestFamily {
            method: "Benjamini-Hochberg".into(),
            size: 1,
            of: "contrast effect".into(),
        },
        band: None,
        members: None,
        summaries: Vec::new(),
        drivers: None,
    }
}

pub fn claim(text: &str, verdict: Verdict, contrast: &str, row: &Row, reason: &str) -> Claim {
    Claim {
        claim: text.into(),
        place: None,
        verdict,
        alone: None,
        p: None,
        family_p: None,
        contrast: contrast.into(),
        outcome: row.outcome.to_string(),
        level: 0.95,
        method: "simultaneous, Bonferroni over the grid points of the claim".into(),
        points: 1,
        reason: reason.into(),
        deciding: DecidingPoint {
            at: row.at.clone(),
            mean: row.mean,
            low: row.low,
            high: row.high,
            threshold: 0.0,
        },
    }
}

const DNASE: (&str, &str) = ("k562[\"DNase\"]", "logit");

/// One contrast, one claim.
pub fn importance() -> Study {
    let mut e = experiment(
        "importance",
        Some("How strongly does the model respond to one GATA1 site?"),
        vec![],
    );
    e.arms = vec![
        arm(GridPoint::new(), "control", DNASE, 1000, -1.2041, 0.8123),
        arm(GridPoint::new(), "treated", DNASE, 1000, -0.3312, 0.9234),
    ];
    e.rows = vec![row(
        GridPoint::new(),
        "effect",
        DNASE,
        1000,
        0.87294,
        0.4412,
    )];
    e.left_out = vec![ExcludedRecords {
        path: "peaks.bed".into(),
        kept: 1000,
        filled: 0,
        left_out: 1203,
        reasons: vec![
            ExcludedByReason {
                reason: Reason::UnknownBase,
                count: 1201,
                first: ["peak_3", "peak_8", "peak_9"].map(String::from).into(),
            },
            ExcludedByReason {
                reason: Reason::PastContig,
                count: 2,
                first: ["peaks.bed:4", "peaks.bed:977"].map(String::from).into(),
            },
        ],
    }];
    e.claims = vec![claim(
        "effect > 0",
        Verdict::Supported,
        "effect",
        &e.rows[0],
        "the interval [0.846, 0.900] lies above 0",
    )];
    study(vec![e])
}

/// 31 gaps, two arms with one site and one with both.
pub fn cooperativity() -> Study {
    let gaps = || (0..=60).step_by(2);
    let mut e = experiment(
        "cooperativity",
        Some(
            "Does a TAL1 site help a GATA1 site, and up to which distance? The GATA1 site stays at 480 bp \
             while the TAL1 site\nmoves away from it in steps of 2 bp.\n\nNot shown.",
        ),
        vec![lengths("gap", gaps())],
    );
    for gap in gaps() {
        let here = || at([("gap", json!(gap))]);
        let decay = (-(gap as f64) / 9.0).exp();
        let tal = 0.41 + 0.03 * ((gap % 11) as f64 / 5.0).sin();
        let synergy = 0.62 * decay - 0.004;
        e.arms
            .push(arm(here(), "control", DNASE, 2000, -1.2041, 0.8123));
        e.arms
            .push(arm(here(), "gata", DNASE, 2000, -0.3312, 0.9234));
        e.arms
            .push(arm(here(), "tal", DNASE, 2000, -1.2041 + tal, 0.87));
        e.arms.push(arm(
            here(),
            "both",
            DNASE,
            2000,
            -0.3312 + tal + synergy,
            1.02,
        ));
        e.rows
            .push(row(here(), "gata", DNASE, 2000, 0.87294, 0.4412));
        e.rows.push(row(here(), "tal", DNASE, 2000, tal, 0.33));
        e.rows.push(row(
            here(),
            "synergy",
            DNASE,
            2000,
            synergy,
            0.2 + 0.3 * decay,
        ));
    }
    for row in &mut e.rows {
        row.family.size = 31;
        row.family.of = format!("grid points of {}", row.contrast).into();
        row.q = row.p.map(|p| (p * 1.7).min(1.0));
        row.significant = row.q.map(|q| q <= 0.05);
    }
    let find = |gap: i64| {
        let mut rows = e.rows.iter().filter(|r| r.contrast == "synergy");
        rows.find(|r| r.at.get("gap") == Some(&json!(gap)))
            .unwrap()
            .clone()
    };
    e.claims = vec![
        claim(
            "synergy > 0 where gap <= 20bp",
            Verdict::Supported,
            "synergy",
            &find(20),
            "at every one of 11 grid points the interval lies above 0; the closest is [0.053, 0.073] at gap = 20bp",
        ),
        claim(
            "synergy > 0.01 where gap >= 40bp",
            Verdict::Refuted,
            "synergy",
            &find(54),
            "at gap = 54bp the interval [-0.0113, 0.0063] lies below 0.01",
        ),
        claim(
            "synergy > 0 where gap <= 36bp",
            Verdict::Undecided,
            "synergy",
            &find(36),
            "at gap = 36bp the interval [-0.0017, 0.0164] holds 0",
        ),
    ];
    study(vec![e])
}

/// Orientation by copies.
pub fn copies() -> Study {
    let mut e = experiment(
        "copies",
        None,
        vec![
            names("site", ["AP1 (MA0099.4)", "rc(AP1)"]),
            Axis {
                name: "copies".into(),
                unit: None,
                values: (1..=4).map(|n| json!(n)).collect(),
            },
        ],
    );
    e.arms
        .push(arm(GridPoint::new(), "control", DNASE, 500, -2.513, 1.104));
    for (site, factor) in [("AP1 (MA0099.4)", 1.0), ("rc(AP1)", 0.93)] {
        for n in 1..=4 {
            let here = || at([("site", json!(site)), ("copies", json!(n))]);
            let mean = factor * [4.02, 7.11, 9.63, 11.48][n - 1];
            e.arms
                .push(arm(here(), "treated", DNASE, 500, mean - 2.513, 1.9));
            let mut r = row(here(), "effect", DNASE, 500, mean, 1.6);
            r.family.size = 8;
            r.family.of = "grid points of effect".into();
            e.rows.push(r);
        }
    }
    study(vec![e])
}

/// Two outcomes of different scale, and a second experiment with one background.
pub fn outcomes() -> Study {
    let ratio = ("log2(k562[\"DNase\"] / hepg2[\"DNase\"])", "log2 fold");
    let mut e = experiment(
        "specificity",
        Some("Is the site's effect specific to K562?"),
        vec![],
    );
    for (arm_name, dnase, log) in [("control", 12.4, 0.02), ("treated", 310.2, 1.31)] {
        e.arms.push(arm(
            GridPoint::new(),
            arm_name,
            ("dnase", "reads"),
            200,
            dnase,
            95.2,
        ));
        e.arms
            .push(arm(GridPoint::new(), arm_name, ratio, 200, log, 0.41));
    }
    e.rows = vec![
        row(
            GridPoint::new(),
            "effect",
            ("dnase", "reads"),
            200,
            297.8,
            88.0,
        ),
        row(GridPoint::new(), "effect", ratio, 200, 1.29, 0.38),
    ];
    e.rows[1].p = Some(0.0);
    e.claims = vec![claim(
        "effect > 1 of ratio",
        Verdict::Supported,
        "effect",
        &e.rows[1],
        "the interval [1.237, 1.343] lies above 1",
    )];

    let mut single = experiment("one sequence", None, vec![]);
    single.arms = vec![
        ArmSummary {
            sd: None,
            ..arm(GridPoint::new(), "control", DNASE, 1, 0.5, 0.0)
        },
        ArmSummary {
            sd: None,
            ..arm(GridPoint::new(), "treated", DNASE, 1, 2.125, 0.0)
        },
    ];
    single.rows = vec![Row {
        sd: None,
        se: None,
        low: None,
        high: None,
        p: None,
        q: None,
        method: "none for n = 1".into(),
        ..row(GridPoint::new(), "effect", DNASE, 1, 1.625, 1.0)
    }];
    study(vec![e, single])
}

/// 4,096 6-mers: too many to read.
pub fn hexamers() -> Study {
    let words: Vec<String> = (0..4096)
        .map(|i: usize| {
            (0..6)
                .map(|k| "ACGT".as_bytes()[i >> (10 - 2 * k) & 3] as char)
                .collect()
        })
        .collect();
    let mut e = experiment(
        "hexamers",
        None,
        vec![Axis {
            name: "word".into(),
            unit: None,
            values: words.iter().map(|w| json!(w)).collect(),
        }],
    );
    for (i, word) in words.iter().enumerate() {
        let mean = ((i * 2_654_435_761) % 10_007) as f64 / 5003.5 - 1.0;
        let mut r = row(
            at([("word", json!(word))]),
            "effect",
            DNASE,
            100,
            mean.powi(5),
            0.3,
        );
        r.family.size = 4096;
        e.rows.push(r);
    }
    e.claims = vec![claim(
        "effect < 0.5 where word == \"AAAAAC\"",
        Verdict::Undecided,
        "effect",
        &e.rows[1],
        "the interval holds 0.5",
    )];
    study(vec![e])
}

fn driver(feature: &str, unit: Option<&str>, per_sd: f64, unique: f64) -> Driver {
    let tenth = |i: i32| {
        let mean = 0.9 + per_sd * (f64::from(i) - 4.5) / 3.0;
        TenthMean {
            n: 100,
            from: f64::from(i) - 6.25,
            to: f64::from(i) - 5.25,
            mean,
            low: Some(mean - 0.08),
            high: Some(mean + 0.08),
        }
    };
    Driver {
        feature: feature.into(),
        unit: unit.map(String::from),
        mean: -1.2041,
        sd: 0.8123,
        per_unit: per_sd / 0.8123,
        per_sd,
        se: Some(0.0132),
        freedom: Some(995.0),
        low: Some(per_sd - 0.0259),
        high: Some(per_sd + 0.0259),
        p: Some(3.1e-9),
        q: Some(6.2e-9),
        unique,
        by_construction: (feature == "control").then_some(-1.0),
        tenths: if unique > 0.01 {
            (0..10).map(tenth).collect()
        } else {
            Vec::new()
        },
    }
}

/// Regressions that were fitted, and one that was not.
fn of_backgrounds(r2: f64) -> Drivers {
    Drivers {
        n: 1000,
        sources: None,
        r2: Some(r2),
        adjusted_r2: Some(r2 - 0.002),
        cross_validated_r2: Some(r2 - 0.011),
        folds: 10,
        features: vec![
            driver("control", Some("logit"), -0.1832, 0.1729),
            driver("GC content", None, -0.0511, 0.0131),
            driver("k562[\"ATAC\"]", Some("logit"), 0.0042, 0.0001),
        ],
        dropped: vec![DroppedDriver {
            feature: "occurrences of GATA1".into(),
            reason: "is the same for every background".into(),
        }],
        method: "ordinary least squares with HC3 errors; intervals are of the change per sd".into(),
        note: None,
    }
}

pub fn drivers() -> Study {
    let mut few = experiment("few", Some("Why do backgrounds differ?"), vec![]);
    let mut row_of = |contrast: &str, drivers: Drivers| {
        let mut r = row(GridPoint::new(), contrast, DNASE, 1000, 0.87294, 0.4412);
        r.drivers = Some(Box::new(drivers));
        few.rows.push(r);
    };
    row_of("effect", of_backgrounds(0.242));
    row_of(
        "other",
        Drivers {
            n: 18,
            r2: None,
            adjusted_r2: None,
            cross_validated_r2: None,
            folds: 0,
            features: Vec::new(),
            note: Some("too few: 18 backgrounds for 3 features, which need at least 30".into()),
            ..of_backgrounds(0.0)
        },
    );
    let gaps = 0..14;
    let mut many = experiment("many", None, vec![lengths("gap", gaps.clone())]);
    for gap in gaps {
        let mut r = row(
            at([("gap", json!(gap))]),
            "effect",
            DNASE,
            1000,
            0.9,
            0.4412,
        );
        r.drivers = Some(Box::new(of_backgrounds(0.1 + 0.03 * gap as f64)));
        many.rows.push(r);
    }
    let last = many.rows.last_mut().and_then(|row| row.drivers.as_mut());
    if let Some(drivers) = last {
        let note = Some("every background gives the same value".into());
        **drivers = Drivers {
            r2: None,
            adjusted_r2: None,
            cross_validated_r2: None,
            folds: 0,
            features: Vec::new(),
            note,
            ..of_backgrounds(0.0)
        };
    }
    study(vec![few, many])
}

/// Every kind of study, by name.
pub fn all() -> [(&'static str, Study); 6] {
    [
        ("importance", importance()),
        ("cooperativity", cooperativity()),
        ("copies", copies()),
        ("outcomes", outcomes()),
        ("hexamers", hexamers()),
        ("drivers", drivers()),
    ]
}
