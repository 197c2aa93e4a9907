//! Rows of single backgrounds: each sequence, region or variant with its own effect.

use serde::{Deserialize, Serialize};

use super::{GridPoint, SharedStr, finite};

/// What `report each` asks for: the number of every background under each arm and in each contrast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EachReport {
    /// What effects are ranked among; none if they have no p.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null: Option<NullOfEach>,
    /// The different lists of backgrounds of the grid; grid points with the same backgrounds share one.
    pub backgrounds: Vec<Vec<Unit>>,
    /// Outcomes under each arm: by grid point, then arm, then outcome.
    pub arms: Vec<ArmValues>,
    /// Contrasts: by outcome, then contrast, then grid point.
    pub effects: Vec<EffectValues>,
}

/// The null effects of `report each beyond POPULATION`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NullOfEach {
    /// The population as the author wrote it.
    pub of: String,
    /// Number of null effects that each effect is ranked among, at the grid point where it is smallest.
    pub count: usize,
    /// How p and q are computed, in words.
    pub method: String,
}

/// A background by what it is called and where it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Name of its record, region or variant, or for example `uniform_000012`.
    pub name: String,
    /// The window of a genome that it is; none for other backgrounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<UnitWindow>,
    /// The variant that it carries; none for other backgrounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<UnitVariant>,
}

/// The window of a genome that a background is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitWindow {
    /// Name of the contig.
    pub chromosome: SharedStr,
    /// First position, from 0.
    pub start: u64,
    /// Position after the last one.
    pub end: u64,
    /// `+` or `-`.
    pub strand: char,
}

/// The variant that a background carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitVariant {
    /// Position of the first base that differs, from 1 as in VCF; none for a window that does not say where it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// ID in the VCF file; none if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Bases of the reference allele that are replaced; empty for an insertion.
    pub reference: String,
    /// Bases that replace them; empty for a deletion.
    pub alternate: String,
}

/// An outcome under one arm, for every background of a grid point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArmValues {
    /// The grid point.
    pub at: GridPoint,
    /// Name of the arm.
    pub arm: SharedStr,
    /// Name of the outcome, or its source text.
    pub outcome: SharedStr,
    /// Index of the list of backgrounds.
    pub backgrounds: usize,
    /// One number for each background, in the unit of the outcome.
    #[serde(serialize_with = "finite::numbers")]
    pub values: Vec<f64>,
}

/// A contrast of one outcome, for every background of a grid point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EffectValues {
    /// The grid point.
    pub at: GridPoint,
    /// Name of the contrast.
    pub contrast: SharedStr,
    /// Name of the outcome, or its source text.
    pub outcome: SharedStr,
    /// Scale of the outcome, such as `logit`; none if the model's declaration states none.
    pub unit: Option<SharedStr>,
    /// Index of the list of backgrounds.
    pub backgrounds: usize,
    /// One number for each background, in `unit` unless the contrast changes it.
    #[serde(serialize_with = "finite::numbers")]
    pub values: Vec<f64>,
    /// Exact two-sided p of each by its rank among the null effects; empty without null effects.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "finite::numbers"
    )]
    pub p: Vec<f64>,
    /// The same adjusted over all backgrounds and grid points of the contrast and outcome.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "finite::numbers"
    )]
    pub q: Vec<f64>,
}

/// One background with its effect, as tables show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitRow {
    /// The grid point.
    pub at: GridPoint,
    /// Name of the outcome, or its source text.
    pub outcome: SharedStr,
    /// Scale of the outcome; none if the model's declaration states none.
    pub unit: Option<SharedStr>,
    /// The background.
    #[serde(flatten)]
    pub background: Unit,
    /// The contrast.
    #[serde(serialize_with = "finite::number")]
    pub effect: f64,
    /// Exact two-sided p by rank among the null effects; none without null effects.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "finite::optional"
    )]
    pub p: Option<f64>,
    /// The same adjusted over all backgrounds and grid points of the contrast and outcome.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "finite::optional"
    )]
    pub q: Option<f64>,
}

impl EachReport {
    /// The rows of one contrast, of one outcome or of all: by outcome, then grid point, then background.
    pub fn rows<'e>(
        &'e self,
        contrast: &'e str,
        outcome: Option<&'e str>,
    ) -> impl Iterator<Item = UnitRow> + 'e {
        let wanted = self.effects.iter().filter(move |effects| {
            effects.contrast == *contrast
                && outcome.is_none_or(|outcome| effects.outcome == *outcome)
        });
        wanted.flat_map(move |effects| (0..effects.values.len()).map(move |i| self.row(effects, i)))
    }

    /// The row of one background, by its index among those of a grid point.
    pub fn row(&self, of: &EffectValues, index: usize) -> UnitRow {
        UnitRow {
            at: of.at.clone(),
            outcome: of.outcome.clone(),
            unit: of.unit.clone(),
            background: self.backgrounds[of.backgrounds][index].clone(),
            effect: of.values[index],
            p: of.p.get(index).copied(),
            q: of.q.get(index).copied(),
        }
    }
}

impl Unit {
    /// Whether its [place](Self::place) says more than its name: records without a name of their own are called by their place.
    pub fn place_is_news(&self) -> bool {
        let place = self.place();
        let squeezed = |text: &str| text.replace([' ', ':', '>', ','], "");
        !place.is_empty() && squeezed(&place) != squeezed(&self.name)
    }

    /// Where it lies, as browsers write it: `chr1:5,000 A>G` of a variant, `chr1:4,901-5,100` of a window; empty for others.
    pub fn place(&self) -> String {
        let change = |variant: &UnitVariant| {
            let shown = |bases: &str| match bases {
                "" => "-".to_string(),
                bases => bases.to_string(),
            };
            format!(
                "{}>{}",
                shown(&variant.reference),
                shown(&variant.alternate)
            )
        };
        match (&self.window, &self.variant) {
            (Some(window), Some(variant)) => match variant.position {
                Some(position) => format!(
                    "{}:{position} {}",
                    window.chromosome.as_str(),
                    change(variant)
                ),
                None => change(variant),
            },
            (None, Some(variant)) => change(variant),
            (Some(window), None) => {
                let strand = match window.strand {
                    '-' => " (-)",
                    _ => "",
                };
                let (start, end) = (window.start + 1, window.end);
                format!("{}:{start}-{end}{strand}", window.chromosome.as_str())
            }
            (None, None) => String::new(),
        }
    }
}
