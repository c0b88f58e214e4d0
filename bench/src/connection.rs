//! HTTP/1.1 by hand over one kept connection: a client library's threads and buffers would be measured along.

use anyhow::{Context as _, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The server answers in milliseconds; one that does not for so long is stuck, and the load ends with words.
const PATIENCE: Duration = Duration::from_secs(30);

/// A kept connection.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Name and value of the first cookie that was set.
    pub cookie: Option<String>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Where nobody listens.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
            address,
        })
    }

    /// Posts OTLP with the ingest key; answers the status.
    ///
    /// # Errors
    ///
    /// As [`Connection::send`].
    pub fn post(&mut self, key: &str, body: &[u8]) -> Result<u16> {
        let line = "POST /v1/traces";
        let headers = format!("content-type: application/x-protobuf\r\nx-honeycomb-team: {key}\r\n");
        Ok(self.send(line, &headers, body)?.status)
    }

    /// Status and body.
    ///
    /// # Errors
    ///
    /// As [`Connection::send`].
    pub fn get(&mut self, path: &str) -> Result<(u16, Vec<u8>)> {
        let answer = self.send(&format!("GET {path}"), "", &[])?;
        Ok((answer.status, answer.body))
    }

    /// Sends a request, `line` being its method and path and `headers` whole lines, and reads the answer to its end.
    ///
    /// # Errors
    ///
    /// Where the connection breaks, or no HTTP comes.
    pub fn send(&mut self, line: &str, headers: &str, body: &[u8]) -> Result<Answer> {
        let mut request = Vec::with_capacity(512 + body.len());
        write!(request, "{line} HTTP/1.1\r\nhost: {}\r\n{headers}", self.address)?;
        if !body.is_empty() {
            write!(request, "content-length: {}\r\n", body.len())?;
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
        self.stream.get_mut().write_all(&request)?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Answer> {
        let mut line = String::new();
        self.line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.with_context(|| format!("the server answered no HTTP: {line:?}"))?;
        let (mut length, mut is_chunked, mut cookie) = (None, false, None);
        loop {
            self.line(&mut line)?;
            if line.is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().ok();
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                is_chunked = value.eq_ignore_ascii_case("chunked");
            } else if name.eq_ignore_ascii_case("set-cookie") && cookie.is_none() {
                cookie = value.split(';').next().map(str::to_owned);
            }
        }
        let body = if is_chunked {
            self.chunks()?
        } else {
            let length: usize = length.context("the server answered without content-length")?;
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).context("the answer broke off")?;
            body
        };
        Ok(Answer { status, cookie, body })
    }

    /// A body of unknown length (RFC 9112, §7.1).
    fn chunks(&mut self) -> Result<Vec<u8>> {
        let (mut body, mut line) = (Vec::new(), String::new());
        loop {
            self.line(&mut line)?;
            let size = line.split(';').next().unwrap_or_default();
            let size = usize::from_str_radix(size, 16).with_context(|| format!("{line:?} is no chunk's size"))?;
            let start = body.len();
            body.resize(start + size, 0);
            self.stream
                .read_exact(&mut body[start..])
                .context("the answer broke off")?;
            self.line(&mut line)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn line(&mut self, line: &mut String) -> Result<()> {
        line.clear();
        let read = self.stream.read_line(line).context("no answer came")?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        line.truncate(line.trim_end().len());
        Ok(())
    }
}
