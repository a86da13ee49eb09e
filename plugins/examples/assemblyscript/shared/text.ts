// Bytes and text that both plugins need.

/// Printable ASCII as it is in quotes, quotes and backslashes with a backslash, other bytes as \xNN.
export function quoted(bytes: Uint8Array): string {
  const digits = "0123456789abcdef";
  let text = '"';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte == 0x22 || byte == 0x5c) {
      text += "\\" + String.fromCharCode(byte);
    } else if (byte >= 0x20 && byte <= 0x7e) {
      text += String.fromCharCode(byte);
    } else {
      text += "\\x" + digits.charAt(byte >> 4) + digits.charAt(byte & 15);
    }
  }
  return text + '"';
}

/// Text as UTF-8.
export function utf8(text: string): Uint8Array {
  return Uint8Array.wrap(String.UTF8.encode(text));
}
