// Server-Sent Events out of pieces that are cut anywhere (WHATWG HTML, 9.2.6): an event is the joined `data` lines before an
// empty line; lines end with LF, CR LF or CR.

/// The longest event that is read, bytes; what is longer is passed over.
const EVENT_MAX: i32 = 1 << 20;
const LF: u8 = 10;
const CR: u8 = 13;

/// Is told the data of every event that is complete.
export abstract class EventListener {
  abstract event(data: string): void;
}

export class Events {
  private line: u8[] = [];
  private data: string = "";
  private size: i32 = 0;
  private hasData: bool = false;
  private tooLong: bool = false;
  /// The last byte was a CR: a LF right behind it ends no further line.
  private afterCR: bool = false;

  push(piece: Uint8Array, listener: EventListener): void {
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i];
      const ofCR = byte == LF && this.afterCR;
      this.afterCR = byte == CR;
      if (ofCR) continue;
      if (byte == LF || byte == CR) this.endLine(listener);
      else if (this.line.length + this.size < EVENT_MAX) this.line.push(byte);
      else this.tooLong = true;
    }
  }

  private endLine(listener: EventListener): void {
    if (this.line.length == 0) {
      if (this.hasData && !this.tooLong) listener.event(this.data);
      this.data = "";
      this.size = 0;
      this.hasData = false;
      this.tooLong = false;
      return;
    }
    // A line is whole, so that no character of UTF-8 is cut.
    const text = String.UTF8.decodeUnsafe(this.line.dataStart, this.line.length);
    if (text.startsWith("data:")) {
      if (this.hasData) this.data += "\n";
      this.data += text.substring(text.startsWith("data: ") ? 6 : 5);
      this.size += this.line.length;
      this.hasData = true;
    }
    this.line = [];
  }
}
