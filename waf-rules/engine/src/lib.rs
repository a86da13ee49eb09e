//! The SecLang compiler and transaction.
