//! The power of the claims of a script, from a pilot.

use super::layout::Page;
use super::number::{count, four_digits, percent};
use gia_base::diag::{Style, pluralize};
use gia_study::{ClaimPower, PowerEstimate, PowerStudy};

/// Indentation of what is said of a claim.
const INDENT: &str = "    ";

/// For each claim what the pilot found, how many backgrounds it needs, and what the planned number can show.
pub fn page(study: &PowerStudy, style: Style) -> String {
    let mut page = Page::new(style);
    page.paragraph(&format!(
        "pilot: {} backgrounds at each grid point, or all of a smaller file, under seed {}, so that draws from a null model are not those of the run",
        count(study.pilot),
        study.seed
    ));
    for claim in &study.claims {
        page.gap();
        claim_lines(&mut page, claim, study.target);
    }
    if study.claims.iter().any(|claim| claim.power.is_ok()) {
        page.gap();
        page.paragraph(
            "The effect of the pilot is uncertain, and so is each number needed: its interval matters more than the number itself. \
             Intervals allow for the skewness that the pilot shows; where a few backgrounds decide the mean, it shows little of it, and more are needed.",
        );
    }
    if study.claims.is_empty() {
        page.paragraph("the script makes no claim");
    }
    page.into_text()
}

fn claim_lines(page: &mut Page, claim: &ClaimPower, target: f64) {
    let name = gia_study::case_name(&claim.experiment, &claim.claim);
    for line in page.wrapped(&name, "  ", INDENT) {
        let line = page.style.bold(&line);
        page.line(&line);
    }
    let sentences = match &claim.power {
        Err(reason) => vec![format!("power: {reason}")],
        Ok(power) => [
            vec![pilot(power)],
            sources(power),
            vec![needed(power, target), planned(power, target)],
        ]
        .concat(),
    };
    for sentence in sentences {
        for line in page.wrapped(&sentence, INDENT, "      ") {
            page.line(&line);
        }
    }
}

/// What independent observations are called.
fn unit(power: &PowerEstimate) -> &'static str {
    match power.sources {
        Some(_) => "source",
        None => "background",
    }
}

fn pilot(power: &PowerEstimate) -> String {
    let at = match (power.hardest.is_empty(), power.means) {
        (true, _) => String::new(),
        (false, 1) => format!(" at {}", power.hardest),
        (false, means) => format!(
            ", at {}, the hardest of {}",
            power.hardest,
            pluralize(means, "mean")
        ),
    };
    let between = match power.sources {
        Some(_) => " between sources",
        None => "",
    };
    format!(
        "pilot: mean {} against {}, sd {}{between}{at}",
        four_digits(power.mean),
        four_digits(power.threshold),
        four_digits(power.sd)
    )
}

fn sources(power: &PowerEstimate) -> Vec<String> {
    let Some(sources) = power.sources else {
        return Vec::new();
    };
    let each = four_digits(sources.backgrounds_per_source);
    let found = match sources.components {
        Some((between, within)) => format!(
            "sd {} between and {} within sources, design effect {}",
            four_digits(between),
            four_digits(within),
            four_digits(sources.design_effect)
        ),
        None => "one background of each in the pilot, so all variation counts as between sources"
            .to_string(),
    };
    vec![format!(
        "sources: {} in the pilot, {found}; the script has {each} backgrounds of each",
        count(sources.pilot)
    )]
}

fn needed(power: &PowerEstimate, target: f64) -> String {
    let (unit, target) = (unit(power), percent(target));
    let end = |n: Option<u64>| n.map_or_else(|| "no number".to_string(), count);
    let (low, high) = power.needed_interval;
    let interval = match (low, high) {
        (None, None) => format!("{} interval: no number", percent(power.level)),
        (low, high) => format!(
            "{} interval: {} to {}",
            percent(power.level),
            end(low),
            end(high)
        ),
    };
    match power.needed {
        Some(n) => format!(
            "needed: {} {unit}{} for {target} power if the effect is that of the pilot ({interval})",
            count(n),
            if n == 1 { "" } else { "s" }
        ),
        None => format!(
            "needed: no number of {unit}s supports the claim if the effect is that of the pilot ({interval})"
        ),
    }
}

fn planned(power: &PowerEstimate, target: f64) -> String {
    let (low, high) = power.detectable_interval;
    let side = match power.is_greater {
        true => "above",
        false => "below",
    };
    let most = match power.is_sequential {
        true => "at most ",
        false => "",
    };
    let sequential = match power.is_sequential {
        true => {
            "; `sample until` needs more for the same power, since its intervals hold at every look"
        }
        false => "",
    };
    format!(
        "planned: {most}{}, which have {} power for the effect of the pilot, and {} for a mean that is at least {} {side} its threshold ({} interval: {} to {}){sequential}",
        pluralize(power.planned, unit(power)),
        percent((power.planned_power * 1000.0).round() / 1000.0),
        percent(target),
        four_digits(power.detectable),
        percent(power.level),
        four_digits(low),
        four_digits(high)
    )
}
