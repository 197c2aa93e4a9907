//! The predicted sequences of a plan as FASTA files: one file for each arm at each grid point.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::progress::{Progress, check_cancelled};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{self, AtomicFile};
use gia_domain::{Editor, write_record};
use gia_plan::{Experiment, Plan, Point};

/// Maximum number of characters of a name in a file name; most file systems allow 255 bytes.
const MAX_NAME_CHARS: usize = 100;

/// Number of sequences written between two checks for cancellation.
const CANCEL_CHECK_INTERVAL_SEQUENCES: usize = 1000;

/// Writes `FOLDER/EXPERIMENT/GRID POINT/ARM.fa`, without the grid point for an experiment without axes. Each file is
/// complete or absent.
///
/// # Errors
/// If a file cannot be written, and [`Code::Interrupted`] if the run is cancelled.
pub fn write_sequences(plan: &Plan, folder: &Path, progress: &dyn Progress) -> Outcome<()> {
    each_file(plan, folder, &mut |point, variant, place, path| {
        make_folder(place)?;
        write_arm(plan, point, variant, (place, path), progress)
    })
}

/// The files that [`write_sequences`] writes.
pub fn sequence_paths(plan: &Plan, folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    // The callback never fails.
    let _ = each_file(plan, folder, &mut |_, _, _, path| {
        paths.push(path.to_path_buf());
        Ok(())
    });
    paths
}

/// Callback for each file: its grid point, its variant, its folder and its path.
type FileVisitor<'l> = &'l mut dyn FnMut(&Point, usize, &Path, &Path) -> Outcome<()>;

fn each_file(plan: &Plan, folder: &Path, visit: FileVisitor) -> Outcome<()> {
    let mut experiments = FileNames::default();
    for experiment in &plan.experiments {
        let folder = folder.join(experiments.take(&experiment.design.name));
        let mut points = FileNames::default();
        for point in &experiment.points {
            let mut place = folder.clone();
            if !experiment.design.axes.is_empty() {
                place.push(points.take(&point_name(experiment, point)));
            }
            let mut arms = FileNames::default();
            for (arm, &variant) in experiment.design.arms.iter().zip(&point.arms) {
                let path = place.join(format!("{}.fa", arms.take(arm)));
                visit(point, variant, &place, &path)?;
            }
        }
    }
    Ok(())
}

/// Creates a folder and its parents, if they are missing.
pub fn make_folder(folder: &Path) -> Outcome<()> {
    file::make_folder(folder).map_err(|error| cannot_write(folder, &error))
}

fn write_arm(
    plan: &Plan,
    point: &Point,
    variant: usize,
    (place, path): (&Path, &Path),
    progress: &dyn Progress,
) -> Outcome<()> {
    let failed = |error| cannot_write(path, &error);
    let planned = &plan.populations[point.population];
    let sampler = planned.population.sampler(plan.settings.seed);
    let alphabet = planned.population.alphabet();
    let mut written = AtomicFile::in_folder(place).map_err(failed)?;
    let mut out = std::io::BufWriter::new(written.file());
    let edits = planned.variants[variant].iter();
    let editors: Vec<Editor> = edits
        .map(|edit| edit.prepare_over(plan.settings.seed, &sampler))
        .collect();
    let mut bases = vec![0; sampler.length()];
    for index in 0..point.count {
        if index % CANCEL_CHECK_INTERVAL_SEQUENCES == 0 {
            check_cancelled(progress)?;
        }
        sampler.fill(index, &mut bases);
        for editor in &editors {
            editor.apply(index as u64, &mut bases)?;
        }
        write_record(&sampler.name(index), &bases, alphabet, &mut out).map_err(failed)?;
    }
    out.flush().map_err(failed)?;
    drop(out);
    written.persist(path).map_err(failed)
}

/// A grid point as the name of a folder: `gap=12bp,n=2`.
fn point_name(experiment: &Experiment, point: &Point) -> String {
    let parts = experiment.design.axes.iter().zip(&*point.at);
    let named = parts.map(|(axis, &i)| {
        format!(
            "{}={}",
            axis.name,
            axis.values[i].to_string().replace(' ', "")
        )
    });
    named.collect::<Vec<_>>().join(",")
}

/// Assigns unique file names in a folder: two names may differ only in characters that file names cannot have.
#[derive(Default)]
struct FileNames {
    taken: HashSet<String>,
}

impl FileNames {
    fn take(&mut self, name: &str) -> String {
        let safe = file_name(name);
        let mut free = safe.clone();
        let mut number = 1;
        // Some file systems ignore case.
        while !self.taken.insert(free.to_lowercase()) {
            number += 1;
            free = format!("{safe}_{number}");
        }
        free
    }
}

/// A name in which all characters that are unsafe in file names are replaced by `_`.
fn file_name(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-=+,()".contains(c);
    let name: String = name
        .chars()
        .take(MAX_NAME_CHARS)
        .map(|c| if safe(c) { c } else { '_' })
        .collect();
    // Avoid hidden files, `.` and `..`.
    if name.is_empty() || name.starts_with('.') {
        format!("_{name}")
    } else {
        name
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        Code::WriteFailed,
        format!("`{}` cannot be written: {error}", path.display()),
    ))
}
