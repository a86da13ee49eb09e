//! The requests that all engines run. An engine may remember values it has seen, as it may in life; so every shape has
//! many variants, and in each of them whatever differs from request to request in life is its own: session ids, pages
//! a link stood on, numbers of things, searches, addresses, texts. What repeats in life repeats: the headers of a handful
//! of browsers, names of parameters, cookies and leaves, words to sort by, queries of an application. Between two equal
//! requests lie all the others.

use super::draw::Draw;
use super::request::Request;

/// Variants of every shape.
pub const VARIANTS: u64 = 4_096;

/// One kind of request.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Its name in reports.
    pub name: &'static str,
    /// The file of its requests.
    pub file: &'static str,
    make: fn(&mut Draw) -> Request,
}

/// All shapes.
pub const SHAPES: [Shape; 8] = [
    Shape { name: "GET, 2 parameters", file: "get-2", make: get_two },
    Shape { name: "GET, 4 parameters", file: "get-4", make: get_four },
    Shape { name: "form, 8 parameters", file: "form-8", make: form_eight },
    Shape { name: "one value of 10 KB, prose with SQL words", file: "prose-sql", make: prose_sql },
    Shape { name: "one value of 10 KB, prose", file: "prose", make: prose_plain },
    Shape { name: "JSON body of 4 KB, 60 leaves", file: "json-60", make: json_sixty },
    Shape { name: "JSON, GraphQL", file: "graphql", make: graphql },
    Shape { name: "GET with UNION SELECT", file: "attack", make: attack },
];

impl Shape {
    /// Its requests, always the same.
    pub fn requests(&self) -> Vec<Request> {
        self.first(VARIANTS)
    }

    /// The first of its requests.
    pub fn first(&self, count: u64) -> Vec<Request> {
        (0..count).map(|variant| (self.make)(&mut Draw::new(variant))).collect()
    }
}

const AGENTS: [&str; 8] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
];

const LANGUAGES: [&str; 4] = [
    "en-US,en;q=0.5",
    "de,en-US;q=0.7,en;q=0.3",
    "fr-FR,fr;q=0.8,en-US;q=0.5,en;q=0.3",
    "en-GB,en;q=0.9",
];

const SECTIONS: [&str; 6] = ["shoes", "garden", "books", "kitchen", "lighting", "bicycles"];

const THINGS: [&str; 12] = [
    "garden chair",
    "running shoes",
    "desk lamp",
    "bread knife",
    "rain jacket",
    "floor lamp",
    "city bike",
    "tea pot",
    "book shelf",
    "wool socks",
    "dinner plate",
    "tool box",
];

const FIRST_NAMES: [&str; 8] = ["Ada", "Anna", "Jean", "Maria", "Tom", "Grace", "Otto", "Lise"];

/// A name with an end of its own, such as people have.
fn surname(draw: &Draw) -> String {
    const SYLLABLES: [&str; 16] = [
        "ber", "dan", "fel", "gar", "hol", "kam", "len", "mar", "nor", "pel", "ros", "sal", "ten",
        "vor", "wil", "zan",
    ];
    let mut rest = draw.own(0, 4_095);
    let mut name = String::new();
    for place in 0..3 {
        let syllable = SYLLABLES[usize::try_from(rest % 16).unwrap_or(0)];
        let (initial, tail) = syllable.split_at(1);
        name.push_str(&if place == 0 { initial.to_uppercase() } else { initial.to_owned() });
        name.push_str(tail);
        rest /= 16;
    }
    name
}

/// What a browser sends with every request.
fn browser(draw: &mut Draw, more: &[(&str, String)]) -> Vec<(String, String)> {
    let cookie = format!(
        "session={}; theme={}; _ga=GA1.2.{}.{}",
        draw.hex(32),
        draw.of(&["dark", "light"]),
        draw.number(1_000_000_000, 2_000_000_000),
        draw.own(1_700_000_000, 1_763_000_000),
    );
    let referer =
        format!("https://shop.example.com/{}/{}", draw.of(&SECTIONS), draw.own(1, 50_000));
    let mut headers: Vec<(&str, String)> = vec![
        ("Host", "shop.example.com".to_owned()),
        ("User-Agent", draw.of(&AGENTS).to_owned()),
        ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8".to_owned()),
        ("Accept-Language", draw.of(&LANGUAGES).to_owned()),
        ("Accept-Encoding", "gzip, deflate, br".to_owned()),
        ("Referer", referer),
        ("Cookie", cookie),
        ("Connection", "keep-alive".to_owned()),
        ("Upgrade-Insecure-Requests", "1".to_owned()),
        ("Sec-Fetch-Dest", "document".to_owned()),
        ("Sec-Fetch-Mode", "navigate".to_owned()),
        ("Sec-Fetch-Site", "same-origin".to_owned()),
    ];
    headers.extend(more.iter().cloned());
    headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn get(draw: &mut Draw, target: String) -> Request {
    Request { method: "GET".to_owned(), target, headers: browser(draw, &[]), body: String::new() }
}

fn post(draw: &mut Draw, target: &str, media: &str, body: String) -> Request {
    let more = [("Content-Type", media.to_owned()), ("Content-Length", body.len().to_string())];
    Request {
        method: "POST".to_owned(),
        target: target.to_owned(),
        headers: browser(draw, &more),
        body,
    }
}

/// As a browser sends a form.
fn form(fields: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            match byte {
                b' ' => text.push('+'),
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                    text.push(char::from(byte))
                }
                _ => text.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    text
}

const FORM: &str = "application/x-www-form-urlencoded";

fn get_two(draw: &mut Draw) -> Request {
    let fields = [
        ("page", draw.own(1, 9_999).to_string()),
        ("sort", draw.of(&["price", "name", "date"]).to_owned()),
    ];
    let target = format!("/{}/items?{}", draw.of(&SECTIONS), form(&fields));
    get(draw, target)
}

fn get_four(draw: &mut Draw) -> Request {
    let fields = [
        ("q", format!("{} {} cm", draw.of(&THINGS), draw.own(1, 9_999))),
        ("page", draw.own(10_000, 19_999).to_string()),
        ("sort", draw.of(&["price", "name", "date"]).to_owned()),
        ("lang", draw.of(&["en", "de", "fr", "es"]).to_owned()),
    ];
    let target = format!("/search?{}", form(&fields));
    get(draw, target)
}

fn form_eight(draw: &mut Draw) -> Request {
    let name = format!("{} {}", draw.of(&FIRST_NAMES), surname(draw));
    let street = draw.of(&[
        "Crescent Rd, London",
        "Lindenweg, Berlin",
        "Rue de Lille, Paris",
        "Main St, Springfield",
    ]);
    let note = draw.of(&[
        "Please ring twice at door",
        "Ring for the gate after five, code",
        "Leave it with the neighbours at number",
    ]);
    let fields = [
        ("name", name),
        ("street", format!("{} {street}", draw.own(1, 4_999))),
        ("email", format!("{}@example.com", draw.hex(8))),
        ("phone", format!("+44 20 {} {}", draw.own(1000, 9999), draw.number(1000, 9999))),
        ("note", format!("{note} {}", draw.own(1, 7_001))),
        ("lang", draw.of(&["en-GB", "de-DE", "fr-FR"]).to_owned()),
        ("gift", draw.of(&["true", "false"]).to_owned()),
        ("date", format!("2026-{:02}-{:02}", draw.number(1, 12), draw.number(1, 28))),
    ];
    post(draw, "/checkout", FORM, form(&fields))
}

/// Ordinary words, many of which are words of SQL too; `{}` stands for one of [`THINGS`].
const SQL_PROSE: [&str; 10] = [
    "The select committee on transport considers union rates and updates from the table of fares. ",
    "Members who join the union order a {} by phone, and drop by the office to see where it is. ",
    "We create values such as trust, and grant each group access to the records it has. ",
    "Insert the card into the slot, set the limit, then delete the old {} from the list. ",
    "Cast your vote for the best {} of the year, or declare that none is like the one you have. ",
    "The view from the table by the window is between the harbour and the old town. ",
    "When the update came, half of the {} users had to change their password and log in again. ",
    "Please execute the order in the case of the {}, or return it with a note having your name. ",
    "The database of the museum shows a {} from the first half of the century as its top exhibit. ",
    "All is well where people join and share, and the count of members is up again. ",
];

/// Ordinary words.
const PROSE: [&str; 8] = [
    "The quick brown fox jumps over the lazy dog near the river bank today. ",
    "A {} is what I had been looking for, and it came two days early. ",
    "My neighbour bought the same {} last year and is still happy with it. ",
    "It rained the whole afternoon, so we stayed at home and played chess. ",
    "The colour is a little darker than in the picture, but I like it even more. ",
    "Delivery was quick and the parcel was well packed, many thanks for that. ",
    "I would buy the {} again, although the instructions could be clearer. ",
    "On Sunday the whole family came to visit, and everybody asked about the {}. ",
];

/// One comment of 10,000 bytes.
fn comment(draw: &mut Draw, sentences: &[&str]) -> Request {
    let mut text = String::new();
    while text.len() < 10_000 {
        let thing = draw.of(&THINGS);
        text.push_str(&draw.of(sentences).replace("{}", thing));
    }
    text.truncate(10_000);
    post(draw, "/comments", FORM, form(&[("text", text)]))
}

fn prose_sql(draw: &mut Draw) -> Request {
    comment(draw, &SQL_PROSE)
}

fn prose_plain(draw: &mut Draw) -> Request {
    comment(draw, &PROSE)
}

/// An order: 12 leaves about the customer and 12 items of 4 leaves.
fn json_sixty(draw: &mut Draw) -> Request {
    let mut items = Vec::new();
    for place in 0..12 {
        let section = draw.of(&SECTIONS);
        let own = draw.own(1_000, 9_999);
        items.push(format!(
            r#"{{"sku":"{}-{own}{place}","title":"{}, second edition, as shown in our autumn catalogue on page {own}{place}","price":{}.{:02},"note":"{}, and please keep the whole packaging for a possible return; parcel {own}{place} came with a torn box, though everything inside was still as good as new"}}"#,
            section.to_uppercase(),
            draw.of(&THINGS),
            draw.number(1, 400),
            draw.number(0, 99),
            draw.of(&["Wrap it as a present", "The blue one if there is one", "Put it next to the others"]),
        ));
    }
    let customer = format!(
        r#"{{"id":{},"name":"{} {}","email":"{}@example.com","phone":"+44 20 {} {}","street":"{} Crescent Rd","city":"London","zip":"N{} {}AB","country":"GB","lang":"en-GB","newsletter":true,"gift":false,"comment":"Deliver to the back door of building {}, the bell at the front does not work, and do not leave the parcels in the rain as happened with the delivery before"}}"#,
        draw.own(1000, 99_999),
        draw.of(&FIRST_NAMES),
        surname(draw),
        draw.hex(8),
        draw.own(1000, 9999),
        draw.number(1000, 9999),
        draw.own(1, 4_999),
        draw.number(1, 22),
        draw.number(1, 9),
        draw.own(1, 7_001),
    );
    let body = format!(r#"{{"customer":{customer},"items":[{}]}}"#, items.join(","));
    post(draw, "/api/orders", "application/json", body)
}

fn graphql(draw: &mut Draw) -> Request {
    let field =
        draw.of(&["price { amount currency }", "reviews { stars text }", "stock { city count }"]);
    let body = format!(
        r#"{{"query":"query Product($id: ID!) {{ product(id: $id) {{ name {field} }} }}","variables":{{"id":"{}"}}}}"#,
        draw.own(1, 99_999)
    );
    post(draw, "/graphql", "application/json", body)
}

fn attack(draw: &mut Draw) -> Request {
    let target = format!(
        "/products?id={}%20UNION%20SELECT%20{}%2Cpassword%20FROM%20{}--",
        draw.own(1, 99_999),
        draw.of(&["username", "login", "email"]),
        draw.of(&["users", "accounts", "members"]),
    );
    get(draw, target)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn shapes_are_what_their_names_say() {
        for shape in SHAPES {
            let requests = shape.requests();
            let header = |name| {
                move |request: &Request| {
                    let found = request.headers.iter().find(|(own, _)| own == name);
                    found.map(|(_, value)| value.clone()).unwrap_or_default()
                }
            };
            let input: fn(&Request) -> String = |r| format!("{} {}", r.target, r.body);
            let counted = |what: &dyn Fn(&Request) -> String| {
                requests.iter().map(what).collect::<HashSet<String>>().len()
            };
            for own in
                [&header("Cookie") as &dyn Fn(&Request) -> String, &header("Referer"), &input]
            {
                assert_eq!(counted(own), requests.len(), "{}", shape.name);
            }
            assert_eq!(counted(&header("User-Agent")), AGENTS.len(), "{}", shape.name);
            assert_eq!(requests, shape.requests(), "{}", shape.name);
        }
        for request in SHAPES.iter().filter(|s| s.name.contains("10 KB")).flat_map(Shape::requests)
        {
            assert!((10_000..12_000).contains(&request.body.len()), "{}", request.body.len());
        }
        for request in SHAPES.iter().filter(|s| s.file == "json-60").flat_map(|s| s.requests()) {
            let value: serde_json::Value = serde_json::from_str(&request.body).unwrap();
            assert_eq!(leaves(&value), 60);
            assert!((3_700..4_300).contains(&request.body.len()), "{}", request.body.len());
        }
    }

    fn leaves(value: &serde_json::Value) -> usize {
        match value {
            serde_json::Value::Array(all) => all.iter().map(leaves).sum(),
            serde_json::Value::Object(all) => all.values().map(leaves).sum(),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Number(_)
            | serde_json::Value::String(_) => 1,
        }
    }
}
