//! Which tests are run, and what is expected of each of their stages.

use super::schema::{Output, Overrides, Stage, Test, TestOverride};

/// One test with the rule file it belongs to.
pub(crate) struct Case<'a> {
    pub(crate) group: &'a str,
    pub(crate) rule: u64,
    pub(crate) test: &'a Test,
}

/// What is expected of a stage.
pub(crate) struct Expectation<'a> {
    /// What is judged by.
    pub(crate) output: Output,
    /// The override that replaced the test's own expectation, and that expectation.
    pub(crate) replaced: Option<(&'a TestOverride, &'a Output)>,
}

impl Case<'_> {
    /// `942100-3`.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.rule, self.test.test_id)
    }

    /// The stages with their numbers from 1.
    pub(crate) fn stages(&self) -> impl Iterator<Item = (u32, &Stage)> {
        (1..).zip(&self.test.stages)
    }

    /// What is expected of stage `number`.
    pub(crate) fn expectation<'a>(
        &'a self,
        number: u32,
        stage: &'a Stage,
        overrides: &'a Overrides,
    ) -> Expectation<'a> {
        let by = overrides.test_overrides.iter().find(|by| self.is_meant(by, number));
        let mut output = stage.output.clone();
        if let Some(by) = by {
            output = by.output.clone().unwrap_or(output);
            output.retry_once = by.retry_once.or(output.retry_once);
        }
        Expectation { output, replaced: by.map(|by| (by, &stage.output)) }
    }

    fn is_meant(&self, by: &TestOverride, stage: u32) -> bool {
        by.rule_id == self.rule
            && (by.test_ids.is_empty() || by.test_ids.contains(&self.test.test_id))
            && (by.stage_ids.is_empty() || by.stage_ids.contains(&stage))
    }

    /// Whether the test is among those asked for; an empty list asks for all.
    pub(crate) fn is_selected(&self, only: &[String]) -> bool {
        is_selected(only, &self.name())
    }
}

fn is_selected(only: &[String], name: &str) -> bool {
    let rule = name.split('-').next().unwrap_or_default();
    only.is_empty()
        || only.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => wanted == name || wanted == rule,
        })
}

/// Overrides that mean a test which is not among `cases`: `920100-99`, or the rule alone.
pub(crate) fn unknown(overrides: &Overrides, cases: &[Case<'_>]) -> Vec<String> {
    let known = |rule, test: Option<u32>| {
        cases.iter().any(|case| case.rule == rule && test.is_none_or(|id| case.test.test_id == id))
    };
    let mut unknown = Vec::new();
    for by in &overrides.test_overrides {
        if by.test_ids.is_empty() && !known(by.rule_id, None) {
            unknown.push(by.rule_id.to_string());
        }
        let missing = by.test_ids.iter().filter(|id| !known(by.rule_id, Some(**id)));
        unknown.extend(missing.map(|id| format!("{}-{id}", by.rule_id)));
    }
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_selected_by_name_rule_or_beginning() {
        let cases = [
            ("942100-3", "942100-3", true),
            ("942100-3", "942100-31", false),
            ("942100", "942100-31", true),
            ("942*", "942100-31", true),
            ("941*", "942100-31", false),
        ];
        for (wanted, name, expected) in cases {
            assert_eq!(is_selected(&[wanted.to_owned()], name), expected, "{wanted} {name}");
        }
        assert!(is_selected(&[], "1-1"));
    }
}
