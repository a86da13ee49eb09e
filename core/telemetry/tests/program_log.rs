//! The program's log, seen from outside: a process has one, so each case is a process of its own.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

use portcullis_config::LogLevel;
use portcullis_telemetry::{LogFormat, ProgramLog};
use tracing_log::log;

/// Set in the process that speaks.
const CHILD: &str = "PORTCULLIS_TEST_LOG_FORMAT";

/// What a process says on stderr when it runs [`speaker`].
fn said(format: &str) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "speaker", "--nocapture"])
        .env(CHILD, format)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Does nothing unless started by [`said`].
#[test]
fn speaker() {
    let format = match std::env::var(CHILD).as_deref() {
        Ok("json") => LogFormat::Json,
        Ok(_) => LogFormat::Text,
        Err(_) => return,
    };
    ProgramLog::init(LogLevel::Info, format).unwrap();
    assert!(ProgramLog::init(LogLevel::Info, format).is_err());
    tracing::info!(revision = 7, "Snapshot published");
    tracing::debug!("Route chosen");
    tracing::warn!(text = "a\nb\u{1b}[31m\"", "Strange");
    tracing::info!(target: "pingora_core::server", "Each connection");
    log::info!(target: "pingora_core::server", "Each connection through log");
    log::warn!(target: "pingora_core::server", "Connector failed");
}

#[test]
fn json_lines_carry_level_message_and_fields() {
    let said = said("json");
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let messages: Vec<&str> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(messages, ["Snapshot published", "Strange", "Connector failed"]);
    assert_eq!(lines[0]["level"], "INFO");
    assert_eq!(lines[0]["revision"], 7);
    assert_eq!(lines[1]["text"], "a\nb\u{1b}[31m\"");
    assert_eq!(lines[2]["level"], "WARN");
}

#[test]
fn text_lines_hold_no_control_characters() {
    let said = said("text");
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
    assert!(said.contains("Snapshot published revision=7"), "{said}");
}
