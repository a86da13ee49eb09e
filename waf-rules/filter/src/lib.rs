//! The WAF as a filter.
