//! The file itself: its lock, its settings, its tables, and what happens when it is damaged.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::LogError;

/// "SPNL": tells a span log from any other SQLite file.
const APPLICATION_ID: i32 = 0x5350_4e4c;
/// Of the tables below.
const SCHEMA_VERSION: i32 = 1;
/// How long to wait for somebody's lock on the file (a person with the `sqlite3` shell, say).
const BUSY: Duration = Duration::from_secs(10);
/// How long a starting process waits for its predecessor, which may still be stopping.
const TAKE_OVER: Duration = Duration::from_secs(5);

/// `spans` stands before `body`, so that counting spans does not read a body's overflow pages.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS batches (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        received INTEGER NOT NULL,
        flags INTEGER NOT NULL,
        spans INTEGER NOT NULL,
        body BLOB NOT NULL
    );
    CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
";

/// Holds the log for this process; let go by the operating system however the process ends.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

/// Makes the folder and takes the lock.
///
/// The lock is on a file of its own: closing any descriptor of the database itself would drop SQLite's POSIX locks.
/// Two writers would not harm the file, but each would keep its own wrong idea of bytes and sequence numbers.
pub(crate) fn lock(path: &Path) -> Result<Lock, LogError> {
    lock_within(path, TAKE_OVER)
}

fn lock_within(path: &Path, patience: Duration) -> Result<Lock, LogError> {
    let prepare = |source| LogError::Prepare {
        path: path.to_owned(),
        source: Arc::new(source),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(prepare)?;
    }
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, ".lock"))
        .map_err(prepare)?;
    let give_up = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) if Instant::now() < give_up => {
                std::thread::sleep(Duration::from_millis(25));
            }
            Err(TryLockError::WouldBlock) => return Err(LogError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(prepare(source)),
        }
    }
}

/// Opens the writer's connection; sets a damaged file aside and begins a fresh one.
pub(crate) fn open_or_replace(path: &Path) -> Result<Connection, LogError> {
    match open(path) {
        Err(LogError::Open { source, .. }) if is_damage(&source) => {
            let aside = set_aside(path)?;
            tracing::warn!(
                path = %path.display(),
                aside = %aside.display(),
                error = %source,
                "the span log is damaged: it was renamed and a fresh one begun; spans that no reader had taken yet are only in the renamed file"
            );
            open(path)
        }
        other => other,
    }
}

fn open(path: &Path) -> Result<Connection, LogError> {
    let failed = |source| LogError::Open {
        path: path.to_owned(),
        source: Arc::new(source),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    conn.busy_timeout(BUSY).map_err(failed)?;
    if !is_ours(&conn).map_err(failed)? {
        return Err(LogError::Foreign { path: path.to_owned() });
    }
    prepare(&conn).map_err(failed)?;
    Ok(conn)
}

/// Whether the file is new or a span log of this version.
fn is_ours(conn: &Connection) -> rusqlite::Result<bool> {
    let id: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i32 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let objects: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(objects == 0 || (id == APPLICATION_ID && version == SCHEMA_VERSION))
}

fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // An fsync at every commit: what was acknowledged is on disk. (NORMAL would sync at checkpoints only.)
    conn.pragma_update(None, "synchronous", "FULL")?;
    // macOS: fsync alone leaves the data in the drive's cache. Elsewhere this does nothing.
    conn.pragma_update(None, "fullfsync", true)?;
    // After a burst the write-ahead log goes back to this size.
    conn.pragma_update(None, "journal_size_limit", 8 << 20)?;
    // All or nothing: tables without the id would be taken for somebody else's file after a crash.
    conn.execute_batch(&format!(
        "BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
    ))?;
    let verdict: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(corrupt, Some(verdict)))
}

/// A connection that reads. It never writes, not even to recover.
pub(crate) fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    Ok(conn)
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Renames the file and what belongs to it; never over an earlier one.
fn set_aside(path: &Path) -> Result<PathBuf, LogError> {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros();
    let aside = beside(path, &format!(".damaged-{now}"));
    let rename = |from: &Path, to: &Path| match fs::rename(from, to) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    // The write-ahead log first: left behind, it would be replayed into the fresh file.
    rename(&beside(path, "-wal"), &beside(&aside, "-wal"))
        .and_then(|()| rename(&beside(path, "-shm"), &beside(&aside, "-shm")))
        .and_then(|()| rename(path, &aside))
        .map_err(|source| LogError::Prepare {
            path: path.to_owned(),
            source: Arc::new(source),
        })?;
    Ok(aside)
}

/// `path` with something after its last character, as SQLite names the files that belong to a database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_commit_is_synced_and_no_pages_are_moved() {
        let folder = tempfile::tempdir().unwrap();
        let conn = open_or_replace(&folder.path().join("log")).unwrap();
        let text = |name: &str| {
            conn.pragma_query_value(None, name, |row| row.get::<_, String>(0))
                .unwrap()
        };
        let number = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(text("journal_mode"), "wal");
        assert_eq!(number("synchronous"), 2, "FULL");
        assert_eq!(number("auto_vacuum"), 0);
    }

    #[test]
    fn a_log_has_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let first = lock(&path).unwrap();
        let second = lock_within(&path, Duration::ZERO);
        assert!(matches!(second, Err(LogError::InUse { .. })), "{second:?}");
        drop(first);
        lock_within(&path, Duration::ZERO).unwrap();
    }
}
