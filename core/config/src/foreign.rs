//! Documents of other projects, which become ours while they are loaded.

use std::path::{Path, PathBuf};

use crate::document::{Node, Place};
use crate::{Attempt, Diagnostic, Gateway, Loaded, load};

/// Reads documents of one other project: none when the document is not one of its own. What it gives is checked as if an
/// operator had written it, and every value in it keeps its place.
pub type Dialect = fn(&Node) -> Option<Translated>;

/// Changes a configuration before it is checked as a whole, and says what it did, with paths.
pub type Rewrites = fn(&mut Gateway) -> Vec<Diagnostic>;

/// A document of another project as one of ours.
#[derive(Debug)]
pub struct Translated {
    /// What it says in our words.
    pub document: Node,
    /// What it says that we do not do, or do otherwise.
    pub problems: Vec<(Place, Diagnostic)>,
}

/// What is read besides our own documents. Whoever reads documents for traffic and whoever checks them use the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct Foreign {
    /// Tried in order; the first that knows a document reads it.
    pub dialects: &'static [Dialect],
    /// Run in order.
    pub rewrites: &'static [Rewrites],
}

impl Foreign {
    /// As [`crate::load`], documents of other projects included.
    ///
    /// # Errors
    /// As [`crate::load`].
    pub fn load(&self, path: &Path) -> Result<Loaded, Vec<Diagnostic>> {
        self.attempt(path).result
    }

    /// As [`crate::attempt`], documents of other projects included.
    #[must_use]
    pub fn attempt(&self, path: &Path) -> Attempt {
        load::attempt_with(path, self)
    }

    /// As [`crate::parse_str`], documents of other projects included.
    ///
    /// # Errors
    /// As [`crate::load`].
    pub fn parse_str(
        &self,
        name: impl Into<PathBuf>,
        text: &str,
    ) -> Result<Loaded, Vec<Diagnostic>> {
        load::parse_str_with(name.into(), text, self)
    }

    /// The document as one of ours; as it is when nobody knows it.
    pub(crate) fn translate(&self, document: Node) -> Translated {
        let known = self.dialects.iter().find_map(|dialect| dialect(&document));
        known.unwrap_or(Translated { document, problems: Vec::new() })
    }
}
