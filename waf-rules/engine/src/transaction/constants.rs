//! `TX` as a rule set makes it before it has seen anything of an exchange.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::transaction::tx::Datum;
use crate::transaction::values::ValueId;

/// Tells constants of one rule set from those of another; 0 is none.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A value known at load.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Constant<'a> {
    Number(i64),
    Text(&'a [u8]),
}

/// The first values of every exchange, and which slots of `TX` hold them.
#[derive(Debug)]
pub(crate) struct Constants {
    pub(crate) id: u64,
    /// Different from each other and not empty; the first one is the value after [`ValueId::EMPTY`].
    pub(super) texts: Vec<Box<[u8]>>,
    /// By slot.
    pub(super) image: Vec<Option<Datum>>,
}

impl Constants {
    /// By slot of `TX`, what it holds.
    pub(crate) fn new<'a>(slots: impl Iterator<Item = Option<Constant<'a>>>) -> Self {
        let mut texts: Vec<Box<[u8]>> = Vec::new();
        let image = slots.map(|constant| {
            Some(match constant? {
                Constant::Number(number) => Datum::Number(number),
                Constant::Text(b"") => Datum::Value(ValueId::EMPTY),
                Constant::Text(text) => {
                    let known = texts.iter().position(|known| **known == *text);
                    let at = known.unwrap_or_else(|| {
                        texts.push(text.into());
                        texts.len() - 1
                    });
                    Datum::Value(ValueId::after_empty(at))
                }
            })
        });
        let image = image.collect();
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), texts, image }
    }
}
