//! The equation of an `einsum`, with every dimension of its operands and of its result named.

use gia_base::diag::{Diagnostic, Outcome};

/// The equation without spaces, with letters for the dimensions that `...` stands for, and with the result that an equation without
/// an arrow means: `b i d, b j d -> b i j` becomes `bid,bjd->bij`.
///
/// `rank` is asked for operands with `...` only; `wrong` makes the error of what is wrong with the equation.
///
/// # Errors
/// If the equation does not fit the operands.
pub fn explicit_equation(
    stated: &str,
    operands: usize,
    rank: impl Fn(usize) -> Outcome<usize>,
    wrong: impl Fn(String) -> Box<Diagnostic>,
) -> Outcome<String> {
    let equation: String = stated.chars().filter(|c| !c.is_whitespace()).collect();
    let (terms, result) = match equation.split_once("->") {
        Some((terms, result)) => (terms.to_string(), Some(result.to_string())),
        None => (equation.clone(), None),
    };
    let terms: Vec<&str> = terms.split(',').collect();
    if terms.len() != operands {
        return Err(wrong(format!(
            "has an equation `{stated}` for {operands} operands"
        )));
    }
    let unused: Vec<char> = ('A'..='Z').filter(|c| !equation.contains(*c)).collect();
    let (mut written, mut widest) = (Vec::new(), String::new());
    for (operand, term) in terms.iter().enumerate() {
        let Some((before, after)) = term.split_once("...") else {
            written.push(term.to_string());
            continue;
        };
        let named = before.chars().count() + after.chars().count();
        let Some(hidden) = rank(operand)?
            .checked_sub(named)
            .filter(|n| *n <= unused.len())
        else {
            return Err(wrong(format!(
                "has an equation `{stated}` that does not fit its operands"
            )));
        };
        // The hidden dimensions are aligned at the last one.
        let letters: String = unused[..hidden].iter().rev().collect();
        if hidden > widest.len() {
            widest.clone_from(&letters);
        }
        written.push(format!("{before}{letters}{after}"));
    }
    let result = match result {
        Some(result) => result.replace("...", &widest),
        None => {
            let all: String = terms.concat().replace("...", "");
            let mut once: Vec<char> = all
                .chars()
                .filter(|c| all.matches(*c).count() == 1)
                .collect();
            once.sort_unstable();
            widest + &once.into_iter().collect::<String>()
        }
    };
    Ok(format!("{}->{result}", written.join(",")))
}
