//! Views: what a target means, shared by all rules that ask for the same. Hundreds of links look at a few dozen views,
//! so what is known of a view's values is found out once for all of them.

use std::collections::HashMap;

use crate::program::Target;
use crate::variable::Variable;

/// Position of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ViewId(pub(crate) u32);

/// All views of a rule set.
#[derive(Debug, Default)]
pub(crate) struct Views {
    views: Vec<Target>,
    /// By what the text said, while rules are compiled.
    ids: HashMap<String, ViewId>,
}

impl Views {
    /// The view of a target; `key` is equal exactly for targets that mean the same. `None` where values come and go
    /// while a phase runs.
    pub(crate) fn view(&mut self, key: String, target: &Target) -> Option<ViewId> {
        if target.count || !is_steady(target.variable) {
            return None;
        }
        let next = ViewId(u32::try_from(self.views.len()).ok()?);
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            self.views.push(target.clone());
        }
        Some(id)
    }

    /// Forgets what only compiling needs.
    pub(crate) fn seal(&mut self) {
        self.ids = HashMap::new();
    }

    #[inline]
    pub(crate) fn target(&self, id: ViewId) -> Option<&Target> {
        self.views.get(id.0 as usize)
    }

    pub(crate) fn len(&self) -> usize {
        self.views.len()
    }
}

/// Whether the values of a variable change only when the exchange brings something new, not by rules.
pub(crate) fn is_steady(variable: Variable) -> bool {
    let of_rules = matches!(
        variable,
        Variable::Tx
            | Variable::Ip
            | Variable::Session
            | Variable::Global
            | Variable::User
            | Variable::Resource
            | Variable::Rule
            | Variable::Env
            | Variable::Geo
            | Variable::MatchedVar
            | Variable::MatchedVarName
            | Variable::MatchedVars
            | Variable::MatchedVarsNames
            | Variable::ArgsCombinedSize
            | Variable::HighestSeverity
    );
    !of_rules && !variable.tells_time()
}
