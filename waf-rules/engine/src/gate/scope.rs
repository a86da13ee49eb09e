//! Where values come from: the patterns of a scope are looked for together.

use crate::meta::Phase;
use crate::variable::Variable;

/// Values that mostly the same rules are about. What many rules look at is scanned for their many patterns; lines, headers
/// and raw bodies, which repeat the same bytes, for the few that are about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// What an application reads of a request: path, arguments, cookies, parts of bodies.
    Content,
    /// The rest of a request.
    Envelope,
    /// All of a response, and what is looked at when it is over.
    Response,
}

impl Scope {
    pub(crate) const ALL: [Self; 3] = [Self::Content, Self::Envelope, Self::Response];

    #[expect(clippy::wildcard_enum_match_arm, reason = "most variables are no content")]
    pub(crate) const fn of(variable: Variable, phase: Phase) -> Self {
        if !matches!(phase, Phase::RequestHeaders | Phase::RequestBody) {
            return Self::Response;
        }
        match variable {
            Variable::Args
            | Variable::ArgsNames
            | Variable::ArgsGet
            | Variable::ArgsGetNames
            | Variable::ArgsPost
            | Variable::ArgsPostNames
            | Variable::ArgsPath
            | Variable::RequestCookies
            | Variable::RequestCookiesNames
            | Variable::RequestFilename
            | Variable::RequestXml
            | Variable::Xml
            | Variable::Json
            | Variable::Files
            | Variable::FilesNames
            | Variable::FilesTmpContent
            | Variable::MultipartFilename
            | Variable::MultipartName => Self::Content,
            _ => Self::Envelope,
        }
    }
}

/// Some scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Scopes([bool; Scope::ALL.len()]);

impl Scopes {
    pub(crate) fn insert(&mut self, scope: Scope) {
        if let Some(place) = self.0.get_mut(scope as usize) {
            *place = true;
        }
    }

    pub(crate) fn contain(self, scope: Scope) -> bool {
        self.0.get(scope as usize) == Some(&true)
    }

    /// Whether all of these are among `others`.
    pub(crate) fn are_in(self, others: Self) -> bool {
        Scope::ALL.into_iter().all(|scope| !self.contain(scope) || others.contain(scope))
    }

    pub(crate) fn union(&mut self, others: Self) {
        Scope::ALL.into_iter().filter(|scope| others.contain(*scope)).for_each(|s| self.insert(s));
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut all = Self::default();
        scopes.into_iter().for_each(|scope| all.insert(scope));
        all
    }
}
