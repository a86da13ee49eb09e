//! Traffic policies: header changes.
