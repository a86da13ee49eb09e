//! What configuration directives set for the whole rule set.

use crate::ast::{DecodeJson, OnLimit};
use crate::audit::AuditSettings;
use crate::limits;
use crate::ruleset::EngineMode;

/// Settings after all files were read.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) engine: EngineMode,
    pub(crate) request_body_access: bool,
    pub(crate) request_body_limit: usize,
    pub(crate) request_body_no_files_limit: Option<usize>,
    pub(crate) request_body_on_limit: OnLimit,
    pub(crate) json_depth: usize,
    pub(crate) arguments: usize,
    pub(crate) response_body_access: bool,
    pub(crate) response_body_limit: usize,
    pub(crate) response_body_on_limit: OnLimit,
    /// Lower case, without parameters.
    pub(crate) response_types: Vec<String>,
    pub(crate) signatures: Vec<String>,
    pub(crate) audit: AuditSettings,
    pub(crate) decode_json: DecodeJson,
    /// Parts with a file name of one body.
    pub(crate) upload_files: usize,
    /// `SecWebAppId`: whose records of persistent collections.
    pub(crate) web_app_id: std::sync::Arc<str>,
    /// Seconds after its last change that a record of a persistent collection is kept.
    pub(crate) record_seconds: u64,
    /// Directives without a meaning here, as written.
    pub(crate) accepted: Vec<(&'static str, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            engine: EngineMode::Off,
            request_body_access: false,
            request_body_limit: limits::DEFAULT_REQUEST_BODY_BYTES,
            request_body_no_files_limit: None,
            request_body_on_limit: OnLimit::Reject,
            json_depth: limits::DEFAULT_JSON_DEPTH,
            arguments: limits::DEFAULT_ARGUMENTS,
            response_body_access: false,
            response_body_limit: limits::DEFAULT_RESPONSE_BODY_BYTES,
            response_body_on_limit: OnLimit::ProcessPartial,
            response_types: vec!["text/html".to_owned(), "text/plain".to_owned()],
            signatures: Vec::new(),
            audit: AuditSettings::default(),
            decode_json: DecodeJson::Off,
            upload_files: limits::DEFAULT_UPLOAD_FILES,
            web_app_id: "default".into(),
            record_seconds: limits::DEFAULT_RECORD_SECONDS,
            accepted: Vec::new(),
        }
    }
}
