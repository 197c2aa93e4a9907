//! The very sequences that a plan scores, as FASTA files: one for each arm at each grid point.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use crate::diag::{Code, Diagnostic, Outcome};
use crate::domain::{Edit, Sampler, write_record};
use crate::plan::{Experiment, Plan, Point};

/// Longest name of a file or folder, in letters; file systems take 255 bytes.
const LONGEST: usize = 60;

/// Writes `FOLDER/EXPERIMENT/GRID POINT/ARM.fa`, without the middle for an experiment without axes. Each file is
/// whole or not there.
pub fn write_sequences(plan: &Plan, folder: &Path) -> Outcome<()> {
    // Drawing from a finite set shuffles it first; once is enough.
    let samplers: Vec<Sampler> = plan
        .populations
        .iter()
        .map(|planned| planned.population.sampler(plan.settings.seed))
        .collect();
    let mut experiments = Names::default();
    for experiment in &plan.experiments {
        let of_experiment = folder.join(experiments.unique(&experiment.name));
        let mut points = Names::default();
        for point in &experiment.points {
            let mut place = of_experiment.clone();
            if !experiment.axes.is_empty() {
                place.push(points.unique(&point_name(experiment, point)));
            }
            let mut arms = Names::default();
            let sampler = &samplers[point.population];
            std::fs::create_dir_all(&place).map_err(|error| cannot_write(&place, &error))?;
            for (arm, &variant) in experiment.arms.iter().zip(&point.arms) {
                let path = place.join(format!("{}.fa", arms.unique(arm)));
                let edits = &plan.populations[point.population].variants[variant];
                write_arm(plan, point, edits, sampler, &path)
                    .map_err(|error| cannot_write(&path, &error))?;
            }
        }
    }
    Ok(())
}

fn write_arm(
    plan: &Plan,
    point: &Point,
    edits: &[Edit],
    sampler: &Sampler,
    path: &Path,
) -> std::io::Result<()> {
    let alphabet = plan.populations[point.population].population.alphabet();
    let place = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any other file that a program makes; the user's umask takes from it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut out = std::io::BufWriter::new(builder.prefix(".gia-").tempfile_in(place)?);
    let mut bases = vec![0; sampler.length()];
    for index in 0..point.count {
        sampler.fill(index, &mut bases);
        for edit in edits {
            edit.apply(
                plan.settings.seed,
                sampler.identity(),
                index as u64,
                &mut bases,
            );
        }
        write_record(&sampler.name(index), &bases, alphabet, &mut out)?;
    }
    out.flush()?;
    let file = out
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A grid point as the name of a folder: `gap=12bp,n=2`.
fn point_name(experiment: &Experiment, point: &Point) -> String {
    let parts = experiment.axes.iter().zip(&point.at);
    let named = parts.map(|(axis, &i)| {
        format!(
            "{}={}",
            axis.name,
            axis.values[i].to_string().replace(' ', "")
        )
    });
    named.collect::<Vec<_>>().join(",")
}

/// Names given out so far in one folder.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    /// A file name that no other has, also where capitals are not told apart.
    fn unique(&mut self, wanted: &str) -> String {
        let safe = file_name(wanted);
        let mut name = safe.clone();
        for number in 2.. {
            if self.0.insert(name.to_lowercase()) {
                break;
            }
            name = format!("{safe}~{number}");
        }
        name
    }
}

/// A name with nothing in it that a file system takes for something else, and not too long for one.
fn file_name(name: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || "._-=+,()".contains(c);
    let letters = name.chars().map(|c| if safe(c) { c } else { '_' });
    let name: String = letters.take(LONGEST).collect();
    if name.is_empty() || name.starts_with('.') {
        format!("_{name}")
    } else {
        name
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        Code::Write,
        format!("`{}` cannot be written: {error}", path.display()),
    ))
}
