//! What runs the plugins: a gateway that is given plugins with their clusters, and listens for each.

use std::net::SocketAddr;
use std::path::PathBuf;

use portcullis_testkit::Result;

/// One plugin with its own listener.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Unique among the entries.
    pub name: String,
    /// Id of its VM. Entries of one module with one id may share a compiled module, VMs and data.
    pub vm: String,
    /// The module.
    pub module: PathBuf,
    /// Its configuration.
    pub configuration: String,
    /// Where its listener listens.
    pub listen: SocketAddr,
    /// Where everything goes that it does not answer itself.
    pub upstream: SocketAddr,
    /// Name and endpoint of clusters the plugin may call.
    pub callees: Vec<(String, SocketAddr)>,
    /// Whether a pause in headers holds only the headers and lets body callbacks come (what Higress does).
    pub hold_headers: bool,
    /// Whether a broken plugin is skipped.
    pub fail_open: bool,
}

/// A gateway that can be started with plugins.
pub trait Subject {
    /// What reports call it.
    fn name(&self) -> &'static str;

    /// Starts with these plugins and waits until every listener accepts. All or nothing.
    ///
    /// # Errors
    /// When it refuses one of them; the problem tells the end of its log.
    fn start(&self, entries: &[Entry]) -> Result<Box<dyn Running>>;
}

/// A started subject. It stops with the value.
pub trait Running: Send {
    /// Everything that an entry's plugin logged so far, a line each, without what the gateway puts before it.
    fn plugin_log(&self, entry: &str) -> Vec<String>;

    /// Whether it still runs.
    fn alive(&mut self) -> bool;

    /// The value of a metric that a plugin defined.
    fn metric(&self, entry: &str, metric: &str) -> Option<u64>;
}
