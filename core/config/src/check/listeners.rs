//! Listeners: addresses that do not collide, TLS that can be spoken.

use std::net::SocketAddr;

use super::Report;
use crate::{Alpn, Gateway, Listener, ListenerTls};

pub(super) fn check(gateway: &Gateway, report: &mut Report<'_>) {
    let listeners = &gateway.listeners;
    if listeners.is_empty() && !report.known.incomplete {
        let help = "add one under `listeners`";
        report.warning("", "there is no listener: nobody can connect", help);
    }
    let names = listeners.iter().enumerate();
    let names = names.map(|(index, listener)| (format!("listeners[{index}].name"), &listener.name));
    report.unique("listener", names, ToString::to_string);
    for (index, listener) in listeners.iter().enumerate() {
        report.name(format!("listeners[{index}].name"), &listener.name);
        address(gateway, index, listener, report);
        if let Some(tls) = &listener.tls {
            check_tls(&format!("listeners[{index}].tls"), tls, report);
            if listener.h2c {
                let help = "over TLS, HTTP/2 is offered by `tls.alpn`";
                report.error_help(
                    format!("listeners[{index}].h2c"),
                    "h2c is HTTP/2 without TLS",
                    help,
                );
            }
        }
    }
}

/// Two listeners cannot share a port on addresses of which one covers the other.
fn address(gateway: &Gateway, index: usize, listener: &Listener, report: &mut Report<'_>) {
    let own = listener.address.get();
    let path = format!("listeners[{index}].address");
    let earlier = gateway.listeners.iter().take(index).enumerate();
    for (other, earlier) in earlier {
        if collide(own, earlier.address.get()) {
            let help = report.place_of(&format!("listeners[{other}].address"));
            let message = format!("listener `{}` has the address {own} already", earlier.name);
            report.error_help(path.clone(), message, help);
        }
    }
    if collide(own, gateway.admin.address.get()) {
        report.error(path, format!("the admin API has the address {own} already"));
    }
}

fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    let covers = a.ip() == b.ip()
        || a.is_ipv4() == b.is_ipv4() && (a.ip().is_unspecified() || b.ip().is_unspecified());
    a.port() != 0 && a.port() == b.port() && covers
}

fn check_tls(path: &str, tls: &ListenerTls, report: &mut Report<'_>) {
    if tls.certificates.is_empty() {
        report.error(format!("{path}.certificates"), "TLS needs a certificate");
    }
    let hosts = tls.certificates.iter().enumerate().flat_map(|(index, certificate)| {
        certificate.hosts.iter().enumerate().map(move |(host, pattern)| {
            (format!("{path}.certificates[{index}].hosts[{host}]"), pattern)
        })
    });
    report.unique("host", hosts, ToString::to_string);
    if tls.alpn.is_empty() {
        report.error_help(format!("{path}.alpn"), "no protocol is offered", "`h2`, `http/1.1`");
    }
    let alpn = tls.alpn.iter().enumerate();
    let alpn = alpn.map(|(index, alpn)| (format!("{path}.alpn[{index}]"), *alpn));
    report.unique("protocol", alpn, |alpn| match alpn {
        Alpn::Http2 => "h2".to_owned(),
        Alpn::Http1 => "http/1.1".to_owned(),
    });
}
