//! `Native`: sections between boundaries. The boundary is the number of the exchange, which no caller can know while it still
//! sends a body.

use super::{AuditRecord, ShownPair, quoted};

impl AuditRecord<'_> {
    pub(super) fn write_native(&self, out: &mut Vec<u8>) {
        for part in self.parts.chars() {
            out.extend_from_slice(format!("--{:032x}-{part}--\n", self.id).as_bytes());
            match part {
                'A' => self.write_frame(out),
                'B' => self.write_request_head(out),
                'C' => block(&self.request.body, out),
                'E' => block(&self.response.body, out),
                'F' => self.write_response_head(out),
                'H' => {
                    self.messages.iter().for_each(|message| block(&self.error_line(message), out))
                }
                'I' => block(&self.request.form, out),
                'J' => self.write_files(out),
                'K' => self.messages.iter().for_each(|message| block(message.raw.as_bytes(), out)),
                // D and G are reserved, Z is the end.
                _ => {}
            }
            if part != 'A' {
                out.push(b'\n');
            }
        }
    }

    fn write_frame(&self, out: &mut Vec<u8>) {
        let (client, host) = (self.client, self.host);
        let line = format!(
            "[{}] {:032x} {} {} {} {}\n",
            self.time.slashed(),
            self.id,
            client.ip(),
            client.port(),
            host.ip(),
            host.port()
        );
        out.extend_from_slice(line.as_bytes());
    }

    fn write_request_head(&self, out: &mut Vec<u8>) {
        let request = &self.request;
        for part in [&*request.method, b" ", &request.uri, b" ", &request.protocol, b"\n"] {
            out.extend_from_slice(part);
        }
        write_headers(&request.headers, out);
    }

    fn write_response_head(&self, out: &mut Vec<u8>) {
        let response = &self.response;
        let protocol = if response.protocol.is_empty() { b"HTTP/1.1" } else { &*response.protocol };
        out.extend_from_slice(protocol);
        out.extend_from_slice(format!(" {} {}\n", response.status, response.reason).as_bytes());
        write_headers(&response.headers, out);
    }

    /// Number, size, name and type of each file, and the size of all.
    fn write_files(&self, out: &mut Vec<u8>) {
        let mut total = 0_u64;
        for (at, file) in self.request.files.iter().enumerate() {
            total = total.saturating_add(file.bytes);
            out.extend_from_slice(format!("{},{},\"", at + 1, file.bytes).as_bytes());
            quoted(out, &file.name);
            out.extend_from_slice(b"\",\"");
            let media_type = Some(&*file.media_type).filter(|text| !text.is_empty());
            quoted(out, media_type.unwrap_or(b"<Unknown Content-Type>"));
            out.extend_from_slice(b"\"\n");
        }
        out.extend_from_slice(format!("Total,{total}\n").as_bytes());
    }
}

fn write_headers(headers: &[ShownPair<'_>], out: &mut Vec<u8>) {
    for (name, value) in headers {
        for part in [&**name, b": ", value, b"\n"] {
            out.extend_from_slice(part);
        }
    }
}

/// Some bytes and a line feed; nothing for none.
fn block(bytes: &[u8], out: &mut Vec<u8>) {
    if !bytes.is_empty() {
        out.extend_from_slice(bytes);
        out.push(b'\n');
    }
}
