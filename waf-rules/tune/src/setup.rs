//! Rule sets as the regression tests and the gate need them.

use std::sync::Arc;

use portcullis_waf_engine::{CompileOptions, RuleDiagnostic, RuleSet, Sources};
use portcullis_waf_rulesets::Package;

/// The settings the regression tests are written for (CRS's `tests/regression/README` and Coraza's own harness): all
/// paranoia levels, detection only, the argument limits some tests exceed, response types of the upstream.
pub const REGRESSION: &str = r#"
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml application/json
SecDefaultAction "phase:3,log,auditlog,pass"
SecDefaultAction "phase:4,log,auditlog,pass"
SecDefaultAction "phase:5,log,auditlog,pass"
SecAction "id:900005,phase:1,nolog,pass,ctl:ruleEngine=DetectionOnly,ctl:ruleRemoveById=910000,\
    setvar:tx.blocking_paranoia_level=4,setvar:tx.crs_validate_utf8_encoding=1,\
    setvar:tx.arg_name_length=100,setvar:tx.arg_length=400,setvar:tx.total_arg_length=64000,\
    setvar:tx.max_num_args=255,setvar:tx.max_file_size=64100,setvar:tx.combined_file_sizes=65535"
"#;

/// Stock settings at paranoia level 1, blocking: what an operator gets who changes nothing.
const STOCK: &str = "SecRuleEngine On\nSecResponseBodyAccess Off\n";

/// Which settings a package is compiled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// For the regression tests: every paranoia level, detection only.
    Regression,
    /// As an operator gets it: paranoia level 1, blocking.
    Stock,
}

/// The rules do not compile; every problem with its place.
#[derive(Debug, thiserror::Error)]
#[error("the rule set does not compile:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct SetupError(pub Vec<RuleDiagnostic>);

/// Compiles a package.
///
/// # Errors
/// [`SetupError`] with every diagnostic.
pub fn compile(package: &Package, setting: Setting) -> Result<Arc<RuleSet>, SetupError> {
    compile_with(package, setting, true)
}

/// Compiles a package, `prefilter` or not: without it every rule is tried on every value.
///
/// # Errors
/// [`SetupError`] with every diagnostic.
pub fn compile_with(
    package: &Package,
    setting: Setting,
    prefilter: bool,
) -> Result<Arc<RuleSet>, SetupError> {
    let settings = match setting {
        Setting::Regression => REGRESSION,
        Setting::Stock => STOCK,
    };
    let files = package.files.iter().map(|file| (file.path.clone(), file.content.clone()));
    let sources = Sources::new("portcullis-tune.conf", package.entry(settings)).with_files(files);
    let options = CompileOptions { prefilter, ..CompileOptions::default() };
    RuleSet::compile(&sources, &options).map_err(SetupError)
}
