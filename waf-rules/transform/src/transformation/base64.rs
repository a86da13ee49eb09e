//! `base64Decode`, `base64DecodeExt`, `base64Encode` (RFC 4648 section 4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The six bits of a byte of the alphabet, or 0xFF.
const SEXTET: [u8; 256] = sextets();

const fn sextets() -> [u8; 256] {
    let mut table = [0xFF_u8; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0_usize;
    while at < alphabet.len() {
        table[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    table
}

/// Decodes up to the first byte that cannot be part of Base64. Line breaks are skipped, as in MIME, and
/// an unfinished last group gives the whole bytes it holds: an attacker gains nothing by leaving off `=`.
pub(super) fn decode(input: &[u8], out: &mut Vec<u8>) {
    let rest = whole_groups(input, out);
    let groups = rest
        .iter()
        .filter(|b| !matches!(b, b'\r' | b'\n'))
        .map(|&b| SEXTET[usize::from(b)])
        .take_while(|&sextet| sextet != 0xFF);
    collect(groups, out);
}

/// Decodes what is of the alphabet and skips everything else, padding included.
pub(super) fn decode_ext(input: &[u8], out: &mut Vec<u8>) {
    let rest = whole_groups(input, out);
    collect(rest.iter().map(|&b| SEXTET[usize::from(b)]).filter(|&sextet| sextet != 0xFF), out);
}

/// Decodes groups of four into the empty `out`, up to the first one that has a byte outside the alphabet; the
/// input from there on.
fn whole_groups<'a>(input: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let (groups, _) = input.as_chunks::<4>();
    out.resize(groups.len() * 3, 0);
    let mut decoded = 0;
    for (group, place) in groups.iter().zip(out.as_chunks_mut::<3>().0) {
        let [a, b, c, d] = group.map(|byte| u32::from(SEXTET[usize::from(byte)]));
        if a | b | c | d > 0x3F {
            break;
        }
        let [_, bytes @ ..] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
        *place = bytes;
        decoded += 1;
    }
    out.truncate(decoded * 3);
    input.get(decoded * 4..).unwrap_or_default()
}

fn collect(sextets: impl Iterator<Item = u8>, out: &mut Vec<u8>) {
    let (mut bits, mut held) = (0_u32, 0_u32);
    for sextet in sextets {
        bits = bits << 6 | u32::from(sextet);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xFF) as u8);
        }
    }
}

pub(super) fn encode(input: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(STANDARD.encode(input).as_bytes());
}
