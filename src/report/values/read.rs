//! Reading back the values of a study, one contrast at one grid point at a time.
//!
//! The study says where the rows of each contrast stand, so nothing is searched: rows come by experiment, grid point, outcome, arms and then
//! contrasts, and background; those of tracks stand behind the others of their experiment, and are passed over. At most [`MAX_BUFFERED_ROWS`] rows of the file are in memory beside those that are asked for.

mod csv_groups;
mod parquet_groups;

use std::path::{Path, PathBuf};

use super::{MAX_BUFFERED_ROWS, ValuesFormat};
use csv_groups::CsvGroups;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file;
use gia_study::{Experiment, SeriesValues, Study};
use parquet_groups::ParquetGroups;

/// Why the values of a study are not at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingValues {
    /// The run did not keep them.
    NotKept,
    /// The file is neither beside the study nor where the run wrote it.
    NotFound(PathBuf),
    /// The file is another one than the run wrote.
    Changed(PathBuf),
}

/// The values of a study.
pub struct ValuesReader {
    path: PathBuf,
    groups: Groups,
    /// First row of each group, and last the number of rows.
    starts: Vec<u64>,
    /// The group that was read last.
    known: Option<(usize, SeriesValues)>,
    experiments: Vec<ExperimentRows>,
}

/// The rows of the file in groups that are read whole.
enum Groups {
    Csv(CsvGroups),
    Parquet(ParquetGroups),
}

/// Where the rows of an experiment stand.
struct ExperimentRows {
    name: String,
    /// The first row of each grid point, and last the row after them.
    points: Vec<u64>,
    /// The row after the experiment, and so after the values of its tracks.
    end: u64,
    arms: usize,
    contrasts: usize,
    /// Number of backgrounds at each grid point.
    counts: Vec<usize>,
}

impl ValuesReader {
    /// Opens the values that a study names: the file of that name beside the study or, if there is none, at the path that the run was given.
    ///
    /// # Errors
    /// A file that cannot be read, and [`Code::BadStudy`] for one that does not hold the rows of the study.
    pub fn open(study: &Study, study_path: &Path) -> Outcome<Result<ValuesReader, MissingValues>> {
        let Some(record) = &study.values else {
            return Ok(Err(MissingValues::NotKept));
        };
        let named = Path::new(&record.path);
        let beside = named
            .file_name()
            .map(|name| study_path.with_file_name(name));
        let places = beside.into_iter().chain([named.to_path_buf()]);
        let places: Vec<PathBuf> = places.filter(|path| path.is_file()).collect();
        let mut same = None;
        for path in &places {
            if file::sha256_of(path)? == record.sha256 {
                same = Some(path);
                break;
            }
        }
        let Some(path) = same else {
            return Ok(Err(match places.first() {
                Some(path) => MissingValues::Changed(path.clone()),
                None => MissingValues::NotFound(named.to_path_buf()),
            }));
        };
        let groups = match ValuesFormat::of(path) {
            Some(ValuesFormat::Csv) => Groups::Csv(CsvGroups::open(path)?),
            Some(ValuesFormat::Parquet) => Groups::Parquet(ParquetGroups::open(path)?),
            None => return Ok(Err(MissingValues::Changed(path.clone()))),
        };
        let sizes = match &groups {
            Groups::Csv(groups) => groups.sizes(),
            Groups::Parquet(groups) => groups.sizes(),
        };
        let mut starts = vec![0];
        let mut row = 0u64;
        for size in sizes {
            row = row.checked_add(size).ok_or_else(|| not_of_study(path))?;
            starts.push(row);
        }
        let mut first = 0;
        let mut experiments = Vec::with_capacity(study.experiments.len());
        for experiment in &study.experiments {
            let rows = ExperimentRows::new(experiment, first).ok_or_else(|| not_of_study(path))?;
            first = rows.end;
            experiments.push(rows);
        }
        if first != row {
            return Err(not_of_study(path));
        }
        Ok(Ok(ValuesReader {
            path: path.clone(),
            groups,
            starts,
            known: None,
            experiments,
        }))
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The values of a row of the study, by the name of its experiment and its index among the rows of that.
    ///
    /// # Errors
    /// A file that can no longer be read; [`Code::BadStudy`] if there is no such row.
    pub fn series(&mut self, experiment: &str, row: usize) -> Outcome<SeriesValues> {
        let mut experiments = self.experiments.iter();
        let rows = experiments.find(|rows| rows.name == experiment);
        let (start, count) = rows
            .and_then(|rows| rows.of_contrast(row))
            .ok_or_else(|| not_of_study(&self.path))?;
        let end = start + count as u64;
        let mut found = SeriesValues::default();
        let mut group = self.starts.partition_point(|first| *first <= start) - 1;
        let mut row = start;
        while row < end {
            let (first, last) = match (self.starts.get(group), self.starts.get(group + 1)) {
                (Some(first), Some(last)) => (*first, *last),
                _ => return Err(not_of_study(&self.path)),
            };
            let held = self.group(group)?;
            let part = (row - first) as usize..(end.min(last) - first) as usize;
            found.sources.extend_from_slice(&held.sources[part.clone()]);
            found
                .sequences
                .extend_from_slice(&held.sequences[part.clone()]);
            found.values.extend_from_slice(&held.values[part]);
            row = end.min(last);
            group += 1;
        }
        Ok(found)
    }

    /// The rows of a group.
    fn group(&mut self, number: usize) -> Outcome<&SeriesValues> {
        if self
            .known
            .as_ref()
            .is_none_or(|(known, _)| *known != number)
        {
            self.known = None;
            let read = match &mut self.groups {
                Groups::Csv(groups) => groups.read(number),
                Groups::Parquet(groups) => groups.read(number),
            };
            let read = read.map_err(|why| unreadable(&self.path, &why))?;
            let rows = (self.starts[number + 1] - self.starts[number]) as usize;
            let lengths = [read.sources.len(), read.sequences.len(), read.values.len()];
            if lengths != [rows; 3] {
                return Err(not_of_study(&self.path));
            }
            self.known = Some((number, read));
        }
        match &self.known {
            Some((_, rows)) => Ok(rows),
            None => Err(not_of_study(&self.path)),
        }
    }
}

impl ExperimentRows {
    /// The rows of an experiment, the first of which is given; None if the parts of the experiment do not fit together.
    fn new(experiment: &Experiment, first: u64) -> Option<ExperimentRows> {
        let all = &experiment.arms;
        let Some(one) = all.first() else {
            // It measures tracks alone.
            return experiment.rows.is_empty().then_some(ExperimentRows {
                name: experiment.name.clone(),
                points: vec![first],
                end: first.checked_add(rows_of_tracks(experiment)?)?,
                arms: 0,
                contrasts: 0,
                counts: Vec::new(),
            });
        };
        let point = &one.at;
        let of_point = all.iter().take_while(|arm| arm.at == *point).count();
        let arm = &one.arm;
        let outcomes = all[..of_point]
            .iter()
            .take_while(|one| one.arm == *arm)
            .count();
        let (arms, points) = (of_point / outcomes, all.len() / of_point);
        let contrasts = experiment.rows.len() / (outcomes * points);
        let fits = arms * outcomes * points == all.len()
            && contrasts * outcomes * points == experiment.rows.len();
        if !fits {
            return None;
        }
        let counts: Vec<usize> = all.iter().step_by(of_point).map(|arm| arm.n).collect();
        let mut row = first;
        let mut starts = vec![first];
        for count in &counts {
            let rows = count.checked_mul(outcomes * (arms + contrasts))?;
            row = row.checked_add(rows as u64)?;
            starts.push(row);
        }
        Some(ExperimentRows {
            name: experiment.name.clone(),
            points: starts,
            end: row.checked_add(rows_of_tracks(experiment)?)?,
            arms,
            contrasts,
            counts,
        })
    }

    /// The first row and the number of rows of a contrast, by its index among the rows of the study.
    fn of_contrast(&self, row: usize) -> Option<(u64, usize)> {
        let points = self.counts.len();
        let (series, point) = (row.checked_div(points)?, row.checked_rem(points)?);
        let outcome = series.checked_div(self.contrasts)?;
        let contrast = series % self.contrasts;
        let count = self.counts[point];
        let before = outcome * (self.arms + self.contrasts) + self.arms + contrast;
        let start = self.points[point] + (before * count) as u64;
        (start + count as u64 <= self.points[point + 1]).then_some((start, count))
    }
}

/// Number of rows of the tracks of an experiment; None if there are too many for a file.
fn rows_of_tracks(experiment: &Experiment) -> Option<u64> {
    experiment.tracks.iter().try_fold(0u64, |rows, track| {
        let curves = track.arms.len() + track.contrasts.len();
        let values = track.places.len().checked_mul(curves)?;
        rows.checked_add(values.checked_mul(track.n)? as u64)
    })
}

fn not_of_study(path: &Path) -> Box<Diagnostic> {
    let message = format!("`{}` does not hold the values of its study", path.display());
    Box::new(Diagnostic::error(Code::BadStudy, message))
}

fn unreadable(path: &Path, why: &str) -> Box<Diagnostic> {
    let message = format!("cannot read the values in `{}`: {why}", path.display());
    Box::new(Diagnostic::error(Code::BadStudy, message))
}
