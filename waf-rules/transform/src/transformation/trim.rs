//! `trim`, `trimLeft`, `trimRight`: C's `isspace` at the ends.

use crate::bytes::is_space;

pub(super) fn may_change_left(input: &[u8]) -> bool {
    input.first().is_some_and(|&b| is_space(b))
}

pub(super) fn may_change_right(input: &[u8]) -> bool {
    input.last().is_some_and(|&b| is_space(b))
}

pub(super) fn left(mut input: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = input
        && is_space(*first)
    {
        input = rest;
    }
    input
}

pub(super) fn right(mut input: &[u8]) -> &[u8] {
    while let [rest @ .., last] = input
        && is_space(*last)
    {
        input = rest;
    }
    input
}

pub(super) fn both(input: &[u8]) -> &[u8] {
    left(right(input))
}
