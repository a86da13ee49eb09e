//! Ways to write a payload so that a decoder, or a parser that differs from it, has something to do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::random::Random;

/// `payload` in up to three of the ways below; often in none.
pub(super) fn encode(random: &mut Random, mut payload: Vec<u8>) -> Vec<u8> {
    let layers = [0, 0, 0, 0, 1, 1, 1, 2, 3];
    for _ in 0..random.one_of(&layers) {
        payload = one(random, &payload);
    }
    payload
}

fn one(random: &mut Random, payload: &[u8]) -> Vec<u8> {
    match random.below(18) {
        0 => each(payload, percent),
        1 => each(payload, |byte, out| out.extend(format!("%25{byte:02x}").bytes())),
        2 => each(payload, |byte, out| out.extend(format!("%u00{byte:02x}").bytes())),
        3 => each(payload, overlong),
        4 => special(payload, |byte, out| out.extend(format!("&#{byte};").bytes())),
        5 => special(payload, |byte, out| out.extend(format!("&#x{byte:x};").bytes())),
        6 => special(payload, |byte, out| out.extend(format!("\\x{byte:02x}").bytes())),
        7 => special(payload, |byte, out| out.extend(format!("\\u00{byte:02x}").bytes())),
        8 => special(payload, |byte, out| out.extend(format!("\\{byte:03o}").bytes())),
        9 => special(payload, |byte, out| out.extend(format!("\\{byte:x} ").bytes())),
        10 => full_width(payload),
        11 => sprinkle(random, payload, &[b"\0", b"/**/", b"\x0b", b"\t", b"\n", b"\xa0", b" "]),
        12 => sprinkle(random, payload, &[b"\\", b"^", b"''", b"\"\"", b"//", b"/./", b"%", b"%u"]),
        13 => sprinkle(
            random,
            payload,
            &[b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xe2\x80"],
        ),
        14 => cased(random, payload),
        15 => flipped(random, payload),
        16 => STANDARD.encode(payload).into_bytes(),
        _ => unfamiliar_letters(payload),
    }
}

fn each(payload: &[u8], mut write: impl FnMut(u8, &mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() * 3);
    for byte in payload {
        write(*byte, &mut out);
    }
    out
}

/// Only what is neither letter nor digit.
fn special(payload: &[u8], mut write: impl FnMut(u8, &mut Vec<u8>)) -> Vec<u8> {
    each(payload, |byte, out| match byte.is_ascii_alphanumeric() {
        true => out.push(byte),
        false => write(byte, out),
    })
}

/// `%XX`.
pub(super) fn percent(byte: u8, out: &mut Vec<u8>) {
    out.extend(format!("%{byte:02X}").bytes());
}

/// The two-byte form of an ASCII byte that UTF-8 forbids (RFC 3629 section 3).
fn overlong(byte: u8, out: &mut Vec<u8>) {
    if byte.is_ascii() && !byte.is_ascii_alphanumeric() {
        out.extend([0xc0 | (byte >> 6), 0x80 | (byte & 0x3f)]);
    } else {
        out.push(byte);
    }
}

fn full_width(payload: &[u8]) -> Vec<u8> {
    special(payload, |byte, out| match byte {
        b'!'..=b'~' => {
            let wide = char::from_u32(0xff00 + u32::from(byte) - 0x20).unwrap_or('?');
            out.extend(wide.to_string().bytes());
        }
        _ => out.push(byte),
    })
}

fn sprinkle(random: &mut Random, payload: &[u8], pieces: &[&'static [u8]]) -> Vec<u8> {
    let mut out = payload.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(out.len() + 1);
        let piece = random.pick(pieces);
        out.splice(at..at, piece.iter().copied());
    }
    out
}

fn cased(random: &mut Random, payload: &[u8]) -> Vec<u8> {
    each(payload, |byte, out| match random.chance(50) {
        true => out.push(byte.to_ascii_uppercase()),
        false => out.push(byte.to_ascii_lowercase()),
    })
}

/// One to three bytes changed at one bit.
pub(super) fn flipped(random: &mut Random, payload: &[u8]) -> Vec<u8> {
    let mut out = payload.to_vec();
    for _ in 0..=random.below(3) {
        let (at, bit) = (random.below(out.len()), random.below(8));
        if let Some(byte) = out.get_mut(at) {
            *byte ^= 1 << bit;
        }
    }
    out
}

/// Letters whose Unicode fold is an ASCII letter: KELVIN SIGN and LONG S.
fn unfamiliar_letters(payload: &[u8]) -> Vec<u8> {
    each(payload, |byte, out| match byte {
        b'k' | b'K' => out.extend("\u{212a}".bytes()),
        b's' | b'S' => out.extend("\u{17f}".bytes()),
        other => out.push(other),
    })
}
