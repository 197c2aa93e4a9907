//! What plans share and what changes them. `recorded/plans.rs` compares whole plans.

use gia::plan;

use crate::support::script::check;

/// The sequences of each variant, position by position, tell that what is shared is truly the same.
#[test]
fn equal_arms_are_one_variant() {
    let head = "model net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")\nnull plain = uniform(length: 100bp)\n";
    let script = |statements: &str| {
        let text = format!(
            "{head}experiment e {{\nbackground plain\nsample 10\n{statements}\nmeasure net[0]\n}}\n"
        );
        plan::lower(check("e.gia", "tests/plans", &text).program())
    };
    // Fixed sites are equal wherever they are written, and a site within a site adds nothing: `c` is `a`. Ambiguous ones
    // draw for themselves.
    let fixed = script(
        "arm a { embed \"GATAAG\" at 10bp; embed \"CAGCTG\" at 40bp }\narm b { embed \"CAGCTG\" at 40bp }\narm c { b; embed \"GATAAG\" at start + 10bp; embed \"GATA\" at 10bp }",
    );
    assert_eq!(fixed.populations[0].variants.len(), 3);
    // To mutate a site to the letter that it has is to leave it.
    let same = script(
        "arm a { embed \"GATAAG\" at 10bp }\narm b { a; mutate 12bp with \"T\" }\narm c { a; mutate 12bp with \"C\" }",
    );
    assert_eq!(same.populations[0].variants.len(), 3);
    let drawn = script("arm a { embed \"WGATAR\" at 10bp }\narm b { embed \"WGATAR\" at 10bp }");
    assert_eq!(drawn.populations[0].variants.len(), 3);
    let composed = script(
        "arm a { embed \"WGATAR\" at 10bp }\narm b { embed \"CAGCTG\" at 40bp }\narm c { a; b }",
    );
    assert_eq!(composed.populations[0].variants.len(), 4);
}

/// A statement that draws nothing, added anywhere, leaves every other number as it is.
#[test]
fn claims_and_comments_change_no_edit() {
    let head = "model net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")\nnull plain = uniform(length: 100bp)\n";
    let plan = |statements: &str| {
        let text = format!("{head}experiment e {{\n{statements}\n}}\n");
        plan::lower(check("e.gia", "tests/plans", &text).program()).populations[0]
            .variants
            .clone()
    };
    let arms = "arm a { embed \"WGATAR\" at 10bp }\narm b { embed \"CANNTG\" at 40bp }";
    let rest = "background plain\nsample 10\nmeasure net[0]";
    assert_eq!(
        plan(&format!("{arms}\n{rest}")),
        plan(&format!("{rest}\nlet x = 3\nexpect a > 0\n{arms}"))
    );
}
