//! `gia plan --power`: a pilot, and the backgrounds that each claim needs.

use std::path::PathBuf;

use crate::support::command::{gia, study};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder"))
    }

    fn written(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    /// What a pilot of this experiment prints, as one line.
    fn pilot(&self, experiment: &str, options: &[&str]) -> String {
        let text = format!("model sums = additive({{\"TA\": 2.0}})\n{experiment}");
        let script = self.written("a.gia", &text).display().to_string();
        let output = gia([&["plan", script.as_str(), "--power"], options].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

const TRIAL: &str = "experiment trial {
    background uniform(length: 50bp)
    sample 400
    embed \"TATA\" at center
    measure sums
    expect effect > 3.2
    expect effect < 3
}
";

/// The number after some words.
fn number(text: &str, words: &str) -> f64 {
    let at = text
        .find(words)
        .unwrap_or_else(|| panic!("{words}: {text}"));
    let rest = text[at + words.len()..].trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',' && c != '-');
    let digits = rest[..end.unwrap_or(rest.len())].replace(',', "");
    digits
        .trim_end_matches('.')
        .parse()
        .unwrap_or_else(|_| panic!("{words}: {rest}"))
}

/// The claim is supported about as often as asked for in runs with as many backgrounds as the pilot says.
#[test]
fn the_number_needed_has_the_power() {
    let folder = Folder::new();
    let experiment = TRIAL.replace("    expect effect < 3\n", "");
    // A pilot as large as this knows the effect well.
    let text = folder.pilot(&experiment, &["80%", "--pilot", "20000"]);
    let needed = number(&text, "needed: ");
    let (low, high) = (number(&text, "(95 % interval: "), needed);
    assert!(low <= high && needed > 20.0, "{text}");
    let planned = experiment.replace("sample 400", &format!("sample {needed}"));
    let text =
        format!("model sums = additive({{\"TA\": 2.0}})\nset interval = \"student\"\n{planned}");
    let found = study(&folder.written("b.gia", &text), &["--seeds", "600"]);
    let supported = found["seeds"]["claims"][0]["supported"]
        .as_f64()
        .expect("a number");
    // Four standard errors of a share of 0.8 in 600 runs.
    assert!(
        (supported / 600.0 - 0.8).abs() < 0.066,
        "{supported} with {needed}"
    );
}

#[test]
fn a_claim_on_the_other_side_has_no_number() {
    let folder = Folder::new();
    let text = folder.pilot(TRIAL, &[]);
    assert!(
        text.contains(
            "pilot: 100 backgrounds at each grid point, or all of a smaller file, under seed "
        ),
        "{text}"
    );
    let wrong = &text[text.find("trial: effect < 3").expect("the second claim")..];
    assert!(
        wrong.contains("needed: no number of backgrounds supports the claim"),
        "{text}"
    );
    assert!(wrong.contains("below its threshold"), "{text}");
    assert_eq!(number(wrong, "planned: "), 400.0);
}

#[test]
fn more_power_needs_more_backgrounds() {
    let folder = Folder::new();
    let needed =
        ["80%", "90%", "0.99"].map(|power| number(&folder.pilot(TRIAL, &[power]), "needed: "));
    assert!(needed[0] < needed[1] && needed[1] < needed[2], "{needed:?}");
}

#[test]
fn many_grid_points_need_more_than_the_hardest_alone() {
    let folder = Folder::new();
    let sweep = |values: &str| {
        format!(
            "experiment trial {{
    vary place in {values}
    background uniform(length: 200bp)
    sample 400
    embed \"TATA\" at place
    measure sums
    expect effect > 3
}}
"
        )
    };
    let many = folder.pilot(&sweep("10bp to 150bp step 20bp"), &["--pilot", "2000"]);
    assert!(many.contains("the hardest of 8 means"), "{many}");
    let place = number(&many, "at place = ");
    let one = folder.pilot(&sweep(&format!("[{place}bp]")), &["--pilot", "2000"]);
    assert!(
        number(&many, "needed: ") > number(&one, "needed: "),
        "{many} {one}"
    );
}

#[test]
fn backgrounds_of_one_source_are_counted_by_source() {
    let folder = Folder::new();
    let random = |i: usize| {
        let mut state = 7 + i as u64 * 977;
        let bases = (0..60).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ["A", "C", "G", "T"][(state >> 33) as usize % 4]
        });
        bases.collect::<String>()
    };
    let records: String = (0..40).map(|i| format!(">s{i}\n{}\n", random(i))).collect();
    folder.written("s.fa", &records);
    let text = folder.pilot(
        "experiment trial {
    background shuffled(fasta(\"s.fa\"))
    sample 400
    embed \"TATA\" at center
    measure sums
    expect effect > 3
}
",
        &["--pilot", "120"],
    );
    assert!(text.contains("sources: 40 in the pilot, sd "), "{text}");
    assert!(
        text.contains("the script has 10.00 backgrounds of each"),
        "{text}"
    );
    assert!(text.contains(" sources for 80 % power"), "{text}");
    assert_eq!(number(&text, "planned: "), 40.0);
}

#[test]
fn what_has_no_formula_says_so() {
    let folder = Folder::new();
    let text = folder.pilot(
        "experiment trial {
    vary place in 10bp to 40bp step 10bp
    background uniform(length: 60bp)
    sample 100
    embed \"TATA\" at place
    measure sums
    expect peak(effect over place) between 10bp and 20bp
    expect increasing(effect over place)
}
experiment same {
    background uniform(length: 50bp)
    sample 100
    embed \"TATA\" at center
    measure sums = 0 * sums
    expect effect > 1
}
",
        &[],
    );
    assert!(
        text.contains("power: none is given for a claim about a peak"),
        "{text}"
    );
    assert!(text.contains("the step to place = "), "{text}");
    assert!(
        text.contains("all backgrounds of the pilot give the same"),
        "{text}"
    );
}

#[test]
fn wrong_powers_are_refused() {
    let folder = Folder::new();
    let script = folder.written("a.gia", "let a = 1\n").display().to_string();
    for options in [
        &["--power", "101%"][..],
        &["--power", "much"],
        &["--power", "0"],
        &["--pilot", "50"],
        &["--power", "--pilot", "1"],
    ] {
        let output = gia([&["plan", script.as_str()], options].concat());
        assert_eq!(output.status.code(), Some(2), "{options:?}");
    }
}
