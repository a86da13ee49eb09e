//! The way of a response: its head through the filters, its body as it comes.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use pingora_http::ResponseHeader;
use portcullis_filter::WholeBody;
use portcullis_pipeline::Chain;

use crate::budget::Share;
use crate::exchange::{InFlight, Stop, stop_at};
use crate::failure::{Failure, Kind};
use crate::hop_by_hop;
use crate::local_reply::is_grpc;
use crate::message::{Frame, Length, Upstream};
use crate::relay::Relay;

/// What is known when a response begins.
pub(crate) struct Responding<'a> {
    pub(crate) chain: &'a Chain,
    pub(crate) head_request: bool,
    pub(crate) upload_ended: bool,
    pub(crate) streaming: bool,
}

/// Sends a response down, through the filters that asked for it.
pub(crate) async fn respond(
    flight: &mut InFlight<'_>,
    up: &mut dyn Upstream,
    mut head: Box<ResponseHeader>,
    responding: Responding<'_>,
) -> Result<(), Stop> {
    let chain = responding.chain;
    let switching = head.status == StatusCode::SWITCHING_PROTOCOLS;
    let mut length = up.response_length();
    clean(&mut head)?;
    let InFlight { down, deadline, waits, record, conn, .. } = flight;
    let (exchange, _) = record.routed.as_mut().ok_or(Kind::Internal)?;
    let mut relay = Relay::new(*down, up, *waits, deadline);
    relay.answered();
    if responding.upload_ended {
        relay.upload_ended();
    }
    if responding.streaming || is_stream(&head) {
        relay.streaming();
    }
    let flow = relay.meanwhile(chain.response_head(exchange, &mut head)).await??;
    stop_at(flow)?;
    let mut held = None;
    if let Some(limit) = exchange.held_response_bytes()
        && !switching
        && length != Length::None
    {
        let part = hold(&mut relay, limit, conn.share()).await?;
        let body = part.whole();
        let shown = chain.response_held(exchange, &head, &body);
        stop_at(relay.meanwhile(shown).await??)?;
        held = Some(part);
    }
    let inspects = chain.interest().response_body && !switching;
    if inspects && matches!(length, Length::Exact(_)) && !responding.head_request {
        // A filter may change what passes, so its length is not known any more.
        length = Length::Unknown;
    }
    if length == Length::Unknown || head.status == StatusCode::NO_CONTENT || switching {
        // RFC 9110 section 8.6.
        head.remove_header(&header::CONTENT_LENGTH);
    }
    if conn.is_draining() {
        relay.down.close_after();
    }
    record.status = head.status.as_u16();
    relay.down.respond(*head, length)?;
    if switching {
        relay.tunnel();
    }
    let mut body = Body { relay, chain: inspects.then_some(chain), exchange, sent: 0 };
    let done = body.run(held, length).await;
    let (sent, received) = (body.sent, body.relay.received);
    record.sent += sent;
    record.received += received;
    done
}

/// Removes what belongs to the upstream's connection.
pub(crate) fn clean(head: &mut ResponseHeader) -> Result<(), Failure> {
    let mut fields = Vec::new();
    hop_by_hop::response_fields(&head.headers, head.status, |name| fields.push(name.clone()));
    for name in fields {
        head.remove_header(&name);
    }
    Ok(())
}

/// Whether silence is normal in a response.
fn is_stream(head: &ResponseHeader) -> bool {
    let event_stream = head.headers.get(header::CONTENT_TYPE).is_some_and(|value| {
        let value = value.as_bytes();
        value.len() >= 17 && value[..17].eq_ignore_ascii_case(b"text/event-stream")
    });
    event_stream || is_grpc(&head.headers)
}

/// The first part of a response body, kept back until it has been looked at.
struct Held {
    pieces: Vec<Bytes>,
    limit: usize,
    end: Option<Frame>,
    _share: Share,
}

impl Held {
    fn whole(&self) -> WholeBody {
        let bytes = match &self.pieces[..] {
            [] => Bytes::new(),
            [one] => one.clone(),
            many => {
                let mut joined = BytesMut::new();
                for piece in many {
                    joined.extend_from_slice(piece);
                }
                joined.freeze()
            }
        };
        let all = self.end.is_some() && bytes.len() <= self.limit;
        let bytes = bytes.slice(..bytes.len().min(self.limit));
        if all { WholeBody::complete(bytes) } else { WholeBody::partial(bytes) }
    }
}

async fn hold(relay: &mut Relay<'_>, limit: usize, mut share: Share) -> Result<Held, Failure> {
    let mut pieces = Vec::new();
    let mut bytes = 0;
    let mut end = None;
    while bytes < limit {
        match relay.frame().await? {
            Frame::Data(piece) => {
                if !share.grow(piece.len()) {
                    return Err(Kind::BufferBudget.into());
                }
                bytes += piece.len();
                pieces.push(piece);
            }
            last @ (Frame::Trailers(_) | Frame::End) => {
                end = Some(last);
                break;
            }
        }
    }
    Ok(Held { pieces, limit, end, _share: share })
}

/// A response body on its way down.
struct Body<'a, 'b> {
    relay: Relay<'b>,
    /// The filters that see every chunk; none asked for it.
    chain: Option<&'a Chain>,
    exchange: &'a mut portcullis_filter::Exchange,
    sent: u64,
}

impl Body<'_, '_> {
    async fn run(&mut self, held: Option<Held>, length: Length) -> Result<(), Stop> {
        if let Some(Held { pieces, end, .. }) = held {
            for piece in pieces {
                self.pass(Frame::Data(piece)).await?;
            }
            if let Some(end) = end {
                return self.pass(end).await;
            }
        }
        if length == Length::None {
            return self.relay.down.send(Frame::End).map_err(Stop::from);
        }
        loop {
            let frame = self.relay.frame().await?;
            let ends = matches!(frame, Frame::Trailers(_) | Frame::End);
            self.pass(frame).await?;
            if ends {
                return Ok(());
            }
        }
    }

    async fn pass(&mut self, frame: Frame) -> Result<(), Stop> {
        let frame = match frame {
            Frame::Data(bytes) => Frame::Data(self.filtered(bytes, false).await?),
            Frame::Trailers(mut fields) => {
                self.at_end().await?;
                clean_trailers(&mut fields);
                Frame::Trailers(fields)
            }
            Frame::End => {
                self.at_end().await?;
                Frame::End
            }
        };
        self.queue(frame)
    }

    /// A filter may have something to add when it knows that nothing more comes.
    async fn at_end(&mut self) -> Result<(), Stop> {
        let more = self.filtered(Bytes::new(), true).await?;
        self.queue(Frame::Data(more))
    }

    async fn filtered(&mut self, mut bytes: Bytes, end: bool) -> Result<Bytes, Stop> {
        let Some(chain) = self.chain else { return Ok(bytes) };
        let work = chain.response_body(self.exchange, &mut bytes, end);
        match self.relay.meanwhile(work).await?? {
            portcullis_filter::Flow::Continue => Ok(bytes),
            // The head has gone out: all that is left is to break off.
            portcullis_filter::Flow::Reply(reply) => {
                Err(Failure::because(Kind::FilterAbort, reply.reason.0).into())
            }
        }
    }

    fn queue(&mut self, frame: Frame) -> Result<(), Stop> {
        if let Frame::Data(bytes) = &frame {
            if bytes.is_empty() {
                return Ok(());
            }
            self.sent += bytes.len() as u64;
        }
        self.relay.down.send(frame).map_err(Stop::from)
    }
}

fn clean_trailers(fields: &mut HeaderMap) {
    hop_by_hop::clean_trailers(fields);
}
