//! Request and response body parsers for inspection.
