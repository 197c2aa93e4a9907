//! Edits and arms as values make the sequences that statements make, and keep their identity where they are shared.

use std::sync::Arc;

use gia::diag::Format;
use gia::domain::Edit;

use crate::language::experiment;
use crate::support::script::check;

type Arms = Vec<Arc<[Edit]>>;

/// The arms of a single grid point.
fn arms(statements: &str) -> Arms {
    experiment(&format!("{statements}\nmeasure net[0]")).points[0]
        .arms
        .clone()
}

/// The arms of each grid point.
fn grid(statements: &str) -> Vec<Arms> {
    let experiment = experiment(&format!("{statements}\nmeasure net[0]"));
    let points = experiment.points.iter();
    points.map(|point| point.arms.clone()).collect()
}

#[test]
fn a_value_is_what_its_phrase_is() {
    for (phrase, value) in [
        ("embed \"WGATAR\" at center", "embed(\"WGATAR\", center)"),
        (
            "embed \"WGATAR\" at center",
            "embed(place: center, construct: \"WGATAR\")",
        ),
        (
            "insert [GATA1, 3bp, TAL1] at 40bp shifting \"left\"",
            "insert([GATA1, 3bp, TAL1], 40bp, shifting: \"left\")",
        ),
        ("delete 10bp..20bp", "delete(10bp..20bp)"),
        ("mutate 10bp with \"T\"", "mutate(10bp, with: \"T\")"),
        (
            "mutate 10bp..12bp with \"NS\"",
            "mutate(10bp..12bp, with: \"NS\")",
        ),
        (
            "shuffle start..30bp preserving 1",
            "shuffle(start..30bp, preserving: 1)",
        ),
        ("shuffle start..30bp", "shuffle(start..30bp, preserving: 2)"),
        (
            "randomize 10bp..20bp like plain",
            "randomize(10bp..20bp, like: plain)",
        ),
        (
            "disrupt GATA1",
            "disrupt(GATA1, by: \"shuffle\", preserving: 1)",
        ),
        (
            "disrupt GATA1 by \"randomize\"",
            "disrupt(GATA1, \"randomize\")",
        ),
        ("invert 10bp..20bp", "invert(10bp..20bp)"),
        ("move 10bp..20bp at end", "move(10bp..20bp, end)"),
        (
            "swap 10bp..20bp, 30bp..35bp",
            "swap(10bp..20bp, 30bp..35bp)",
        ),
        ("reverse_complement", "reverse_complement()"),
    ] {
        // As the same step of the same statement, both draw alike.
        let spoken = arms(&format!("arm a {{ {phrase} }}"));
        let called = arms(&format!("arm a {{ {value} }}"));
        assert!(!spoken[1].is_empty(), "{phrase}");
        assert_eq!(spoken, called, "{phrase}");
        assert_eq!(
            spoken[1],
            arms(phrase)[1],
            "{phrase}, straight in the experiment"
        );
        assert_eq!(
            spoken[1],
            arms(value)[1],
            "{value}, straight in the experiment"
        );
        let block = arms(&format!("let made = arm {{ {phrase} }}\narm a {{ made }}"));
        assert_eq!(spoken, block, "{phrase} in a block");
    }
}

#[test]
fn a_shared_value_draws_the_same_and_two_calls_do_not() {
    let shared = arms(
        "let site = embed(\"WGATAR\", 20bp)\n\
         arm a { site }\narm b { site; embed \"GGCC\" at 60bp }",
    );
    assert_eq!(shared[1][0], shared[2][0]);
    let made_twice = arms(
        "arm a { embed(\"WGATAR\", 20bp) }\n\
         arm b { embed(\"WGATAR\", 20bp); embed \"GGCC\" at 60bp }",
    );
    assert_ne!(made_twice[1][0], made_twice[2][0]);
    // What comes by several ways is made once.
    let twice =
        arms("let site = embed(\"WGATAR\", 20bp)\narm a { site; embed \"GGCC\" at 60bp; site }");
    assert_eq!(twice[1].len(), 2);
}

#[test]
fn a_shared_value_is_one_edit_beside_an_edit_that_varies() {
    let points = grid(
        "let site = embed(\"WGATAR\", 20bp)\nvary gap in [5bp, 10bp]\n\
         arm a { site }\narm b { [site, embed(\"GGCC\", 40bp + gap)] }",
    );
    for point in &points {
        assert_eq!(point[1][0], point[2][0]);
    }
    assert_ne!(points[0][2][1], points[1][2][1]);
}

#[test]
fn edits_of_one_arm_value_draw_apart() {
    let both = arms(
        "let pair = arm { embed \"WGATAR\" at 20bp; embed \"WGATAR\" at 60bp }\narm a { pair }",
    );
    let draws: Vec<_> = both[1].iter().map(Edit::draw).collect();
    assert!(draws[0].is_some() && draws[0] != draws[1]);
    // The first draws as the step would alone.
    assert_eq!(both[1][0], arms("arm a { embed \"WGATAR\" at 20bp }")[1][0]);
}

#[test]
fn an_axis_runs_over_edits_and_arms() {
    let statements = "vary kind in [disrupt(GATA1), arm { embed TAL1 at 10bp; invert 30bp..40bp }, mutate(50bp, with: \"T\")]\n\
         arm a { kind }";
    let e = experiment(&format!("{statements}\nmeasure net[0]"));
    let names: Vec<String> = e.axes[0].values.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "disrupt(GATA1)",
            "arm { embed(TAL1, 10bp); invert(30bp..40bp) }",
            "mutate(50bp, with: \"T\")"
        ]
    );
    let lengths: Vec<usize> = e.points.iter().map(|point| point.arms[1].len()).collect();
    assert_eq!(lengths, [1, 2, 1]);
    let picked = experiment(
        "let gone = disrupt(GATA1)\nvary kind in [gone, invert(30bp..40bp)]\narm a { kind }\nmeasure net[0]\n\
         expect a > -100 where kind == gone",
    );
    assert_eq!(picked.axes[0].values[0].to_string(), "gone");
    assert_eq!(picked.claims[0].points, [0]);
}

#[test]
fn an_arm_may_be_called_like_its_value() {
    let own = arms("arm reverse_complement { reverse_complement }");
    assert_eq!(own[1], arms("reverse_complement")[1]);
}

#[test]
fn a_value_on_an_axis_draws_the_same_wherever_it_is_held() {
    for statements in ["arm q { s }\narm p { a }", "arm p { a }\narm q { s }"] {
        for values in ["[a, delete(1bp..3bp)]", "[delete(1bp..3bp), a]"] {
            let e = experiment(&format!(
                "let a = randomize(20bp..40bp)\nvary s in {values}\n{statements}\nmeasure net[0]"
            ));
            let p = e.arms.iter().position(|arm| arm == "p").expect("an arm");
            let q = e.arms.iter().position(|arm| arm == "q").expect("an arm");
            let same = e
                .points
                .iter()
                .filter(|point| point.arms[p] == point.arms[q]);
            assert_eq!(same.count(), 1, "{statements} {values}");
            assert_eq!(e.points[0].arms[p], e.points[1].arms[p]);
        }
    }
    // Two calls are two edits, on an axis as well.
    let points = grid(
        "let a = shuffle(5bp..25bp)\nlet b = shuffle(5bp..25bp)\nvary s in [a, b]\narm q { s }",
    );
    assert_ne!(points[0][1], points[1][1]);
}

/// What a check says of an experiment with these statements, in one text.
fn said(statements: &str) -> String {
    let text = format!(
        "model net = additive({{\"GATA\": 1.0}})\nnull plain = uniform(length: 100bp)\nexperiment e {{\n\
         background plain\nsample 10\n{statements}\nmeasure net\n}}\n"
    );
    let checked = check("edits.gia", "tests", &text);
    checked.rendered(Format::Short)
}

#[test]
fn a_word_that_begins_a_statement_may_name_an_edit_or_an_arm() {
    for word in [
        "motif",
        "sample",
        "report",
        "background",
        "model",
        "null",
        "construct",
        "query",
        "use",
        "set",
        "fn",
        "show",
        "vary",
        "reference",
        "factorial",
        "contrast",
    ] {
        let named = arms(&format!(
            "let {word} = embed(\"GATTACA\", 20bp)\narm a {{ {word} }}\narm b {{ {word}; embed \"GGCC\" at 60bp }}"
        ));
        assert_eq!(
            named[1],
            arms("arm a { embed \"GATTACA\" at 20bp }")[1],
            "{word}"
        );
        assert_eq!(named[2].len(), 2, "{word}");
        let alone = arms(&format!("let {word} = embed(\"GATTACA\", 20bp)\n{word}"));
        assert_eq!(alone[1], named[1], "{word} straight in the experiment");
        let arm = arms(&format!(
            "arm {word} {{ embed \"GATTACA\" at 20bp }}\narm both {{ {word}; embed \"GGCC\" at 60bp }}"
        ));
        assert_eq!(arm[2].len(), 2, "an arm {word}");
    }
}

#[test]
fn an_arm_may_hold_one_embedding_by_two_ways() {
    let both = arms(
        "arm site { embed \"GATTACA\" at 20bp }\narm a { site; embed \"GGCC\" at 40bp }\n\
         arm b { site; embed \"TTTT\" at 60bp }\narm both { a; b; site }",
    );
    assert_eq!(both[4].len(), 3);
}

#[test]
fn arms_that_name_each_other_twice_end() {
    let mut doubled = "arm a0 { embed \"GATTACA\" at 20bp }\n".to_string();
    let mut empty = "embed \"GATTACA\" at 20bp\narm a0 { control }\n".to_string();
    for i in 1..40 {
        let line = format!("arm a{i} {{ a{}; a{} }}\n", i - 1, i - 1);
        doubled.push_str(&line);
        empty.push_str(&line);
    }
    assert!(
        said(&doubled).contains("an arm has at most"),
        "{}",
        said(&doubled)
    );
    assert!(
        said(&empty).contains("E0604") || said(&empty).contains("steps"),
        "{}",
        said(&empty)
    );
}

#[test]
fn arms_differ_where_the_order_of_their_edits_counts() {
    let two =
        |first: &str, second: &str| said(&format!("arm a {{ {first} }}\narm b {{ {second} }}"));
    let (embed, mutate) = ("embed \"GATTACA\" at 20bp", "mutate 22bp with \"A\"");
    let both = [format!("{embed}; {mutate}"), format!("{mutate}; {embed}")];
    assert!(
        !two(&both[0], &both[1]).contains("E0307"),
        "{}",
        two(&both[0], &both[1])
    );
    let apart = "mutate 50bp with \"A\"";
    let both = [format!("{embed}; {apart}"), format!("{apart}; {embed}")];
    assert!(two(&both[0], &both[1]).contains("E0307"));
    let invert = "invert 60bp..80bp";
    let both = [format!("{embed}; {invert}"), format!("{invert}; {embed}")];
    assert!(two(&both[0], &both[1]).contains("E0307"));
}

#[test]
fn values_are_equal_by_content_and_not_by_name() {
    let head = "motif M = \"GATTACA\"\nmotif N = \"GATTACA\"\nmotif other = \"GATTACC\"\n\
                let p = pwm([[1, 0, 0, 0], [0, 1, 0, 0]])\nlet q = pwm([[0, 0, 1, 0], [0, 0, 0, 1]])\n";
    for (comparison, holds) in [
        ("M == dna\"GATTACA\"", true),
        ("M == N", true),
        ("M == other", false),
        ("rc(rc(M)) == M", true),
        ("rc(M) == M", false),
        ("rc(dna\"GATC\") == dna\"GATC\"", true),
        ("draw(p) == p", false),
        ("p == q", false),
        ("iupac(\"AC\") == p", true),
        ("[M as a, 5bp, N] == [N, 5bp, M as b]", true),
        ("[M, 5bp, N] == [N, 6bp, M]", false),
        ("embed(p, 10bp) == embed(q, 10bp)", false),
        ("embed(M, 10bp) == embed(N, start + 10bp)", true),
        ("arm { embed M at 10bp } == embed(N, 10bp)", true),
        ("shuffle(10bp..20bp) == shuffle(10bp..21bp)", false),
        ("disrupt(M) == invert(10bp..20bp)", false),
    ] {
        let text = format!(
            "model net = additive({{\"GATA\": 1.0}})\n{head}experiment e {{\nvary it in [{comparison}]\n\
             background uniform(length: 100bp)\nsample 10\nembed \"GATA\" at 5bp\nmeasure net\n}}\n"
        );
        let checked = check("equal.gia", "tests", &text);
        let value = &checked.program().experiments[0].axes[0].values[0];
        assert_eq!(value.to_string(), holds.to_string(), "{comparison}");
    }
}

#[test]
fn an_empty_arm_is_shown_as_it_is_formatted() {
    let e = experiment(
        "vary kind in [arm {}, disrupt(GATA1)]\narm a { kind; embed TAL1 at 10bp }\nmeasure net[0]",
    );
    assert_eq!(e.axes[0].values[0].to_string(), "arm {}");
}
