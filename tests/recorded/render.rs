//! Diagnostics in every form: `tests/render`.

use gia::diag::{Format, Style, render};

use crate::support::diagnostics::every_form;
use crate::{Group, golden, trial};

pub fn group() -> Group {
    let ascii = Style {
        unicode: false,
        ..Style::PLAIN
    };
    let colour = Style {
        colour: true,
        ..Style::PLAIN
    };
    let forms = [
        ("human", Format::Human, Style::PLAIN),
        ("ascii", Format::Human, ascii.with_width(50)),
        ("colour", Format::Human, colour),
        ("short", Format::Short, Style::PLAIN),
        ("json", Format::Json, Style::PLAIN),
    ];
    let trials = forms.map(|(name, format, style)| {
        trial(format!("render/{name}"), move || {
            let (sources, diagnostics) = every_form();
            let text = render(&diagnostics, &sources, format, style);
            golden::check(&format!("tests/render/{name}.txt"), &text);
        })
    });
    Group {
        name: "render",
        min_trials: 5,
        trials: trials.into(),
    }
}
