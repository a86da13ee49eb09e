//! Rule set tests and tuning tools.
