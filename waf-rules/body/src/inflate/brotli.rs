//! Brotli (RFC 7932) as a reader that takes no byte beyond the end of its stream, so that what follows
//! can be seen.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use std::io::{self, BufRead, Read};

pub(super) struct Decoder<R> {
    input: R,
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    done: bool,
}

impl<R: BufRead> Decoder<R> {
    pub(super) fn new(input: R) -> Self {
        let alloc = StandardAlloc::default;
        let state = Box::new(BrotliState::new(alloc(), alloc(), alloc()));
        Self { input, state, done: false }
    }

    pub(super) fn input(&mut self) -> &mut R {
        &mut self.input
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.done {
            let chunk = self.input.fill_buf()?;
            let (mut left_in, mut used) = (chunk.len(), 0);
            let (mut left_out, mut written) = (buffer.len(), 0);
            let result = BrotliDecompressStream(
                &mut left_in,
                &mut used,
                chunk,
                &mut left_out,
                &mut written,
                buffer,
                &mut 0,
                &mut self.state,
            );
            let starved = chunk.is_empty();
            self.input.consume(used);
            match result {
                BrotliResult::ResultSuccess => self.done = true,
                BrotliResult::NeedsMoreInput if written == 0 && starved => {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
                }
                BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
                BrotliResult::ResultFailure => {
                    return Err(io::Error::from(io::ErrorKind::InvalidData));
                }
            }
            if written > 0 || buffer.is_empty() {
                return Ok(written);
            }
        }
        Ok(0)
    }
}
