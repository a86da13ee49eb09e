//! `@ipMatch` and `@ipMatchFromFile`: addresses and networks.

use std::net::IpAddr;

use ipnet::IpNet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Networks {
    list: Vec<IpNet>,
}

impl Networks {
    /// Reads a list separated by commas or whitespace; lines that begin with `#` are comments.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut list = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            for part in line.split([',', ' ', '\t']).filter(|part| !part.is_empty()) {
                let network = part
                    .parse::<IpNet>()
                    .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
                    .map_err(|_| format!("`{part}` is neither an address nor a network"))?;
                list.push(network);
            }
        }
        Ok(Self { list })
    }

    pub(crate) fn contains(&self, input: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(input) else { return false };
        let Ok(address) = text.trim().parse::<IpAddr>() else { return false };
        let plain = address.to_canonical();
        self.list.iter().any(|network| network.contains(&plain) || network.contains(&address))
    }
}
