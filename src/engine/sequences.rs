//! The very sequences that a plan scores, as FASTA files: one for each arm at each grid point.

use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::diag::{Code, Diagnostic, Outcome};
use crate::domain::write_record;
use crate::plan::{Experiment, Plan, Point};

/// Writes `FOLDER/EXPERIMENT/GRID POINT/ARM.fa`, without the middle for an experiment without axes. Each file is
/// whole or not there.
pub fn write_sequences(plan: &Plan, folder: &Path) -> Outcome<()> {
    for experiment in &plan.experiments {
        for point in &experiment.points {
            let mut place = folder.join(file_name(&experiment.name));
            if !experiment.axes.is_empty() {
                place.push(file_name(&point_name(experiment, point)));
            }
            std::fs::create_dir_all(&place).map_err(|error| cannot_write(&place, &error))?;
            for (arm, &variant) in experiment.arms.iter().zip(&point.arms) {
                let path = place.join(format!("{}.fa", file_name(arm)));
                write_arm(plan, point, variant, &place, &path)
                    .map_err(|error| cannot_write(&path, &error))?;
            }
        }
    }
    Ok(())
}

fn write_arm(
    plan: &Plan,
    point: &Point,
    variant: usize,
    place: &Path,
    path: &Path,
) -> std::io::Result<()> {
    let planned = &plan.populations[point.population];
    let sampler = planned.population.sampler(plan.settings.seed);
    let alphabet = planned.population.alphabet();
    let mut out = std::io::BufWriter::new(NamedTempFile::new_in(place)?);
    let mut bases = vec![0; sampler.length()];
    for index in 0..point.count {
        sampler.fill(index, &mut bases);
        for edit in &planned.variants[variant] {
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

/// A name with nothing in it that a file system takes for something else.
fn file_name(name: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || "._-=+,()".contains(c);
    let name: String = name
        .chars()
        .map(|c| if safe(c) { c } else { '_' })
        .collect();
    if name.trim_matches('.').is_empty() {
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
