//! What an injection cannot do without, in one look at each byte.

use super::number;
use super::tokenizer::{Dialect, Quote, Tokenizer};

/// Out of a word: any byte but letters, digits and the underscore.
pub(crate) const OUTSIDE: u8 = 1;
/// A letter, or a mark that no shape can do without if it has no letter.
pub(crate) const MEANING: u8 = 2;

/// What a value must have to be an injection.
pub(crate) const ALL: u8 = OUTSIDE | MEANING;

/// Bytes looked at before the answer may be known.
const BLOCK_BYTES: usize = 16;

static CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class(byte as u8);
        byte += 1;
    }
    table
};

/// The bits of a byte.
pub(crate) const fn class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => MEANING,
        b'0'..=b'9' | b'_' => 0,
        // Strings, comments, variables, parentheses, statements, `&&` and `||`: every known shape has one of
        // these, or a word, which has letters.
        b'\'' | b'"' | b'`' | b'$' | b'#' | b'-' | b'*' | b'@' | b'(' | b')' | b';' | b'&'
        | b'|' => OUTSIDE | MEANING,
        _ => OUTSIDE,
    }
}

/// Longer values are not looked at word by word: the full reading stops at their first tokens anyway.
const WORDS_BYTES: usize = 128;

/// False only where the full reading finds no injection.
pub(crate) fn may_be(input: &[u8]) -> bool {
    has_classes(input) && (input.len() > WORDS_BYTES || has_meaning(input))
}

/// Letters, digits and underscores alone are at most three tokens, of which only the last one can be a word
/// that means something to SQL, and no such shape is known. Every known shape needs a string, a comment, a
/// variable, a parenthesis, a semicolon, a logical operator or a word.
fn has_classes(input: &[u8]) -> bool {
    let mut seen = 0;
    input.chunks(BLOCK_BYTES).any(|block| {
        seen = block.iter().fold(seen, |seen, &byte| seen | CLASSES[usize::from(byte)]);
        seen == ALL
    })
}

/// What the token is that a byte starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Blank, or a token that is no part of what makes a shape an injection.
    Plain,
    /// A comment when followed by another byte.
    Pair,
    Number,
    Word,
    /// Anything else.
    Other,
}

static STARTS: [Start; 256] = {
    let mut table = [Start::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = start(byte as u8);
        byte += 1;
    }
    table
};

const fn start(byte: u8) -> Start {
    match byte {
        b' ' | b'\t'..=b'\r' | 0 | 0xA0 => Start::Plain,
        b'!'
        | b'%'
        | b'*'
        | b'+'
        | b','
        | b':'
        | b'<'..=b'?'
        | b']'
        | b'^'
        | b'{'
        | b'}'
        | b'~' => Start::Plain,
        b'-' | b'/' => Start::Pair,
        b'.' | b'0'..=b'9' => Start::Number,
        b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => Start::Word,
        _ => Start::Other,
    }
}

/// Reads the tokens without folding them. False when all are numbers, names, commas and operators: no known
/// shape is of these alone, and nothing folds to anything else without a word of the table.
fn has_meaning(input: &[u8]) -> bool {
    let mut tokenizer = Tokenizer::new(input, Quote::None, Dialect::Standard);
    while let Some(&byte) = input.get(tokenizer.at) {
        let meaning = match STARTS[usize::from(byte)] {
            Start::Plain => {
                tokenizer.at += 1;
                false
            }
            Start::Pair => {
                tokenizer.at += 1;
                matches!((byte, input.get(tokenizer.at)), (b'-', Some(b'-')) | (b'/', Some(b'*')))
            }
            Start::Number => {
                number::number(&mut tokenizer);
                false
            }
            Start::Word => tokenizer.skip_unknown_word(),
            Start::Other => true,
        };
        if meaning {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
