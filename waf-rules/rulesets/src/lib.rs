//! The OWASP Core Rule Set as a package of virtual files: the pinned one inside the binary, or an operator's folder.
//!
//! This crate knows where rule files lie and under which names a rule set entry includes them. It reads no SecLang;
//! compiling is the engine's work. Both origins give the same names, those of the Coraza packaging:
//! `@coraza.conf-recommended`, `@crs-setup.conf.example`, `@owasp_crs/*.conf`, `@owasp_crs/*.data`.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod folder;

use std::borrow::Cow;

pub use folder::{FolderError, MAX_FILE_BYTES, MAX_FILES, MAX_PACKAGE_BYTES};

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

static PACKAGE: Option<Package> = EMBEDDED;

/// What to tell an operator when [`embedded`] is `None` and no folder was configured.
pub const HOW_TO_BRING_ONE: &str = "this binary was built without the OWASP Core Rule Set: run scripts/fetch-crs.sh \
     and build again, or point rulesets.crs.path at a folder with your own copy";

/// One rule or data file under its virtual name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The name an `Include` or `@pmFromFile` resolves to, such as `@owasp_crs/REQUEST-911-METHOD-ENFORCEMENT.conf`.
    pub path: Cow<'static, str>,
    /// The bytes of the file as they were packaged.
    pub content: Cow<'static, [u8]>,
}

/// A rule set package: setup, rules and their data files, in the order of their virtual names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The version of the rule set such as `v4.25.0`; `unknown` where a folder does not say.
    pub version: Cow<'static, str>,
    /// All files, sorted by path. Rule files are evaluated in this order.
    pub files: Cow<'static, [File]>,
}

/// The package built into this binary, `None` when it was built without one ([`HOW_TO_BRING_ONE`]).
pub fn embedded() -> Option<&'static Package> {
    PACKAGE.as_ref()
}

impl Package {
    /// The content of a virtual file.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.iter().find(|file| file.path == path).map(|file| file.content.as_ref())
    }

    /// The virtual name and bytes of every file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|file| (file.path.as_ref(), file.content.as_ref()))
    }

    /// The entry document that loads the whole package in the order it asks for: engine settings, setup, plugin
    /// settings, plugin rules before, the rules, plugin rules after (as crs-setup's own documentation asks).
    ///
    /// An operator's lines belong between setup and rules: `overrides` is put there as it is.
    pub fn entry(&self, overrides: &str) -> String {
        let mut entry =
            String::from("Include @coraza.conf-recommended\nInclude @crs-setup.conf.example\n");
        let plugins = |ending: &str| {
            let mut lines = String::new();
            for file in self.files.iter() {
                if file.path.starts_with("@plugins/") && file.path.ends_with(ending) {
                    lines.push_str("Include ");
                    lines.push_str(&file.path);
                    lines.push('\n');
                }
            }
            lines
        };
        entry.push_str(&plugins("-config.conf"));
        if !overrides.is_empty() {
            entry.push_str(overrides);
            entry.push('\n');
        }
        entry.push_str(&plugins("-before.conf"));
        entry.push_str("Include @owasp_crs/*.conf\n");
        entry.push_str(&plugins("-after.conf"));
        entry
    }
}

#[cfg(test)]
mod tests;
