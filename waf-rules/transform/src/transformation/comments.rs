//! `replaceComments`: each C comment becomes one space, also one that is never closed. A closing mark
//! without an opening one stays.

use memchr::memmem;

pub(super) fn may_change(input: &[u8]) -> bool {
    memmem::find(input, b"/*").is_some()
}

pub(super) fn replace(input: &[u8], out: &mut Vec<u8>) {
    let mut rest = input;
    while let Some(open) = memmem::find(rest, b"/*") {
        let (plain, comment) = rest.split_at(open);
        out.extend_from_slice(plain);
        out.push(b' ');
        let body = comment.get(2..).unwrap_or_default();
        rest = match memmem::find(body, b"*/") {
            Some(close) => body.get(close + 2..).unwrap_or_default(),
            None => b"",
        };
    }
    out.extend_from_slice(rest);
}
