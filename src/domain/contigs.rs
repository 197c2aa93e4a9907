//! The sequences of a genome, and the resolution of contig names in other files.

use std::collections::HashMap;

use gia_base::diag::{closest, pluralize};

/// Maximum number of names that a message lists.
const MAX_LISTED: usize = 6;

/// A sequence of a genome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contig {
    pub name: String,
    /// Length in base pairs.
    pub length: u64,
}

impl Contig {
    pub fn new(name: &str, length: u64) -> Contig {
        Contig {
            name: name.to_string(),
            length,
        }
    }
}

/// The sequences of a genome, in the order of its file.
pub(super) struct Contigs {
    list: Vec<Contig>,
    by_name: HashMap<String, usize>,
    /// Indices by the part of the name that all naming conventions share.
    by_core: HashMap<String, Vec<usize>>,
}

impl Contigs {
    pub fn new(list: Vec<Contig>) -> Contigs {
        let mut by_name = HashMap::with_capacity(list.len());
        let mut by_core: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, contig) in list.iter().enumerate() {
            by_name.entry(contig.name.clone()).or_insert(index);
            by_core.entry(core(&contig.name)).or_default().push(index);
        }
        Contigs {
            list,
            by_name,
            by_core,
        }
    }

    /// All of them, in the order of the file.
    pub fn all(&self) -> &[Contig] {
        &self.list
    }

    pub fn get(&self, index: usize) -> &Contig {
        &self.list[index]
    }

    /// The contig with exactly this name.
    pub fn named(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The contig that matches a name of another convention: `chr1` for `1`, `chrM` for `MT`. None for no match or several.
    pub fn matching(&self, name: &str) -> Option<usize> {
        match self.by_core.get(&core(name))?.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// Help for a name that the genome lacks.
    pub fn suggest(&self, name: &str) -> String {
        let matching = self
            .matching(name)
            .map(|index| self.list[index].name.as_str());
        let names = || self.list.iter().map(|contig| contig.name.as_str());
        match matching.or_else(|| closest(name, names())) {
            Some(close) => format!("did you mean `{close}`?"),
            None if self.list.len() <= MAX_LISTED => {
                format!("it has `{}`", names().collect::<Vec<_>>().join("`, `"))
            }
            None => format!("it has {}", pluralize(self.list.len(), "sequence")),
        }
    }
}

/// The name without the prefix `chr`, and with one name for the mitochondrial genome.
fn core(name: &str) -> String {
    let prefixed = name.get(..3).is_some_and(|p| p.eq_ignore_ascii_case("chr"));
    let bare = match name.get(3..) {
        Some(bare) if prefixed && !bare.is_empty() => bare,
        _ => name,
    };
    match bare {
        "MT" | "Mt" | "mt" | "M" | "m" => "M".to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contigs(names: &[&str]) -> Contigs {
        let list = names.iter().map(|name| Contig::new(name, 1));
        Contigs::new(list.collect())
    }

    fn meant<'a>(of: &'a Contigs, name: &str) -> Option<&'a str> {
        of.matching(name).map(|index| of.get(index).name.as_str())
    }

    #[test]
    fn a_name_of_another_convention_is_matched() {
        let ucsc = contigs(&["chr1", "chr10", "chrX", "chrM"]);
        for (name, wanted) in [("1", "chr1"), ("X", "chrX"), ("MT", "chrM"), ("M", "chrM")] {
            assert_eq!(meant(&ucsc, name), Some(wanted), "{name}");
        }
        let ensembl = contigs(&["1", "10", "X", "MT"]);
        for (name, wanted) in [
            ("chr1", "1"),
            ("chrM", "MT"),
            ("chrMT", "MT"),
            ("Chr10", "10"),
        ] {
            assert_eq!(meant(&ensembl, name), Some(wanted), "{name}");
        }
        for name in ["2", "x", "chr", "chr01", "", "1 "] {
            assert_eq!(meant(&ucsc, name), None, "{name}");
        }
    }

    #[test]
    fn a_name_that_could_mean_two_is_not_matched() {
        let both = contigs(&["Chr1", "chr1", "chrM", "chrMT"]);
        assert_eq!(meant(&both, "1"), None);
        assert_eq!(meant(&both, "MT"), None);
        assert_eq!(both.named("chr1"), Some(1));
    }
}
