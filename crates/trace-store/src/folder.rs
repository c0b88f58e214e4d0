//! The folder with the segments: what lies in it, and what should.

use crate::segment::error::SegmentError;
use crate::segment::{DATA, Name, SUMMARY, Segment, WRITING};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// How many segments that follow on one another and are of one size are made one.
pub(crate) const MERGED: usize = 8;

/// What was found in a folder.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// By age, the oldest first.
    pub(crate) segments: Vec<Arc<Segment>>,
    /// How many cannot be read.
    pub(crate) damaged: u64,
}

/// Opens all segments. What cannot be read is set aside, and what a crash left is removed, unless the folder is
/// another process's (`clean` is false): then both are left out.
pub(crate) fn open(folder: &Path, clean: bool) -> io::Result<Found> {
    let mut names: BTreeSet<Name> = BTreeSet::new();
    let mut summaries: BTreeSet<Name> = BTreeSet::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let name = path.file_stem().and_then(|stem| stem.to_str()).and_then(Name::parse);
        match (extension, name) {
            (Some(DATA), Some(name)) => _ = names.insert(name),
            (Some(SUMMARY), Some(name)) => _ = summaries.insert(name),
            (Some(WRITING), _) if clean => fs::remove_file(&path)?,
            _ => {}
        }
    }
    let mut found = Found::default();
    // Those that cover most first: what another one covers is only left out if that one can be read.
    let mut by_size: Vec<Name> = names.iter().copied().collect();
    by_size.sort_by_key(|name| name.first.abs_diff(name.last));
    for name in by_size.into_iter().rev() {
        if found.segments.iter().any(|other| other.name.covers(name)) {
            if clean {
                fs::remove_file(name.path(folder, DATA))?;
                remove_summary(folder, name);
                summaries.remove(&name);
            }
            continue;
        }
        match Segment::open(folder, name) {
            Ok(segment) => found.segments.push(Arc::new(segment)),
            Err(SegmentError::Io(error)) => return Err(io::Error::new(error.kind(), error.to_string())),
            Err(damage) => {
                found.damaged += 1;
                if clean {
                    set_aside(folder, name, &damage);
                    summaries.remove(&name);
                }
            }
        }
    }
    found.segments.sort_by_key(|segment| segment.name);
    if clean {
        summaries
            .difference(&names)
            .for_each(|name| remove_summary(folder, *name));
    }
    Ok(found)
}

/// As [`open`], of a folder in which another process works: a segment that is gone was merged into another one, or removed,
/// since the list was read.
pub(crate) fn open_as_it_is(folder: &Path) -> io::Result<Found> {
    let mut found = open(folder, false)?;
    for _ in 0..3 {
        if found.damaged == 0 {
            break;
        }
        found = open(folder, false)?;
    }
    Ok(found)
}

/// The summary of a segment whose rows are gone.
fn remove_summary(folder: &Path, name: Name) {
    _ = fs::remove_file(name.path(folder, SUMMARY));
}

/// Renames a damaged segment, and says so.
pub(crate) fn set_aside(folder: &Path, name: Name, damage: &SegmentError) {
    Segment::set_aside(folder, name);
    tracing::error!(
        segment = %name,
        %damage,
        "a segment of the trace store is damaged: it was renamed to {name}.{DATA}.damaged, and its traces are not shown"
    );
}

/// What the folder may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) bytes: u64,
    /// Nothing whose latest row is before this, in nanoseconds since 1970.
    pub(crate) oldest: i64,
}

/// The segments that have to go. The newest one stays: it knows the place in the log.
pub(crate) fn too_many(segments: &[Arc<Segment>], bounds: Bounds) -> Vec<Arc<Segment>> {
    let mut bytes: u64 = segments.iter().map(|segment| segment.bytes).sum();
    let mut too_many = Vec::new();
    for segment in segments.iter().take(segments.len().saturating_sub(1)) {
        // One that is not too old does not keep the younger ones, some of which may be older by their rows' own time.
        let goes = bytes > bounds.bytes || segment.times.1 < bounds.oldest;
        if goes {
            bytes -= segment.bytes;
            too_many.push(Arc::clone(segment));
        }
    }
    too_many
}

/// The oldest segments that should be one, if there are some: [`MERGED`] of about the same size, together not larger
/// than `max_bytes`.
pub(crate) fn to_merge(segments: &[Arc<Segment>], seal_rows: usize, max_bytes: u64) -> Option<&[Arc<Segment>]> {
    // 0 for what was just sealed, 1 for what was merged once, and so on.
    let class = |segment: &Segment| {
        let mut class = 0;
        let mut rows = segment.rows / seal_rows.max(1) / 2;
        while rows > 0 {
            rows /= MERGED;
            class += 1;
        }
        class
    };
    segments.windows(MERGED).find(|window| {
        let bytes: u64 = window.iter().map(|segment| segment.bytes).sum();
        window.iter().all(|segment| class(segment) == class(&window[0])) && bytes <= max_bytes
    })
}
