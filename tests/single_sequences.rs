//! One sequence as a population: how it is named, what has no interval, what a claim about it compares, and rows of single sequences.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{gia, root, study};
use crate::support::script::check;

/// A folder with the network and the data of the examples.
pub fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let files = [
        "experiments/ctcf_pu1/ctcf_pu1.pt2",
        "experiments/ctcf_pu1/ctcf_pu1.toml",
        "experiments/ctcf_pu1/gm12878_ctcf.fa",
        "tests/docs/genome.fa",
        "tests/docs/site.vcf",
    ];
    for file in files {
        let from = root().join(file);
        let name = from.file_name().expect("a name");
        fs::copy(&from, folder.path().join(name)).expect("copied");
    }
    folder
}

const NET: &str = "model net = load(\"ctcf_pu1.pt2\")\nmotif CTCF = \"CCACCAGGGGGCGC\"\n\
                   let peaks = fasta(\"gm12878_ctcf.fa\", width: 100bp)\n";

pub fn run(folder: &Path, text: &str) -> Value {
    let script = folder.join("script.gia");
    fs::write(&script, format!("{NET}{text}")).expect("written");
    study(&script, &[])
}

pub fn experiment<'s>(study: &'s Value, name: &str) -> &'s Value {
    let all = study["experiments"].as_array().expect("a list");
    let found = all.iter().find(|experiment| experiment["name"] == name);
    found.expect("the experiment")
}

pub fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().unwrap_or_else(|| panic!("{key}: {of}"))
}

pub fn numbers(of: &Value) -> Vec<f64> {
    let list = of.as_array().expect("a list");
    list.iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// The sequence of a record of a FASTA file in which each record has one line.
fn record(file: &Path, name: &str) -> String {
    let text = fs::read_to_string(file).expect("read");
    let mut lines = text.lines();
    let header = format!(">{name}");
    lines.find(|line| *line == header).expect("the record");
    lines.next().expect("its letters").to_ascii_uppercase()
}

#[test]
fn one_sequence_has_many_names() {
    let folder = folder();
    // A line of BED counts from 0 and leaves its end out: 51-150, as browsers write it.
    fs::write(folder.path().join("one.bed"), "peak2\t50\t150\tmine\n").expect("written");
    let letters = record(&folder.path().join("genome.fa"), "peak2")[50..150].to_string();
    fs::write(
        folder.path().join("one.fa"),
        format!(">other\n{}\n>mine\n{letters}\n", "A".repeat(100)),
    )
    .expect("written");
    let sources = [
        format!("dna\"{letters}\""),
        format!("dna\"{}\"", letters.to_lowercase()),
        "locus(\"peak2:51-150\", genome: \"genome.fa\")".into(),
        "locus(\"peak2:101-101\", genome: \"genome.fa\", width: 100bp)".into(),
        "genome(\"genome.fa\", regions: \"one.bed\")[0]".into(),
        "genome(\"genome.fa\", regions: \"one.bed\")[\"mine\"]".into(),
        "fasta(\"one.fa\")[1]".into(),
        "fasta(\"one.fa\")[\"mine\"]".into(),
        "(fasta(\"one.fa\") first 2)[\"mine\"]".into(),
    ];
    let mut text = String::new();
    for (i, source) in sources.iter().enumerate() {
        text += &format!(
            "experiment e{i} {{\n background {source}\n embed CTCF at 20bp\n measure net[\"CTCF\"], net[\"PU.1\"]\n}}\n"
        );
    }
    let study = run(folder.path(), &text);
    let means = |name: &str| -> Vec<f64> {
        let arms = experiment(&study, name)["arms"].as_array().expect("a list");
        arms.iter().map(|arm| number(arm, "mean")).collect()
    };
    let first = means("e0");
    for (i, source) in sources.iter().enumerate() {
        assert_eq!(means(&format!("e{i}")), first, "{source}");
    }
    let row = &experiment(&study, "e0")["rows"][0];
    assert_eq!(row["n"], 1);
    for key in ["low", "high", "sd", "se", "p", "q"] {
        assert!(row[key].is_null(), "{key} of one sequence");
    }
    assert_eq!(
        experiment(&study, "e0")["unit_of_replication"],
        "one sequence: no replication"
    );
}

#[test]
fn the_other_strand_of_a_locus_is_its_reverse_complement() {
    let folder = folder();
    let study = run(
        folder.path(),
        "experiment plus {\n background locus(\"peak2:51-150\", genome: \"genome.fa\")\n reverse_complement\n measure net[\"CTCF\"]\n}\n\
         experiment minus {\n background locus(\"peak2:51-150\", genome: \"genome.fa\", strand: \"-\")\n reverse_complement\n measure net[\"CTCF\"]\n}\n",
    );
    let arm = |name: &str, arm: usize| number(&experiment(&study, name)["arms"][arm], "mean");
    assert_eq!(arm("plus", 0), arm("minus", 1));
    assert_eq!(arm("plus", 1), arm("minus", 0));
}

/// The first takes the head of whatever it stands behind, wherever that stands.
#[test]
fn first_stands_behind_any_population_and_list() {
    let folder = folder();
    let study = run(
        folder.path(),
        "use syntax\nlet head = peaks first 7\nnull random = uniform(length: 100bp)\n\
         fn sample_of(on: Population) -> Experiment = experiment { background on; embed CTCF at center; measure net[\"CTCF\"] }\n\
         experiment named { background head; embed CTCF at center; measure net[\"CTCF\"] }\n\
         experiment passed = sample_of(peaks first 7)\n\
         experiment drawn = sample_of(random first 9)\n\
         experiment sampled { background random; sample 9; embed CTCF at center; measure net[\"CTCF\"] }\n\
         experiment shuffles { background shuffled(peaks first 7, preserving: 2) first 14; embed CTCF at center; measure net[\"CTCF\"] }\n\
         experiment part { background head; sample 3; embed CTCF at center; measure net[\"CTCF\"] }\n\
         experiment axis { vary m in kmers(2) first 3; background random first 4; embed m at center; measure net[\"CTCF\"] }\n\
         experiment each { vary one in peaks first 3; background one; embed CTCF at center; measure net[\"CTCF\"] }\n",
    );
    let row = |name: &str| &experiment(&study, name)["rows"][0];
    assert_eq!(number(row("named"), "n"), 7.0);
    assert_eq!(number(row("named"), "mean"), number(row("passed"), "mean"));
    assert_eq!(number(row("drawn"), "mean"), number(row("sampled"), "mean"));
    assert_eq!(number(row("shuffles"), "n"), 14.0);
    assert_eq!(number(row("shuffles"), "sources"), 7.0);
    assert_eq!(number(row("part"), "n"), 3.0);
    let rows = |name: &str| {
        experiment(&study, name)["rows"]
            .as_array()
            .expect("a list")
            .len()
    };
    assert_eq!(rows("axis"), 3);
    assert_eq!(rows("each"), 3);
    let names = &experiment(&study, "each")["axes"][0]["values"];
    assert_eq!(names[0], "chr11:190037-190237");
}

/// What is written about a script that is refused, and the code.
pub fn refusal(text: &str) -> (String, Vec<String>) {
    let folder = folder();
    let path = folder.path().to_str().expect("a path").to_string();
    let checked = check("script.gia", &path, &format!("{NET}{text}"));
    let codes = checked.diagnostics.iter();
    let codes = codes
        .map(|diagnostic| diagnostic.code.number().to_string())
        .collect();
    (checked.rendered(gia::diag::Format::Human), codes)
}

#[test]
fn what_names_no_one_sequence_is_refused_with_the_place() {
    let experiment = |source: &str| {
        format!(
            "experiment e {{\n background {source}\n embed CTCF at 20bp\n measure net[\"CTCF\"]\n}}\n"
        )
    };
    let cases = [
        (
            "peaks[\"nothing\"]",
            "E0212",
            "no sequence called `nothing`",
        ),
        ("peaks[1000000]", "E0212", "there is no sequence 1000000"),
        ("peaks[1.5]", "E0212", "there is no sequence 1.5"),
        ("peaks[center]", "E0201", "named by its record"),
        ("peaks first 1000000", "E0310", "leave `first` out"),
        (
            "shuffled(uniform(length: 100bp) first 5, preserving: 1) first 9",
            "E0222",
            "needs",
        ),
        ("dna\"ACGTN\"", "E0201", "`N` at position 5"),
        ("jaspar(\"MA0139.2\")", "E0201", "not a sequence"),
        (
            "locus(\"peak2:51..150\", genome: \"genome.fa\")",
            "E0229",
            "write it as browsers do",
        ),
        ("locus(\"peak2\", genome: \"genome.fa\")", "E0229", "no `:`"),
        (
            "locus(\"peak2:0-99\", genome: \"genome.fa\")",
            "E0229",
            "no position 0",
        ),
        (
            "locus(\"peak2:150-51\", genome: \"genome.fa\")",
            "E0229",
            "ends before it starts",
        ),
        (
            "locus(\"peak2:151-250\", genome: \"genome.fa\")",
            "E0229",
            "200 bp long",
        ),
        (
            "locus(\"peek2:51-150\", genome: \"genome.fa\")",
            "E0229",
            "did you mean `peak2`",
        ),
        (
            "locus(\"peak2:51-150\", genome: \"genome.fa\", strand: \"x\")",
            "E0213",
            "\"+\" or \"-\"",
        ),
    ];
    for (source, code, words) in cases {
        let (text, codes) = refusal(&experiment(source));
        assert!(codes.iter().any(|found| found == code), "{source}: {text}");
        let flat = text.replace("│", " ");
        let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{source}: {text}");
    }
}

#[test]
fn a_claim_about_one_sequence_needs_something_to_compare() {
    let experiment = |claim: &str| {
        format!(
            "let one = peaks[1]\nexperiment e {{\n background one\n embed CTCF at 20bp\n measure net[\"CTCF\"]\n expect {claim}\n}}\n"
        )
    };
    let cases = [
        ("effect > 0", "E0317"),
        ("treated > control", "E0317"),
        ("median(effect) > 1", "E0317"),
        ("share(effect) > 50%", "E0317"),
        ("effect > 0 beyond shuffled(one, preserving: 2)", "E0305"),
        (
            "effect > 0 beyond shuffled(one, preserving: 2) first 20",
            "E0310",
        ),
        (
            "effect > 0 beyond shuffled(one, preserving: 2) first 200 at 99.9%",
            "E0310",
        ),
        ("effect > 0 beyond uniform(length: 50bp) first 200", "E0303"),
        (
            "effect > 0 beyond uniform(length: 100bp, alphabet: \"rna\") first 200",
            "E0304",
        ),
        (
            "median(effect) > 0 beyond shuffled(one, preserving: 2) first 200",
            "E0201",
        ),
    ];
    for (claim, code) in cases {
        let (text, codes) = refusal(&experiment(claim));
        assert!(
            codes.iter().any(|found| found == code),
            "{claim}: {codes:?}\n{text}"
        );
    }
    let (text, codes) = refusal(&experiment(
        "effect > 0 beyond shuffled(one, preserving: 2) first 39",
    ));
    assert!(codes.is_empty(), "{text}");
}

/// The p of a claim is the rank of the effect among those of an experiment with the same edits in the same shuffles.
#[test]
fn a_claim_beyond_shuffles_counts_their_effects() {
    let folder = folder();
    let study = run(
        folder.path(),
        "let one = peaks[1]\n\
         experiment claimed {\n background one\n shuffle 40bp..60bp\n measure net[\"CTCF\"]\n\
           expect effect < 0 beyond shuffled(one, preserving: 2) first 200\n\
           expect effect > 0 beyond shuffled(one, preserving: 2) first 200\n\
           expect effect < 0.5\n  expect effect < -50\n}\n\
         experiment nulls {\n background shuffled(one, preserving: 2) first 200\n shuffle 40bp..60bp\n measure net[\"CTCF\"]\n report each\n}\n",
    );
    let effect = number(&experiment(&study, "claimed")["rows"][0], "mean");
    let nulls = numbers(&experiment(&study, "nulls")["each"]["effects"][0]["values"]);
    assert_eq!(nulls.len(), 200);
    let at_most = nulls.iter().filter(|null| **null <= effect).count();
    let p = (1 + at_most) as f64 / 201.0;
    let claims = experiment(&study, "claimed")["claims"]
        .as_array()
        .expect("a list")
        .clone();
    let claim = &claims[0];
    match effect < 0.0 && p <= 0.025 {
        true => {
            assert_eq!(claim["verdict"], "supported");
            assert!((number(claim, "p") - 2.0 * p).abs() < 1e-12);
        }
        false => assert_eq!(claim["verdict"], "undecided"),
    }
    let reason = claim["reason"].as_str().expect("a text");
    assert!(reason.contains("of 200 null effects"), "{reason}");
    assert_ne!(claims[1]["verdict"], "supported");
    assert!(claim["deciding"]["low"].is_null());
    // The number itself, without replication.
    assert_eq!(
        claims[2]["verdict"],
        if effect < 0.5 { "supported" } else { "refuted" }
    );
    assert_eq!(claims[3]["verdict"], "refuted");
    assert!(
        claims[2]["reason"]
            .as_str()
            .expect("a text")
            .contains("no replication")
    );
}

/// Sequences that are shuffles of themselves: each rank is as likely as any other (Kolmogorov-Smirnov over 1,000 sequences).
#[test]
fn ranks_of_random_sequences_are_uniform() {
    const SEQUENCES: usize = 1000;
    const NULLS: usize = 49;
    let folder = folder();
    let mut state = 7u64;
    let mut fasta = String::new();
    for i in 0..SEQUENCES {
        fasta += &format!(">s{i}\n");
        for _ in 0..100 {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            fasta.push(['A', 'C', 'G', 'T'][(state >> 62) as usize]);
        }
        fasta.push('\n');
    }
    fs::write(folder.path().join("random.fa"), fasta).expect("written");
    let study = run(
        folder.path(),
        &format!(
            "experiment ranks {{\n vary one in fasta(\"random.fa\")\n background one\n embed CTCF at 30bp\n measure net[\"CTCF\"]\n\
               report each beyond shuffled(one, preserving: 1) first {NULLS}\n}}\n"
        ),
    );
    let effects = experiment(&study, "ranks")["each"]["effects"]
        .as_array()
        .expect("a list")
        .clone();
    assert_eq!(effects.len(), SEQUENCES);
    let p: Vec<f64> = effects.iter().map(|one| numbers(&one["p"])[0]).collect();
    // Two-sided p of 49 nulls are the multiples of 2/50.
    let distance = (1..=25)
        .map(|k| {
            let t = 2.0 * f64::from(k) / 50.0;
            let below = p.iter().filter(|p| **p <= t + 1e-9).count() as f64 / SEQUENCES as f64;
            (below - t).abs()
        })
        .fold(0.0, f64::max);
    // The distance that a uniform sample of this size exceeds in one of a thousand samples is 0.061.
    assert!(
        distance < 0.061,
        "the Kolmogorov-Smirnov distance is {distance}"
    );
    let q: Vec<f64> = effects.iter().map(|one| numbers(&one["q"])[0]).collect();
    assert!(q.iter().zip(&p).all(|(q, p)| q >= p));
}

/// Shuffles of one sequence are independent of each other given the sequence, so they have an interval, about shuffles of it.
#[test]
fn shuffles_of_one_sequence_replicate_each_other() {
    let folder = folder();
    let study = run(
        folder.path(),
        "experiment one {\n background shuffled(peaks[1], preserving: 2) first 100\n embed CTCF at center\n measure net[\"CTCF\"]\n report each\n}\n\
         experiment fixed {\n background hairpin(peaks[1], stem: 9bp, loop: 6bp)\n sample 30\n embed CTCF at 0bp\n measure net[\"CTCF\"]\n}\n",
    );
    let one = experiment(&study, "one");
    let row = &one["rows"][0];
    assert!(row.get("sources").is_none());
    let values = numbers(&one["each"]["effects"][0]["values"]);
    let mean = values.iter().sum::<f64>() / 100.0;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 99.0;
    assert!((number(row, "mean") - mean).abs() < 1e-9);
    assert!((number(row, "se") - (variance / 100.0).sqrt()).abs() < 1e-9);
    assert!(
        one["unit_of_replication"]
            .as_str()
            .expect("a text")
            .contains("one sequence")
    );
    // A hairpin of one sequence is the same each time, which is no replication.
    let row = &experiment(&study, "fixed")["rows"][0];
    assert_eq!(number(row, "sources"), 1.0);
    assert!(row["low"].is_null());
}

/// Rows of variants have their place and alleles, and the null effects of shuffles that carry the same variants.
#[test]
fn rows_of_variants_are_ranked_among_their_shuffles() {
    let folder = folder();
    let study = run(
        folder.path(),
        "let v = vcf(\"site.vcf\", genome: \"genome.fa\", width: 100bp, bad: \"skip\")\n\
         experiment variants {\n background v\n apply variant\n measure net[\"CTCF\"], net[\"PU.1\"]\n\
           report each beyond shuffled(v, preserving: 2) first 240\n}\n\
         experiment nulls {\n background shuffled(v, preserving: 2) first 240\n apply variant\n measure net[\"CTCF\"], net[\"PU.1\"]\n report each\n}\n\
         show top 3 of each(variants.effect.PU)\n"
            .replace("net[\"PU.1\"]", "PU = net[\"PU.1\"]")
            .as_str(),
    );
    let each = &experiment(&study, "variants")["each"];
    let unit = &each["backgrounds"][0][0];
    assert_eq!(unit["name"], "peak1:94:G>T");
    assert_eq!(unit["variant"]["position"], 94);
    assert_eq!(unit["variant"]["reference"], "G");
    assert_eq!(unit["variant"]["alternate"], "T");
    assert_eq!(unit["window"]["chromosome"], "peak1");
    let effects = each["effects"].as_array().expect("a list");
    let nulls = experiment(&study, "nulls")["each"]["effects"]
        .as_array()
        .expect("a list");
    for (effects, nulls) in effects.iter().zip(nulls) {
        let (values, p) = (numbers(&effects["values"]), numbers(&effects["p"]));
        let nulls = numbers(&nulls["values"]);
        assert_eq!((values.len(), nulls.len()), (60, 240));
        for (value, p) in values.iter().zip(&p) {
            let above = nulls.iter().filter(|null| *null >= value).count();
            let below = nulls.iter().filter(|null| *null <= value).count();
            let wanted = (2.0 * (1 + above.min(below)) as f64 / 241.0).min(1.0);
            assert!((p - wanted).abs() < 1e-12, "{p} {wanted}");
        }
        // A row's effect is that of its arms.
        let arms = each["arms"].as_array().expect("a list");
        let of = |arm: &str| {
            let found = arms
                .iter()
                .find(|one| one["arm"] == arm && one["outcome"] == effects["outcome"]);
            numbers(&found.expect("the arm")["values"])
        };
        let differences = of("treated")
            .into_iter()
            .zip(of("control"))
            .map(|(a, b)| a - b);
        assert!(
            differences
                .zip(&values)
                .all(|(wanted, found)| (wanted - found).abs() < 1e-9)
        );
    }
    let shown = study["shown"][0]["each"].as_array().expect("a list");
    assert_eq!(shown.len(), 3);
    assert!(number(&shown[0], "effect") >= number(&shown[1], "effect"));
    assert!(shown[0]["name"].is_string());
}

#[test]
fn rows_are_on_the_page_and_on_the_terminal() {
    let folder = folder();
    let script = folder.path().join("rows.gia");
    let text = format!(
        "{NET}experiment rows {{\n background peaks first 30\n embed CTCF at 20bp\n measure net[\"CTCF\"]\n report each\n}}\nshow top 2 of each(rows.effect)\n"
    );
    fs::write(&script, text).expect("written");
    let page = folder.path().join("page.html");
    let output = gia([
        "run",
        &script.display().to_string(),
        "--report",
        &page.display().to_string(),
    ]);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        printed.contains("The 20 of 30 rows farthest from zero"),
        "{printed}"
    );
    let page = fs::read_to_string(&page).expect("the page");
    assert!(page.contains("Single backgrounds: effect"));
    assert!(page.contains("chr11:190037-190237"));
}

/// What a network predicts for a window with a variant is said for either allele.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn predictions_of_a_variant_say_which_allele_they_are_of() {
    let folder = folder();
    let text = "let v = vcf(\"site.vcf\", genome: \"genome.fa\", width: 100bp)\n\
                experiment e { background v first 2; apply variant; measure net[\"CTCF\"]; report each }\n\
                show predict(net[\"CTCF\"], v first 2)\n";
    let study = run(folder.path(), text);
    let predictions = study["evaluations"][0]["predictions"].as_array();
    let predictions = predictions.expect("predictions");
    let names: Vec<&str> = predictions
        .iter()
        .map(|one| one["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(
        names[..2],
        ["peak1:94:G>T (reference G)", "peak1:94:G>T (alternate T)"]
    );
    let arms = &experiment(&study, "e")["each"]["arms"];
    let values = |arm: usize| numbers(&arms[arm]["values"]);
    let (control, treated) = (values(0), values(1));
    for (i, one) in predictions.iter().enumerate() {
        let wanted = if i % 2 == 0 {
            control[i / 2]
        } else {
            treated[i / 2]
        };
        assert!((number(one, "value") - wanted).abs() < 1e-4, "{names:?}");
    }
    assert_eq!(predictions.len(), 4);
}

/// Records that are equal, and windows that overlap, are one source: a claim about them is one about one sequence.
#[test]
fn claims_about_one_source_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let letters = "ACGTTGCATTGACTCAACGG";
    let turned = "CCGTTGAGTCAATGCAACGT";
    let others = "TTGACAGGCATCGATGCATC";
    let put =
        |name: &str, text: String| fs::write(folder.path().join(name), text).expect("written");
    put(
        "one.fa",
        format!(">a\n{letters}\n>b\n{turned}\n>c\n{letters}\n"),
    );
    put(
        "two.fa",
        format!(">a\n{letters}\n>b\n{others}\n>c\n{letters}\n"),
    );
    put("g.fa", format!(">c\n{letters}{others}\n"));
    put("r.bed", "c\t0\t20\nc\t10\t30\nc\t20\t40\n".to_string());
    let said = |background: &str, claim: &str| {
        let text = format!(
            "model net = additive({{\"GATA\": 1.0}})\nexperiment e {{\n background {background}\n embed \"GATA\" at 5bp\n measure net\n {claim}\n}}\n"
        );
        let path = folder.path().join("s.gia");
        fs::write(&path, text).expect("written");
        let output = gia(["check".into(), path]);
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for background in ["fasta(\"one.fa\")", "genome(\"g.fa\", regions: \"r.bed\")"] {
        let refused = said(background, "expect effect > 0");
        assert!(refused.contains("E0317"), "{background}: {refused}");
        assert!(refused.contains("3 backgrounds of one source"), "{refused}");
    }
    assert!(!said("fasta(\"two.fa\")", "expect effect > 0").contains("E0317"));
    assert!(!said("fasta(\"one.fa\")", "report median").contains("E0317"));
    assert!(!said("fasta(\"one.fa\") first 1", "expect effect > 0.5").contains("E0317"));
}
