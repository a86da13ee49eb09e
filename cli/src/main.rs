//! The `portcullis` binary: run a gateway, check and explain its configuration, test its rule sets.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod arguments;
mod check;
mod compile;
mod demo;
mod explain;
mod plugin_new;
mod proxy;
mod run;
mod waf;
mod waf_profile;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command, ConfigCommand, PluginCommand, WafCommand};

/// Version of the program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Proxy(arguments) => proxy::proxy(&arguments),
        Command::Config(ConfigCommand::Schema) => check::schema(),
        Command::Waf(WafCommand::Test(arguments)) => waf::test(&arguments),
        Command::Waf(WafCommand::Profile(arguments)) => waf_profile::profile(&arguments),
        Command::Plugin(PluginCommand::New(arguments)) => plugin_new::new(&arguments),
        Command::DemoUpstream(arguments) => demo::run(arguments.listen),
    }
}

/// Says why the program ends.
fn fail(problem: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("portcullis: {problem}");
    ExitCode::FAILURE
}
