//! The version of the JSON form.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// Name and version of the JSON form; the number changes when a reader would have to.
const NAME: &str = "gia-study/1";

/// The only version that this program writes and reads.
pub const SCHEMA: Schema = Schema;

/// Stands for [`SCHEMA`] in a study; deserialising any other version is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema;

impl Schema {
    /// Name and version as written in JSON: `gia-study/1`.
    pub fn name(self) -> &'static str {
        NAME
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(NAME)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)? {
            name if name == NAME => Ok(Schema),
            other => Err(D::Error::custom(format!(
                "the schema is `{other}`, and this version reads `{NAME}`"
            ))),
        }
    }
}
