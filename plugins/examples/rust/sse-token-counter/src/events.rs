//! Server-Sent Events out of pieces that are cut anywhere (WHATWG HTML, 9.2.6): an event is the joined `data` lines before
//! an empty line; lines end with LF, CR LF or CR.

/// The longest event that is read, bytes; what is longer is passed over.
const EVENT_MAX: usize = 1 << 20;

#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    too_long: bool,
    /// The last byte was a CR: a LF right behind it ends no further line.
    after_cr: bool,
}

impl Events {
    /// Reads a piece; `each` is called with the data of every event that is complete.
    pub(crate) fn push(&mut self, piece: &[u8], mut each: impl FnMut(&[u8])) {
        for byte in piece {
            let lf_of_cr = *byte == b'\n' && self.after_cr;
            self.after_cr = *byte == b'\r';
            match byte {
                _ if lf_of_cr => {}
                b'\r' | b'\n' => self.end_line(&mut each),
                byte if self.line.len() + self.data.len() < EVENT_MAX => self.line.push(*byte),
                _ => self.too_long = true,
            }
        }
    }

    fn end_line(&mut self, each: &mut impl FnMut(&[u8])) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            if self.has_data && !self.too_long {
                each(&self.data);
            }
            *self = Self { after_cr: self.after_cr, ..Self::default() };
        } else if let Some(value) = line.strip_prefix(b"data:") {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            self.has_data = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "data: one\n\n: comment\nevent: x\r\ndata:two\r\ndata: more\r\n\r\ndata: three\r\rdata\n\ndata: lost";

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut events = Events::default();
        let mut found = Vec::new();
        for piece in pieces {
            events.push(piece, |data| found.push(String::from_utf8_lossy(data).into_owned()));
        }
        found
    }

    #[test]
    fn events_are_whole_wherever_pieces_are_cut() {
        let whole = read(&[STREAM.as_bytes()]);
        assert_eq!(whole, ["one", "two\nmore", "three"]);
        for cut in 0..=STREAM.len() {
            let (left, right) = STREAM.as_bytes().split_at(cut);
            assert_eq!(read(&[left, right]), whole, "cut at {cut}");
        }
        let single: Vec<&[u8]> = STREAM.as_bytes().chunks(1).collect();
        assert_eq!(read(&single), whole);
    }

    #[test]
    fn an_endless_event_is_passed_over() {
        let long = vec![b'x'; EVENT_MAX + 10];
        assert_eq!(read(&[b"data: ", &long, b"\n\ndata: next\n\n"]), ["next"]);
    }
}
