//! Diagnostics as text for a person, a line for a problem matcher, or JSON for a machine.
