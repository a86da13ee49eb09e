//! `removeComments` and `removeCommentsChar`: the marks of C, HTML, SQL and shell comments.

use crate::bytes::class_table;
use memchr::memmem;

/// The marks that `removeCommentsChar` deletes; longer ones first where one starts another.
const MARKS: &[&[u8]] = &[b"/*", b"*/", b"<!--", b"-->", b"--", b"#"];

const fn may_be_mark(byte: u8) -> bool {
    matches!(byte, b'/' | b'*' | b'<' | b'-' | b'#')
}

/// Bytes that a mark may start with.
static STARTS: [bool; 256] = class_table!(may_be_mark);

pub(super) fn may_change(input: &[u8]) -> bool {
    let byte = |at: Option<usize>| at.and_then(|at| input.get(at)).copied();
    memchr::memchr(b'#', input).is_some()
        || memchr::memchr_iter(b'-', input).any(|at| byte(Some(at + 1)) == Some(b'-'))
        || memchr::memchr_iter(b'*', input)
            .any(|at| byte(Some(at + 1)) == Some(b'/') || byte(at.checked_sub(1)) == Some(b'/'))
}

/// Copies the bytes at the start of `rest` that start no mark; what stands behind them.
fn copy_plain<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let length = rest.iter().position(|&b| STARTS[usize::from(b)]).unwrap_or(rest.len());
    let (plain, marked) = rest.split_at(length);
    out.extend_from_slice(plain);
    marked
}

/// Deletes whole comments. `--` and `#` comment to the end of the input. A comment that is never closed
/// becomes one space, so that what stands before it cannot grow together with what a rule appends.
pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    let mut rest = copy_plain(input, out);
    while let Some(&byte) = rest.first() {
        let (skip, close): (usize, &[u8]) = match rest {
            [b'/', b'*', ..] => (2, b"*/"),
            [b'<', b'!', b'-', b'-', ..] => (4, b"-->"),
            [b'-', b'-', ..] | [b'#', ..] => return,
            _ => {
                out.push(byte);
                rest = copy_plain(rest.get(1..).unwrap_or_default(), out);
                continue;
            }
        };
        let body = rest.get(skip..).unwrap_or_default();
        let Some(end) = memmem::find(body, close) else {
            out.push(b' ');
            return;
        };
        rest = copy_plain(body.get(end + close.len()..).unwrap_or_default(), out);
    }
}

/// Deletes the marks and keeps what stands between them.
pub(super) fn write_marks(input: &[u8], out: &mut Vec<u8>) {
    let mut rest = copy_plain(input, out);
    while let Some(&byte) = rest.first() {
        let skip = match MARKS.iter().find(|mark| rest.starts_with(mark)) {
            Some(mark) => mark.len(),
            None => {
                out.push(byte);
                1
            }
        };
        rest = copy_plain(rest.get(skip..).unwrap_or_default(), out);
    }
}
