//! The text of each rule, so that a cause can be checked against what the rule asks for.

use std::collections::BTreeMap;

use crate::rules::RuleText;

/// One `SecRule` of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Targets.
    pub targets: String,
    /// Operator with its argument, quotes undone.
    pub operator: String,
    /// Actions.
    pub actions: String,
}

impl Link {
    /// The pattern of `@rx`, also where the operator is not named or negated.
    pub fn pattern(&self) -> Option<&str> {
        let operator = self.operator.strip_prefix('!').unwrap_or(&self.operator);
        match operator.strip_prefix('@') {
            Some(named) => named.strip_prefix("rx ").map(str::trim_start),
            None => Some(operator),
        }
    }

    /// Whether the operator is `name` with its at sign.
    pub fn operator_is(&self, name: &str) -> bool {
        self.operator.trim_start_matches('!').split(' ').next() == Some(name)
    }

    /// Whether an action or transformation such as `t:lowercase` is asked for.
    pub fn asks(&self, action: &str) -> bool {
        self.actions.split(',').any(|one| one.trim().eq_ignore_ascii_case(action))
    }
}

/// The links of every rule, by the id of the chain's starter.
#[derive(Debug, Clone, Default)]
pub struct Statements(BTreeMap<u64, Vec<Link>>);

impl Statements {
    /// Reads the files and the entry document.
    pub fn read(text: &RuleText) -> Statements {
        let mut all = Statements::default();
        for (name, content) in &text.files {
            if name.ends_with(".conf") || name.contains(".conf-") || name.contains(".conf.") {
                all.add(&String::from_utf8_lossy(content));
            }
        }
        all.add(&text.entry);
        all
    }

    /// The links of a rule; none where no `SecRule` has this id.
    pub fn of(&self, rule: u64) -> &[Link] {
        self.0.get(&rule).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, text: &str) {
        let mut chained_to = None;
        for line in logical_lines(text) {
            let Some(rest) = line.strip_prefix("SecRule ") else { continue };
            let Some(link) = read_link(rest) else { continue };
            let id = match chained_to {
                Some(starter) => Some(starter),
                None => id(&link.actions),
            };
            let Some(id) = id else { continue };
            chained_to = link.asks("chain").then_some(id);
            self.0.entry(id).or_default().push(link);
        }
    }
}

fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        match line.strip_suffix('\\') {
            Some(begun) => current.push_str(begun),
            None => {
                current.push_str(line);
                lines.push(std::mem::take(&mut current));
            }
        }
    }
    lines.push(current);
    lines
}

fn read_link(rest: &str) -> Option<Link> {
    let (targets, rest) = word(rest)?;
    let (operator, rest) = word(rest)?;
    let actions = word(rest).map(|(actions, _)| actions).unwrap_or_default();
    Some(Link { targets, operator, actions })
}

/// The next word, quoted or not, and what follows it.
fn word(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end)?;
        return (!word.is_empty()).then(|| (word.to_owned(), rest));
    };
    let mut word = String::new();
    let mut escaped = false;
    for (at, next) in quoted.char_indices() {
        match next {
            '"' if !escaped => return Some((word, quoted.get(at + 1..)?)),
            '"' => {
                word.pop();
                word.push('"');
            }
            _ => word.push(next),
        }
        escaped = next == '\\' && !escaped;
    }
    None
}

fn id(actions: &str) -> Option<u64> {
    let mut actions = actions.split(',').map(str::trim);
    actions.find_map(|action| action.strip_prefix("id:"))?.trim_matches('\'').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_belong_to_their_starter() {
        let entry = "# SecRule A \"b\" \"id:1\"\nSecRule ARGS|!ARGS:x \"@rx a\\\"b\" \\\n    \"id:7,phase:2,\\\n    t:none,t:lowercase,chain\"\n\
                     SecRule MATCHED_VARS \"!@contains c\"\nSecRule ARGS d \"id:'8'\"\n";
        let text = RuleText { entry: entry.to_owned(), files: Vec::new(), probes: &[] };
        let all = Statements::read(&text);
        assert_eq!(all.of(7).len(), 2);
        assert_eq!(all.of(7)[0].pattern(), Some("a\"b"));
        assert!(all.of(7)[0].asks("t:lowercase"));
        assert!(all.of(7)[1].operator_is("@contains"));
        assert_eq!(all.of(8)[0].pattern(), Some("d"));
        assert!(all.of(1).is_empty());
    }
}
