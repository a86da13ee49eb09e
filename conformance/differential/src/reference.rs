//! The reference engine: OWASP Coraza through its Rust binding.
//!
//! The binding tells of matches by a callback, on the thread that runs the transaction. It keeps the rule's id and the
//! line it would log, so the end state is read from the line of a rule that logs it ([`crate::rules::PROBE`]); a
//! transaction without that line is an error here, so a callback on some other thread cannot pass for silence.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use coraza::{Error, MatchedRule, Transaction, Waf, WafConfig};
use tempfile::TempDir;

use crate::exchange::Exchange;
use crate::rules::{PROBE, RuleText, probed};
use crate::value::{Value, unquote_go};
use crate::verdict::{Ending, Verdict};

thread_local! {
    /// What the callback was told since the transaction of this thread began.
    static MATCHED: RefCell<Vec<MatchedRule>> = const { RefCell::new(Vec::new()) };
    /// Rule and value of every match of an operator, of a talkative engine.
    static TOLD: RefCell<Told> = const { RefCell::new(Told::new()) };
}

/// What a talkative engine said of a transaction.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Rule and value of every match of an operator, in order.
    pub values: Vec<(u64, Value)>,
    /// Why a body could not be read.
    pub body_error: Option<String>,
}

impl Told {
    const fn new() -> Told {
        Told { values: Vec::new(), body_error: None }
    }

    fn hear(&mut self, message: &str, fields: &str) {
        match message {
            "Evaluating operator: MATCH" => self.values.extend(matched_value(fields)),
            "Failed to process request body" => self.body_error = Some(fields.to_owned()),
            _ => {}
        }
    }
}

/// Rule and value of a line of the debug log.
fn matched_value(fields: &str) -> Option<(u64, Value)> {
    let after = |name: &str| fields.split_once(name).map(|(_, rest)| rest);
    let rule = after("rule_id=")?.split(' ').next()?.parse().ok()?;
    let variable = after("variable=\"")?.split('"').next()?.to_owned();
    Some((rule, Value { variable, bytes: unquote_go(after(" arg=")?)? }))
}

/// Rules compiled by the reference engine.
pub struct Reference {
    waf: Waf,
    probes: &'static [&'static str],
    /// Whether some rule of the entry document may keep the last rule, which tells of the end, from running.
    may_be_silent: bool,
    /// Holds the rule files as long as the engine may look at them.
    _folder: TempDir,
}

impl Reference {
    /// Writes the files into a folder of its own and compiles `text` there.
    ///
    /// # Errors
    /// What the engine or the file system said.
    pub fn new(text: &RuleText) -> Result<Reference, String> {
        Self::build(text, |config| config)
    }

    /// As [`Reference::new`], and keeps what [`Reference::told`] returns.
    ///
    /// # Errors
    /// As [`Reference::new`].
    pub fn talkative(text: &RuleText) -> Result<Reference, String> {
        let entry = format!("SecDebugLogLevel 9\n{}", text.entry);
        let text = RuleText { entry, files: text.files.clone(), probes: text.probes };
        Self::build(&text, |config| {
            config.with_debug_log_callback(|_, message, fields| {
                TOLD.with_borrow_mut(|told| told.hear(message, fields));
            })
        })
    }

    fn build(
        text: &RuleText,
        with: impl FnOnce(WafConfig) -> WafConfig,
    ) -> Result<Reference, String> {
        let failed = |error: std::io::Error| error.to_string();
        let folder = TempDir::with_prefix("differential").map_err(failed)?;
        for (name, content) in &text.files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(folder.path())).map_err(failed)?;
            fs::write(path, content).map_err(failed)?;
        }
        let entry: PathBuf = folder.path().join("differential.conf");
        // A pattern of an Include is taken relative to the process, a plain name relative to the including file.
        let root = folder.path().to_string_lossy();
        fs::write(&entry, text.entry.replace("Include @", &format!("Include {root}/@")))
            .map_err(failed)?;
        let waf = with(WafConfig::new().map_err(|error| error.to_string())?)
            .with_error_callback(|matched| MATCHED.with_borrow_mut(|all| all.push(matched)))
            .with_directives_from_file(&entry.to_string_lossy())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Reference {
            waf,
            probes: text.probes,
            may_be_silent: ["ctl:ruleEngine=Off", "allow", "skip"]
                .iter()
                .any(|word| text.entry.contains(word)),
            _folder: folder,
        })
    }

    /// As [`Reference::run`], with the values that satisfied operators.
    ///
    /// # Errors
    /// As [`Reference::run`].
    pub fn told(&self, exchange: &Exchange, id: u128) -> Result<(Verdict, Told), String> {
        TOLD.take();
        let verdict = self.run(exchange, id)?;
        Ok((verdict, TOLD.take()))
    }

    /// Runs all phases, as the engine's own connectors call them.
    ///
    /// # Errors
    /// When the binding fails, or did not tell of the rule that matches every transaction.
    pub fn run(&self, exchange: &Exchange, id: u128) -> Result<Verdict, String> {
        MATCHED.with_borrow_mut(Vec::clear);
        let mut tx = self.waf.new_transaction_with_id(&format!("{id:032x}"));
        let ended = request(&mut tx, exchange)? || response(&mut tx, exchange)?;
        let interruption = tx.intervention().filter(|_| ended);
        tx.process_logging();
        let interruption = interruption.map(|found| Ending {
            rule: u64::try_from(found.rule_id).unwrap_or_default(),
            status: u16::try_from(found.status).unwrap_or_default(),
            action: ["deny", "drop", "redirect"]
                .into_iter()
                .find(|action| *action == found.action)
                .unwrap_or("other"),
        });
        tx.close().map_err(|error| error.to_string())?;
        let mut verdict = Verdict { interruption, ..Verdict::default() };
        for found in MATCHED.take() {
            let rule = u64::try_from(found.rule_id).unwrap_or_default();
            if rule == PROBE {
                verdict.state.extend(probed(self.probes, message(&found.message)));
            } else {
                *verdict.matched.entry(rule).or_default() += 1;
            }
        }
        if verdict.state.is_empty() && !self.may_be_silent {
            return Err(format!("{}: the reference engine told nothing", exchange.name));
        }
        Ok(verdict)
    }
}

/// `Ok(true)` when a rule ended the exchange.
fn step(result: Result<(), Error>) -> Result<bool, String> {
    match result {
        Ok(()) => Ok(false),
        Err(Error::Intervention { .. }) => Ok(true),
        Err(error) => Err(error.to_string()),
    }
}

fn request(tx: &mut Transaction, exchange: &Exchange) -> Result<bool, String> {
    step(tx.process_connection("127.0.0.1", 54_321, "127.0.0.1", 80))?;
    step(tx.process_uri(&exchange.target, &exchange.method, &exchange.version))?;
    for (name, value) in &exchange.headers {
        tx.add_request_header(name, value);
    }
    if step(tx.process_request_headers())? {
        return Ok(true);
    }
    step(tx.append_request_body(&exchange.body))?;
    step(tx.process_request_body())
}

fn response(tx: &mut Transaction, exchange: &Exchange) -> Result<bool, String> {
    let answer = &exchange.answer;
    for (name, value) in &answer.headers {
        tx.add_response_header(name, value);
    }
    if step(tx.process_response_headers(i32::from(answer.status), "HTTP/1.1"))? {
        return Ok(true);
    }
    if tx.is_response_body_processable() {
        step(tx.append_response_body(&answer.body))?;
    }
    step(tx.process_response_body())
}

/// The text of `[msg "..."]` in a line of the error log.
fn message(line: &str) -> &str {
    let Some((_, rest)) = line.split_once("[msg \"") else { return "" };
    rest.split_once("\"]").map_or(rest, |(message, _)| message)
}
