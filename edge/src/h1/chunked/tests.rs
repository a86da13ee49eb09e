//! Chunked bodies as they come on the wire, whole and byte by byte.

use bytes::BytesMut;

use super::{ChunkError, Chunks};
use crate::message::Frame;

/// Data, trailers as `name: value`, and what is left in the input.
type Decoded = (Vec<u8>, Vec<String>, usize);

fn decode(wire: &[u8], step: usize) -> Result<Option<Decoded>, ChunkError> {
    let mut chunks = Chunks::default();
    let mut input = BytesMut::new();
    let mut data = Vec::new();
    let mut pieces = wire.chunks(step);
    loop {
        match chunks.decode(&mut input)? {
            Some(Frame::Data(bytes)) => data.extend_from_slice(&bytes),
            Some(Frame::Trailers(map)) => {
                let shown =
                    map.iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect();
                return Ok(Some((
                    data,
                    shown,
                    input.len() + pieces.map(<[u8]>::len).sum::<usize>(),
                )));
            }
            Some(Frame::End) => {
                let left = input.len() + pieces.map(<[u8]>::len).sum::<usize>();
                return Ok(Some((data, Vec::new(), left)));
            }
            None => match pieces.next() {
                Some(piece) => input.extend_from_slice(piece),
                None => return Ok(None),
            },
        }
    }
}

#[test]
fn accepted() {
    type Case<'a> = (&'a [u8], &'a [u8], &'a [&'a str], usize);
    let cases: &[Case<'_>] = &[
        (b"0\r\n\r\n", b"", &[], 0),
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello", &[], 0),
        (b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /", b"hello world", &[], 5),
        (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789", &[], 0),
        (b"1;a\r\nx\r\n0;b=c;d=\"e\\\"f\"\r\n\r\n", b"x", &[], 0),
        (b"0000000000000001\r\nx\r\n00\r\n\r\n", b"x", &[], 0),
        (b"0\r\nx-sum: 7\r\n\r\n", b"", &["x-sum: 7"], 0),
        (b"1\r\nx\r\n0\r\na: 1\r\nb: 2\r\n\r\nrest", b"x", &["a: 1", "b: 2"], 4),
    ];
    for (wire, data, trailers, left) in cases {
        for step in [1, 3, wire.len()] {
            let shown = String::from_utf8_lossy(wire);
            let (got, got_trailers, got_left) =
                decode(wire, step).expect(&shown).unwrap_or_else(|| panic!("unfinished: {shown}"));
            assert_eq!((&got[..], got_left), (*data, *left), "{shown}, step {step}");
            assert_eq!(got_trailers, *trailers, "{shown}");
        }
    }
}

#[test]
fn refused() {
    let cases: &[&[u8]] = &[
        b"\r\n",
        b"x\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b"0x5\r\nhello\r\n",
        b"5 \r\nhello\r\n",
        b" 5\r\nhello\r\n",
        b"5;\r\nhello\r\n",
        b"5; a\r\nhello\r\n",
        b"5;a =b\r\nhello\r\n",
        b"5;a=\r\nhello\r\n",
        b"5;a=\"b\r\nhello\r\n",
        b"5;\x01\r\nhello\r\n",
        b"5\nhello\r\n",
        b"5\r\nhello\n",
        b"5\r\nhello!\r\n",
        b"5\r\nhello\r\n0\r\na: 1\n\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\na : 1\r\n\r\n",
        b"11111111111111111\r\n",
        b"ffffffffffffffff\r\n",
    ];
    for wire in cases {
        for step in [1, wire.len()] {
            let got = decode(wire, step);
            assert!(got.is_err(), "{:?}, step {step}: {got:?}", String::from_utf8_lossy(wire));
        }
    }
    let long = [&b"5;"[..], &[b'a'; 300]].concat();
    assert!(decode(&long, 16).is_err());
    let many = [&b"0\r\n"[..], &b"a: b\r\n".repeat(40), b"\r\n"].concat();
    assert!(decode(&many, 64).is_err());
}

#[test]
fn unfinished() {
    for wire in
        [&b""[..], b"5", b"5\r\nhel", b"5\r\nhello", b"5\r\nhello\r\n", b"0\r\n", b"0\r\na: 1\r\n"]
    {
        assert_eq!(decode(wire, 1).unwrap(), None, "{wire:?}");
    }
}
