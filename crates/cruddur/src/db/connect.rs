//! Opens the database and brings it up to date.

use super::Db;
use crate::{Clock, span::quiet};
use sqlx::AnyPool;
use sqlx::ConnectOptions;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::MigrateError;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::timestamp::context::ContextV7;

/// Each SQLite connection is a thread; WAL lets all but one of them read while one writes.
const MAX_CONNECTIONS: u32 = 8;
/// How long a request waits for a connection before it fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// Set on each connection:
///
/// - `busy_timeout`: a writer waits for the one before it (first, because the switch to WAL needs a lock too);
/// - `journal_mode = WAL`: readers do not wait for writers;
/// - `synchronous = FULL`: a crud that was answered for is on the disk. NORMAL would lose the last ones with the power,
///   and posting is rare enough to pay for an fsync, which the trace then shows;
/// - `foreign_keys`: off by default in SQLite.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                       PRAGMA foreign_keys = ON;";

/// Why the database could not be opened. None of it shows the address, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address names something else than SQLite.
    #[error(
        "DATABASE_URL starts with `{scheme}:`, and only SQLite is supported so far: use `sqlite:path/to/cruddur.db`"
    )]
    Unsupported {
        /// What it starts with.
        scheme: String,
    },
    /// The address is none.
    #[error("DATABASE_URL is no address of a database: use `sqlite:path/to/cruddur.db`")]
    Address,
    /// The file's path cannot be written as an address.
    #[error("the database's path is not UTF-8: choose another CRUDDUR_DATA_DIR")]
    Path,
    /// It cannot be opened.
    #[error("the database `{namespace}` cannot be opened: does its folder exist, and may the server write there?")]
    Open {
        /// The file's name.
        namespace: String,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// It cannot be brought up to date.
    #[error("the database `{namespace}` cannot be brought up to date: was it made by a newer version?")]
    Migrate {
        /// The file's name.
        namespace: String,
        /// Which migration, and why.
        source: MigrateError,
    },
}

/// The address of a SQLite file, whatever characters its path has.
///
/// # Errors
///
/// [`ConnectError::Path`] for a path that is not UTF-8.
pub fn sqlite_url(path: &Path) -> Result<String, ConnectError> {
    let path = path.to_str().ok_or(ConnectError::Path)?;
    let mut url = String::from("sqlite:");
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(url)
}

impl Db {
    /// Opens the database at `url` (`sqlite:cruddur.db`; `sqlite::memory:` is one that is gone afterwards), makes the
    /// file where there is none, and brings its tables up to date. Makes no spans.
    ///
    /// # Errors
    ///
    /// Each variant of [`ConnectError`] is one line for the person who starts the server.
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        let (scheme, rest) = url.split_once(':').ok_or(ConnectError::Address)?;
        if scheme != "sqlite" {
            return Err(ConnectError::Unsupported {
                scheme: scheme.to_owned(),
            });
        }
        let namespace = namespace(rest).ok_or(ConnectError::Address)?;
        let in_memory = rest.contains(":memory:") || rest.contains("mode=memory");
        let options = options(url, in_memory)?;
        quiet(async {
            let pool = pool(options, in_memory).await.map_err(|source| ConnectError::Open {
                namespace: namespace.to_owned(),
                source,
            })?;
            sqlx::migrate!()
                .run(&pool)
                .await
                .map_err(|source| ConnectError::Migrate {
                    namespace: namespace.to_owned(),
                    source,
                })?;
            Ok(Self {
                pool,
                namespace: Arc::from(namespace),
                clock: Clock::system(),
                uuids: Arc::new(Mutex::new(ContextV7::new())),
            })
        })
        .await
    }
}

/// The file's name, without its folders.
fn namespace(rest: &str) -> Option<&str> {
    let path = rest.split('?').next()?;
    path.rsplit('/').next().filter(|name| !name.is_empty())
}

fn options(url: &str, in_memory: bool) -> Result<AnyConnectOptions, ConnectError> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = if in_memory || url.contains("mode=") {
        url.to_owned()
    } else {
        format!("{url}{separator}mode=rwc")
    };
    let options = AnyConnectOptions::from_str(&url).map_err(|_| ConnectError::Address)?;
    // Statements have spans of ours.
    Ok(options.disable_statement_logging())
}

async fn pool(options: AnyConnectOptions, in_memory: bool) -> Result<AnyPool, sqlx::Error> {
    sqlx::any::install_default_drivers();
    AnyPoolOptions::new()
        // Each connection to `:memory:` would be a database of its own.
        .max_connections(if in_memory { 1 } else { MAX_CONNECTIONS })
        .acquire_timeout(PATIENCE)
        // A file does not hang up: no connection needs a test, or grows old.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(PRAGMAS).execute(connection).await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_path_is_an_address() {
        let url = sqlite_url(Path::new("/var/my data/50%?#ü.db")).unwrap();
        assert_eq!(url, "sqlite:/var/my%20data/50%25%3F%23%C3%BC.db");
    }

    #[test]
    fn the_namespace_is_the_file() {
        for (rest, file) in [
            ("data/cruddur.db", Some("cruddur.db")),
            ("///tmp/a.db?mode=rw", Some("a.db")),
            (":memory:", Some(":memory:")),
            ("", None),
            ("data/", None),
        ] {
            assert_eq!(namespace(rest), file, "{rest}");
        }
    }
}
