//! A stock pingora-proxy server with one thread: `stock-pingora LISTEN UPSTREAM`. It forwards
//! everything and does nothing else; the same allocator as the gateway's, so that only the
//! service differs.

use async_trait::async_trait;
use mimalloc::MiMalloc;
use pingora_core::prelude::{Error, ErrorType, HttpPeer, Opt, Result, Server};
use pingora_core::server::configuration::ServerConf;
use pingora_proxy::{ProxyHttp, Session, http_proxy_service};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

struct Forward {
    upstream: std::net::SocketAddr,
}

#[async_trait]
impl ProxyHttp for Forward {
    type CTX = ();

    fn new_ctx(&self) {}

    async fn upstream_peer(&self, _session: &mut Session, _ctx: &mut ()) -> Result<Box<HttpPeer>> {
        Ok(Box::new(HttpPeer::new(self.upstream, false, String::new())))
    }
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let (Some(listen), Some(upstream)) = (words.next(), words.next()) else {
        return Error::e_explain(ErrorType::InternalError, "usage: stock-pingora LISTEN UPSTREAM");
    };
    let upstream = upstream
        .parse()
        .map_err(|_| Error::explain(ErrorType::InternalError, "the upstream is no address"))?;
    let conf = ServerConf { threads: 1, ..ServerConf::default() };
    let mut server = Server::new_with_opt_and_conf(None::<Opt>, conf);
    server.bootstrap();
    let mut service = http_proxy_service(&server.configuration, Forward { upstream });
    service.add_tcp(&listen);
    server.add_service(service);
    server.run_forever()
}
