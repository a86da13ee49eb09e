//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Run CRS regression tests (FTW YAML) in process and print passed/total by rule file
    Test(WafTestArguments),
}

#[derive(Debug, Args)]
pub(crate) struct WafTestArguments {
    /// Folder with the regression tests
    #[arg(long, value_name = "DIR")]
    pub(crate) ftw: PathBuf,
    /// Folder with another rule set than the embedded one
    #[arg(long, value_name = "DIR")]
    pub(crate) crs: Option<PathBuf>,
    /// Only these tests: 942100-3, 942100 or 942*; may be repeated
    #[arg(long, value_name = "TEST")]
    pub(crate) only: Vec<String>,
    /// Also print why each failed test failed
    #[arg(long)]
    pub(crate) verbose: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Exit with status 1 when fewer percent pass
    #[arg(long, default_value_t = 100.0, value_name = "PERCENT")]
    pub(crate) at_least: f64,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:9000", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
}
