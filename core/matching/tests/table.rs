//! Every case file through configuration, canonicalisation and the table, as traffic goes; and the table against a
//! slow reference.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use portcullis_canonical::{Canonical, EscapedSlashes, Policy, RawHead, canonicalise};
use portcullis_config::{Diagnostic, Gateway, Route};
use portcullis_matching::{HostRank, Matcher, PathRank, Query, RouteTable, Specificity};

const FRAME: &str = "
listeners: [{name: l, address: '127.0.0.1:80'}]
clusters: [{name: c, endpoints: [{address: '127.0.0.1:81'}]}]
routes:
";

/// A request that came in.
struct Request {
    canonical: Canonical,
    method: Method,
    headers: HeaderMap,
}

impl Request {
    fn new(method: &str, host: &str, target: &str, lines: &str) -> Self {
        let method: Method = method.parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_str(host).unwrap());
        for line in lines.split(" && ").filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap();
            let value = HeaderValue::from_str(value.trim_start()).unwrap();
            headers.append(name.parse::<HeaderName>().unwrap(), value);
        }
        let head = RawHead {
            method: &method,
            target: target.as_bytes(),
            authority: None,
            version: Version::HTTP_11,
            headers: &headers,
            tls: false,
        };
        let mut policy = Policy::default();
        policy.path.escaped_slashes = EscapedSlashes::Keep;
        let canonical = canonicalise(&head, &policy).unwrap();
        Self { canonical, method, headers }
    }

    fn query(&self) -> Query<'_> {
        let Canonical { host, path, .. } = &self.canonical;
        Query { host, path, method: &self.method, headers: &self.headers }
    }
}

fn gateway(routes: &str) -> Gateway {
    let with_cluster = |line: &str| match line.strip_suffix('}') {
        Some(route) if line.starts_with("- ") => format!("  {route}, cluster: c}}\n"),
        _ => format!("  {line}\n"),
    };
    let routes: String = routes.lines().map(with_cluster).collect();
    let loaded = portcullis_config::parse_str("cases.yaml", &format!("{FRAME}{routes}"));
    loaded.unwrap_or_else(|found| panic!("{found:#?}")).gateway
}

fn table(routes: &[Route]) -> Result<RouteTable, Vec<Diagnostic>> {
    RouteTable::new(routes.iter().enumerate())
}

/// Runs a case file. `further` routes stand before those of the file.
fn check(name: &str, text: &str, further: &[Route]) -> usize {
    let (routes, requests) = text.split_once("\n---\n").unwrap();
    let mut routes = gateway(routes).routes;
    routes.splice(0..0, further.iter().cloned());
    let table = table(&routes).unwrap();
    let mut failures = Vec::new();
    for line in requests.lines() {
        let (request, expected) = line.split_once(" => ").unwrap();
        let mut words = request.splitn(4, ' ');
        let mut word = || words.next().unwrap_or_default();
        let request = Request::new(word(), word(), word(), word());
        let found = table.find(&request.query());
        let actual = found.map_or("none", |index| &routes[index].name);
        if actual != expected {
            failures.push(format!("{name}: {line}: {actual}"));
        }
        assert_eq!(found, reference(&routes, &request), "{name}: {line}: reference");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    requests.lines().count()
}

#[test]
fn cases() {
    let count = check("host.txt", include_str!("cases/host.txt"), &[])
        + check("path.txt", include_str!("cases/path.txt"), &[])
        + check("conditions.txt", include_str!("cases/conditions.txt"), &[]);
    assert!(count >= 110, "cases were lost: {count}");
}

/// The same answers with 1 route beside the two of the file and with 1,000.
#[test]
fn size_changes_nothing() {
    for size in [0, 1, 99, 101, 1000] {
        let others = (0..size).map(|n| {
            format!("- {{name: r{n}, hosts: [h{n}.test, '*.h{n}.test'], match: {{path: {{prefix: /p{n}}}}}}}\n")
        });
        let others = match size {
            0 => Vec::new(),
            _ => gateway(&others.collect::<String>()).routes,
        };
        check("many.txt", include_str!("cases/many.txt"), &others);
    }
}

/// Host patterns by definition: none, exact, suffix with at least one label before it.
fn host_rank(pattern: &str, host: &str) -> Option<HostRank> {
    match pattern.strip_prefix('*') {
        Some("") => Some(HostRank::Any),
        Some(suffix) => {
            let matches = host.ends_with(suffix) && host.len() > suffix.len();
            matches.then(|| HostRank::Wildcard(u16::try_from(suffix.len() - 1).unwrap()))
        }
        None => (pattern == host).then_some(HostRank::Exact),
    }
}

fn path_rank(route: &Route) -> PathRank {
    use portcullis_config::PathMatch;
    let bytes = |text: &str| u16::try_from(text.len()).unwrap();
    match &route.matches.path {
        None => PathRank::Any,
        Some(PathMatch::Exact(_)) => PathRank::Exact,
        Some(PathMatch::Regex(text)) => PathRank::Regex(bytes(text)),
        Some(PathMatch::Prefix(text)) => match text.strip_suffix('/').unwrap_or(text) {
            "" => PathRank::Any,
            text => PathRank::Prefix(bytes(text)),
        },
    }
}

/// All routes one by one, the best kept: what the table is a quick form of.
fn reference(routes: &[Route], request: &Request) -> Option<usize> {
    let mut best: Option<(Specificity, usize)> = None;
    let host = request.canonical.host.as_str();
    for (index, route) in routes.iter().enumerate() {
        let ranks = route.hosts.iter().filter_map(|pattern| host_rank(pattern.as_str(), host));
        let rank = if route.hosts.is_empty() { Some(HostRank::Any) } else { ranks.max() };
        let Some(host) = rank else { continue };
        if !Matcher::new(&route.matches, "m").unwrap().matches(&request.query()) {
            continue;
        }
        let specificity = Specificity {
            host,
            path: path_rank(route),
            method: !route.matches.methods.is_empty(),
            headers: u16::try_from(route.matches.headers.len()).unwrap(),
            query: u16::try_from(route.matches.query.len()).unwrap(),
        };
        if best.is_none_or(|(other, _)| specificity > other) {
            best = Some((specificity, index));
        }
    }
    best.map(|(_, index)| index)
}

/// A generator with a fixed seed (xorshift64).
struct Random(u64);

impl Random {
    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        choices[usize::try_from(self.0 % choices.len() as u64).unwrap()]
    }
}

#[test]
fn table_agrees_with_the_reference() {
    const HOSTS: [&str; 8] = [
        "",
        "hosts: ['*'], ",
        "hosts: [a.test], ",
        "hosts: ['*.test'], ",
        "hosts: ['*.b.test'], ",
        "hosts: [a.b.test, '*.test'], ",
        "hosts: [c.a.b.test], ",
        "hosts: ['*.a.b.test', '*'], ",
    ];
    const PATHS: [&str; 12] = [
        "",
        "path: {prefix: /}, ",
        "path: {prefix: /x}, ",
        "path: {prefix: /x/}, ",
        "path: {prefix: /x/y}, ",
        "path: {exact: /x}, ",
        "path: {exact: /x/y}, ",
        "path: {exact: /}, ",
        "path: {regex: '^/x'}, ",
        "path: {regex: 'y$'}, ",
        "path: {regex: '/z'}, ",
        "path: {prefix: /x/y/z}, ",
    ];
    const CONDITIONS: [&str; 9] = [
        "",
        "",
        "methods: [GET]",
        "methods: [POST, PUT]",
        "headers: [{name: h, exact: '1'}]",
        "headers: [{name: h}, {name: g, invert: true}]",
        "query: [{name: q, exact: '1'}]",
        "methods: [GET], query: [{name: q}]",
        "headers: [{name: h, regex: '[12]'}], query: [{name: r, invert: true}]",
    ];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut found = 0;
    for _ in 0..60 {
        let mut text = String::new();
        for n in 0..30 {
            let (hosts, path) = (random.of(&HOSTS), random.of(&PATHS));
            let conditions = random.of(&CONDITIONS);
            text += &format!("- {{name: r{n}, {hosts}match: {{{path}{conditions}}}}}\n");
        }
        // A random half has a catch-all less, so that finding nothing is covered as well.
        let routes: Vec<Route> = gateway(&text).routes;
        let table = table(&routes).unwrap();
        for _ in 0..150 {
            let request = Request::new(
                random.of(&["GET", "POST", "PUT", "DELETE"]),
                random.of(&["a.test", "b.test", "a.b.test", "c.a.b.test", "d.c.a.b.test", "x.org"]),
                random.of(&[
                    "/", "/x", "/x/", "/x/y", "/x/y/z", "/xy", "/z", "/w", "/x?q=1", "/w?q=2",
                    "/x/y?q&r", "/q?r=1",
                ]),
                random.of(&["", "", "h: 1", "h: 2 && g: 1", "h: 3 && h: 1", "g: 1"]),
            );
            let best = table.find(&request.query());
            assert_eq!(best, reference(&routes, &request), "{text}{:?}", request.canonical);
            found += usize::from(best.is_some());
        }
    }
    assert!((1_000..9_000).contains(&found), "the generator covers too little: {found}");
}

/// Every problem is told, each with its place.
#[test]
fn diagnostics() {
    let mut routes = gateway(
        "- {name: a, match: {path: {regex: '(/x'}}}
- {name: b, match: {path: {regex: '(a{1000}){1000}'}}}
- {name: c, match: {headers: [{name: ok}, {name: h, regex: '['}], query: [{name: q, regex: '*'}]}}
- {name: d, match: {headers: [{name: Host, exact: x}]}}",
    )
    .routes;
    let path = |text: &str| Some(portcullis_config::PathMatch::Prefix(text.to_owned()));
    for text in ["/a%zz", "/../x", "/a\\b", "/a?b"] {
        let mut route = routes[0].clone();
        route.matches.path = path(text);
        routes.push(route);
    }
    let numbered = routes.iter().enumerate().map(|(n, route)| (n + 10, route));
    let found = RouteTable::new(numbered).unwrap_err();
    let places: Vec<_> = found.iter().map(|diagnostic| diagnostic.path.as_str()).collect();
    assert_eq!(
        places,
        [
            "routes[10].match.path.regex",
            "routes[11].match.path.regex",
            "routes[12].match.headers[1].regex",
            "routes[12].match.query[0].regex",
            "routes[13].match.headers[0].name",
            "routes[14].match.path.prefix",
            "routes[15].match.path.prefix",
            "routes[16].match.path.prefix",
            "routes[17].match.path.prefix",
        ]
    );
    let messages = found.iter().map(|diagnostic| diagnostic.message.as_str());
    for (message, part) in
        messages.zip(["unclosed group", "1048576 bytes", "unclosed character class"])
    {
        assert!(message.contains(part), "{message}");
    }
}

/// `explain` shows why a route won.
#[test]
fn specificity_is_shown() {
    let routes = gateway(
        "- {name: a, hosts: ['*.test'], match: {path: {prefix: /x}, methods: [GET], headers: [{name: h}], query: [{name: q}]}}",
    )
    .routes;
    let table = table(&routes).unwrap();
    let request = Request::new("GET", "a.test", "/x?q", "h: 1");
    let found = table.find_best(&request.query()).unwrap();
    assert_eq!(
        found.specificity.to_string(),
        "wildcard host of 4 bytes, path prefix of 2 bytes, method, headers: 1, query parameters: 1"
    );
}
