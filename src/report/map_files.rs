//! Files of the attribution maps of a study for other programs: arrays, tables, regions, and values along a genome.

mod along_genome;
mod arrays;
mod table;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use gia_base::diag::{Diagnostic, Outcome};
use gia_study::{AttributionMap, MapOrigin, MappedSequence, Study};

use crate::figure::file_name;
use crate::tidy::about;
use crate::{OutputFile, to_csv, to_parquet};

/// A file of a map.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// All arrays, for NumPy.
    Arrays,
    /// The sequences alone, as TF-MoDISco reads them.
    OneHot,
    /// The hypothetical contributions alone, as TF-MoDISco reads them; not of occlusion, which has none.
    Hypothetical,
    Csv,
    Parquet,
    /// Regions of significant positions; only of maps with p.
    Bed,
    /// Contributions along a genome; only of windows of one.
    BedGraph,
}

impl Kind {
    const ALL: [Kind; 7] = [
        Kind::Arrays,
        Kind::OneHot,
        Kind::Hypothetical,
        Kind::Csv,
        Kind::Parquet,
        Kind::Bed,
        Kind::BedGraph,
    ];

    fn suffix(self) -> &'static str {
        match self {
            Kind::Arrays => "npz",
            Kind::OneHot => "ohe.npz",
            Kind::Hypothetical => "attr.npz",
            Kind::Csv => "csv",
            Kind::Parquet => "parquet",
            Kind::Bed => "bed",
            Kind::BedGraph => "bedgraph",
        }
    }

    /// The content of the file; none if the map has nothing for it.
    fn content(self, map: &AttributionMap, study: &Study, path: &Path) -> Outcome<Option<Vec<u8>>> {
        let table = || table::of_map(map, about(study));
        match self {
            Kind::Arrays => arrays::all(map, path).map(Some),
            Kind::OneHot => arrays::one_hot(map, path).map(Some),
            Kind::Hypothetical => arrays::hypothetical(map, path),
            Kind::Csv => to_csv(&table()).map(Some),
            Kind::Parquet => to_parquet(&table()).map(Some),
            Kind::Bed => Ok(along_genome::bed(map).map(String::into_bytes)),
            Kind::BedGraph => Ok(along_genome::bedgraph(map).map(String::into_bytes)),
        }
    }
}

/// Open files of the maps of a study.
#[derive(Debug)]
pub struct MapFiles {
    /// For each map, a file of each kind.
    maps: Vec<Vec<(Kind, OutputFile)>>,
}

impl MapFiles {
    /// The files that maps of these names have in a folder.
    pub fn paths<'n>(folder: &Path, names: impl IntoIterator<Item = &'n str>) -> Vec<PathBuf> {
        let of_maps = paths(folder, names).into_iter().flatten();
        of_maps.map(|(_, path)| path).collect()
    }

    /// Opens the files in a folder, before anything runs.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn open<'n>(folder: &Path, names: impl IntoIterator<Item = &'n str>) -> Outcome<MapFiles> {
        let of_maps = paths(folder, names).into_iter().map(|of_map| {
            let files = of_map.into_iter();
            let opened = files.map(|(kind, path)| Ok((kind, OutputFile::open(path)?)));
            opened.collect::<Outcome<Vec<_>>>()
        });
        Ok(MapFiles {
            maps: of_maps.collect::<Outcome<_>>()?,
        })
    }

    /// Writes the maps of a study, with hypothetical contributions, in the order of the names. Returns an error for each file that could not be
    /// written. Of a study without maps, which an error elsewhere explains, nothing is written.
    pub fn write(self, study: &Study) -> Vec<Diagnostic> {
        let mut failed = Vec::new();
        for (map, files) in study.maps.iter().zip(self.maps) {
            for (kind, file) in files {
                let written =
                    kind.content(map, study, file.path())
                        .and_then(|content| match content {
                            Some(bytes) => file.commit(&bytes),
                            None => Ok(()),
                        });
                failed.extend(written.err().map(|diagnostic| *diagnostic));
            }
        }
        failed
    }
}

/// The files of each map. Names that differ only in characters that file names cannot have are numbered.
fn paths<'n>(folder: &Path, names: impl IntoIterator<Item = &'n str>) -> Vec<[(Kind, PathBuf); 7]> {
    let mut taken = HashSet::new();
    let names = names.into_iter().map(|name| {
        let safe = file_name(&[name]);
        let mut free = safe.clone();
        let mut number = 1;
        // Some file systems ignore case.
        while !taken.insert(free.to_lowercase()) {
            number += 1;
            free = format!("{safe}_{number}");
        }
        Kind::ALL.map(|kind| (kind, folder.join(format!("{free}.{}", kind.suffix()))))
    });
    names.collect()
}

/// Where the bases of a sequence lie in a genome. The bases of a sequence with a variant may be others than those of the genome, so it lies nowhere.
fn origin(of: &MappedSequence) -> Option<&MapOrigin> {
    of.origin.as_ref().filter(|_| of.sequence.variant.is_none())
}

/// The position of a base on its contig, from 0.
fn place(origin: &MapOrigin, position: usize) -> u64 {
    let first = origin.start.saturating_sub(1);
    match origin.reverse {
        true => first.saturating_sub(position as u64),
        false => first + position as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder_and_apart() {
        let found = MapFiles::paths(Path::new("maps"), ["../up", "a/b", "A_b"]);
        let arrays: Vec<&Path> = found.iter().step_by(7).map(PathBuf::as_path).collect();
        let expected = ["maps/up.npz", "maps/a_b.npz", "maps/A_b_2.npz"];
        assert_eq!(arrays, expected.map(Path::new));
    }
}
