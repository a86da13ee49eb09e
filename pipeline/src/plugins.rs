//! Plugins of a configuration, and where they come into a chain.
//!
//! This build has no host for them, so a configuration with one is refused rather than served without it.

use portcullis_config::{Diagnostic, Gateway};

/// The plugins of a configuration, ready to run.
#[derive(Debug, Default)]
pub(crate) struct CompiledPlugins;

impl CompiledPlugins {
    /// Compiles every plugin that no filter of our own stands in for.
    ///
    /// # Errors
    /// A diagnostic for each: there is no host in this build.
    pub(crate) fn compile(gateway: &Gateway) -> Result<Self, Vec<Diagnostic>> {
        let plugins = gateway.plugins.iter().enumerate();
        let problems: Vec<Diagnostic> = plugins
            .filter(|(_, plugin)| !plugin.served_natively)
            .map(|(n, plugin)| {
                let message = format!(
                    "plugin `{}` cannot run: this build has no host for plugins",
                    plugin.name
                );
                Diagnostic::error(format!("plugins[{n}].name"), message).with_help("leave it out")
            })
            .collect();
        if problems.is_empty() { Ok(Self) } else { Err(problems) }
    }
}
