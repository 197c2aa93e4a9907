//! The methods section of a study: what was compared, what n counts, and how intervals, tests and verdicts were made. Every sentence is
//! about something that the study did, and names the source of the method.

mod experiment;
mod sources;

use crate::display::{self, comma_separated};
use crate::number::{count, probability};
use gia_base::diag::replace_control;
use gia_study::{
    Claim, FamilyScope, Provenance, RegistrationCheck, Study, Verdict, attribution_lines, case_name,
};
use sources::{Source, Sources};

/// Number of hexadecimal digits shown of a hash.
const SHOWN_HASH_DIGITS: usize = 16;

/// The p of a claim below which no difference is made.
const SMALLEST_CLAIM_P: f64 = 1e-12;

/// The methods of a study as Markdown.
pub fn text(study: &Study) -> String {
    let mut sources = Sources::default();
    let mut paragraphs = vec![
        format!("# Methods of `{}`", study.provenance.script.path),
        provenance(&study.provenance),
    ];
    for found in &study.experiments {
        paragraphs.push(format!("## {}", found.name));
        paragraphs.extend(experiment::paragraphs(found, &mut sources));
    }
    paragraphs.extend(claims(study, &mut sources));
    paragraphs.extend(study.registration.as_ref().map(registration));
    if let Some(interrupted) = &study.interrupted {
        let text = display::interruption_text(interrupted);
        paragraphs.push(format!("**Incomplete:** {text}."));
    }
    paragraphs.push(
        "Intervals and tests are about backgrounds like these and, unless models are named as a sample, about these networks alone. They \
         say nothing of whether the networks are right."
            .to_string(),
    );
    let used = sources.list();
    if !used.is_empty() {
        paragraphs.push("## References".to_string());
        paragraphs.push(used);
    }
    let text = paragraphs.join("\n\n");
    let lines: Vec<String> = text.lines().map(replace_control).collect();
    lines.join("\n") + "\n"
}

/// Programs, models, data and seed.
fn provenance(of: &Provenance) -> String {
    let short = |hash: &str| hash.chars().take(SHOWN_HASH_DIGITS).collect::<String>();
    let libtorch = match &of.versions.libtorch {
        Some(version) => format!(" with libtorch {version}"),
        None => String::new(),
    };
    let mut text = format!(
        "Experiments were run with gia {}{libtorch} on {}, seed {}, from a script with SHA-256 {}",
        of.versions.gia,
        of.device,
        of.seed,
        short(&of.script.sha256)
    );
    if let Some(commit) = &of.script.commit {
        text += &format!(" (commit {commit})");
    }
    text += ".";
    let models = of.models.iter();
    let models: Vec<String> = models
        .map(|model| {
            let ran = model.python.as_ref();
            let ran = ran.map_or(String::new(), |python| format!(", {python}"));
            format!(
                "`{}` ({}{ran}, SHA-256 {})",
                model.name,
                model.path,
                short(&model.sha256)
            )
        })
        .collect();
    if !models.is_empty() {
        text += &format!(" Models: {}.", comma_separated(&models));
    }
    let attributions = attribution_lines(&of.attributions).into_iter();
    let attributions: Vec<String> = attributions.map(|one| format!(" {one}.")).collect();
    text += &attributions.concat();
    let data = of.data.iter();
    let data: Vec<String> = data
        .map(|file| format!("{} (SHA-256 {})", file.path, short(&file.sha256)))
        .collect();
    if !data.is_empty() {
        text += &format!(" Data: {}.", comma_separated(&data));
    }
    if !of.command.is_empty() {
        text += &format!(" `{}` repeats the run.", of.command);
    }
    text
}

/// What was stated before the run.
fn registration(of: &RegistrationCheck) -> String {
    let committed = match &of.commit {
        Some(commit) => format!(", committed as {} on {}", commit.hash, commit.date),
        None => String::new(),
    };
    let changes: Vec<String> = of.changes.iter().map(|c| c.message.clone()).collect();
    let since = match of.unchanged {
        true => "Claims, designs, settings, models and data were those registered.".to_string(),
        false => format!("Since then: {}.", changes.join("; ")),
    };
    format!(
        "Claims were registered before the run, on {} ({}{committed}). {since}",
        of.registered, of.path
    )
}

/// What makes a claim supported or refuted, for the kinds of claims that there are.
fn rules_of_verdicts(claims: &[&Claim]) -> String {
    let several = claims.iter().any(|claim| claim.points > 1);
    let (all, some) = match several {
        true => (" at every grid point", " at some grid point"),
        false => ("", ""),
    };
    let mut text = String::new();
    let (with, without): (Vec<&Claim>, Vec<&Claim>) = claims
        .iter()
        .partition(|claim| display::has_interval(claim));
    if !with.is_empty() {
        text += &format!(
            " A claim is supported if its interval lies wholly on the claimed side{all}, refuted if it lies wholly on the other side{some}, \
             and otherwise undecided. A claim about a mean is undecided if all but fewer than five sources agree.",
        );
    }
    let (certain, ranked): (Vec<&Claim>, Vec<&Claim>) = without
        .iter()
        .partition(|claim| claim.p.is_none() && claim.verdict != Verdict::Undecided);
    if !ranked.is_empty() {
        text += &format!(
            " A claim by rank is supported if the exact p of the rank on the claimed side is at most half of 1 - level{all}, refuted if that \
             on the other side is{some}, and otherwise undecided.",
        );
    }
    if !certain.is_empty() {
        text += " A claim about the number of one sequence compares that number as it is, which says nothing of other sequences.";
    }
    text
}

/// How claims were judged; nothing without claims.
fn claims(study: &Study, sources: &mut Sources) -> Vec<String> {
    let claims: Vec<&Claim> = study.all_claims().map(|(_, claim)| claim).collect();
    if claims.is_empty() {
        return Vec::new();
    }
    for claim in &claims {
        sources.note_methods(&claim.method);
    }
    let mut text = match claims.len() {
        1 => "One claim was stated in the script.".to_string(),
        n => format!("{} claims were stated in the script.", count(n)),
    };
    text += &rules_of_verdicts(&claims);
    text += &format!(
        " {}",
        display::methods_of_claims(study.all_claims().map(|(_, claim)| claim))
    );
    match study.family.as_ref().map(|family| (family.scope, family)) {
        None => {}
        Some((FamilyScope::Claim, family)) => {
            text += &format!(
                " Each claim was judged at its own level; of {} that are all false, chance would support at most {}.",
                count(family.claims),
                display::expected_count(family.expected_false_supports)
            );
        }
        Some((FamilyScope::Script | FamilyScope::Suite, family)) => {
            sources.add(Source::Holm);
            let of = match family.scope {
                FamilyScope::Suite => "suite",
                FamilyScope::Script | FamilyScope::Claim => "script",
            };
            text += &format!(
                " The {} claims of the {of} were judged as one family: a verdict stands only if Holm's adjusted p is at most 1 - level.",
                count(family.claims)
            );
        }
    }
    let verdicts = study.all_claims().map(|(experiment, claim)| {
        // Smaller ones are not told apart.
        let words = |p: f64| match p <= SMALLEST_CLAIM_P {
            true => format!("< {SMALLEST_CLAIM_P:e}"),
            false => format!("= {}", probability(p)),
        };
        let p = match (claim.family_p, claim.p) {
            (Some(p), _) => format!(", adjusted p {}", words(p)),
            (None, Some(p)) => format!(", p {}", words(p)),
            (None, None) => String::new(),
        };
        format!(
            "- `{}`: {}{p}; {}",
            case_name(experiment.unwrap_or_default(), &claim.claim),
            display::verdict_word(claim.verdict),
            claim.reason
        )
    });
    vec![
        "## Claims".to_string(),
        text,
        verdicts.collect::<Vec<_>>().join("\n"),
    ]
}
