//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A security gateway: routes, inspects and protects HTTP at the edge of a cluster.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the gateway; changed files take effect without a restart
    Run(ConfigFrom),
    /// Report every problem of a configuration; exit status 1 when there is one
    Check(CheckArguments),
    /// Tell which listener, route, filters and cluster a request would meet
    Explain(ExplainArguments),
    /// Proxy to one upstream without any file
    Proxy(ProxyArguments),
    /// Work with the configuration format
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Work with WAF rule sets
    #[command(subcommand)]
    Waf(WafCommand),
    /// Work with Proxy-Wasm plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Run an upstream to try the gateway against: echo, /sse, /ws
    DemoUpstream(DemoArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ConfigFrom {
    /// A YAML file, or a folder of them
    #[arg(short, long, value_name = "DIR|FILE")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) from: ConfigFrom,
    /// Print diagnostics as JSON, one a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    #[command(flatten)]
    pub(crate) from: ConfigFrom,
    /// The request: 'GET https://host/path'
    #[arg(long, value_name = "REQUEST")]
    pub(crate) request: String,
    /// A header of the request: 'name: value'; may be repeated
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub(crate) headers: Vec<String>,
    /// The listener it comes in on; otherwise the first that fits scheme and port
    #[arg(long, value_name = "NAME")]
    pub(crate) listener: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ProxyArguments {
    /// The upstream: http://host:port or https://host:port
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// Block attacks with the embedded OWASP Core Rule Set
    #[arg(long)]
    pub(crate) waf: bool,
    /// Where the admin API listens
    #[arg(long, default_value = "127.0.0.1:9901", value_name = "ADDRESS")]
    pub(crate) admin: SocketAddr,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the JSON Schema of the configuration
    Schema,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WafCommand {
    /// Run CRS regression tests (FTW YAML), in process or through a running gateway
    Test(WafTestArguments),
    /// Show which rules take the time: in process over requests, or of a running gateway
    Profile(WafProfileArguments),
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Write a folder to begin a plugin with
    New(PluginNewArguments),
}

#[derive(Debug, Args)]
pub(crate) struct PluginNewArguments {
    /// Its name: lower-case letters, digits and dashes
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What it is written in
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub(crate) lang: PluginLanguage,
    /// The folder to make; the name of the plugin by default
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PluginLanguage {
    /// Rust with the proxy-wasm crate
    Rust,
    /// Go with the SDK of Higress
    Go,
    /// AssemblyScript, a language with the syntax of TypeScript
    Ts,
}

#[derive(Debug, Args)]
pub(crate) struct WafProfileArguments {
    /// The admin API of a running gateway, http://host:port; shows what it sampled
    #[arg(long, value_name = "URL", conflicts_with_all = ["config", "requests", "har", "rounds", "top"])]
    pub(crate) from: Option<String>,
    /// Profile the rule sets of this configuration, not the stock Core Rule Set
    #[arg(short, long, value_name = "DIR|FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder with requests as FTW YAML, not the ordinary requests that are built in
    #[arg(long, value_name = "DIR")]
    pub(crate) requests: Option<PathBuf>,
    /// A recording of requests (HAR), as browsers save it, in their place
    #[arg(long, value_name = "FILE", conflicts_with = "requests")]
    pub(crate) har: Option<PathBuf>,
    /// How often all requests are run
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    pub(crate) rounds: u32,
    /// How many rules are shown
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    pub(crate) top: usize,
}

#[derive(Debug, Args)]
pub(crate) struct WafTestArguments {
    /// Folder with the regression tests
    #[arg(long, value_name = "DIR")]
    pub(crate) ftw: PathBuf,
    /// Folder with another rule set than the embedded one, in process
    #[arg(long, value_name = "DIR")]
    pub(crate) crs: Option<PathBuf>,
    /// Only these tests: 942100-3, 942100 or 942*; may be repeated
    #[arg(long, value_name = "TEST")]
    pub(crate) only: Vec<String>,
    /// Overrides in CRS's format in place of those built in
    #[arg(long, value_name = "FILE")]
    pub(crate) overrides: Option<PathBuf>,
    /// Judge every test as CRS writes it
    #[arg(long, conflicts_with = "overrides")]
    pub(crate) no_overrides: bool,
    /// Send the tests to this gateway, http://host:port or https://host:port, and compare with the run in process
    #[arg(long, value_name = "URL", requires = "log")]
    pub(crate) through: Option<String>,
    /// Where the gateway logs which rules matched: WAF log, audit log or error log
    #[arg(long, value_name = "FILE", requires = "through")]
    pub(crate) log: Option<PathBuf>,
    /// Serve the upstream the tests expect on this address during the run
    #[arg(long, value_name = "ADDRESS", requires = "through")]
    pub(crate) upstream_listen: Option<SocketAddr>,
    /// PEM file with the authority of an https gateway's certificate
    #[arg(long, value_name = "FILE", requires = "through")]
    pub(crate) ca: Option<PathBuf>,
    /// Try every rule on every value, in process: the same comes out, and takes ten times as long
    #[arg(long, conflicts_with = "through")]
    pub(crate) without_prefilter: bool,
    /// Connections at once
    #[arg(long, value_name = "NUMBER", requires = "through")]
    pub(crate) connections: Option<usize>,
    /// Seconds the gateway may take for an answer, and its log for a line
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    pub(crate) timeout: u64,
    /// Exit with status 1 when more percent of the tests differ from the run in process
    #[arg(long, value_name = "PERCENT", requires = "through")]
    pub(crate) within: Option<f64>,
    /// Also print why each failed test failed
    #[arg(long)]
    pub(crate) verbose: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// Exit with status 1 when fewer percent pass; 100 unless --within is given
    #[arg(long, value_name = "PERCENT")]
    pub(crate) at_least: Option<f64>,
}

impl WafTestArguments {
    /// The percentage that must pass: all, unless the comparison is what is asked for.
    pub(crate) fn at_least(&self) -> f64 {
        self.at_least.unwrap_or(if self.within.is_some() { 0.0 } else { 100.0 })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// A table by rule file
    Text,
    /// One JSON document
    Json,
    /// JUnit XML, a test case each
    Junit,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:9000", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
}
