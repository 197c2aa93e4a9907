//! What expressions mean: each is put on the axis of an experiment, and the axis tells its value.

use gia::design::{AxisValue, ClaimKind};

use crate::support::script::{Checked, check};

const HEAD: &str = "\
model net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")
null plain = uniform(length: 100bp)
motif GATA1 = \"WGATAR\"
motif TAL1 = \"CANNTG\"
let gap = 10bp
let numbers = [3, 1, 2]
fn double(x: Number) = 2 * x
fn scaled(x: Number, by: Number = 10, plus: Number = by + 1) = x * by + plus
fn between(a: Length, b: Length) -> Length = (a + b) div 2
fn adder(n: Number) = n + length_of_numbers
let length_of_numbers = count(numbers)
fn first(items: List<Length>) = items[0]
fn twice(m: Motif) = [m, 2bp, m]
";

/// Values of a list, as its axis reports them, joined by commas.
fn axis(head: &str, values: &str) -> String {
    let text = format!(
        "{head}\nexperiment e {{\nvary it in {values}\nbackground plain\nsample 10\nembed \"GATAAG\" at 5bp\nmeasure net[0]\n}}\n"
    );
    let checked = check("values.gia", "tests/language", &text);
    let program = checked.program();
    let values: Vec<String> = program.experiments[0].axes[0]
        .values
        .iter()
        .map(AxisValue::to_string)
        .collect();
    values.join(", ")
}

#[track_caller]
fn are(table: &[(&str, &str)]) {
    for (expression, expected) in table {
        assert_eq!(
            axis(HEAD, &format!("[{expression}]")),
            *expected,
            "{expression}"
        );
    }
}

#[test]
fn arithmetic() {
    are(&[
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("2 ^ 3 ^ 2", "512"),
        ("-2 ^ 2", "-4"),
        ("(-2) ^ 2", "4"),
        ("2 ^ -1", "0.5"),
        ("- -3", "3"),
        ("10 - 3 - 2", "5"),
        ("12 / 3 / 2", "2"),
        ("7 div 2", "3"),
        ("-7 div 2", "-4"),
        ("7 mod 3", "1"),
        ("(-7) mod 3", "2"),
        ("7 mod (-3)", "-2"),
        ("1_000", "1000"),
        ("1.5e3", "1500"),
        ("1e-3", "0.001"),
        ("95%", "0.95"),
        ("0.1 + 0.2 < 0.31", "true"),
        ("sqrt(16)", "4"),
        ("log2(8)", "3"),
        ("log10(1000)", "3"),
        ("exp(0)", "1"),
        ("log(1)", "0"),
        ("log1p(0)", "0"),
        ("abs(-3)", "3"),
        ("sigmoid(0)", "0.5"),
        ("logit(50%)", "0"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("floor(-0.5)", "-1"),
        ("ceil(0.5)", "1"),
    ]);
}

#[test]
fn truth() {
    are(&[
        ("1 < 2", "true"),
        ("2 <= 2", "true"),
        ("1 == 1 and 2 != 3", "true"),
        ("true or false and false", "true"),
        ("not true or true", "true"),
        ("not 1 == 2", "true"),
        ("not (true or true)", "false"),
        ("10bp > 9bp", "true"),
        ("1kb == 1000bp", "true"),
        ("\"a\" == \"b\"", "false"),
        ("center + 1bp > center", "true"),
        ("GATA1 == TAL1", "false"),
        ("GATA1 == GATA1", "true"),
        ("GATA1 == twice(GATA1)", "false"),
        ("twice(GATA1) == twice(GATA1)", "true"),
        ("1 + 1 == 2", "true"),
    ]);
}

#[test]
fn lengths_and_positions() {
    are(&[
        ("1kb", "1000 bp"),
        ("1.5kb", "1500 bp"),
        ("0.5Mb", "500000 bp"),
        ("gap + 3bp", "13 bp"),
        ("gap - 13bp", "-3 bp"),
        ("gap * 2", "20 bp"),
        ("2 * gap", "20 bp"),
        ("gap / 2", "5 bp"),
        ("gap / 4bp", "2.5"),
        ("gap div 3", "3 bp"),
        ("gap div 3bp", "3"),
        ("gap mod 3bp", "1 bp"),
        ("-gap mod 3bp", "2 bp"),
        ("3 * 1bp", "3 bp"),
        ("width(GATA1) + gap", "16 bp"),
        ("width([GATA1, gap, TAL1] * 2)", "44 bp"),
        ("width(rc([GATA1, gap]))", "16 bp"),
        ("width(\"GATA\")", "4 bp"),
        ("start + 5bp", "5 bp"),
        ("center", "center"),
        ("center - 5bp", "center - 5 bp"),
        ("5bp + center", "center + 5 bp"),
        ("end - 5bp", "end - 5 bp"),
        ("center + 5bp - (center - 5bp)", "10 bp"),
        ("start + 51bp > center", "true"),
        ("end - 50bp == center", "true"),
        ("7% + 2bp", "7% + 2 bp"),
        ("25% + 2bp == start + 27bp", "true"),
        // Inside an experiment the length of the sequences is known.
        ("center - start", "50 bp"),
        ("end - center", "50 bp"),
        ("between(0bp, 25bp)", "12 bp"),
    ]);
}

#[test]
fn ranges_and_lists() {
    for (values, expected) in [
        ("1 to 4", "1, 2, 3, 4"),
        ("0bp to 6bp step 2bp", "0 bp, 2 bp, 4 bp, 6 bp"),
        ("0bp to 7bp step 2bp", "0 bp, 2 bp, 4 bp, 6 bp"),
        ("0 to 0.5 step 0.1", "0, 0.1, 0.2, 0.3, 0.4, 0.5"),
        ("-1 to 1 step 0.5", "-1, -0.5, 0, 0.5, 1"),
        ("1 + 1 to 2 * 2", "2, 3, 4"),
        ("3 to 3", "3"),
        ("0bp to 1kb step 500bp", "0 bp, 500 bp, 1000 bp"),
        ("numbers", "3, 1, 2"),
        ("[numbers[1], [4, 5][0]]", "1, 4"),
        ("[count(numbers), count(0bp to 9bp)]", "3, 10"),
        ("[first([7bp, 8bp])]", "7 bp"),
        ("[true, false]", "true, false"),
        ("[start, center, end - 5bp]", "start, center, end - 5 bp"),
        ("[start, start + 5bp]", "0 bp, 5 bp"),
        ("[\"a\", \"b c\"]", "a, b c"),
        ("[GATA1, TAL1]", "GATA1, TAL1"),
        ("[GATA1, twice(TAL1)]", "GATA1, [TAL1, 2 bp, TAL1]"),
        ("[net]", "net"),
        (
            "[twice(GATA1), twice(\"CAGCTG\")]",
            "[GATA1, 2 bp, GATA1], [CAGCTG, 2 bp, CAGCTG]",
        ),
        (
            "[plain, iid(length: 100bp, gc: 41%)]",
            "plain, iid, GC 0.41, 100 bp",
        ),
        (
            "[twice(TAL1), [GATA1, TAL1]]",
            "[TAL1, 2 bp, TAL1], [GATA1, TAL1]",
        ),
        ("[\n1,\n2, # two\n3,\n]", "1, 2, 3"),
    ] {
        assert_eq!(axis(HEAD, values), expected, "{values}");
    }
}

#[test]
fn functions() {
    are(&[
        ("double(3)", "6"),
        ("double(x: 3)", "6"),
        ("double(double(3))", "12"),
        ("scaled(2)", "31"),
        ("scaled(2, 3)", "10"),
        ("scaled(2, plus: 0)", "20"),
        ("scaled(plus: 1, x: 2, by: 3)", "7"),
        ("scaled(by: 3, 2)", "10"),
        // What a function was declared in is seen by it, in the order of the text or not.
        ("adder(1)", "4"),
    ]);
}

#[test]
fn functions_see_where_they_were_declared() {
    let head = "null plain = uniform(length: 100bp)\nmodel net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")\nlet n = 1\nfn plus(x: Number) = x + n\n";
    // `n` of the function is the one outside, whatever the caller calls so.
    assert_eq!(
        axis(
            &format!("{head}fn caller(n: Number) = plus(n)\n"),
            "[caller(10)]"
        ),
        "11"
    );
}

#[test]
fn statements_end_with_their_line() {
    let joined = "null plain = uniform(\n  length: 100bp\n)\nmodel net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\"); let a = 1; let b =\n  2 +\n\n  # a comment between\n  3\n";
    assert_eq!(axis(joined, "[a, b]"), "1, 5");
}

fn files(main: &str) -> Checked {
    check("main.gia", "tests/language", main)
}

#[test]
fn files_and_modules() {
    let text = "\
use \"sites.gia\"
use \"nested/more.gia\"
use syntax
model net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")
null plain = uniform(length: 100bp)
experiment one = importance(GATA1, plain, net[\"CTCF\"])
experiment two = spacing(GATA1, EBOX, [1bp, 2bp], on: plain, of: net[0], n: 20, place: 10bp)
experiment three = position_scan(pair, 0bp to 60bp step 20bp, plain, net[0])
experiment four = orientation(\"GATAAG\", \"CACGTT\", 5bp, plain, net[0])
experiment five = copy_number(\"GATAAG\", 3, 4bp, plain, net[0])
experiment six = own(7bp)
fn own(gap: Length) = experiment {
    background plain
    sample 10
    embed [GATA1, gap, GATA1] at center
    measure net[1]
}
";
    // `own` is declared after it is used.
    assert!(files(text).program.is_none());
    let (body, function) = (
        text.replace("experiment six = own(7bp)\n", ""),
        "experiment six = own(7bp)\n",
    );
    let checked = files(&(body + function));
    let names: Vec<&str> = checked
        .program()
        .experiments
        .iter()
        .map(|e| e.name.as_str())
        .collect();
    assert_eq!(names, ["one", "two", "three", "four", "five", "six"]);
    let two = &checked.program().experiments[1];
    assert_eq!(
        two.arms,
        ["control", "first", "second", "arm(first, second)"]
    );
    assert_eq!(two.points.len(), 2);
    assert_eq!(two.points[0].count, 20);
    assert_eq!(checked.program().experiments[0].points[0].count, 1000);
}

#[test]
fn declarations_go_before_names_of_the_library() {
    let head = "null plain = uniform(length: 100bp)\nmodel net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")\n";
    let names = |text: &str| -> Vec<(String, usize)> {
        let checked = files(&format!("{head}{text}"));
        let experiments = &checked.program().experiments;
        experiments
            .iter()
            .map(|e| (e.name.clone(), e.points.len()))
            .collect()
    };
    let own = "experiment importance {\nbackground plain\nsample 10\nembed \"GATAAG\" at center\nmeasure net[1]\n}\n";
    let both = "experiment other = syntax.importance(\"GATAAG\", plain, net[0])\n";
    let expected = [("importance".to_string(), 1), ("other".to_string(), 1)];
    assert_eq!(names(&format!("use syntax\n{own}{both}")), expected);
    // Wherever `use` stands.
    assert_eq!(names(&format!("{own}use syntax\n{both}")), expected);
    // Named after the function that makes it.
    let scan = "use syntax\nexperiment position_scan = position_scan(\"GATAAG\", 0bp to 60bp step 20bp, plain, net[0])\n";
    assert_eq!(names(scan), [("position_scan".to_string(), 4)]);
    // Functions of the library still see their own.
    let shadow =
        "use syntax\nlet center = 3\nexperiment e = importance(\"GATAAG\", plain, net[0])\n";
    assert_eq!(names(shadow), [("e".to_string(), 1)]);
    assert_eq!(names("use syntax\nuse syntax\nlet syntax = 3\n"), []);
}

#[test]
fn paths_start_from_the_text_that_names_them() {
    let checked = files(
        "use \"nested/peaks.gia\"\nlet other = peaks_of(\"../../../experiments/ctcf_pu1/gm12878_ctcf.fa\")\n",
    );
    assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
}

#[test]
fn settings() {
    let checked = files("set seed = 7\nset level = 99%\nset fdr = 1%\n");
    let settings = checked.program().settings;
    assert_eq!(
        (settings.seed, settings.level, settings.fdr),
        (7, 0.99, 0.01)
    );
    let settings = files("").program().settings;
    assert_eq!(
        (settings.seed, settings.level, settings.fdr),
        (0, 0.95, 0.05)
    );
}

pub(crate) fn experiment(statements: &str) -> gia::design::Experiment {
    let text = format!(
        "{HEAD}\n## What is asked.\nexperiment e {{\nbackground plain\nsample 10\n{statements}\n}}\n"
    );
    (*files(&text).program().experiments[0]).clone()
}

#[test]
fn placements() {
    let start_of = |place: &str| {
        let e = experiment(&format!("embed \"GATAAGC\" at {place}\nmeasure net[0]"));
        e.points[0].arms[1][0].written().unwrap().start
    };
    // 7 bp in 100 bp: the centre of the one over the centre of the other, 50 - 3.
    assert_eq!(start_of("center"), 47);
    assert_eq!(start_of("center + 10bp"), 57);
    assert_eq!(start_of("center - 10bp"), 37);
    assert_eq!(start_of("start"), 0);
    assert_eq!(start_of("start + 5bp"), 5);
    assert_eq!(start_of("5bp"), 5);
    assert_eq!(start_of("end"), 93);
    assert_eq!(start_of("end - 5bp"), 88);
    assert_eq!(start_of("25%"), 25);
    assert_eq!(start_of("25% + 2bp"), 27);
    assert_eq!(start_of("2bp + 25%"), 27);
    assert_eq!(start_of("25% - 2bp + 1bp"), 24);
    assert_eq!(start_of("(25%) - (width(GATA1) - gap)"), 29);
}

/// A function may be called what a factorial's contrasts are called; what it is given counts as ever.
#[test]
fn a_function_called_interaction_may_depend_on_an_axis() {
    let text = format!(
        "{HEAD}\nfn interaction(of: Length) = of\nexperiment e {{\nvary g in [5bp, 20bp]\nbackground plain\nsample 10\n\
         embed \"GATAAG\" at interaction(g)\nmeasure net[0]\n}}\n"
    );
    let checked = files(&text);
    let points = &checked.program().experiments[0].points;
    let starts: Vec<usize> = points
        .iter()
        .map(|p| p.arms[1][0].written().unwrap().start)
        .collect();
    assert_eq!(starts, [5, 20]);
}

#[test]
fn contrasts_and_claims() {
    let e = experiment("embed GATA1 at center\nmeasure net[0]\nexpect effect > 0");
    assert_eq!(e.arms, ["control", "treated"]);
    assert_eq!(e.contrasts[0].name, "effect");
    assert_eq!(e.doc.as_deref(), Some("What is asked."));
    assert_eq!(e.outcomes[0].name, "net[0]");

    let e = experiment(
        "arm a { embed GATA1 at 10bp }\narm b { embed TAL1 at 40bp }\nmeasure net[0]\nexpect a > b\nexpect 0 < a at 99%\nexpect abs(b) < 50%\nexpect a - b >= -1",
    );
    let names: Vec<&str> = e.contrasts.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names[..2], ["a", "b"]);
    assert_eq!(e.claims.len(), 4);
    assert_eq!(e.claims[1].level, 0.99);
    assert_eq!(e.claims[2].thresholds, [0.5]);
    assert!(e.claims[2].magnitude);
    // `a > b` and `a - b >= -1` are about one and the same difference.
    assert_eq!(e.claims[0].contrast, e.claims[3].contrast);

    // A row of its own is called what it is the mean of.
    assert_eq!(names[2], "a - b");

    let e = experiment(
        "vary g in 0bp to 20bp step 5bp\nlet limit = g / 5bp\nfactorial [GATA1 as a, g, TAL1 as b] at 10bp\nmeasure x = net[0], y = net[1]\nexpect interaction(b, a).y > limit where g >= 10bp",
    );
    assert_eq!(e.arms, ["control", "a", "b", "arm(a, b)"]);
    let names: Vec<&str> = e.contrasts.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "interaction(a, b)"]);
    assert_eq!(e.claims[0].points, [2, 3, 4]);
    assert_eq!(e.claims[0].thresholds, [2.0, 3.0, 4.0]);
    assert_eq!((e.claims[0].contrast, e.claims[0].outcome), (2, 1));
}

const THREE_ARMS: &str = "arm a { embed GATA1 at 10bp }\narm b { embed TAL1 at 40bp }\narm ab { a; b }\nmeasure x = net[0], y = net[1]\n";

/// The name that the row of a claim has, and its formula at outcomes 1, 20, 300 and 4000 under control, a, b and ab.
fn claimed(statements: &str) -> (String, f64) {
    let e = experiment(&format!("{THREE_ARMS}{statements}"));
    let contrast = &e.contrasts[e.claims[0].contrast];
    let value = contrast
        .formula
        .evaluate(&mut |arm| [1.0, 20.0, 300.0, 4000.0][arm]);
    (contrast.name.clone(), value)
}

#[test]
fn what_the_name_of_an_arm_means() {
    for (claim, name, value) in [
        // Alone on a side, the effect.
        ("a.x > 0", "a", 19.0),
        ("abs(a.x) < 1", "a", 19.0),
        ("3 < a.x", "a", 19.0),
        ("a.x > b.x", "a - b", -280.0),
        // In a formula, the arm.
        ("a.x - b.x > 2", "a - b", -280.0),
        (
            "ab.x - a.x > b.x - control.x",
            "ab - a - (b - control)",
            3681.0,
        ),
        (
            "ab.x - a.x - b.x + control.x > 0",
            "ab - a - b + control",
            3681.0,
        ),
        (
            "(a.x + b.x) / 2 - control.x > 0",
            "(a + b) / 2 - control",
            159.0,
        ),
        ("abs(ab.y - a.y) < 5", "ab - a", 3980.0),
        // By the word, always the arm.
        ("arm(a).x > 0", "arm(a)", 20.0),
        ("arm(control).x > 0", "arm(control)", 1.0),
        (
            "arm(a).x / arm(control).x > 0",
            "arm(a) / arm(control)",
            20.0,
        ),
        ("arm(b).x / control.x > 0", "arm(b) / control", 300.0),
        // Beside `control` too.
        ("a.x / control.x > 0", "a / control", 20.0),
        (
            "(b - control).x / control.x > 0",
            "(b - control) / control",
            299.0,
        ),
    ] {
        assert_eq!(
            claimed(&format!("expect {claim}")),
            (name.to_string(), value),
            "{claim}"
        );
    }
    // Written contrasts and arms side by side.
    let written = "contrast synergy = ab - a - b + control\n";
    let of_contrast = |claim: &str| claimed(&format!("{written}expect {claim}"));
    assert_eq!(
        of_contrast("synergy.x > 0"),
        ("synergy".to_string(), 3681.0)
    );
    assert_eq!(
        of_contrast("synergy.x > ab.x - control.x").1,
        3681.0 - 3999.0
    );
    assert_eq!(
        of_contrast("a.x / control.x > 1"),
        ("a / control".to_string(), 20.0)
    );
}

#[test]
fn an_arm_of_a_factorial_has_a_name() {
    let e = experiment(
        "factorial [GATA1 as a, TAL1 as b, \"GATTACA\" as c] at 10bp\nmeasure net[0]\ncontrast pair = arm(c, a) - arm(c)\ncontrast all = arm(b, c, a) - control\nexpect arm(a, b) - arm(b) > 0\nexpect a > interaction(a, b)",
    );
    let formula = |name: &str| {
        let contrast = e.contrasts.iter().find(|c| c.name == name);
        let contrast = contrast.unwrap_or_else(|| panic!("no contrast `{name}`"));
        let mut arms = Vec::new();
        contrast
            .formula
            .leaves(&mut |arm| arms.push(e.arms[arm].as_str()));
        arms.join(" ")
    };
    assert_eq!(formula("pair"), "arm(a, c) c");
    assert_eq!(formula("all"), "arm(a, b, c) control");
    assert_eq!(formula("arm(a, b) - arm(b)"), "arm(a, b) b");
    assert_eq!(
        formula("a - interaction(a, b)"),
        "a control arm(a, b) b a control"
    );
}

/// Where it is not plain which is meant, the help writes both, and both are right.
#[test]
fn the_mends_of_an_ambiguous_name_work() {
    for (claim, effects, arms) in [
        ("ab.x - a.x - b.x > 0", 3681.0, 3680.0),
        ("a.x / b.x > 0", 19.0 / 299.0, 20.0 / 300.0),
        (
            "ab.x > 2 * (a.x + b.x)",
            3999.0 - 2.0 * 318.0,
            4000.0 - 640.0,
        ),
        ("-a.x > 3", -19.0, -20.0),
        ("log(a.x) > 3", 19f64.ln(), 20f64.ln()),
    ] {
        let text = format!(
            "{HEAD}\nexperiment e {{\nbackground plain\nsample 10\n{THREE_ARMS}expect {claim}\n}}\n"
        );
        let checked = files(&text);
        let found = &checked.diagnostics[0];
        assert_eq!(found.code.number(), "E0110", "{claim}");
        let help = found.help.as_deref().expect("a help");
        let quoted: Vec<&str> = help.split('`').collect();
        assert_eq!(
            claimed(&format!("expect {}", quoted[1])).1,
            effects,
            "{help}"
        );
        assert_eq!(claimed(&format!("expect {}", quoted[3])).1, arms, "{help}");
    }
}

/// A claim with these bounds of a period, along a gap from 4 to 46 bp.
fn claim_of_period(bounds: &str) -> Checked {
    let text = format!(
        "{HEAD}\nexperiment e {{\nvary gap in 4bp to 46bp\nbackground plain\nsample 10\nembed [\"GATA\", gap, \"CAG\"] at 5bp\nmeasure net[0]\n\
         expect periodic(effect over gap) between {bounds}\n}}\n"
    );
    check("period.gia", "tests/language", &text)
}

#[test]
fn a_period_need_not_be_a_whole_number_of_base_pairs() {
    for (bounds, wanted) in [
        ("10.2bp and 10.8bp", (10.2, 10.8)),
        ("0.0102kb and 11bp", (10.2, 11.0)),
        ("10bp and 2 * 6bp", (10.0, 12.0)),
    ] {
        let checked = claim_of_period(bounds);
        let claim = &checked.program().experiments[0].claims[0];
        let ClaimKind::Periodic { period, .. } = claim.kind else {
            panic!("{:?}", claim.kind);
        };
        let (low, high) = period;
        assert!(
            (low - wanted.0).abs() < 1e-9 && (high - wanted.1).abs() < 1e-9,
            "{period:?}"
        );
    }
}

#[test]
fn functions_hold_claims_of_every_kind() {
    for claim in [
        "peak(effect over place) between 1bp and 20bp",
        "increasing(effect over place)",
        "decreasing(effect over place)",
        "median(effect) > 0",
        "lower_quartile(effect) > 0",
        "upper_quartile(effect) > 0",
        "share(effect) > 50%",
        "abs(effect) < 5",
    ] {
        let text = format!(
            "{HEAD}fn site(on: Population) -> Experiment = experiment {{\nvary place in [1bp, 11bp, 21bp]\nbackground on\nsample 10\n\
             embed GATA1 at place\nmeasure net[\"CTCF\"]\nexpect {claim}\n}}\nexperiment e = site(plain)\n"
        );
        let checked = check("claims.gia", "tests/language", &text);
        assert_eq!(checked.program().experiments[0].claims.len(), 1, "{claim}");
    }
}

#[test]
fn motifs_of_a_list_are_called_by_their_factors() {
    let of = |values: &str| axis(HEAD, values);
    assert_eq!(of("motifs(\"../docs/motifs.meme\")"), "CTCF, Spi1, GATA1");
    assert_eq!(
        of("[jaspar(\"MA0139.2\"), rc(jaspar(\"MA0139.2\"))]"),
        "CTCF, rc(CTCF)"
    );
    // Several matrices of one factor, alone and in a list of all.
    assert_eq!(
        of("[jaspar(\"MA0099.4\"), jaspar(\"MA1126.2\"), GATA1]"),
        "FOS::JUN MA0099.4, FOS::JUN MA1126.2, GATA1"
    );
    let all = of("jaspar_all(species: \"Mus musculus\", taxon: \"vertebrates\")");
    assert!(all.contains("Jun") && !all.starts_with("MA"), "{all}");
    assert_eq!(
        of("[jaspar_all(taxon: \"vertebrates\")[\"MA0139.2\"]]"),
        "CTCF MA0139.2"
    );
}

#[test]
fn a_condition_selects_values_of_an_axis() {
    let of = |values: &str| axis(HEAD, values);
    assert_eq!(of("1 to 10 where it mod 3 == 1"), "1, 4, 7, 10");
    assert_eq!(
        of("0bp to 30bp step 5bp where it > gap and it != 20bp"),
        "15 bp, 25 bp, 30 bp"
    );
    assert_eq!(of("[GATA1, TAL1] where it != TAL1"), "GATA1");
    // The name in the list stays with its value.
    assert_eq!(
        of("[plain, iid(length: 100bp, gc: 30%), plain] where it != plain"),
        axis(HEAD, "[iid(length: 100bp, gc: 30%)]")
    );
    assert_eq!(of("[\"CTCF\", \"PU.1\"] where it == \"PU.1\""), "PU.1");
    assert_eq!(of("[true, false] where not it"), "false");
    assert_eq!(of("[start, center, end] where it == center"), "center");
    assert_eq!(
        of("[arm {}, embed(GATA1, 10bp)] where it == embed(GATA1, 10bp)"),
        "embed(GATA1, 10bp)"
    );
    // What is called alike and left out is no mistake.
    assert_eq!(of("[1, 2, 2, 3] where it != 2"), "1, 3");
}
