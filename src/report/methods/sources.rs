//! The papers that the methods of a study come from.

/// A paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Importance,
    Hall,
    BellMcCaffrey,
    PustejovskyTipton,
    ConfidenceSequences,
    MaxT,
    BenjaminiHochberg,
    BenjaminiYekutieli,
    Holm,
    Berger,
    OrderStatistics,
    Woodruff,
    ClopperPearson,
    KornGraubard,
    Welch,
    Wilcoxon,
    Bca,
    Periodogram,
    RandomEffects,
    ExactRank,
    Conformal,
}

impl Source {
    fn citation(self) -> &'static str {
        match self {
            Source::Importance => {
                "Koo, Majdandzic, Ploenzke, Anand and Paul, Global importance analysis. PLoS Computational Biology 17:e1008925 (2021)."
            }
            Source::Hall => {
                "Hall, On the removal of skewness by transformation. Journal of the Royal Statistical Society B 54:221 (1992)."
            }
            Source::BellMcCaffrey => {
                "Bell and McCaffrey, Bias reduction in standard errors for linear regression with multi-stage samples. Survey Methodology 28:169 (2002)."
            }
            Source::PustejovskyTipton => {
                "Pustejovsky and Tipton, Small-sample methods for cluster-robust variance estimation. Journal of Business & Economic Statistics 36:672 (2018)."
            }
            Source::ConfidenceSequences => {
                "Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, Time-uniform central limit theory and asymptotic confidence sequences. Annals of Statistics 52:2613 (2024)."
            }
            Source::MaxT => {
                "Chernozhukov, Chetverikov and Kato, Gaussian approximations and multiplier bootstrap for maxima. Annals of Statistics 41:2786 (2013)."
            }
            Source::BenjaminiHochberg => {
                "Benjamini and Hochberg, Controlling the false discovery rate. Journal of the Royal Statistical Society B 57:289 (1995)."
            }
            Source::BenjaminiYekutieli => {
                "Benjamini and Yekutieli, The control of the false discovery rate in multiple testing under dependency. Annals of Statistics 29:1165 (2001)."
            }
            Source::Holm => {
                "Holm, A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6:65 (1979)."
            }
            Source::Berger => {
                "Berger, Multiparameter hypothesis testing and acceptance sampling. Technometrics 24:295 (1982)."
            }
            Source::OrderStatistics => "Conover, Practical Nonparametric Statistics. Wiley (1999).",
            Source::Woodruff => {
                "Woodruff, Confidence intervals for medians and other position measures. Journal of the American Statistical Association 47:635 (1952)."
            }
            Source::ClopperPearson => {
                "Clopper and Pearson, The use of confidence or fiducial limits. Biometrika 26:404 (1934)."
            }
            Source::KornGraubard => {
                "Korn and Graubard, Confidence intervals for proportions with small expected number of positive counts. Survey Methodology 24:193 (1998)."
            }
            Source::Welch => {
                "Welch, The generalization of Student's problem. Biometrika 34:28 (1947)."
            }
            Source::Wilcoxon => {
                "Wilcoxon, Individual comparisons by ranking methods. Biometrics Bulletin 1:80 (1945)."
            }
            Source::Bca => {
                "Efron, Better bootstrap confidence intervals. Journal of the American Statistical Association 82:171 (1987)."
            }
            Source::Periodogram => {
                "Lomb, Least-squares frequency analysis of unequally spaced data. Astrophysics and Space Science 39:447 (1976)."
            }
            Source::ExactRank => {
                "Phipson and Smyth, Permutation P-values should never be zero. Statistical Applications in Genetics and Molecular Biology 9:39 (2010)."
            }
            Source::Conformal => {
                "Bates, Candès, Lei, Romano and Sesia, Testing for outliers with conformal p-values. Annals of Statistics 51:149 (2023)."
            }
            Source::RandomEffects => {
                "Hillis, A comparison of denominator degrees of freedom methods for multiple observer ROC analysis. Statistics in Medicine 26:596 (2007)."
            }
        }
    }
}

/// Words of a method in a study, and the papers that it comes from.
const METHODS: &[(&str, &[Source])] = &[
    ("Hall's", &[Source::Hall]),
    ("CR2", &[Source::BellMcCaffrey, Source::PustejovskyTipton]),
    ("confidence sequence", &[Source::ConfidenceSequences]),
    ("sign draws", &[Source::MaxT]),
    ("largest paired t", &[Source::Berger]),
    ("between order statistics", &[Source::OrderStatistics]),
    ("Woodruff", &[Source::Woodruff]),
    ("Clopper-Pearson", &[Source::ClopperPearson]),
    ("effective number", &[Source::KornGraubard]),
    ("Welch", &[Source::Welch]),
    ("Wilcoxon", &[Source::Wilcoxon]),
    ("bias-corrected and accelerated", &[Source::Bca]),
    ("BCa", &[Source::Bca]),
    ("periodogram", &[Source::Periodogram]),
    ("random effects", &[Source::RandomEffects]),
    ("exact rank", &[Source::ExactRank]),
    ("by rank among", &[Source::ExactRank, Source::Conformal]),
    ("Benjamini-Hochberg", &[Source::BenjaminiHochberg]),
    ("Benjamini-Yekutieli", &[Source::BenjaminiYekutieli]),
    ("Holm", &[Source::Holm]),
];

/// The papers that were cited so far, in order.
#[derive(Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    pub fn add(&mut self, source: Source) {
        if !self.0.contains(&source) {
            self.0.push(source);
        }
    }

    /// Adds the papers of a method, by its words in the study.
    pub fn note_methods(&mut self, method: &str) {
        for (word, papers) in METHODS {
            if method.contains(word) {
                papers.iter().for_each(|paper| self.add(*paper));
            }
        }
    }

    /// The papers as a list.
    pub fn list(&self) -> String {
        let lines = self
            .0
            .iter()
            .map(|source| format!("- {}", source.citation()));
        lines.collect::<Vec<_>>().join("\n")
    }
}
