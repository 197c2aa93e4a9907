//! What the haplotypes that an experiment applies change.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::excluded_records::{ExcludedByReason, by_reason, write_reasons};
use gia_base::diag::{count, pluralize};
use gia_domain::{Exclusions, Haplotype};

/// One haplotype in the windows of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HaplotypeRecord {
    /// Its number and its sample: `haplotype 1 of NA12878`.
    pub name: String,
    /// The VCF file.
    pub path: String,
    /// Number of backgrounds, each of which is a window.
    pub windows: usize,
    /// Number of windows in which it differs from the reference.
    pub differing: usize,
    /// Number of its alleles in these windows that are not the reference's; one that lies in two windows counts twice.
    pub alleles: usize,
    /// Records of the file in these windows that do not say what the haplotype is; it has the reference there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<ExcludedByReason>,
}

impl HaplotypeRecord {
    /// The record of a haplotype, with the numbers of all windows, of those that differ, and of its alleles.
    pub fn new(of: &Haplotype, (windows, differing, alleles): (usize, usize, usize)) -> Self {
        let excluded: &Exclusions = &of.excluded;
        HaplotypeRecord {
            name: of.name.clone(),
            path: of.path.display().to_string(),
            windows,
            differing,
            alleles,
            left_out: by_reason(excluded),
        }
    }
}

/// `differs from the reference in 12 of 300 windows, by 15 alleles; 2 records left out: 2 with an unphased genotype (a.vcf:5, a.vcf:9)`
impl fmt::Display for HaplotypeRecord {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (differing, windows) = (count(self.differing), count(self.windows));
        let alleles = pluralize(self.alleles, "allele");
        match (self.differing, self.windows) {
            (0, 1) => write!(f, "is the reference in this window")?,
            (0, _) => write!(f, "is the reference in all {windows} windows")?,
            (_, 1) => write!(f, "differs from the reference by {alleles}")?,
            (_, _) => write!(
                f,
                "differs from the reference in {differing} of {windows} windows, by {alleles}"
            )?,
        }
        let left_out: usize = self.left_out.iter().map(|reason| reason.count).sum();
        if left_out > 0 {
            write!(f, "; {} left out", pluralize(left_out, "record"))?;
            write_reasons(&self.left_out, f)?;
        }
        Ok(())
    }
}
