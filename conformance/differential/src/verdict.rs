//! What an engine said of a transaction, and how two verdicts differ.

use std::collections::BTreeMap;
use std::fmt;

/// An engine's answer to one exchange.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// How often each rule that logs matched.
    pub matched: BTreeMap<u64, usize>,
    /// What rules wrote about the end of the transaction, one value a name; [`crate::rules::PROBES`].
    pub state: BTreeMap<&'static str, String>,
    /// The end a rule asked for.
    pub interruption: Option<Ending>,
}

/// How a rule ended an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The rule; 0 where a limit of the engine itself answered.
    pub rule: u64,
    /// Status of the answer.
    pub status: u16,
    /// `deny`, `drop` or `redirect`.
    pub action: &'static str,
}

/// How this engine's verdict differs from the reference engine's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Rules that matched more often here.
    pub more: Vec<u64>,
    /// Rules that matched less often here.
    pub less: Vec<u64>,
    /// Values of the end state that differ: name, here, there.
    pub state: Vec<(&'static str, String, String)>,
    /// Both endings, where they differ: here, there.
    pub interruption: Option<(Option<Ending>, Option<Ending>)>,
}

impl Verdict {
    /// What differs, `None` when nothing does.
    pub fn difference(&self, reference: &Verdict) -> Option<Difference> {
        let count = |verdict: &Verdict, rule: &u64| verdict.matched.get(rule).copied().unwrap_or(0);
        let more = |a: &Verdict, b: &Verdict| -> Vec<u64> {
            a.matched.keys().copied().filter(|rule| count(a, rule) > count(b, rule)).collect()
        };
        let value = |verdict: &Verdict, name: &str| verdict.state.get(name).cloned();
        let names = self.state.keys().chain(reference.state.keys());
        let mut state: Vec<_> = names
            .filter(|name| value(self, name) != value(reference, name))
            .map(|name| {
                let [here, there] = [self, reference].map(|v| value(v, name).unwrap_or_default());
                (*name, here, there)
            })
            .collect();
        state.sort();
        state.dedup();
        let endings = (self.interruption.clone(), reference.interruption.clone());
        let difference = Difference {
            more: more(self, reference),
            less: more(reference, self),
            state,
            interruption: (endings.0 != endings.1).then_some(endings),
        };
        (difference != Difference::default()).then_some(difference)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} by {}", self.action, self.status, self.rule)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.more.iter().map(|rule| format!("+{rule}")));
        parts.extend(self.less.iter().map(|rule| format!("-{rule}")));
        parts.extend(
            self.state.iter().map(|(name, here, there)| format!("{name}={here:?} not {there:?}")),
        );
        if let Some((here, there)) = &self.interruption {
            let say = |ending: &Option<Ending>| {
                ending.as_ref().map_or_else(|| "no end".to_owned(), Ending::to_string)
            };
            parts.push(format!("{} not {}", say(here), say(there)));
        }
        f.write_str(&parts.join(" "))
    }
}
