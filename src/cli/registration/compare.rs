//! Comparison of a script with its registration.

use super::Registered;
use gia_base::diag::pluralize;
use gia_study::RegistrationChangeKind as Kind;
use gia_study::case_name;
use gia_study::{
    RegisteredClaim, RegisteredExperiment, Registration, RegistrationChange, RegistrationCheck,
};

/// Number of digits shown of a hash.
const SHOWN_HASH_DIGITS: usize = 12;

/// Compares a script, as it is about to run, with its registration.
pub fn compare(registered: &Registered, now: &Registration) -> RegistrationCheck {
    let then = &registered.registration;
    let mut changes = Changes(Vec::new());
    changes.settings(then, now);
    changes.experiments(&then.experiments, &now.experiments);
    changes.claims("", &then.claims, &now.claims);
    changes.inputs(then, now);
    let changes = changes.0;
    RegistrationCheck {
        path: registered.path.display().to_string(),
        sha256: registered.sha256.clone(),
        registered: then.registered.clone(),
        commit: registered.commit.clone(),
        unchanged: changes.is_empty(),
        notes: notes(then, now, changes.is_empty()),
        changes,
    }
}

/// Differences that are no change of a claim or of an input.
fn notes(then: &Registration, now: &Registration, unchanged: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let texts = |of: &Registration| {
        let all = std::iter::once(&of.script).chain(&of.modules);
        all.map(|file| file.sha256.clone()).collect::<Vec<_>>()
    };
    if texts(then) != texts(now) {
        let (before, after) = (prefix(&then.script.sha256), prefix(&now.script.sha256));
        let scripts = match before == after {
            true => "the text of a module is not that registered".to_string(),
            false => format!("the text of the script is {after}, not {before}"),
        };
        notes.push(match unchanged {
            true => format!("{scripts}; its claims, designs and settings are the same"),
            false => scripts,
        });
    }
    if then.gia != now.gia {
        let (before, after) = (&then.gia, &now.gia);
        notes.push(format!(
            "registered with gia {before}, run with gia {after}: other versions can hash an equal design differently"
        ));
    }
    notes
}

struct Changes(Vec<RegistrationChange>);

impl Changes {
    fn add(&mut self, change: Kind, message: String) {
        self.0.push(RegistrationChange { change, message });
    }

    fn settings(&mut self, then: &Registration, now: &Registration) {
        let (then, now) = (&then.settings, &now.settings);
        let settings = [
            ("seed", then.seed.to_string(), now.seed.to_string()),
            ("level", then.level.to_string(), now.level.to_string()),
            ("fdr", then.fdr.to_string(), now.fdr.to_string()),
            (
                "correction",
                then.correction.clone(),
                now.correction.clone(),
            ),
            ("interval", then.interval.clone(), now.interval.clone()),
            ("family", then.family.clone(), now.family.clone()),
            ("streams", then.streams.clone(), now.streams.clone()),
        ];
        for (name, before, after) in settings {
            if before != after {
                let message = format!("`set {name}` is {after}, and was registered as {before}");
                self.add(Kind::SettingChanged, message);
            }
        }
    }

    fn experiments(&mut self, then: &[RegisteredExperiment], now: &[RegisteredExperiment]) {
        for before in then {
            let name = &before.name;
            match now.iter().find(|after| after.name == *name) {
                Some(after) => self.experiment(before, after),
                None => {
                    let message = format!("experiment `{name}` was registered, and is gone");
                    self.add(Kind::ExperimentRemoved, message);
                }
            }
        }
        for after in now {
            if !then.iter().any(|before| before.name == after.name) {
                let message = format!("experiment `{}` was not registered", after.name);
                self.add(Kind::ExperimentAdded, message);
            }
        }
    }

    fn experiment(&mut self, then: &RegisteredExperiment, now: &RegisteredExperiment) {
        let parts = [
            ("axes", &then.grid, &now.grid),
            (
                "backgrounds or their number",
                &then.backgrounds,
                &now.backgrounds,
            ),
            ("arms", &then.arms, &now.arms),
            ("outcomes", &then.outcomes, &now.outcomes),
        ];
        let changed = parts.iter().filter(|(_, before, after)| before != after);
        let changed: Vec<&str> = changed.map(|(part, ..)| *part).collect();
        if !changed.is_empty() {
            let message = format!(
                "experiment `{}` has other {} than registered",
                now.name,
                changed.join(", other ")
            );
            self.add(Kind::DesignChanged, message);
        }
        self.claims(&now.name, &then.claims, &now.claims);
    }

    /// Equal claims are matched first, then those about the same thing, in order.
    fn claims(&mut self, experiment: &str, then: &[RegisteredClaim], now: &[RegisteredClaim]) {
        let mut added: Vec<&RegisteredClaim> = now.iter().collect();
        let mut gone: Vec<&RegisteredClaim> = Vec::new();
        for before in then {
            match added.iter().position(|after| after.sha256 == before.sha256) {
                Some(same) => drop(added.remove(same)),
                None => gone.push(before),
            }
        }
        for before in gone {
            match added.iter().position(|after| after.about == before.about) {
                Some(same) => {
                    let after = added.remove(same);
                    self.add(Kind::ClaimChanged, changed_claim(experiment, before, after));
                }
                None => {
                    let message = format!(
                        "`{}` was registered, and is gone",
                        case_name(experiment, &before.claim)
                    );
                    self.add(Kind::ClaimRemoved, message);
                }
            }
        }
        for after in added {
            let message = format!(
                "`{}` was not registered",
                case_name(experiment, &after.claim)
            );
            self.add(Kind::ClaimAdded, message);
        }
    }

    /// Models and data files.
    fn inputs(&mut self, then: &Registration, now: &Registration) {
        let models = |of: &Registration| {
            let models = of.models.iter();
            models
                .map(|model| (model.name.clone(), model.sha256.clone()))
                .collect::<Vec<_>>()
        };
        self.files(Kind::ModelChanged, "model", &models(then), &models(now));
        let data = |of: &Registration| {
            let data = of.data.iter();
            data.map(|file| (file.path.clone(), file.sha256.clone()))
                .collect::<Vec<_>>()
        };
        self.files(Kind::DataChanged, "data file", &data(then), &data(now));
    }

    /// Names with hashes; a file under another name is the same file.
    fn files(
        &mut self,
        kind: Kind,
        what: &str,
        then: &[(String, String)],
        now: &[(String, String)],
    ) {
        let same = |a: &(String, String), b: &(String, String)| a.1 == b.1;
        let gone: Vec<_> = then
            .iter()
            .filter(|a| !now.iter().any(|b| same(a, b)))
            .collect();
        let mut added: Vec<_> = now
            .iter()
            .filter(|b| !then.iter().any(|a| same(a, b)))
            .collect();
        for (name, before) in gone {
            let message = match added.iter().position(|(other, _)| other == name) {
                Some(found) => {
                    let (_, after) = added.remove(found);
                    format!(
                        "{what} `{name}` is {}, and was registered as {}",
                        prefix(after),
                        prefix(before)
                    )
                }
                None => format!("{what} `{name}` was registered, and is not used"),
            };
            self.add(kind, message);
        }
        for (name, hash) in added {
            self.add(
                kind,
                format!("{what} `{name}`, {}, was not registered", prefix(hash)),
            );
        }
    }
}

fn changed_claim(experiment: &str, then: &RegisteredClaim, now: &RegisteredClaim) -> String {
    let claim = &now.claim;
    let mut parts = Vec::new();
    if then.claim != now.claim {
        parts.push(format!("as `{}`", then.claim));
    } else {
        if then.thresholds != now.thresholds {
            let (before, after) = (numbers(&then.thresholds), numbers(&now.thresholds));
            parts.push(format!("with threshold {before}, now {after}"));
        }
        if then.points != now.points {
            let before = pluralize(then.points, "grid point");
            parts.push(format!("for {before}, now {}", now.points));
        }
    }
    if then.level != now.level {
        parts.push(format!("at level {}, now {}", then.level, now.level));
    }
    if parts.is_empty() {
        parts.push("with another meaning of the same words".to_string());
    }
    format!(
        "`{}` was registered {}",
        case_name(experiment, claim),
        parts.join(", ")
    )
}

fn numbers(numbers: &[f64]) -> String {
    let texts: Vec<String> = match numbers {
        [first, _, .., last] => vec![format!("{first} to {last}")],
        few => few.iter().map(f64::to_string).collect(),
    };
    texts.join(" and ")
}

fn prefix(hash: &str) -> String {
    hash.chars().take(SHOWN_HASH_DIGITS).collect()
}
