//! Collections of a transaction: what came in, in order, keys repeated as often as they came.

use crate::compile::Names;
use crate::program::{KeyId, Selector};
use crate::transaction::values::{ValueId, Values};
use crate::variable::Variable;

/// A collection that holds entries. Other variables are views of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bag {
    ArgsGet,
    ArgsPost,
    ArgsPath,
    Geo,
    RequestHeaders,
    RequestCookies,
    RequestXml,
    Files,
    FilesNames,
    FilesSizes,
    FilesContent,
    Json,
    PartHeaders,
    PartNames,
    PartFilenames,
    ResponseHeaders,
    ResponseArgs,
    ResponseXml,
    Ip,
    Session,
    Global,
    User,
    Resource,
    Env,
}

pub(crate) const BAGS: usize = Bag::Env as usize + 1;

impl Bag {
    /// Whether keys are looked up as they are written, so that a lookup needs no folding.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// The bags whose entries a variable shows.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most variables are no collections")]
    pub(crate) const fn of(variable: Variable) -> &'static [Self] {
        match variable {
            Variable::Args | Variable::ArgsNames => {
                &[Self::ArgsGet, Self::ArgsPost, Self::ArgsPath]
            }
            Variable::Geo => &[Self::Geo],
            Variable::ArgsPath => &[Self::ArgsPath],
            Variable::ArgsGet | Variable::ArgsGetNames => &[Self::ArgsGet],
            Variable::ArgsPost | Variable::ArgsPostNames => &[Self::ArgsPost],
            Variable::RequestHeaders | Variable::RequestHeadersNames => &[Self::RequestHeaders],
            Variable::RequestCookies | Variable::RequestCookiesNames => &[Self::RequestCookies],
            Variable::Xml | Variable::RequestXml => &[Self::RequestXml],
            Variable::ResponseXml => &[Self::ResponseXml],
            Variable::ResponseArgs => &[Self::ResponseArgs],
            Variable::ResponseHeaders | Variable::ResponseHeadersNames => &[Self::ResponseHeaders],
            Variable::Files => &[Self::Files],
            Variable::FilesNames => &[Self::FilesNames],
            Variable::FilesSizes => &[Self::FilesSizes],
            Variable::FilesTmpContent => &[Self::FilesContent],
            Variable::Json => &[Self::Json],
            Variable::MultipartPartHeaders => &[Self::PartHeaders],
            Variable::MultipartName => &[Self::PartNames],
            Variable::MultipartFilename => &[Self::PartFilenames],
            Variable::Ip => &[Self::Ip],
            Variable::Session => &[Self::Session],
            Variable::Global => &[Self::Global],
            Variable::User => &[Self::User],
            Variable::Resource => &[Self::Resource],
            Variable::Env => &[Self::Env],
            _ => &[],
        }
    }
}

/// One entry of a collection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) key: ValueId,
    pub(crate) value: ValueId,
    pub(crate) key_id: KeyId,
}

/// All collections of a transaction.
#[derive(Debug, Default)]
pub(crate) struct Bags {
    bags: [Vec<Entry>; BAGS],
    folded: Vec<u8>,
}

impl Bags {
    pub(crate) fn reset(&mut self) {
        self.bags.iter_mut().for_each(Vec::clear);
    }

    pub(crate) fn clear(&mut self, bag: Bag) {
        if let Some(entries) = self.bags.get_mut(bag.index()) {
            entries.clear();
        }
    }

    pub(crate) fn get(&self, bag: Bag) -> &[Entry] {
        self.bags.get(bag.index()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Adds an entry; false when the bag holds `limit` already.
    pub(crate) fn add(
        &mut self,
        bag: Bag,
        entry: (&[u8], &[u8]),
        limit: usize,
        (names, values): (&Names, &mut Values),
    ) -> bool {
        let Some(list) = self.bags.get_mut(bag.index()) else { return false };
        if list.len() >= limit {
            return false;
        }
        self.folded.clear();
        self.folded.extend(entry.0.iter().map(u8::to_ascii_lowercase));
        let key_id = names.find_key(&self.folded);
        let (key, value) = (values.intern(entry.0), values.intern(entry.1));
        list.push(Entry { key, value, key_id });
        true
    }

    /// Gives the entry of this name the value, or with `None` takes it away. Case does not tell names apart.
    pub(crate) fn put(
        &mut self,
        bag: Bag,
        (name, value): (&[u8], Option<&[u8]>),
        (names, values): (&Names, &mut Values),
    ) {
        let Some(list) = self.bags.get_mut(bag.index()) else { return };
        let known = list.iter().position(|e| values.get(e.key).eq_ignore_ascii_case(name));
        match (known, value) {
            (Some(at), None) => {
                list.remove(at);
            }
            (Some(at), Some(value)) => {
                if let Some(entry) = list.get_mut(at) {
                    entry.value = values.intern(value);
                }
            }
            (None, Some(value)) => {
                self.add(bag, (name, value), usize::MAX, (names, values));
            }
            (None, None) => {}
        }
    }

    /// Entries of a variable that a selector means and no exception takes out.
    pub(crate) fn select<'a>(
        &'a self,
        variable: Variable,
        selector: &'a Selector,
        except: &'a [Selector],
        values: &'a Values,
    ) -> impl Iterator<Item = &'a Entry> {
        Bag::of(variable)
            .iter()
            .flat_map(|bag| self.get(*bag))
            .filter(move |entry| selects(selector, entry, values))
            .filter(move |entry| !except.iter().any(|other| selects(other, entry, values)))
    }
}

/// Whether a selector means this entry.
pub(crate) fn selects(selector: &Selector, entry: &Entry, values: &Values) -> bool {
    match selector {
        Selector::All => true,
        Selector::Key(key) => entry.key_id == *key,
        Selector::Regex(regex) => regex.is_match(values.get(entry.key)),
        Selector::Tx(_) => false,
    }
}
