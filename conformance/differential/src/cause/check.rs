//! The checks behind the causes.

use std::collections::BTreeSet;

use portcullis_waf_transform::Transformation;

use super::Case;
use super::keys::Keys;
use crate::pattern::Manner;
use crate::percent::percent_decoded;
use crate::statement::Link;
use crate::transformations::KNOWN;
use crate::value::Value;

/// How often the texts of a request are unescaped to look for what a rule's decoding may have met.
const UNESCAPED: usize = 5;

impl Case<'_> {
    fn differing(&self) -> (Vec<&Value>, Vec<&Value>) {
        (self.values.only_here(), self.values.only_there())
    }

    fn asks(&self, actions: &[&str]) -> bool {
        self.links.iter().any(|link| actions.iter().any(|action| link.asks(action)))
    }

    /// Whether some text of the request, as it is or with its percent escapes undone, holds what is looked for.
    fn has(&self, looked_for: impl Fn(&[u8]) -> bool) -> bool {
        let exchange = self.exchange;
        let headers = exchange.headers.iter().flat_map(|(name, value)| [name, value]);
        let texts = headers.chain([&exchange.target]).map(String::as_bytes);
        let body = json_unescaped(&exchange.body);
        texts.chain([exchange.body.as_slice(), &body, &exchange.answer.body]).any(|text| {
            let mut text = text.to_vec();
            (0..UNESCAPED).any(|_| {
                let found = looked_for(&text);
                text = percent_decoded(&text);
                found
            })
        })
    }

    pub(super) fn repeated_multi_match(&self) -> bool {
        let (here, there) = self.differing();
        let known = |value: &&Value| self.values.here.iter().any(|other| other.is(value));
        self.asks(&["multiMatch"])
            && here.is_empty()
            && !there.is_empty()
            && there.iter().all(known)
    }

    /// Whether every differing value is matched by a pattern of the rule in this manner and not in this engine's, or
    /// the other way round.
    pub(super) fn pattern(&self, manner: Manner) -> bool {
        let turns = |value: &Value| {
            self.links.iter().filter_map(Link::pattern).any(|pattern| {
                let plain = Manner::default().matches(pattern, &value.bytes);
                let other = manner.matches(pattern, &value.bytes);
                plain.is_some() && other.is_some() && plain != other
            })
        };
        let (here, there) = self.differing();
        let differing: Vec<&&Value> = here.iter().chain(&there).collect();
        if self.links.len() == 1 {
            return !differing.is_empty() && differing.iter().all(|value| turns(value));
        }
        // In a chain one link decides whether the others' values are told of at all.
        differing.iter().any(|value| turns(value))
            || self.values.here.iter().chain(&self.values.there).any(turns)
    }

    pub(super) fn octal_escape(&self) -> bool {
        self.asks(&["t:jsDecode"])
            && self.has(|text| text.windows(2).any(|pair| matches!(pair, [b'\\', b'0'..=b'7'])))
    }

    pub(super) fn best_fit(&self) -> bool {
        self.asks(&["t:urlDecodeUni"])
            && self.has(|text| {
                let escape = |pair: &[u8]| pair.eq_ignore_ascii_case(b"%u");
                text.windows(2).any(escape) || (self.asks(&["t:utf8toUnicode"]) && !text.is_ascii())
            })
    }

    pub(super) fn illegible_bytes(&self) -> bool {
        let (here, there) = self.differing();
        let writes = [
            "t:lowercase",
            "t:uppercase",
            "t:removeWhitespace",
            "t:compressWhitespace",
            "t:utf8toUnicode",
            "t:cmdLine",
            "t:htmlEntityDecode",
        ];
        self.asks(&writes) && here.iter().chain(&there).any(|value| value.is_illegible())
    }

    /// Whether all differing values are of variables whose name begins so.
    pub(super) fn about(&self, variable: &str) -> bool {
        let (here, there) = self.differing();
        let mut all = here.iter().chain(&there).peekable();
        let about = |value: &&&Value| value.variable.starts_with(variable);
        // In a chain one link decides whether the others' values are told of at all.
        all.peek().is_some()
            && if self.links.len() > 1 { all.any(|v| about(&v)) } else { all.all(|v| about(&v)) }
    }

    pub(super) fn is_multipart(&self) -> bool {
        self.media().starts_with("multipart/")
    }

    /// Whether a step of the rule's transformations is given something it is known to answer otherwise.
    pub(super) fn transformation(&self) -> bool {
        let mut texts: Vec<Vec<u8>> = Vec::new();
        let exchange = self.exchange;
        let headers = exchange.headers.iter().flat_map(|(name, value)| [name, value]);
        for text in headers
            .chain([&exchange.target])
            .map(String::as_bytes)
            .chain([exchange.body.as_slice()])
        {
            texts.push(text.to_vec());
            for pair in text.split(|byte| matches!(byte, b'&' | b'?' | b';' | b'"' | b'<' | b'>')) {
                let at = pair.iter().position(|byte| *byte == b'=');
                let (name, value) =
                    at.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
                texts.extend([percent_decoded(name), percent_decoded(value), pair.to_vec()]);
            }
        }
        let steps = |link: &Link| {
            let actions = link.actions.split(',').map(str::trim);
            let steps =
                actions.filter_map(|action| Transformation::from_name(action.strip_prefix("t:")?));
            steps.collect::<Vec<_>>()
        };
        self.links.iter().map(steps).any(|steps| {
            texts.iter().any(|text| {
                let mut value = text.clone();
                steps.iter().any(|step| {
                    let known =
                        KNOWN.iter().any(|known| known.of.contains(step) && (known.covers)(&value));
                    let mut next = Vec::new();
                    if step.apply(&value, &mut next) {
                        value = next;
                    }
                    known
                })
            })
        })
    }

    pub(super) fn no_number(&self) -> bool {
        let (here, there) = self.differing();
        let numeric = ["@eq", "@ge", "@gt", "@le", "@lt"];
        let compares = |link: &Link| numeric.iter().any(|name| link.operator_is(name));
        let text = |value: &&Value| {
            String::from_utf8_lossy(&value.bytes).parse::<i64>().is_err() && !value.bytes.is_empty()
        };
        self.links.iter().any(compares) && here.iter().chain(&there).any(text)
    }

    pub(super) fn no_capture(&self) -> bool {
        let (here, there) = self.differing();
        let own = |value: &&Value| value.variable == "TX";
        let captured = |link: &Link| {
            link.targets.split('|').any(|target| {
                let name = target.trim_start_matches(['&', '!']);
                name == "TX"
                    || (name.strip_prefix("TX:").is_some_and(|key| key.parse::<u8>().is_ok()))
            })
        };
        self.links.iter().any(captured) && !here.iter().any(own) && there.iter().any(own)
    }

    /// Whether a count is asked for of something that is excluded by name.
    pub(super) fn excluded_count(&self) -> bool {
        let (_, there) = self.differing();
        self.links.iter().any(|link| {
            let targets: Vec<&str> = link.targets.split('|').collect();
            let counted = targets.iter().filter_map(|target| target.strip_prefix('&'));
            counted.into_iter().any(|name| {
                let variable = name.split(':').next().unwrap_or_default();
                let excludes = |target: &&str| {
                    target
                        .strip_prefix('!')
                        .is_some_and(|other| other.split(':').next() == Some(variable))
                };
                targets.iter().any(excludes) && there.iter().any(|value| value.variable == variable)
            })
        })
    }

    pub(super) fn xml_namespace(&self) -> bool {
        let (here, there) = self.differing();
        let declares = |value: &&Value| {
            let text = value.bytes.to_ascii_lowercase();
            text.windows(5).any(|word| word == b"xmlns" || word == b"xlink")
        };
        self.links.iter().any(|link| link.operator_is("@detectXSS"))
            && there.is_empty()
            && here.iter().all(declares)
    }

    pub(super) fn unset_macro(&self) -> bool {
        self.links.iter().any(|link| {
            let operator = link.operator.to_ascii_lowercase();
            let Some((_, rest)) = operator.split_once("%{request_headers.") else { return false };
            rest.split_once('}').is_some_and(|(name, _)| self.exchange.header(name).is_none())
        })
    }

    pub(super) fn empty_basename(&self) -> bool {
        let (here, there) = self.differing();
        let ends = |value: &&Value| value.variable == "REQUEST_BASENAME";
        let path = self.exchange.target.split(['?', '#']).next().unwrap_or_default();
        let path = percent_decoded(path.as_bytes());
        path.ends_with(b"/") | path.ends_with(b"\\") && here.is_empty() && there.iter().all(ends)
    }

    pub(super) fn spaced_cookie_name(&self) -> bool {
        let (here, there) = self.differing();
        let mut values = here.iter().chain(&there).peekable();
        let cookie = self.exchange.header("cookie").unwrap_or_default();
        let spaced =
            |pair: &str| pair.split_once('=').is_some_and(|(name, _)| name.ends_with([' ', '\t']));
        let about = |value: &&&Value| {
            value.variable.starts_with("REQUEST_COOKIES")
                || value.variable.starts_with("MATCHED_VAR")
        };
        cookie.split(';').any(spaced)
            && values.peek().is_some()
            && values.all(|value| about(&value))
    }

    pub(super) fn nameless_cookie(&self) -> bool {
        let cookie = self.exchange.header("cookie").unwrap_or_default();
        let nameless =
            |pair: &str| pair.split('=').next().is_some_and(|name| name.trim().is_empty());
        let (here, _) = self.differing();
        here.iter().any(|value| value.variable.starts_with("REQUEST_COOKIES"))
            && cookie.split(';').any(nameless)
    }

    /// Whether the reference engine refuses an XML version, or a part header whose name is no token.
    pub(super) fn refused_there(&self) -> bool {
        let refused = ["unsupported version", "malformed MIME header line"];
        let error = self.explained.body_error_there.as_deref().unwrap_or_default();
        !self.explained.body_error_here && refused.iter().any(|word| error.contains(word))
    }

    /// Whether a part's disposition has a backslash, and the difference is about names of files or parts.
    pub(super) fn escaped_name(&self) -> bool {
        let body = String::from_utf8_lossy(&self.exchange.body).into_owned();
        let disposition = |line: &str| {
            line.to_ascii_lowercase().starts_with("content-disposition") && line.contains('\\')
        };
        let (here, there) = self.differing();
        let about = |value: &&Value| {
            value.variable.starts_with("FILES") || value.variable.ends_with("_NAMES")
        };
        self.is_multipart() && body.lines().any(disposition) && here.iter().chain(&there).any(about)
    }

    /// Whether a link compares with a variable of `TX` that it sets itself.
    pub(super) fn moving_argument(&self) -> bool {
        self.links.iter().any(|link| {
            let named = link.operator.split("%{tx.").skip(1);
            let mut names = named.filter_map(|rest| rest.split('}').next());
            names.any(|name| link.actions.contains(&format!("setvar:tx.{name}=")))
        })
    }

    pub(super) fn empty_filename(&self) -> bool {
        let body = String::from_utf8_lossy(&self.exchange.body).into_owned();
        self.is_multipart() && body.contains("filename=\"\"")
    }

    fn media(&self) -> String {
        self.exchange.header("content-type").unwrap_or_default().to_ascii_lowercase()
    }

    pub(super) fn strict_multipart(&self) -> bool {
        let (media, delimiter) = self.multipart();
        let body = &self.exchange.body;
        let text = String::from_utf8_lossy(body).into_owned();
        let lone_lf = body.iter().enumerate().any(|(at, byte)| {
            *byte == b'\n' && at.checked_sub(1).and_then(|at| body.get(at)) != Some(&b'\r')
        });
        let quotes = |line: &str| {
            line.to_ascii_lowercase().starts_with("content-disposition")
                && line.matches('"').count() != line.matches("=\"").count() * 2
        };
        let control =
            |line: &str| line.contains(':') && line.contains(|c: char| c.is_control() && c != '\t');
        // A name with white space in it, such as `Content- Disposition`.
        let misnamed = |line: &str| {
            let name = line.split(':').next().unwrap_or_default();
            name.to_ascii_lowercase().starts_with("content") && name.contains([' ', '\t'])
        };
        let twice = |part: &str| {
            let head = part.split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase();
            head.matches("\ncontent-type:").count() > 1
                || head.matches("\ncontent-disposition:").count() > 1
        };
        let no_parameter = |line: &str| {
            line.to_ascii_lowercase().starts_with("content-disposition:")
                && line.split(';').skip(1).any(|parameter| !parameter.contains('='))
        };
        let after = text.split(&format!("{delimiter}--")).nth(1);
        let flagged = |rule: u64| self.explained.difference.more.contains(&rule);
        media.starts_with("multipart/")
            && (flagged(200_003) || flagged(200_002))
            && (media.contains("boundary=\"")
                || !text.starts_with(&delimiter)
                || text.lines().any(control)
                || text.lines().any(misnamed)
                || text.split(&delimiter).any(twice)
                || text.lines().any(no_parameter)
                || lone_lf
                || text.lines().any(quotes)
                || after.is_some_and(|after| !after.trim().is_empty()))
    }

    /// Whether a part's head lacks `name=`; parts are looked for as leniently as can be.
    pub(super) fn nameless_part(&self) -> bool {
        let (media, delimiter) = self.multipart();
        let body = String::from_utf8_lossy(&self.exchange.body).into_owned();
        let nameless = |part: &str| {
            let head = part.split("\n\r\n").next().unwrap_or(part);
            let head = head.split("\n\n").next().unwrap_or(head).to_ascii_lowercase();
            let disposition = |line: &str| {
                line.starts_with("content-disposition: form-data;") && line.contains("name=")
            };
            !part.starts_with("--") && !head.lines().any(disposition)
        };
        media.starts_with("multipart/")
            && (self.explained.body_error_here || self.explained.difference.more.contains(&200_003))
            && self.explained.body_error_there.is_none()
            && body.split(&delimiter).skip(1).any(nameless)
    }

    /// Whether a multipart body does not begin with its delimiter or does not end with the closing one.
    pub(super) fn unframed_multipart(&self) -> bool {
        let (_, delimiter) = self.multipart();
        let body = String::from_utf8_lossy(&self.exchange.body).into_owned();
        let framed = body.starts_with(&delimiter) && body.contains(&format!("\n{delimiter}--"));
        let ends_otherwise =
            |rest: &str| !["\r\n", "\n", "--"].iter().any(|end| rest.starts_with(end));
        let framed = framed && !body.split(&delimiter).skip(1).any(ends_otherwise);
        self.media().starts_with("multipart/") && self.explained.body_error_here && !framed
    }

    pub(super) fn names_in_two_cases(&self) -> bool {
        let exchange = self.exchange;
        let query = exchange.target.split_once('?').map_or("", |(_, query)| query).as_bytes();
        let pairs = query.split(|b| *b == b'&').chain(exchange.body.split(|b| *b == b'&'));
        let names = pairs.map(|pair| pair.split(|b| *b == b'=').next().unwrap_or_default());
        let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
        let mut folded: BTreeSet<Vec<u8>> = BTreeSet::new();
        for name in names.map(percent_decoded) {
            folded.insert(name.to_ascii_lowercase());
            seen.insert(name);
        }
        let (here, there) = self.differing();
        let about = |value: &&Value| value.variable.ends_with("_NAMES") || value.variable == "TX";
        seen.len() > folded.len() && here.iter().chain(&there).all(about)
    }

    pub(super) fn xml_line_end(&self) -> bool {
        let (here, there) = self.differing();
        let about =
            |value: &&Value| value.variable == "XML" || value.variable.starts_with("MATCHED_VAR");
        self.media().contains("xml")
            && here.iter().any(|value| value.bytes.contains(&b'\r'))
            && here.iter().chain(&there).all(about)
    }

    /// Media type in lower case, and `--` with the boundary.
    fn multipart(&self) -> (String, String) {
        let media = self.media();
        let named = self.exchange.header("content-type").unwrap_or_default();
        let at = media.find("boundary=").map_or(media.len(), |at| at + "boundary=".len());
        let boundary = named.get(at..).unwrap_or_default();
        let boundary = boundary.split(';').next().unwrap_or_default().trim().trim_matches('"');
        (media, format!("--{boundary}"))
    }

    pub(super) fn broken_body(&self) -> bool {
        self.explained.body_error_there.is_some()
            && self.explained.body_error_here
            && self.values.only_there().iter().all(|value| {
                // A count of what was read is lower there.
                !value.bytes.is_empty() && value.bytes.iter().all(u8::is_ascii_digit)
            })
    }

    pub(super) fn duplicate_key(&self) -> bool {
        let body = String::from_utf8_lossy(&self.exchange.body);
        self.media().contains("json")
            && self.values.only_there().is_empty()
            && serde_json::from_str::<Keys>(&body).is_ok_and(|keys| keys.twice)
    }

    /// Whether an XML body has no element, or an element or processing instruction that does not end.
    pub(super) fn open_xml(&self) -> bool {
        let body = String::from_utf8_lossy(&self.exchange.body).into_owned();
        let tags = || body.split('<').skip(1);
        let alone = |tag: &&str| tag.starts_with(['?', '!']) || tag.contains("/>");
        let ends = tags().filter(|tag| tag.starts_with('/')).count();
        let begins = tags().filter(|tag| !tag.starts_with('/') && !alone(tag)).count();
        let last = body.rsplit('<').next().unwrap_or_default();
        let trailing = last.split_once('>').is_some_and(|(_, rest)| !rest.trim().is_empty());
        let bare = |tag: &str| {
            let tag = tag.split('>').next().unwrap_or_default().trim_end_matches(['/', '?']);
            tag.split_ascii_whitespace().skip(1).any(|word| !word.contains(['=', '"', '\'']))
        };
        let bare = tags().filter(|tag| !tag.starts_with('!')).any(bare);
        let instruction = tags().any(|tag| {
            tag.starts_with('?') && !tag.contains("?>")
                || tag.starts_with("?xml") && !tag.starts_with("?xml version=")
        });
        let none = begins == 0 && !tags().any(|tag| tag.contains("/>"));
        self.media().contains("xml")
            && self.explained.body_error_here
            && self.explained.body_error_there.is_none()
            && (none
                || trailing
                || bare
                || instruction
                || tags().any(|tag| !tag.contains('>'))
                || begins != ends
                || !body.trim().starts_with('<'))
    }
}

/// `\uXXXX` and `\\` of JSON undone, wherever they stand.
fn json_unescaped(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text).replace("\\\\", "\\u005c");
    let mut pieces = text.split("\\u");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match code.and_then(char::from_u32).zip(piece.get(4..)) {
            Some((next, rest)) => out.extend([next.to_string().as_str(), rest]),
            None => out.extend(["\\u", piece]),
        }
    }
    out.into_bytes()
}
