// A reader of JSON (RFC 8259) that tells every value with its path; there is no JSON in AssemblyScript's library.

/// How deep values may be nested.
const DEPTH_MAX: i32 = 64;

export enum Kind {
  Null,
  False,
  True,
  Number,
  Text,
  /// Told before what is in it.
  List,
  Members,
}

/// Is told every value. Items of a list have the path of the list. (No interface: asc 0.28 does not find every class that
/// implements one.)
export abstract class Listener {
  abstract value(path: string, kind: Kind, text: string): void;
}

/// Reads one value that is all of the text; false when it is no JSON. What was told before stays told.
export function read(text: string, listener: Listener): bool {
  const reader = new Reader(text, listener);
  return reader.value("", 0) && reader.atEnd();
}

class Reader {
  private at: i32 = 0;

  constructor(
    private text: string,
    private listener: Listener,
  ) {}

  atEnd(): bool {
    this.blank();
    return this.at == this.text.length;
  }

  value(path: string, depth: i32): bool {
    this.blank();
    if (depth > DEPTH_MAX || this.at >= this.text.length) return false;
    const c = this.text.charCodeAt(this.at);
    if (c == 0x7b) return this.members(path, depth);
    if (c == 0x5b) return this.list(path, depth);
    if (c == 0x22) {
      const text = this.string();
      if (text == null) return false;
      this.listener.value(path, Kind.Text, text);
      return true;
    }
    if (c == 0x2d || (c >= 0x30 && c <= 0x39)) {
      const from = this.at;
      while (this.at < this.text.length && "+-.0123456789eE".includes(this.text.charAt(this.at))) this.at++;
      this.listener.value(path, Kind.Number, this.text.substring(from, this.at));
      return true;
    }
    return this.word(path, "null", Kind.Null) || this.word(path, "true", Kind.True) || this.word(path, "false", Kind.False);
  }

  private word(path: string, word: string, kind: Kind): bool {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    this.listener.value(path, kind, word);
    return true;
  }

  private members(path: string, depth: i32): bool {
    this.listener.value(path, Kind.Members, "");
    this.at++;
    if (this.taken(0x7d)) return true;
    while (true) {
      this.blank();
      const name = this.string();
      if (name == null || !this.taken(0x3a)) return false;
      if (!this.value(path.length ? path + "." + name : name, depth + 1)) return false;
      if (this.taken(0x7d)) return true;
      if (!this.taken(0x2c)) return false;
    }
  }

  private list(path: string, depth: i32): bool {
    this.listener.value(path, Kind.List, "");
    this.at++;
    if (this.taken(0x5d)) return true;
    while (true) {
      if (!this.value(path, depth + 1)) return false;
      if (this.taken(0x5d)) return true;
      if (!this.taken(0x2c)) return false;
    }
  }

  private string(): string | null {
    if (!this.taken(0x22)) return null;
    let out = "";
    let from = this.at;
    while (this.at < this.text.length) {
      const c = this.text.charCodeAt(this.at);
      if (c == 0x22) {
        out += this.text.substring(from, this.at);
        this.at++;
        return out;
      }
      if (c < 0x20) return null;
      if (c == 0x5c) {
        out += this.text.substring(from, this.at);
        const escaped = this.escape();
        if (escaped < 0) return null;
        out += String.fromCharCode(escaped);
        from = this.at;
      } else {
        this.at++;
      }
    }
    return null;
  }

  /// The UTF-16 unit of an escape, -1 when it is none.
  private escape(): i32 {
    const c = this.at + 1 < this.text.length ? this.text.charCodeAt(this.at + 1) : 0;
    this.at += 2;
    switch (c) {
      case 0x22: case 0x5c: case 0x2f: return c;
      case 0x62: return 8;
      case 0x66: return 12;
      case 0x6e: return 10;
      case 0x72: return 13;
      case 0x74: return 9;
      case 0x75: {
        if (this.at + 4 > this.text.length) return -1;
        let unit = 0;
        for (let i = 0; i < 4; i++) {
          const digit = "0123456789abcdef".indexOf(this.text.charAt(this.at + i).toLowerCase());
          if (digit < 0) return -1;
          unit = unit * 16 + digit;
        }
        this.at += 4;
        return unit;
      }
    }
    return -1;
  }

  private taken(c: i32): bool {
    this.blank();
    if (this.at >= this.text.length || this.text.charCodeAt(this.at) != c) return false;
    this.at++;
    return true;
  }

  private blank(): void {
    while (this.at < this.text.length) {
      const c = this.text.charCodeAt(this.at);
      if (c != 0x20 && c != 0x0a && c != 0x0d && c != 0x09) return;
      this.at++;
    }
  }
}
