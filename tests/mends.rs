//! Helps that name another way to write something: each is followed, and the script then checks.

use gia::diag::Format;

use crate::support::script::check;

const HEAD: &str = "model sums = additive({\"TGACTCA\": 2.0})
motif AP1 = \"TGACTCA\"
experiment trial {
    background uniform(length: 200bp)
    sample 100
";

fn checked(body: &str) -> (bool, String) {
    let found = check("a.gia", "", &format!("{HEAD}{body}}}\n"));
    let text = found.rendered(Format::Human);
    let words = text.replace('│', " ");
    (
        found.program.is_some(),
        words.split_whitespace().collect::<Vec<_>>().join(" "),
    )
}

/// Each row: what is wrong, what the help says, and the lines that follow the help.
#[test]
fn helps_that_are_followed_work() {
    let sweep = "    vary gap in 0bp to 60bp step 10bp
    embed [AP1, gap, AP1] at 20bp
    measure sums
";
    let one = "    embed AP1 at center\n    measure sums\n";
    let two = "    arm one { embed AP1 at center }
    arm two { embed AP1 at 20bp }
    measure sums
";
    for (lines, wrong, help, mended) in [
        (
            sweep,
            "    expect abs(peak(effect over gap) - 40bp) < 5bp\n",
            "`expect peak(effect over gap) between 35bp and 45bp`",
            "    expect peak(effect over gap) between 35bp and 45bp\n",
        ),
        (
            sweep,
            "    expect max(effect over gap) > 1\n",
            "`expect increasing(effect over gap)`",
            "    expect increasing(effect over gap)\n",
        ),
        (
            "    measure sums\n",
            "    embed rc at AP1\n",
            "write `rc(...)`",
            "    embed rc(AP1) at center\n",
        ),
        (
            "    measure sums\n",
            "    shuffle region(10bp, 20bp)\n",
            "`10bp..20bp`",
            "    shuffle 10bp..20bp\n",
        ),
        (
            two,
            "    contrast best = max(one)\n",
            "`max([one - control, two - control])`",
            "    contrast best = max([one - control, two - control])\n",
        ),
        (
            two,
            "    contrast best = treated - control\n",
            "the arms are `control`, `one`, `two`",
            "    contrast best = two - control\n",
        ),
        (
            two,
            "    expect arm(treated) - control > 1\n",
            "`arm(one)`",
            "    expect arm(one) - control > 1\n",
        ),
        (
            two,
            "    arm three { treated }\n",
            "the arms are `one`, `two`, `three`",
            "    arm three { one; embed AP1 at 150bp }\n",
        ),
        (
            one,
            "    expect max(effect) > 1\n",
            "it works on several numbers",
            "    expect effect > 1\n",
        ),
    ] {
        let (is_right, said) = checked(&format!("{lines}{wrong}"));
        assert!(!is_right, "{wrong}");
        assert!(said.contains(help), "{wrong}: {said}");
        let (is_right, said) = checked(&format!("{lines}{mended}"));
        assert!(is_right, "{mended}: {said}");
    }
}
