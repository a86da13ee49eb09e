//! Clusters: endpoints, health, retries.

use super::{Report, is_token};
use crate::address::is_dns_name;
use crate::{Balance, ByteSize, Cluster, Gateway, HashKey, defaults};

pub(super) fn check(gateway: &Gateway, report: &mut Report<'_>) {
    let names = gateway.clusters.iter().enumerate();
    let names = names.map(|(index, cluster)| (format!("clusters[{index}].name"), &cluster.name));
    report.unique("cluster", names, ToString::to_string);
    for (index, cluster) in gateway.clusters.iter().enumerate() {
        let path = format!("clusters[{index}]");
        report.name(format!("{path}.name"), &cluster.name);
        endpoints(&path, cluster, report);
        balance(&path, cluster, report);
        tls(&path, cluster, report);
        active(&path, cluster, report);
        retry(&path, cluster, report);
        let head = cluster.limits.response_headers;
        if !(ByteSize::from_kib(1)..=defaults::HEAD_MAX).contains(&head) {
            let help = format!("from 1KiB to {}", defaults::HEAD_MAX);
            let message = format!("{head} is out of range");
            report.error_help(format!("{path}.limits.response_headers"), message, help);
        }
    }
}

fn endpoints(path: &str, cluster: &Cluster, report: &mut Report<'_>) {
    if cluster.endpoints.is_empty() {
        report.error(format!("{path}.endpoints"), "a cluster needs an endpoint");
    }
    let addresses = cluster.endpoints.iter().enumerate();
    let addresses = addresses
        .map(|(index, endpoint)| (format!("{path}.endpoints[{index}].address"), &endpoint.address));
    report.unique("endpoint", addresses, ToString::to_string);
}

fn balance(path: &str, cluster: &Cluster, report: &mut Report<'_>) {
    let (key, name) = match &cluster.balance {
        Balance::ConsistentHash(HashKey::Header(name)) => ("header", name),
        Balance::ConsistentHash(HashKey::Cookie(name)) => ("cookie", name),
        Balance::ConsistentHash(HashKey::ClientIp | HashKey::Path)
        | Balance::RoundRobin
        | Balance::LeastRequest => return,
    };
    if !is_token(name) {
        let path = format!("{path}.balance.consistent_hash.{key}");
        report.error(path, format!("`{name}` is not the name of a {key}"));
    }
}

fn tls(path: &str, cluster: &Cluster, report: &mut Report<'_>) {
    let Some(tls) = &cluster.tls else { return };
    if let Some(sni) = tls.sni.as_deref().filter(|sni| !is_dns_name(sni)) {
        report.error(format!("{path}.tls.sni"), format!("`{sni}` is not a server name"));
    }
    if tls.danger_accept_invalid_certificates {
        let path = format!("{path}.tls.danger_accept_invalid_certificates");
        let help = "give the authority that signed it as `ca`";
        report.warning(
            path,
            "anyone on the way to this cluster can read and change what passes",
            help,
        );
    }
}

fn active(path: &str, cluster: &Cluster, report: &mut Report<'_>) {
    let Some(active) = &cluster.health.active else { return };
    let path = format!("{path}.health.active");
    let plain = |b: u8| (0x21..=0x7e).contains(&b) && b != b'#';
    if !active.path.starts_with('/') || !active.path.bytes().all(plain) {
        let message = format!("`{}` is not a path to ask for", active.path);
        report.error_help(format!("{path}.path"), message, "write for example /healthz");
    }
    if let Some(host) = active.host.as_deref().filter(|host| !is_authority(host)) {
        report.error(format!("{path}.host"), format!("`{host}` is not a host"));
    }
    if active.timeout > active.interval {
        let message =
            format!("a wait of {} outlasts the interval of {}", active.timeout, active.interval);
        report.error(format!("{path}.timeout"), message);
    }
    if active.expect.is_empty() {
        report.error(format!("{path}.expect"), "no status counts as success");
    }
}

fn retry(path: &str, cluster: &Cluster, report: &mut Report<'_>) {
    let retry = &cluster.retry;
    let path = format!("{path}.retry");
    for (index, status) in retry.statuses.iter().enumerate() {
        if ![502, 503, 504].contains(status) {
            let message = format!("{status} says that the endpoint has dealt with the request");
            report.error_help(format!("{path}.statuses[{index}]"), message, "502, 503 or 504");
        }
    }
    let statuses = retry.statuses.iter().enumerate();
    let statuses = statuses.map(|(index, status)| (format!("{path}.statuses[{index}]"), *status));
    report.unique("status", statuses, ToString::to_string);
    if retry.attempts > 0 && retry.after.is_empty() && retry.statuses.is_empty() {
        let help = "set `attempts: 0`, or say when under `after` or `statuses`";
        report.error_help(path.clone(), "nothing is a reason to try again", help);
    }
    if retry.danger_non_idempotent {
        let help = "only for endpoints that recognise a repeated request";
        let path = format!("{path}.danger_non_idempotent");
        report.warning(path, "a POST may be carried out twice", help);
    }
}

/// A host with or without a port.
pub(super) fn is_authority(text: &str) -> bool {
    let is_host = |host: &str| host.parse::<crate::HostPattern>().is_ok() && !host.contains('*');
    match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => {
            is_host(host) && port.parse::<u16>().is_ok_and(|port| port != 0)
        }
        _ => is_host(text),
    }
}
