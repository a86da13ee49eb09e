//! Sets of address ranges.

use std::net::IpAddr;

use ipnet::IpNet;

/// A set of address ranges that answers by binary search. An IPv4-mapped IPv6 address counts as IPv4.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct CidrSet {
    /// First and last address of ranges that neither overlap nor touch, in order. IPv4 sorts before IPv6.
    ranges: Vec<(IpAddr, IpAddr)>,
}

impl CidrSet {
    /// Whether the address is in one of the ranges.
    #[must_use]
    pub fn contains(&self, addr: IpAddr) -> bool {
        let addr = addr.to_canonical();
        let after = self.ranges.partition_point(|(first, _)| *first <= addr);
        after
            .checked_sub(1)
            .and_then(|at| self.ranges.get(at))
            .is_some_and(|(_, last)| addr <= *last)
    }

    /// Whether there is no range at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

impl FromIterator<IpNet> for CidrSet {
    fn from_iter<I: IntoIterator<Item = IpNet>>(nets: I) -> Self {
        let mut ranges: Vec<_> = nets.into_iter().map(bounds).collect();
        ranges.sort_unstable();
        let mut merged: Vec<(IpAddr, IpAddr)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if first <= before.1 => before.1 = before.1.max(last),
                Some(_) | None => merged.push((first, last)),
            }
        }
        Self { ranges: merged }
    }
}

/// First and last address; ranges within `::ffff:0:0/96` become IPv4.
fn bounds(net: IpNet) -> (IpAddr, IpAddr) {
    let (first, last) = (net.network(), net.broadcast());
    match (first.to_canonical(), last.to_canonical()) {
        (a @ IpAddr::V4(_), b @ IpAddr::V4(_)) => (a, b),
        _ => (first, last),
    }
}
