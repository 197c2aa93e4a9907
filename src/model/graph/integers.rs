//! Integers that are computed as float32, exactly or not at all.

use super::op::Op;
use super::parameters::Activation;

/// The integers that an element type holds and float32 computes exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntegerRange {
    /// The smallest of them.
    pub min: f64,
    /// The largest of them.
    pub max: f64,
}

impl IntegerRange {
    /// The largest integer up to which float32 holds all: 2^24.
    pub const MAX_EXACT: f64 = 16_777_216.0;

    /// `uint8`.
    pub const UNSIGNED_8: IntegerRange = IntegerRange::unsigned(u8::MAX as f64);
    /// `int8`.
    pub const SIGNED_8: IntegerRange = IntegerRange::signed(i8::MIN as f64, i8::MAX as f64);
    /// `uint16`.
    pub const UNSIGNED_16: IntegerRange = IntegerRange::unsigned(u16::MAX as f64);
    /// `int16`.
    pub const SIGNED_16: IntegerRange = IntegerRange::signed(i16::MIN as f64, i16::MAX as f64);
    /// `uint32` and `uint64`, which hold more than float32.
    pub const UNSIGNED_WIDE: IntegerRange = IntegerRange::unsigned(Self::MAX_EXACT);
    /// `int32` and `int64`, which hold more than float32.
    pub const SIGNED_WIDE: IntegerRange = IntegerRange::signed(-Self::MAX_EXACT, Self::MAX_EXACT);

    const fn unsigned(max: f64) -> IntegerRange {
        IntegerRange { min: 0.0, max }
    }

    const fn signed(min: f64, max: f64) -> IntegerRange {
        IntegerRange { min, max }
    }

    /// Whether a conversion to the type can change an integer that float32 holds exactly.
    pub fn is_narrow(self) -> bool {
        self != Self::SIGNED_WIDE
    }

    /// The node that passes integers of this range on, and ends the pass at any other.
    pub fn check(self) -> Op {
        let IntegerRange { min, max } = self;
        Op::Activate(Activation::Whole { min, max })
    }
}
