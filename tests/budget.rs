//! What evaluation may build and how long reading may take: chains that are long and right, growth that is refused, and
//! texts of many lines.

use std::fmt::Write;

use gia::diag::{Code, Format};
use gia::source::SourceId;
use gia::syntax::format::format;

use crate::support::allocation::bounded;
use crate::support::script::check;

/// Checks a text in half a gigabyte, and gives the codes of its errors.
fn codes(text: &str) -> Vec<Code> {
    let (checked, _) = bounded(512 << 20, || check("grown.gia", "tests/diagnostics", text));
    checked.places_are_sound();
    let short = checked.rendered(Format::Short);
    assert!(short.lines().count() <= 3, "{short}");
    checked.diagnostics.iter().map(|d| d.code).collect()
}

/// A first line, and then one for each number with what stands for the one before it.
fn chain(first: &str, count: usize, line: impl Fn(usize, usize) -> String) -> String {
    let mut text = format!("{first}\n");
    for i in 1..=count {
        let _ = writeln!(text, "{}", line(i, i - 1));
    }
    text
}

#[test]
fn a_thousand_functions_in_a_chain_are_no_recursion() {
    let mut text = chain("fn f0(x: Number) = x + 1", 1000, |i, before| {
        format!("fn f{i}(x: Number) -> Number = f{before}(x)")
    });
    text.push_str("let a = f1000(1)\nmotif m = kmers(1)[f1000(1)]\n");
    check("chain.gia", "tests/diagnostics", &text).program();

    let nested = "f1(".repeat(45);
    let text = format!(
        "fn f1(x: Number) = x\nlet a = {nested}1{}\n",
        ")".repeat(45)
    );
    check("chain.gia", "tests/diagnostics", &text).program();
}

#[test]
fn what_calls_itself_is_told() {
    for text in [
        "fn f(x: Number) = f(x)\nlet a = f(1)\n".to_string(),
        chain("fn f0(x: Number) = f50(x)", 50, |i, before| {
            format!("fn f{i}(x: Number) = f{before}(x)")
        }) + "let a = f50(1)\n",
    ] {
        assert_eq!(codes(&text), [Code::Recursion], "{text}");
    }
}

#[test]
fn what_doubles_is_refused() {
    let pair = "[\"GATAAG\", 5bp]";
    for text in [
        chain(&format!("construct c0 = {pair}"), 60, |i, b| {
            format!("construct c{i} = [c{b}, c{b}]")
        }),
        chain(&format!("construct c0 = {pair}"), 60, |i, b| {
            format!("construct c{i} = c{b} * 2")
        }),
        chain(&format!("construct c0 = {pair}"), 60, |i, b| {
            format!("construct c{i} = rc([c{b}, c{b}])")
        }),
        chain("let c0 = [1]", 60, |i, b| {
            format!("let c{i} = [c{b}, c{b}, c{b}]")
        }),
        chain("let c0 = {1: 2}", 60, |i, b| {
            format!("let c{i} = {{1: c{b}, 2: c{b}}}")
        }),
        chain("let c0 = [1]", 300, |i, b| format!("let c{i} = [c{b}]")),
        chain("null c0 = uniform(length: 10bp)", 60, |i, b| {
            format!("null c{i} = mixture([c{b}, c{b}])")
        }),
        chain("null c0 = uniform(length: 10bp)", 300, |i, b| {
            format!("null c{i} = hairpin(c{b}, stem: 2bp, loop: 2bp, place: 0bp)")
        }),
        chain("fn c0(x: Number) = x", 60, |i, b| {
            format!("fn c{i}(x: Number) = c{b}(x) + c{b}(x)")
        }) + "let a = c60(1)\n",
        chain("fn c0(x: Number) = x", 5000, |i, b| {
            format!("fn c{i}(x: Number) = c{b}(x)")
        }) + "let a = c5000(1)\n",
        chain(
            "model net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")\nquery c0 = net[0]",
            60,
            |i, b| format!("query c{i} = c{b} * c{b}"),
        ),
        chain(
            "model net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")\nquery c0 = net[0]",
            3000,
            |i, b| format!("query c{i} = exp(-c{b})"),
        ),
        chain(
            "model net = load(\"../../experiments/ctcf_pu1/ctcf_pu1.pt2\")\nquery c0 = net[0]",
            60,
            |i, b| format!("query c{i} = max(c{b}, c{b})"),
        ),
        "let a = thermodynamic({\"GATAAG\": 5}, attraction: 2, reach: 1000Mb)\n".to_string(),
        "let a = thermodynamic({\"GATAAG\": 5}, attraction: -2, reach: 1Mb)\n".to_string(),
        "let a = 1 to 1e12\n".to_string(),
    ] {
        let start: String = text.lines().take(3).collect::<Vec<_>>().join(" / ");
        assert_eq!(codes(&text), [Code::BudgetExceeded], "{start}");
    }
}

/// Of 60 functions that call the one before them twice, the first is wrong: 2^60 calls would fail.
#[test]
fn what_doubles_and_fails_is_told_once() {
    let text = chain("fn c0(x: Number) = x + missing", 60, |i, b| {
        format!("fn c{i}(x: Number) = c{b}(x) + c{b}(x)")
    });
    assert_eq!(
        codes(&format!("{text}let a = c60(1)\n")),
        [Code::UnknownName]
    );
}

/// A square of the lines would take hours. `benches/speed.rs` measures the growth.
#[test]
fn many_lines_take_no_square() {
    let lines = 400_000;
    let blank = format!("let a = 1\n{}let b = 2\n", "\n".repeat(lines));
    check("blank.gia", "tests/diagnostics", &blank).program();
    let mut dense = String::from("let a = 1;");
    for i in 0..lines / 20 {
        let _ = write!(dense, "let a{i} = 1;");
    }
    check("dense.gia", "tests/diagnostics", &dense).program();
    let mut documented = String::new();
    let mut unknown = String::new();
    for i in 0..lines / 20 {
        let _ = write!(documented, "## a number\nlet a{i}  =  {i}\n");
        let _ = writeln!(unknown, "let a{i} = unknown{i}");
    }
    check("documented.gia", "tests/diagnostics", &documented).program();
    assert!(format(SourceId(0), &documented).is_ok());
    let checked = check("unknown.gia", "tests/diagnostics", &unknown);
    assert_eq!(checked.rendered(Format::Short).lines().count(), lines / 20);
}

#[test]
fn a_long_line_is_not_printed_whole() {
    let long = "x".repeat(1_000_000);
    for text in [
        format!("let a = {long}\n"),
        format!("let a = \"{long}\" + 1\n"),
        format!("let a = [{}y]\n", "1, ".repeat(100_000)),
        format!("let {long} = 1\nlet {long} = 2\n"),
        format!("{long} = 1\n"),
    ] {
        let checked = check("long.gia", "tests/diagnostics", &text);
        for format in [Format::Short, Format::Json] {
            let said = checked.rendered(format);
            assert!(
                !said.is_empty() && said.len() < 12_000,
                "{} bytes",
                said.len()
            );
        }
    }
}
