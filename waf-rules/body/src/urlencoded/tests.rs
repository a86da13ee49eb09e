//! Case tables.
