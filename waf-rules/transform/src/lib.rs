//! SecLang transformations over bytes.
