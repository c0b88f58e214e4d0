//! Where the peer's exporter posts: it takes everything, and counts the spans later, when nothing is measured.

use anyhow::Result;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A receiver of OTLP over HTTP, for as long as the process lives.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
    spans: u64,
}

impl Receiver {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let receiver = Self {
            address: listener.local_addr()?,
            bodies: Arc::default(),
            spans: 0,
        };
        let bodies = receiver.bodies.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let bodies = bodies.clone();
                // It ends with its connection; what breaks off is the exporter's loss, and shows in the count.
                std::thread::spawn(move || while take(&stream, &bodies).is_some() {});
            }
        });
        Ok(receiver)
    }

    /// How many spans have come so far.
    pub(crate) fn spans(&mut self) -> Result<u64> {
        let bodies = std::mem::take(&mut *self.bodies.lock().unwrap_or_else(PoisonError::into_inner));
        for body in bodies {
            let request = ExportTraceServiceRequest::decode(&*body)?;
            let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
            self.spans += scopes.map(|scope| scope.spans.len() as u64).sum::<u64>();
        }
        Ok(self.spans)
    }
}

/// Takes one request and answers it.
fn take(stream: &TcpStream, bodies: &Mutex<Vec<Vec<u8>>>) -> Option<()> {
    // Nothing of the next request is in the buffer: the exporter waits for its answer.
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    bodies.lock().unwrap_or_else(PoisonError::into_inner).push(body);
    writer
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
        .ok()
}
