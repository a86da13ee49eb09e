//! `removeComments` and `removeCommentsChar`: the marks of C, HTML, SQL and shell comments.

use memchr::memmem;

/// The marks that `removeCommentsChar` deletes; longer ones first where one starts another.
const MARKS: &[&[u8]] = &[b"/*", b"*/", b"<!--", b"-->", b"--", b"#"];

pub(super) fn may_change(input: &[u8]) -> bool {
    memchr::memchr(b'#', input).is_some()
        || memchr::memchr_iter(b'-', input).any(|at| input.get(at + 1) == Some(&b'-'))
        || memchr::memchr_iter(b'*', input).any(|at| {
            input.get(at + 1) == Some(&b'/') || at.checked_sub(1).is_some_and(|b| input[b] == b'/')
        })
}

/// Deletes whole comments. `--` and `#` comment to the end of the input. A comment that is never closed
/// becomes one space, so that what stands before it cannot grow together with what a rule appends.
pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    let mut rest = input;
    while let Some(&byte) = rest.first() {
        let (skip, close): (usize, &[u8]) = match rest {
            [b'/', b'*', ..] => (2, b"*/"),
            [b'<', b'!', b'-', b'-', ..] => (4, b"-->"),
            [b'-', b'-', ..] | [b'#', ..] => return,
            _ => {
                out.push(byte);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
        };
        let body = rest.get(skip..).unwrap_or_default();
        let Some(end) = memmem::find(body, close) else {
            out.push(b' ');
            return;
        };
        rest = body.get(end + close.len()..).unwrap_or_default();
    }
}

/// Deletes the marks and keeps what stands between them.
pub(super) fn write_marks(input: &[u8], out: &mut Vec<u8>) {
    let mut rest = input;
    while let Some(&byte) = rest.first() {
        let skip = match MARKS.iter().find(|mark| rest.starts_with(mark)) {
            Some(mark) => mark.len(),
            None => {
                out.push(byte);
                1
            }
        };
        rest = rest.get(skip..).unwrap_or_default();
    }
}
