//! Numbers of exchanges: unique within the process, and with a part that differs between processes.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use portcullis_filter::ExchangeId;

/// Numbers a thread takes at once.
const BLOCK: u64 = 1 << 20;

static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one("process"));
static NEXT_BLOCK: LazyLock<AtomicU64> =
    LazyLock::new(|| AtomicU64::new(RandomState::new().hash_one("first") & !(BLOCK - 1)));

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// The next number.
pub(crate) fn next() -> ExchangeId {
    let low = NEXT.with(|next| {
        let mut n = next.get();
        if n.is_multiple_of(BLOCK) {
            n = NEXT_BLOCK.fetch_add(BLOCK, Ordering::Relaxed) + 1;
        }
        next.set(n.wrapping_add(1));
        n
    });
    ExchangeId((u128::from(*PROCESS) << 64) | u128::from(low))
}

/// As 32 hex digits.
pub(crate) fn hex(id: ExchangeId) -> [u8; 32] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 32];
    for (at, digit) in text.iter_mut().enumerate() {
        *digit = DIGITS[(id.0 >> (124 - 4 * at)) as usize & 15];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{hex, next};

    #[test]
    fn unique_and_readable() {
        let (a, b) = (next(), next());
        assert_ne!(a, b);
        assert_eq!(std::str::from_utf8(&hex(a)).unwrap(), a.to_string());
    }
}
