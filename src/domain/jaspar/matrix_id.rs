//! Identifiers of JASPAR matrices.

/// A matrix identifier, `MA0139.2` or informally `ma0139`: the letters of a collection, a number, and an optional version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MatrixId<'t> {
    collection: &'t str,
    number: &'t str,
    version: Option<&'t str>,
}

impl<'t> MatrixId<'t> {
    /// Parses an identifier; None for other names.
    pub fn parse(name: &'t str) -> Option<MatrixId<'t>> {
        let (matrix, version) = match name.split_once('.') {
            Some((matrix, version)) => (matrix, Some(version)),
            None => (name, None),
        };
        // A name may be of any letters, so the second byte need not end one.
        let (collection, number) = matrix.split_at_checked(2)?;
        let letters = collection.bytes().all(|byte| byte.is_ascii_alphabetic());
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_id = letters && digits(number) && version.is_none_or(digits);
        is_id.then_some(MatrixId {
            collection,
            number,
            version,
        })
    }

    /// Whether it belongs to the CORE collection, ignoring case.
    pub fn is_core(self) -> bool {
        self.collection.eq_ignore_ascii_case("MA")
    }

    /// Whether it is written as in the files of JASPAR: capital letters, at least four digits, and a version.
    pub fn is_canonical(self) -> bool {
        let capital = self
            .collection
            .bytes()
            .all(|byte| byte.is_ascii_uppercase());
        capital && self.number.len() >= 4 && self.version.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_told_from_other_names() {
        let kinds = |name| MatrixId::parse(name).map(|id| (id.is_core(), id.is_canonical()));
        for (name, expected) in [
            ("MA0139.2", Some((true, true))),
            ("ma0139.2", Some((true, false))),
            ("MA0139", Some((true, false))),
            ("MA139.2", Some((true, false))),
            ("UN0001.1", Some((false, true))),
            ("MA.1", None),
            ("MA0139.", None),
            ("MA0139.2.1", None),
            ("M00139.2", None),
            ("\u{fffd}A0035.5", None),
            ("é.1", None),
            ("M.1", None),
            ("M", None),
            ("", None),
        ] {
            assert_eq!(kinds(name), expected, "{name}");
        }
    }
}
