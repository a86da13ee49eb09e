//! `normalizePath` and `normalizePathWin`: multiple slashes, `.` and `..` segments resolved.
//!
//! An absolute path cannot climb above its root; a relative one keeps the back-references it cannot
//! resolve. A trailing slash stays where something stands before it, and a path that was the root stays
//! the root.

/// Only a segment that is empty, `.` or `..` makes a difference.
pub(super) fn may_change(input: &[u8]) -> bool {
    let follows_odd = |at: usize| {
        let after = input.get(at + 1..).unwrap_or_default();
        after.first() == Some(&b'/') || starts_odd(after)
    };
    if starts_odd(input) {
        true
    } else if input.len() < SEARCH_BYTES {
        input.iter().enumerate().any(|(at, &byte)| byte == b'/' && follows_odd(at))
    } else {
        memchr::memchr_iter(b'/', input).any(follows_odd)
    }
}

/// A search that looks at many bytes at once pays from this length on.
const SEARCH_BYTES: usize = 64;

/// True when the first segment is `.` or `..`.
fn starts_odd(path: &[u8]) -> bool {
    matches!(path, [b'.'] | [b'.', b'/', ..] | [b'.', b'.'] | [b'.', b'.', b'/', ..])
}

pub(super) fn may_change_win(input: &[u8]) -> bool {
    memchr::memchr(b'\\', input).is_some() || may_change(input)
}

pub(super) fn write(input: &[u8], out: &mut Vec<u8>) {
    normalize(input, |b| b == b'/', out);
}

pub(super) fn write_win(input: &[u8], out: &mut Vec<u8>) {
    normalize(input, |b| matches!(b, b'/' | b'\\'), out);
}

fn normalize(input: &[u8], is_slash: impl Fn(u8) -> bool, out: &mut Vec<u8>) {
    let absolute = input.first().is_some_and(|&b| is_slash(b));
    let trailing = input.last().is_some_and(|&b| is_slash(b));
    if absolute {
        out.push(b'/');
    }
    // Bytes before `floor` are the root or back-references that nothing can take away.
    let mut floor = out.len();
    for segment in input.split(|&b| is_slash(b)) {
        match segment {
            b"" | b"." => {}
            b".." if out.len() > floor => {
                let cut = memchr::memrchr(b'/', out.get(floor..).unwrap_or_default());
                out.truncate(cut.map_or(floor, |at| floor + at));
            }
            b".." if absolute => {}
            b".." => {
                push_segment(segment, out);
                floor = out.len();
            }
            _ => push_segment(segment, out),
        }
    }
    if trailing && out.last().is_some_and(|&b| b != b'/') {
        out.push(b'/');
    }
}

fn push_segment(segment: &[u8], out: &mut Vec<u8>) {
    if out.last().is_some_and(|&b| b != b'/') {
        out.push(b'/');
    }
    out.extend_from_slice(segment);
}
