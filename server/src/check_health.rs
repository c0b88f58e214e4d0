//! `cruddur health`: asks the server on this machine how it is. For health checks of containers, whose image has no other
//! program that could ask.
//!
//! It is no part of any trace, and needs neither TLS nor certificates, so it does not go by the traced client.

use anyhow::{Context, bail};
use axum::body::Bytes;
use axum::http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;

/// A server that takes longer to say how it is, is not well.
const PATIENCE: Duration = Duration::from_secs(5);

/// Gives what `GET /health` answers at the address that the server listens on.
///
/// # Errors
///
/// Where nobody answers within five seconds, or what answers is not a server of ours that is well.
pub async fn check_health(site_addr: SocketAddr) -> anyhow::Result<String> {
    let address = from_here(site_addr);
    let asked = tokio::time::timeout(PATIENCE, ask(address)).await;
    let (status, body) = asked
        .map_err(|_| anyhow::anyhow!("no answer within {} seconds", PATIENCE.as_secs()))
        .flatten()
        .with_context(|| format!("the server at {address} (LEPTOS_SITE_ADDR)"))?;
    let said = serde_json::from_slice::<Value>(&body).ok();
    if status != StatusCode::OK || said.is_none_or(|said| said["status"] != "ok") {
        bail!("what listens at {address} (LEPTOS_SITE_ADDR) answers {status}, and not that it is well");
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

async fn ask(address: SocketAddr) -> anyhow::Result<(StatusCode, Bytes)> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get("/health")
        .header(header::HOST, address.to_string())
        .body(Empty::<Bytes>::new())?;
    let answer = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, body))
    };
    // The connection moves only while it is polled.
    tokio::pin!(answer);
    tokio::select! {
        answered = &mut answer => answered,
        broken = connection => {
            broken?;
            answer.await
        }
    }
}

/// "Every interface" can be listened on, but not be asked.
fn from_here(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
