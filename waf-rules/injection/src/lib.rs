//! SQL and XSS injection verdicts.
