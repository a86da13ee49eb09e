//! This rule engine beside OWASP Coraza, libmodsecurity and zentinel-modsec, in one run on one core.
//!
//! Every engine is a process of its own with the same rule files and the same requests; all stay alive and are measured
//! in turn, A B C D A B C D, by the CPU time that the process took. Only ratios of one run are held against what the
//! project asks for.

pub mod bars;
pub mod draw;
pub mod driver;
pub mod folder;
pub mod measure;
pub mod report;
pub mod request;
pub mod serve;
pub mod shapes;
