//! Variables of other engines that this one does not fill. Naming one is an error: the rule would never match.

/// Name, and what to do about it.
pub(crate) const REFUSED: &[(&str, &str)] = &[
    ("FILES_TMPNAMES", "uploads are never written to disk; FILES_TMP_CONTENT has what is in them"),
    ("INBOUND_ERROR_DATA", "use INBOUND_DATA_ERROR"),
    ("MODSEC_BUILD", "there is no build to ask for; remove the rule"),
    ("MSC_PCRE_ERROR", PATTERNS),
    ("MSC_PCRE_LIMITS_EXCEEDED", PATTERNS),
    ("OUTBOUND_ERROR_DATA", "use OUTBOUND_DATA_ERROR"),
    ("PERF_ALL", TIMES),
    ("PERF_COMBINED", TIMES),
    ("PERF_GC", TIMES),
    ("PERF_LOGGING", TIMES),
    ("PERF_PHASE1", TIMES),
    ("PERF_PHASE2", TIMES),
    ("PERF_PHASE3", TIMES),
    ("PERF_PHASE4", TIMES),
    ("PERF_PHASE5", TIMES),
    ("PERF_RULES", TIMES),
    ("PERF_SREAD", TIMES),
    ("PERF_SWRITE", TIMES),
    ("SCRIPT_BASENAME", "use REQUEST_BASENAME"),
    ("SCRIPT_FILENAME", "use REQUEST_FILENAME"),
    ("SCRIPT_GID", SCRIPTS),
    ("SCRIPT_GROUPNAME", SCRIPTS),
    ("SCRIPT_MODE", SCRIPTS),
    ("SCRIPT_UID", SCRIPTS),
    ("SCRIPT_USERNAME", SCRIPTS),
    ("SDBM_DELETE_ERROR", "records are not kept in files; remove the rule"),
    ("STREAM_INPUT_BODY", "use REQUEST_BODY"),
    ("STREAM_OUTPUT_BODY", "use RESPONSE_BODY"),
    ("USERAGENT_IP", "use REMOTE_ADDR, which is the caller's own address behind trusted proxies"),
    ("WEBSERVER_ERROR_LOG", "the gateway's own log cannot be asked; remove the rule"),
];

const PATTERNS: &str = "use TX:MSC_PCRE_LIMITS_EXCEEDED";
const TIMES: &str = "use DURATION; times of phases are in the gateway's metrics";
const SCRIPTS: &str = "a gateway runs no scripts; remove the rule";
