//! The types of Rust that parameters of native functions have, each for a type of the language.

use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use crate::types::Type;
use crate::value::{
    EvaluationValue, HaplotypeValue, Placement, Position, Query, QueryBand, TrackValue, Value,
};

/// A Rust type that stands for a type of the language.
pub trait ParameterType: Sized {
    fn in_the_language() -> Type;

    /// Converts a value of the language; none for `none`, which every parameter accepts.
    fn from_value(value: &Value) -> Option<Self>;
}

/// Base pairs.
#[derive(Debug, Clone, Copy)]
pub struct Length(pub i64);

/// A finite set of sequences.
#[derive(Debug, Clone)]
pub struct Sequences(pub Arc<gia_domain::Population>);

/// Index into the program's models.
#[derive(Debug, Clone, Copy)]
pub struct Model(pub usize);

/// A motif, or several with gaps between them.
#[derive(Debug, Clone)]
pub struct Construct(pub Arc<gia_domain::Construct>);

/// A stretch of a sequence whose length may not be known yet.
#[derive(Debug, Clone, Copy)]
pub struct Region {
    pub start: Position,
    pub end: Position,
}

/// A position or a region.
#[derive(Debug, Clone, Copy)]
pub enum PositionOrRegion {
    Position(Position),
    Region(Region),
}

/// A motif, or IUPAC letters that are read in the alphabet of the sequences.
#[derive(Debug, Clone)]
pub enum MotifOrLetters {
    Motif(Arc<gia_domain::Motif>),
    Text(Rc<str>),
}

/// What `apply` writes.
#[derive(Debug, Clone)]
pub enum Variant {
    /// The variant that each background carries.
    OfBackground,
    /// What a haplotype has in the window that each background is.
    Haplotype(Rc<HaplotypeValue>),
}

/// A number, a query or a contrast.
#[derive(Debug, Clone)]
pub struct Quantity(pub Value);

/// Several numbers, queries or contrasts: a list of them, or a track.
#[derive(Debug, Clone)]
pub enum Several {
    List(Rc<Vec<Value>>),
    Track(Rc<TrackValue>),
}

/// A value of any type.
#[derive(Debug, Clone)]
pub struct AnyValue(pub Value);

/// Items in the order of the text, each read when it is asked for.
#[derive(Debug, Clone)]
pub struct List<Item> {
    items: Rc<Vec<Value>>,
    item: PhantomData<Item>,
}

impl<Item: ParameterType> List<Item> {
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The items; none for one that is `none`.
    pub fn iter(&self) -> impl Iterator<Item = Option<Item>> {
        self.items.iter().map(Item::from_value)
    }
}

/// Entries in the order of the text.
pub type Map<Key, Entry> = Vec<(Option<Key>, Option<Entry>)>;

impl ParameterType for f64 {
    fn in_the_language() -> Type {
        Type::Number
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl ParameterType for Rc<str> {
    fn in_the_language() -> Type {
        Type::Text
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl ParameterType for Length {
    fn in_the_language() -> Type {
        Type::Length
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Length(length) => Some(Length(*length)),
            _ => None,
        }
    }
}

impl ParameterType for Position {
    fn in_the_language() -> Type {
        Type::Position
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Position(position) => Some(*position),
            _ => None,
        }
    }
}

impl ParameterType for Placement {
    fn in_the_language() -> Type {
        Type::Placement
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Position(position) => Some(Placement::At(*position)),
            Value::Anywhere(within) => Some(Placement::Anywhere(*within)),
            _ => None,
        }
    }
}

impl ParameterType for Region {
    fn in_the_language() -> Type {
        Type::Region
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Region { start, end } => Some(Region {
                start: *start,
                end: *end,
            }),
            _ => None,
        }
    }
}

impl ParameterType for PositionOrRegion {
    fn in_the_language() -> Type {
        Type::Place
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Position(position) => Some(PositionOrRegion::Position(*position)),
            other => Region::from_value(other).map(PositionOrRegion::Region),
        }
    }
}

impl ParameterType for MotifOrLetters {
    fn in_the_language() -> Type {
        Type::Letters
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Motif(motif) => Some(MotifOrLetters::Motif(motif.clone())),
            Value::Text(text) => Some(MotifOrLetters::Text(text.clone())),
            _ => None,
        }
    }
}

impl ParameterType for Variant {
    fn in_the_language() -> Type {
        Type::Variant
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Variant => Some(Variant::OfBackground),
            Value::Haplotype(haplotype) => Some(Variant::Haplotype(haplotype.clone())),
            _ => None,
        }
    }
}

impl ParameterType for Sequences {
    fn in_the_language() -> Type {
        Type::Sequences
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Population(population) => Some(Sequences(population.clone())),
            Value::First { of, count } => Some(Sequences(Arc::new(of.head(*count)?))),
            _ => None,
        }
    }
}

impl ParameterType for Arc<gia_domain::Population> {
    fn in_the_language() -> Type {
        Type::Population
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Population(population) => Some(population.clone()),
            Value::First { of, count } => Some(Arc::new(of.head(*count)?)),
            _ => None,
        }
    }
}

impl ParameterType for Arc<gia_domain::Motif> {
    fn in_the_language() -> Type {
        Type::Motif
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Motif(motif) => Some(motif.clone()),
            _ => None,
        }
    }
}

impl ParameterType for Construct {
    fn in_the_language() -> Type {
        Type::Construct
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_construct().map(Construct)
    }
}

impl ParameterType for Model {
    fn in_the_language() -> Type {
        Type::Model
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Model(model) => Some(Model(*model)),
            _ => None,
        }
    }
}

impl ParameterType for Rc<Query> {
    fn in_the_language() -> Type {
        Type::Query
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Query(query) => Some(query.clone()),
            _ => None,
        }
    }
}

impl ParameterType for Rc<QueryBand> {
    fn in_the_language() -> Type {
        Type::Band
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Band(band) => Some(band.clone()),
            _ => None,
        }
    }
}

/// A map of contributions to a query.
#[derive(Debug, Clone)]
pub struct Attribution(pub Rc<EvaluationValue>);

impl ParameterType for Attribution {
    fn in_the_language() -> Type {
        Type::Attribution
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Evaluation(evaluation) => Some(Attribution(evaluation.clone())),
            _ => None,
        }
    }
}

impl ParameterType for Quantity {
    fn in_the_language() -> Type {
        Type::Quantity
    }

    fn from_value(value: &Value) -> Option<Self> {
        Some(Quantity(value.clone()))
    }
}

impl ParameterType for Several {
    fn in_the_language() -> Type {
        Type::List(Box::new(Type::Quantity))
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::List(items) => Some(Several::List(items.clone())),
            Value::Track(track) => Some(Several::Track(track.clone())),
            _ => None,
        }
    }
}

impl ParameterType for Rc<TrackValue> {
    fn in_the_language() -> Type {
        Type::Track
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Track(track) => Some(track.clone()),
            _ => None,
        }
    }
}

impl ParameterType for AnyValue {
    fn in_the_language() -> Type {
        Type::Any
    }

    fn from_value(value: &Value) -> Option<Self> {
        Some(AnyValue(value.clone()))
    }
}

impl<Item: ParameterType> ParameterType for List<Item> {
    fn in_the_language() -> Type {
        Type::List(Box::new(Item::in_the_language()))
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::List(items) | Value::Cluster(items) => Some(List {
                items: items.clone(),
                item: PhantomData,
            }),
            Value::Track(track) => Some(List {
                items: Rc::new(track.queries()),
                item: PhantomData,
            }),
            _ => None,
        }
    }
}

impl<Key: ParameterType, Entry: ParameterType> ParameterType for Map<Key, Entry> {
    fn in_the_language() -> Type {
        Type::Map(
            Box::new(Key::in_the_language()),
            Box::new(Entry::in_the_language()),
        )
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Map(entries) => Some(
                entries
                    .iter()
                    .map(|(key, entry)| (Key::from_value(key), Entry::from_value(entry)))
                    .collect(),
            ),
            _ => None,
        }
    }
}
