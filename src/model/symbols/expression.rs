//! Evaluates the expressions of sizes, in the notation of SymPy's `srepr`, such as
//! `Add(Symbol('s53', positive=True, integer=True), Integer(-4))`.

use std::collections::HashMap;

/// Maximum nesting of an expression.
const MAX_DEPTH: usize = 100;

/// The value of an expression; none if it has other symbols or unknown functions.
pub fn evaluate(text: &str, symbols: &HashMap<String, f64>) -> Option<f64> {
    let mut parser = Parser {
        rest: text,
        symbols,
    };
    let value = parser.expression(0)?;
    (parser.rest.trim().is_empty() && value.is_finite()).then_some(value)
}

struct Parser<'t> {
    rest: &'t str,
    symbols: &'t HashMap<String, f64>,
}

impl<'t> Parser<'t> {
    /// `Name(argument, ...)` or a number.
    fn expression(&mut self, depth: usize) -> Option<f64> {
        if depth > MAX_DEPTH {
            return None;
        }
        let word = self.until(|c| matches!(c, '(' | ')' | ','))?;
        if !self.take('(') {
            return word.parse().ok();
        }
        // `Symbol('s3', positive=True)`, or a number as `Float('0.5', precision=53)`.
        if word == "Symbol" || (word == "Float" && self.rest.starts_with('\'')) {
            let inside = self.until(|c| c == ')')?;
            self.take(')');
            let quoted = inside.split('\'').nth(1)?;
            return match word {
                "Float" => quoted.parse().ok(),
                _ => self.symbols.get(quoted).copied(),
            };
        }
        let mut arguments = Vec::new();
        while !self.take(')') {
            arguments.push(self.expression(depth + 1)?);
            if !self.take(',') && !self.rest.starts_with(')') {
                return None;
            }
        }
        apply(word, &arguments)
    }

    /// The text up to a character, without spaces around it.
    fn until(&mut self, stop: impl Fn(char) -> bool) -> Option<&'t str> {
        let end = self.rest.find(stop).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(word.trim())
    }

    fn take(&mut self, wanted: char) -> bool {
        match self.rest.trim_start().strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}

/// Functions of SymPy and of `torch.utils._sympy.functions`.
fn apply(function: &str, arguments: &[f64]) -> Option<f64> {
    Some(match (function, arguments) {
        ("Integer" | "Float" | "ToFloat" | "Identity", &[a]) => a,
        ("Rational" | "IntTrueDiv" | "FloatTrueDiv", &[a, b]) if b != 0.0 => a / b,
        ("Add", terms) => terms.iter().sum(),
        ("Mul", factors) => factors.iter().product(),
        ("Pow" | "PowByNatural" | "FloatPow", &[a, b]) => a.powf(b),
        ("FloorDiv" | "CleanDiv", &[a, b]) if b != 0.0 => (a / b).floor(),
        ("CeilDiv", &[a, b]) if b != 0.0 => (a / b).ceil(),
        ("Mod" | "PythonMod", &[a, b]) if b != 0.0 => a - b * (a / b).floor(),
        ("ModularIndexing", &[a, b, c]) if b != 0.0 && c != 0.0 => {
            let quotient = (a / b).floor();
            quotient - c * (quotient / c).floor()
        }
        ("Max", numbers @ [_, ..]) => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ("Min", numbers @ [_, ..]) => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        ("CeilToInt" | "ceiling", &[a]) => a.ceil(),
        ("FloorToInt" | "floor", &[a]) => a.floor(),
        ("TruncToInt" | "TruncToFloat", &[a]) => a.trunc(),
        ("RoundToInt", &[a]) => a.round_ties_even(),
        ("Abs", &[a]) => a.abs(),
        ("OpaqueUnaryFn_sqrt", &[a]) => a.sqrt(),
        ("OpaqueUnaryFn_exp", &[a]) => a.exp(),
        ("OpaqueUnaryFn_log" | "log", &[a]) => a.ln(),
        ("OpaqueUnaryFn_log2", &[a]) => a.log2(),
        ("OpaqueUnaryFn_sin", &[a]) => a.sin(),
        ("OpaqueUnaryFn_cos", &[a]) => a.cos(),
        ("OpaqueUnaryFn_tanh", &[a]) => a.tanh(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_s3(text: &str, value: f64) -> Option<f64> {
        evaluate(text, &HashMap::from([("s3".to_string(), value)]))
    }

    const S3: &str = "Symbol('s3', positive=True, integer=True)";

    #[test]
    fn expressions_of_torch_export_are_evaluated() {
        for (text, wanted) in [
            ("Integer(-4)".to_string(), -4.0),
            (S3.to_string(), 100.0),
            (format!("Add({S3}, Integer(-4))"), 96.0),
            (
                format!("Add(FloorDiv(Add({S3}, Integer(-3)), Integer(2)), Integer(-7))"),
                41.0,
            ),
            (format!("Mul(Integer(3), Pow({S3}, Integer(2)))"), 30_000.0),
            (format!("Max(Integer(1), Mod({S3}, Integer(7)))"), 2.0),
            (format!("CeilToInt(IntTrueDiv({S3}, Integer(8)))"), 13.0),
            (
                format!("FloatPow(ToFloat({S3}), Float('-0.5', precision=53))"),
                0.1,
            ),
            (format!("OpaqueUnaryFn_sqrt(ToFloat({S3}))"), 10.0),
        ] {
            assert_eq!(of_s3(&text, 100.0), Some(wanted), "{text}");
        }
    }

    #[test]
    fn other_expressions_have_no_value() {
        let deep = format!("{}{S3}{}", "Add(".repeat(500), ")".repeat(500));
        for text in [
            "",
            "Symbol('s4')",
            "Symbol(",
            "Strange(Integer(1))",
            "Integer(1",
            "Integer(1))",
            "FloorDiv(Integer(1), Integer(0))",
            "Add(Integer(1) Integer(2))",
            &deep,
        ] {
            assert_eq!(of_s3(text, 1.0), None, "{text}");
        }
    }
}
