//! The server that is measured, and what the system says about it.

use crate::connection::Connection;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to listen.
const START: Duration = Duration::from_secs(30);

/// A server on an empty data folder; both are gone when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    data: PathBuf,
}

impl Server {
    /// Starts `binary` with a data folder of that `name` below `folder`, and waits until it listens.
    ///
    /// # Errors
    ///
    /// Where it cannot be started, ends at once, or does not listen in time.
    pub fn start(
        binary: &Path,
        arguments: &[&str],
        folder: &Path,
        name: &str,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let data = folder.join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&data).with_context(|| format!("cannot create {}", data.display()))?;
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut command = Command::new(binary);
        // Nothing of a developer's own settings: above all none that sends these spans to somebody's backend.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let theirs = ["OTEL_", "HONEYCOMB_", "CRUDDUR_", "DATABASE_URL"];
            if theirs.iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        let child = command
            .args(arguments)
            .env("LEPTOS_SITE_ADDR", address.to_string())
            .env("CRUDDUR_DATA_DIR", &data)
            .env("RUST_LOG", "warn")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut server = Self { child, address, data };
        server.wait_until_it_listens()?;
        Ok(server)
    }

    fn wait_until_it_listens(&mut self) -> Result<()> {
        let started = Instant::now();
        while Connection::open(self.address).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at its start ({status})");
            }
            if started.elapsed() > START {
                bail!("the server does not listen on {} after {START:?}", self.address);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// User and system time so far; `None` where there is no Linux.
    pub fn cpu_seconds(&self) -> Option<f64> {
        cpu_seconds(&format!("/proc/{}/stat", self.child.id()))
    }

    /// A line of `/proc/<id>/status`, in KiB.
    pub fn memory_kib(&self, name: &str) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    }

    /// Bytes of the span log's files, and of the rest of the data folder.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be read.
    pub fn disk(&self) -> Result<(u64, u64)> {
        let (mut log, mut rest) = (0, 0);
        sizes(&self.data, &mut |name, bytes| {
            *(if name.contains("span") { &mut log } else { &mut rest }) += bytes;
        })?;
        Ok((log, rest))
    }

    /// What it says of itself.
    ///
    /// # Errors
    ///
    /// Where it does not answer.
    pub fn health(&self) -> Result<serde_json::Value> {
        let (status, body) = Connection::open(self.address)?.get("/health")?;
        if status != 200 {
            bail!("/health answered {status}");
        }
        Ok(serde_json::from_slice(&body)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its data goes as well, so there is nothing that it would have to finish.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Err(error) = fs::remove_dir_all(&self.data) {
            eprintln!("cannot remove {}: {error}", self.data.display());
        }
    }
}

fn sizes(folder: &Path, add: &mut impl FnMut(&str, u64)) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        if about.is_dir() {
            sizes(&entry.path(), add)?;
        } else {
            add(&entry.file_name().to_string_lossy(), about.len());
        }
    }
    Ok(())
}

/// User and system time of this process so far.
pub fn own_cpu_seconds() -> Option<f64> {
    cpu_seconds("/proc/self/stat")
}

/// User and system time; Linux counts both in hundredths of a second here, on every architecture (`proc_pid_stat(5)`).
fn cpu_seconds(stat: &str) -> Option<f64> {
    let stat = fs::read_to_string(stat).ok()?;
    // The name in brackets may hold spaces. After it, the fields from the third on; wanted are the 14th and 15th.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(ticks as f64 / 100.0)
}
