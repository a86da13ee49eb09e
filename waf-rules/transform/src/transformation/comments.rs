//! `replaceComments`: each C comment becomes one space, also one that is never closed. A closing mark
//! without an opening one stays.

use memchr::memchr_iter;

/// Where `first` and then `second` stand: the place of `first`. `second` should be the rarer one.
fn find_pair(input: &[u8], first: u8, second: u8) -> Option<usize> {
    memchr_iter(second, input)
        .filter_map(|at| at.checked_sub(1))
        .find(|&before| input.get(before) == Some(&first))
}

pub(super) fn may_change(input: &[u8]) -> bool {
    find_pair(input, b'/', b'*').is_some()
}

pub(super) fn replace(input: &[u8], out: &mut Vec<u8>) {
    let mut rest = input;
    while let Some(open) = find_pair(rest, b'/', b'*') {
        let (plain, comment) = rest.split_at(open);
        out.extend_from_slice(plain);
        out.push(b' ');
        let body = comment.get(2..).unwrap_or_default();
        rest = match find_pair(body, b'*', b'/') {
            Some(close) => body.get(close + 2..).unwrap_or_default(),
            None => b"",
        };
    }
    out.extend_from_slice(rest);
}
