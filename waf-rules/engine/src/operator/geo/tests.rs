use super::GeoDatabase;
use crate::operator::geo::tests::writer::{Value, database, map, text};

/// Writes MaxMind DB files, format 2.0, as its specification says: <https://maxmind.github.io/MaxMind-DB/>.
pub(crate) mod writer {
    use std::net::Ipv6Addr;

    pub(crate) enum Value {
        Text(String),
        Double(f64),
        Uint16(u16),
        Uint32(u32),
        Uint64(u64),
        Map(Vec<(&'static str, Value)>),
        List(Vec<Value>),
    }

    pub(crate) fn text(value: &str) -> Value {
        Value::Text(value.to_owned())
    }

    pub(crate) fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        Value::Map(entries.into_iter().collect())
    }

    /// Types beyond 7 have a byte of their own behind the control byte.
    fn control(kind: u8, size: usize, out: &mut Vec<u8>) {
        let (low, more) = match size {
            0..29 => (size as u8, None),
            _ => (29, Some((size - 29) as u8)),
        };
        match kind {
            0..8 => out.push(kind << 5 | low),
            _ => out.extend([low, kind - 7]),
        }
        out.extend(more);
    }

    fn write(value: &Value, out: &mut Vec<u8>) {
        match value {
            Value::Text(text) => {
                control(2, text.len(), out);
                out.extend(text.bytes());
            }
            Value::Double(number) => {
                control(3, 8, out);
                out.extend(number.to_be_bytes());
            }
            Value::Uint16(number) => {
                control(5, 2, out);
                out.extend(number.to_be_bytes());
            }
            Value::Uint32(number) => {
                control(6, 4, out);
                out.extend(number.to_be_bytes());
            }
            Value::Uint64(number) => {
                control(9, 8, out);
                out.extend(number.to_be_bytes());
            }
            Value::Map(entries) => {
                control(7, entries.len(), out);
                for (key, value) in entries {
                    write(&text(key), out);
                    write(value, out);
                }
            }
            Value::List(values) => {
                control(11, values.len(), out);
                values.iter().for_each(|value| write(value, out));
            }
        }
    }

    /// Where a branch of the tree leads.
    #[derive(Clone, Copy)]
    enum Branch {
        Nothing,
        Node(usize),
        /// Offset in the data.
        Data(usize),
    }

    /// A database of networks (IPv4 ones stand in `::/96`) with records of 24 bits.
    pub(crate) fn database(networks: &[(&str, Value)]) -> Vec<u8> {
        let mut nodes = vec![[Branch::Nothing; 2]];
        let mut data = Vec::new();
        for (network, value) in networks {
            let (bits, length) = prefix(network);
            let offset = data.len();
            write(value, &mut data);
            let mut at = 0;
            for depth in 0..length {
                let bit = usize::from(bits >> (127 - depth) & 1 == 1);
                if depth + 1 == length {
                    nodes[at][bit] = Branch::Data(offset);
                } else if let Branch::Node(next) = nodes[at][bit] {
                    at = next;
                } else {
                    nodes.push([Branch::Nothing; 2]);
                    nodes[at][bit] = Branch::Node(nodes.len() - 1);
                    at = nodes.len() - 1;
                }
            }
        }
        let count = nodes.len();
        let mut out = Vec::new();
        for branch in nodes.iter().flatten() {
            let record = match branch {
                Branch::Nothing => count,
                Branch::Node(node) => *node,
                Branch::Data(offset) => count + 16 + offset,
            };
            out.extend(&(record as u32).to_be_bytes()[1..]);
        }
        out.extend([0; 16]);
        out.extend(data);
        out.extend(b"\xab\xcd\xefMaxMind.com");
        let about = map([
            ("binary_format_major_version", Value::Uint16(2)),
            ("binary_format_minor_version", Value::Uint16(0)),
            ("build_epoch", Value::Uint64(1_700_000_000)),
            ("database_type", text("GeoLite2-City")),
            ("description", map([("en", text("test"))])),
            ("ip_version", Value::Uint16(6)),
            ("languages", Value::List(vec![text("en")])),
            ("node_count", Value::Uint32(count as u32)),
            ("record_size", Value::Uint16(24)),
        ]);
        write(&about, &mut out);
        out
    }

    fn prefix(network: &str) -> (u128, usize) {
        let (address, length) = network.split_once('/').unwrap();
        let length: usize = length.parse().unwrap();
        match address.parse::<Ipv6Addr>() {
            Ok(address) => (address.into(), length),
            Err(_) => {
                let address: std::net::Ipv4Addr = address.parse().unwrap();
                (u128::from(u32::from(address)), length + 96)
            }
        }
    }
}

fn city(code: &str, name: &str) -> Value {
    map([
        ("city", map([("names", map([("en", text("Leipzig"))]))])),
        ("continent", map([("code", text("EU"))])),
        ("country", map([("iso_code", text(code)), ("names", map([("en", text(name))]))])),
        (
            "location",
            map([
                ("latitude", Value::Double(51.25)),
                ("longitude", Value::Double(-12.5)),
                ("metro_code", Value::Uint16(819)),
            ]),
        ),
        ("postal", map([("code", text("04103"))])),
        (
            "subdivisions",
            Value::List(vec![map([
                ("iso_code", text("SN")),
                ("names", map([("en", text("Saxony"))])),
            ])]),
        ),
    ])
}

#[test]
fn places() {
    let content = database(&[
        ("192.0.2.0/24", city("DE", "Germany")),
        ("198.51.100.7/32", map([("country", map([("iso_code", text("FR"))]))])),
        ("2001:db8::/32", city("AT", "Austria")),
    ]);
    let database = GeoDatabase::open(&content).unwrap();
    database.reader.verify().unwrap();
    let germany = "COUNTRY_CODE=DE COUNTRY_NAME=Germany COUNTRY_CONTINENT=EU REGION=SN REGION_NAME=Saxony \
                   CITY=Leipzig POSTAL_CODE=04103 LATITUDE=51.25 LONGITUDE=-12.5 DMA_CODE=819";
    for (address, expected) in [
        ("192.0.2.1", Some(germany.to_owned())),
        ("::ffff:192.0.2.9", Some(germany.to_owned())),
        ("198.51.100.7", Some("COUNTRY_CODE=FR".to_owned())),
        ("198.51.100.8", None),
        ("2001:db8:1::1", Some(germany.replace("=DE", "=AT").replace("Germany", "Austria"))),
        ("::1", None),
        ("localhost", None),
        ("", None),
    ] {
        assert_eq!(database.knows(address.as_bytes()), expected.is_some(), "{address}");
        let place = database.place(address.as_bytes());
        let place: Vec<_> = place.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(place.join(" "), expected.unwrap_or_default(), "{address}");
    }
}

#[test]
fn what_is_no_database_is_refused() {
    let whole = database(&[("192.0.2.0/24", city("DE", "Germany"))]);
    for content in [&b""[..], b"192.0.2.0 DE", &whole[..whole.len() - 40]] {
        assert!(GeoDatabase::open(content).is_err());
    }
}

/// A rule fills `GEO`, others read it, and the next lookup forgets it.
#[test]
fn rules_read_the_place() {
    use std::sync::Arc;

    use crate::{CompileOptions, RuleSet, Sources, Transaction, TransactionId};

    let text = "SecRuleEngine On\nSecGeoLookupDb city.mmdb\n\
        SecRule GEO \"@unconditionalMatch\" \"id:1,phase:1,pass\"\n\
        SecRule REMOTE_ADDR \"@geoLookup\" \"id:2,phase:1,pass,msg:'%{GEO.COUNTRY_CODE} %{geo.city}'\"\n\
        SecRule GEO:COUNTRY_CODE \"@within AT DE\" \"id:3,phase:1,pass\"\n\
        SecRule &GEO \"@eq 10\" \"id:4,phase:1,pass\"\n\
        SecRule ARGS:ip \"!@geoLookup\" \"id:5,phase:1,pass\"\n\
        SecRule &GEO \"@eq 1\" \"id:6,phase:1,pass\"";
    let mut sources = Sources::new("test.conf", text);
    let content = database(&[
        ("192.0.2.0/24", city("DE", "Germany")),
        ("198.51.100.7/32", map([("country", map([("iso_code", writer::text("FR"))]))])),
    ]);
    sources.insert("city.mmdb", content);
    let rules = RuleSet::compile(&sources, &CompileOptions::default()).unwrap();
    for (client, uri, ids) in [
        ([192, 0, 2, 7], "/?ip=198.51.100.7", &[2, 3, 4, 6][..]),
        ([192, 0, 2, 7], "/?ip=10.0.0.1", &[2, 3, 4, 5]),
        ([203, 0, 113, 7], "/", &[]),
    ] {
        let mut tx = Transaction::new(Arc::clone(&rules), TransactionId::from(1_u128));
        tx.connection(client.into(), 1, [192, 0, 2, 80].into(), 443);
        tx.request_line(b"GET", uri.as_bytes(), uri.as_bytes(), b"HTTP/1.1");
        let _none = tx.request_headers_done();
        let found: Vec<u64> = tx.matches().iter().map(|found| found.rule.id).collect();
        assert_eq!(found, ids, "{client:?} {uri}");
        if let Some(lookup) = tx.matches().first() {
            assert_eq!(lookup.message, "DE Leipzig");
        }
    }
}
