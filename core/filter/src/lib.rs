//! The filter contract.
