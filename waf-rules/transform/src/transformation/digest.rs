//! `md5` and `sha1`: the raw digests; rules follow them with `hexEncode`. `length`: the length in decimal.

use md5::Digest as _;

pub(super) fn md5(input: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&md5::Md5::digest(input));
}

pub(super) fn sha1(input: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&sha1::Sha1::digest(input));
}

pub(super) fn length(input: &[u8], out: &mut Vec<u8>) {
    let mut rest = input.len();
    loop {
        out.push(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.reverse();
}
