//! A syntax tree as text: one line a declaration or statement, operators before their operands, no spans.

use gia_syntax::tree::*;

pub fn show(file: &File) -> String {
    let mut text = String::new();
    for item in &file.items {
        if let Some(doc) = &item.doc {
            for line in doc.lines() {
                text.push_str(&format!("## {line}\n"));
            }
        }
        text.push_str(&item_line(&item.kind));
        text.push('\n');
    }
    if !file.lost.is_empty() {
        text.push_str(&format!("lost {}\n", file.lost.join(", ")));
    }
    text
}

fn item_line(kind: &ItemKind) -> String {
    match kind {
        ItemKind::Use(Module::File { path, .. }) => format!("use {path:?}"),
        ItemKind::Use(Module::Library(name)) => format!("use {}", name.text),
        ItemKind::Set { name, value } => format!("set {} = {}", name.text, expr(value)),
        ItemKind::Let(binding) => let_line(binding),
        ItemKind::Expect(expect) => expect_line(expect),
        ItemKind::Show { ranking, of } => match ranking {
            Some((ranking, count)) => {
                let end = match ranking {
                    Ranking::Top => "top",
                    Ranking::Bottom => "bottom",
                };
                format!("show {end} {} of {}", expr(count), expr(of))
            }
            None => format!("show {}", expr(of)),
        },
        ItemKind::Fn(function) => function_line(function),
        ItemKind::Experiment { name, body } => {
            let statements: Vec<String> = body
                .statements
                .iter()
                .map(|s| format!("\n    {}", statement(&s.kind)))
                .collect();
            format!("experiment {}{}", name.text, statements.concat())
        }
    }
}

fn let_line(binding: &Let) -> String {
    let (kind, name) = (binding.kind.keyword(), &binding.name.text);
    format!("{kind} {name} = {}", expr(&binding.value))
}

fn function_line(function: &Fn) -> String {
    let parameters: Vec<String> = function
        .parameters
        .iter()
        .map(|p| {
            let default = p.default.as_ref().map(|d| format!(" = {}", expr(d)));
            format!(
                "{}: {}{}",
                p.name.text,
                type_text(&p.ty),
                default.unwrap_or_default()
            )
        })
        .collect();
    let result = function
        .result
        .as_ref()
        .map(|ty| format!(" -> {}", type_text(ty)));
    let body = function
        .body
        .as_ref()
        .map(|body| format!(" = {}", expr(body)));
    format!(
        "fn {}({}){}{}",
        function.name.text,
        parameters.join(", "),
        result.unwrap_or_default(),
        body.unwrap_or_default()
    )
}

fn type_text(ty: &TypeExpr) -> String {
    let arguments: Vec<String> = ty.arguments.iter().map(type_text).collect();
    if arguments.is_empty() {
        ty.name.text.clone()
    } else {
        format!("{}<{}>", ty.name.text, arguments.join(", "))
    }
}

fn statement(kind: &StatementKind) -> String {
    match kind {
        StatementKind::Vary {
            axis,
            values,
            condition,
        } => {
            let condition = condition.as_ref().map(|c| format!(" where {}", expr(c)));
            let condition = condition.unwrap_or_default();
            format!("vary {} in {}{condition}", axis.text, expr(values))
        }
        StatementKind::Background(source) => format!("background {}", expr(source)),
        StatementKind::Reference(source) => format!("reference {}", expr(source)),
        StatementKind::Sample { size } => match size {
            SampleSize::Fixed(count) => format!("sample {}", expr(count)),
            SampleSize::PerSource(count) => format!("sample {} per source", expr(count)),
            SampleSize::Until { rule, most } => {
                let rule = match rule {
                    StoppingRule::Decided => "decided".to_string(),
                    StoppingRule::Narrow(width) => format!("width < {}", expr(width)),
                };
                format!("sample until {rule} max {}", expr(most))
            }
        },
        StatementKind::Step(step) => expr(step),
        StatementKind::Arm { name, steps } => {
            format!("arm {} {{ {} }}", name.text, row(steps))
        }
        StatementKind::Factorial { parts, at } => {
            format!("factorial {} at {}", expr(parts), expr(at))
        }
        StatementKind::Measure { outcomes } => {
            let outcomes: Vec<String> = outcomes
                .iter()
                .map(|outcome| match &outcome.name {
                    Some(name) => format!("{} = {}", name.text, expr(&outcome.value)),
                    None => expr(&outcome.value),
                })
                .collect();
            format!("measure {}", outcomes.join(", "))
        }
        StatementKind::Report { summaries } => {
            let words: Vec<String> = summaries
                .iter()
                .map(|summary| {
                    let name = &summary.name.text;
                    match (&summary.over, &summary.beyond) {
                        (Some(axis), _) => format!("{name} over {}", axis.text),
                        (None, Some(beyond)) => format!("{name} beyond {}", expr(beyond)),
                        (None, None) => name.clone(),
                    }
                })
                .collect();
            format!("report {}", words.join(", "))
        }
        StatementKind::Contrast { name, value } => {
            format!("contrast {} = {}", name.text, expr(value))
        }
        StatementKind::Expect(expect) => expect_line(expect),
        StatementKind::Let(binding) => let_line(binding),
    }
}

fn expect_line(expect: &Expect) -> String {
    let part = |word, value: &Option<Expr>| {
        value
            .as_ref()
            .map(|v| format!(" {word} {}", expr(v)))
            .unwrap_or_default()
    };
    let claim = expr(&expect.claim);
    let across = match expect.across_models {
        true => " across models",
        false => "",
    };
    format!(
        "expect {claim}{across}{}{}{}",
        part("beyond", &expect.beyond),
        part("where", &expect.condition),
        part("at", &expect.level)
    )
}

fn row(steps: &[Expr]) -> String {
    let steps: Vec<String> = steps.iter().map(expr).collect();
    steps.join("; ")
}

fn arguments(of: &[Argument]) -> String {
    let arguments = of.iter().map(|argument| match &argument.name {
        Some(name) => format!(" {}: {}", name.text, expr(&argument.value)),
        None => format!(" {}", expr(&argument.value)),
    });
    arguments.collect()
}

fn expr(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Number(n) => n.to_string(),
        ExprKind::Percent(n) => format!("(percent {n})"),
        ExprKind::Length(n) => format!("{n}bp"),
        ExprKind::FractionalLength(n) => format!("{n}bp"),
        ExprKind::Bool(b) => b.to_string(),
        ExprKind::Text(text) => format!("{text:?}"),
        ExprKind::Sequence { alphabet, letters } => format!("{alphabet:?}{letters:?}"),
        ExprKind::Name(name) => name.clone(),
        ExprKind::List(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| match &item.label {
                    Some(label) => format!("{} as {}", expr(&item.value), label.text),
                    None => expr(&item.value),
                })
                .collect();
            format!("[{}]", items.join(", "))
        }
        ExprKind::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}: {}", expr(&entry.key), expr(&entry.value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        ExprKind::Call {
            function,
            arguments: given,
        } => {
            format!("(call {}{})", expr(function), arguments(given))
        }
        ExprKind::Arm(steps) => format!("(arm {})", row(steps)),
        ExprKind::Phrase {
            verb,
            arguments: given,
        } => {
            format!("(phrase {}{})", verb.text, arguments(given))
        }
        ExprKind::Index { base, index } => format!("(index {} {})", expr(base), expr(index)),
        ExprKind::Parts {
            base,
            keeping,
            labels,
        } => {
            let word = if *keeping { "keeping" } else { "without" };
            let labels: Vec<&str> = labels.iter().map(|label| label.text.as_str()).collect();
            format!("({word} {} {})", expr(base), labels.join(" "))
        }
        ExprKind::Field { base, name } => format!("(field {} {})", expr(base), name.text),
        ExprKind::Unary { op, operand } => {
            let sign = match op {
                UnaryOp::Minus => "-",
                UnaryOp::Not => "not",
            };
            format!("({sign} {})", expr(operand))
        }
        ExprKind::Binary { op, left, right } => {
            format!("({} {} {})", op.symbol(), expr(left), expr(right))
        }
        ExprKind::To { from, to, step } => {
            let step = step.as_ref().map(|s| format!(" step {}", expr(s)));
            format!(
                "(to {} {}{})",
                expr(from),
                expr(to),
                step.unwrap_or_default()
            )
        }
        ExprKind::Between { value, low, high } => {
            format!("(between {} {} {})", expr(value), expr(low), expr(high))
        }
        ExprKind::Over { value, axis } => format!("(over {} {})", expr(value), axis.text),
        ExprKind::First { of, count } => format!("(first {} {})", expr(of), expr(count)),
        ExprKind::Region { start, end } => format!("(.. {} {})", expr(start), expr(end)),
        ExprKind::Experiment(body) => {
            let statements: Vec<String> =
                body.statements.iter().map(|s| statement(&s.kind)).collect();
            format!("experiment {{ {} }}", statements.join("; "))
        }
    }
}
