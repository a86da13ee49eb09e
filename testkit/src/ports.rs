//! Ports for programs that must be told theirs.
//!
//! Taken below the range that the kernel hands to outgoing connections, from a start that depends
//! on the process, and checked by binding; a program that loses the race all the same is started
//! again with others.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 11_000;
const LAST: u16 = 32_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A loopback address that nobody listens on just now.
///
/// # Panics
/// When the whole range is taken.
pub fn free() -> SocketAddr {
    let span = LAST - FIRST;
    let start = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(span)).unwrap_or(0);
    for _ in 0..span {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (u32::from(start) + u32::from(step)).rem_euclid(u32::from(span)) as u16;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no free port between {FIRST} and {LAST}")
}
