"""Verdicts of the C library: reads strings (a little-endian length of 4 bytes, then the bytes) from standard input and
writes `SQLI FINGERPRINT XSS` a line. Called with the path of the library, see scripts/libinjection.sh."""

import ctypes
import struct
import sys

library = ctypes.CDLL(sys.argv[1])
given = sys.stdin.buffer.read()
at = 0
lines = []
while at < len(given):
    (length,) = struct.unpack_from("<I", given, at)
    text = given[at + 4 : at + 4 + length]
    at += 4 + length
    fingerprint = ctypes.create_string_buffer(16)
    size = ctypes.c_size_t(length)
    sqli = library.libinjection_sqli(text, size, fingerprint)
    shape = fingerprint.value.decode("latin-1") if sqli else "-"
    lines.append(f"{sqli} {shape} {library.libinjection_xss(text, size)}\n")
sys.stdout.write("".join(lines))
