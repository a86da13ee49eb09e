//! The OWASP Core Rule Set, embedded.
