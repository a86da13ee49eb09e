//! The best fit of Unicode to ASCII that Windows makes for code page 20127.
//!
//! An application behind IIS sees `%u2018` as a back-tick, so a rule must see one too. The table is the
//! one Microsoft publishes for that code page, as runs of consecutive code points.

/// Runs in the order of their first code point.
const RUNS: &[(u16, &[u8])] = &[
    (0x00a0, b" !c"), (0x00a4, b"$Y|"), (0x00a9, b"Ca<"), (0x00ad, b"-R"), (0x00b2, b"23"),
    (0x00b7, b".,1o>"), (0x00c0, b"AAAAAAACEEEEIIIIDNOOOOO"), (0x00d8, b"OUUUUY"),
    (0x00e0, b"aaaaaaaceeeeiiii"), (0x00f1, b"nooooo"), (0x00f8, b"ouuuuy"),
    (0x00ff, b"yAaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi"), (0x0134, b"JjKk"),
    (0x0139, b"LlLlLl"), (0x0141, b"LlNnNnNn"),
    (0x014c, b"OoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZ"), (0x017b, b"ZzZz"), (0x0180, b"b"),
    (0x0189, b"D"), (0x0197, b"I"), (0x019a, b"l"), (0x019f, b"OOo"), (0x01ab, b"t"),
    (0x01ae, b"TUu"), (0x01b6, b"z"), (0x01c0, b"|"), (0x01c3, b"!"), (0x01cd, b"AaIiOoUuUuUuUuUu"),
    (0x01de, b"Aa"), (0x01e4, b"GgGgKkOoOo"), (0x01f0, b"j"), (0x0261, b"g"), (0x02b9, b"'\""),
    (0x02bc, b"'"), (0x02c4, b"^"), (0x02c6, b"^"), (0x02c8, b"'"), (0x02ca, b"'`"), (0x02cd, b"_"),
    (0x02dc, b"~"), (0x0300, b"`'^~"), (0x0308, b"\""), (0x030e, b"\""), (0x0327, b","),
    (0x0331, b"__"), (0x037e, b";"), (0x04bb, b"h"), (0x0589, b":"), (0x066a, b"%"),
    (0x2000, b"       "), (0x2010, b"--"), (0x2013, b"--"), (0x2017, b"_`',"), (0x201c, b"\"\","),
    (0x2020, b"+"), (0x2022, b"\x07"), (0x2026, b"."), (0x2030, b"%"), (0x2032, b"'"),
    (0x2035, b"`"), (0x2039, b"<>"), (0x203c, b"\x13"), (0x2044, b"/"), (0x2074, b"45678"),
    (0x2080, b"0123456789"), (0x20dd, b"\x09"), (0x2102, b"C"), (0x2107, b"E"), (0x210a, b"gHHHh"),
    (0x2110, b"IILl"), (0x2115, b"N"), (0x2118, b"PPQRRR"), (0x2122, b"T"), (0x2124, b"Z"),
    (0x2128, b"Z"), (0x212a, b"K"), (0x212c, b"BCeeEF"), (0x2133, b"Mo"),
    (0x2190, b"\x1b\x18\x1a\x19\x1d\x12"), (0x21a8, b"\x17"), (0x2212, b"-"), (0x2215, b"/\\*"),
    (0x221f, b"\x1c"), (0x2223, b"|"), (0x2236, b":"), (0x223c, b"~"), (0x2302, b"\x7f^"),
    (0x2329, b"<>"), (0x25ac, b"\x16"), (0x25b2, b"\x1e"), (0x25ba, b"\x10"), (0x25bc, b"\x1f"),
    (0x25c4, b"\x11"), (0x25cb, b"\x09"), (0x25d8, b"\x08\x0a"), (0x263a, b"\x01\x02\x0f"),
    (0x2640, b"\x0c"), (0x2642, b"\x0b"), (0x2660, b"\x06"), (0x2663, b"\x05"),
    (0x2665, b"\x03\x04"), (0x266a, b"\x0d\x0e"), (0x2758, b"|"), (0x3000, b" "),
    (0x3007, b"\x09<>"), (0x301a, b"[]"),
    (0xff01, b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"),
];

/// The ASCII byte that stands for the code point in code page 20127, if there is one.
pub(super) fn ascii(code: u16) -> Option<u8> {
    let after = RUNS.partition_point(|&(first, _)| first <= code);
    let &(first, bytes) = RUNS.get(after.checked_sub(1)?)?;
    bytes.get(usize::from(code - first)).copied()
}
