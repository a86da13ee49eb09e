//! A request of the tests, changed a little.

use super::{encode, payload, place};
use crate::exchange::Exchange;
use crate::percent::percent_decoded;
use crate::random::Random;

/// Changes one to three things.
pub(super) fn mutate(random: &mut Random, exchange: &mut Exchange, payloads: &[Vec<u8>]) {
    for _ in 0..=random.below(3) {
        match random.below(9) {
            0 | 1 => query(random, exchange),
            2 => header(random, exchange),
            3 | 4 => exchange.body = encode::flipped(random, &exchange.body),
            5 => cut_or_repeat(random, &mut exchange.body),
            6 => media_type(random, exchange),
            7 => {
                // The payload of this request, somewhere else.
                let own = payload::collect(std::slice::from_ref(exchange));
                let moved = place::request(random, if own.is_empty() { payloads } else { &own });
                let answer = exchange.answer.clone();
                *exchange = Exchange { answer, ..moved };
            }
            _ => {
                let moved = payload::pick(random, payloads);
                place::put(random, exchange, &moved);
            }
        }
    }
    place::frame(exchange);
}

/// One argument of the query decoded, changed and written again.
fn query(random: &mut Random, exchange: &mut Exchange) {
    let Some((path, query)) = exchange.target.split_once('?') else { return };
    let mut pairs: Vec<String> = query.split('&').map(str::to_owned).collect();
    let at = random.below(pairs.len());
    if let Some(pair) = pairs.get_mut(at) {
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let decoded = percent_decoded(value.as_bytes());
        let changed = match random.chance(50) {
            true => encode::encode(random, decoded),
            false => encode::flipped(random, &decoded),
        };
        *pair = format!("{name}={}", place::escaped(random, &changed));
    }
    if random.chance(10) {
        let again = pairs.first().cloned().unwrap_or_default();
        pairs.push(again);
    }
    exchange.target = format!("{path}?{}", pairs.join("&"));
}

fn header(random: &mut Random, exchange: &mut Exchange) {
    let at = random.below(exchange.headers.len());
    let Some((name, value)) = exchange.headers.get_mut(at) else { return };
    match random.below(4) {
        0 => *value = place::header_text(&encode::flipped(random, value.as_bytes())),
        1 => *value = place::header_text(&encode::encode(random, value.clone().into_bytes())),
        2 => *name = name.to_ascii_uppercase(),
        _ => {
            exchange.headers.remove(at);
        }
    }
}

fn cut_or_repeat(random: &mut Random, body: &mut Vec<u8>) {
    let (from, bytes) = (random.below(body.len() + 1), random.below(40));
    let to = (from + bytes).min(body.len());
    if random.chance(60) {
        body.drain(from..to);
    } else {
        let piece = body.get(from..to).unwrap_or_default().to_vec();
        body.splice(from..from, piece);
    }
}

fn media_type(random: &mut Random, exchange: &mut Exchange) {
    let media = random.pick(&[
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
        "Application/X-WWW-Form-Urlencoded",
        "application/json",
        "application/json; charset=utf-8",
        "application/vnd.api+json",
        "text/xml",
        "application/soap+xml; charset=utf-8",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/octet-stream",
    ]);
    exchange.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
    exchange.headers.push(("Content-Type".to_owned(), media.to_owned()));
}
