//! Does this request match.
