//! The book: its links lead somewhere, and it leaves no page out.

mod links;
