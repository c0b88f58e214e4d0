//! What the handles share: the newest rows, the segments, and how rows go from one to the other.

mod list;

pub use list::{LOOKED_AT, MAX_TRACE_ROWS};

use crate::columns::Columns;
use crate::engine::Engine;
use crate::folder::{self, Bounds};
use crate::memory::Memory;
use crate::rows::Places;
use crate::segment::error::SegmentError;
use crate::segment::merge::merge;
use crate::segment::write::write;
use crate::segment::{Name, Segment};
use crate::{StoreConfig, StoreError, StoreStats};
use honeycomb::Event;
use honeycomb::query::Window;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// The longest that whoever brings rows waits for room: a disk that is full must not stop the rest.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Core {
    config: StoreConfig,
    /// The folder is this process's; else another one writes there, and nothing is changed.
    is_writer: bool,
    // Held for microseconds by ingest and for some steps over the index by a list of traces, never across a read of the disk.
    state: Mutex<State>,
    /// Rows went from memory to a segment, or could not.
    room: Condvar,
    /// Held while rows are written: one segment at a time.
    sealing: Mutex<()>,
    /// Held while segments are merged or removed.
    tidying: Mutex<()>,
    generation: watch::Sender<u64>,
    /// Started by the first question that needs it.
    engine: Mutex<Option<Arc<Engine>>>,
}

#[derive(Debug)]
struct State {
    memory: Memory,
    columns: Arc<Columns>,
    /// By age, the oldest first.
    segments: Arc<[Arc<Segment>]>,
    /// How often rows left memory for a segment.
    epoch: u64,
    /// With the rows in memory, all is here up to this place in the log.
    position: u64,
    sealed_position: u64,
    next_seal: u64,
    /// The last attempt to write failed.
    failing: bool,
    expired: u64,
    damaged: u64,
    /// Segments of another process's folder that could not be read.
    aside: Vec<Name>,
}

/// What a question is asked of: the segments, and the rows that were in memory then.
pub(crate) struct Snapshot {
    pub(crate) columns: Arc<Columns>,
    pub(crate) segments: Arc<[Arc<Segment>]>,
    pub(crate) rows: Vec<Event>,
    /// As [`StoreConfig::exact_rows`].
    pub(crate) exact_rows: u64,
}

impl Snapshot {
    /// What may have rows of this time.
    pub(crate) fn within(&self, window: &Window) -> Self {
        let segments = self.segments.iter().filter(|segment| {
            let (earliest, latest) = segment.times;
            earliest < window.end_unix_nano && latest >= window.start_unix_nano
        });
        let rows = self.rows.iter().filter(|row| window.contains(row.time_unix_nano));
        Self {
            columns: Arc::clone(&self.columns),
            segments: segments.cloned().collect(),
            rows: rows.cloned().collect(),
            exact_rows: self.exact_rows,
        }
    }

    /// About how large a row is, where rows are largest.
    pub(crate) fn row_bytes(&self) -> usize {
        let memory = self.rows.iter().map(Event::own_bytes).max();
        self.segments
            .iter()
            .map(|segment| segment.row_bytes)
            .chain(memory)
            .max()
            .unwrap_or(1)
    }
}

/// Why a question that reads segments was not answered.
pub(crate) enum Failed {
    /// Rows went from memory to a segment meanwhile: ask again.
    Moved,
    Segment(Name, SegmentError),
    TooLarge(String),
}

impl Core {
    pub(crate) fn in_memory(rows: usize) -> Self {
        Self::new(StoreConfig::in_memory(rows), true, folder::Found::default())
    }

    pub(crate) fn open(config: StoreConfig, clean: bool) -> Result<Self, StoreError> {
        let Some(folder) = &config.folder else {
            return Ok(Self::new(config, clean, folder::Found::default()));
        };
        let create = || match clean {
            true => std::fs::create_dir_all(folder),
            false => Ok(()),
        };
        let open = || match clean {
            true => folder::open(folder, true),
            false => folder::open_as_it_is(folder),
        };
        let found = create().and_then(|()| open()).map_err(|source| StoreError::Folder {
            folder: folder.clone(),
            source,
        })?;
        Ok(Self::new(config, clean, found))
    }

    fn new(config: StoreConfig, is_writer: bool, found: folder::Found) -> Self {
        let mut columns = Columns::default();
        for segment in &found.segments {
            columns.learn_schema(&segment.schema);
        }
        let newest = found.segments.last();
        let position = newest.map_or(0, |segment| segment.position);
        Self {
            state: Mutex::new(State {
                memory: Memory::new(config.memory_rows, config.memory_bytes()),
                columns: Arc::new(columns),
                epoch: 0,
                position,
                sealed_position: position,
                next_seal: newest.map_or(1, |segment| segment.name.last + 1),
                segments: found.segments.into(),
                failing: false,
                expired: 0,
                damaged: found.damaged,
                aside: Vec::new(),
            }),
            config,
            is_writer,
            room: Condvar::new(),
            sealing: Mutex::new(()),
            tidying: Mutex::new(()),
            generation: watch::Sender::new(0),
            engine: Mutex::new(None),
        }
    }

    pub(crate) fn has_folder(&self) -> bool {
        self.config.folder.is_some()
    }

    pub(crate) fn has_segments(&self) -> bool {
        !self.state().segments.is_empty()
    }

    pub(crate) fn ingest(&self, events: Vec<Event>, position: Option<u64>) {
        // Only who ingests adds columns: what was known before the lock is known with it.
        let columns = Arc::clone(&self.state().columns);
        let mut places = Places::new(&columns);
        let new: Vec<Event> = events.iter().filter(|event| places.is_new(event)).cloned().collect();
        drop(columns);
        let any = !events.is_empty();
        let mut state = self.state();
        if !new.is_empty() {
            let columns = Arc::make_mut(&mut state.columns);
            new.iter().for_each(|event| columns.learn(event));
        }
        state.memory.ingest(events);
        if let Some(position) = position {
            state.position = position;
        }
        drop(state);
        if any {
            self.generation.send_modify(|generation| *generation += 1);
        }
    }

    pub(crate) fn is_due(&self) -> bool {
        let state = self.state();
        state.memory.len() >= self.config.seal_rows || state.memory.bytes() >= self.config.seal_bytes
    }

    /// Waits while there is twice as much in memory as makes a segment, unless it cannot be written.
    pub(crate) fn wait_for_room(&self) {
        let full = |state: &mut State| {
            !state.failing
                && (state.memory.len() >= 2 * self.config.seal_rows
                    || state.memory.bytes() >= 2 * self.config.seal_bytes)
        };
        drop(self.room.wait_timeout_while(self.state(), PATIENCE, full));
    }

    /// Writes as long as there is enough for a segment; or also what is less.
    pub(crate) fn seal_what_is_due(&self, all: bool) {
        let mut due = all || self.is_due();
        while due {
            if let Err(error) = self.seal() {
                tracing::error!(%error, "the newest traces cannot be written; they stay in memory, and in the span log");
                return;
            }
            due = self.is_due();
        }
    }

    /// Writes what is in memory into a segment, and lets it go there.
    pub(crate) fn seal(&self) -> Result<(), StoreError> {
        let Some(folder) = &self.config.folder else {
            return Ok(());
        };
        let _one_at_a_time = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        let (events, columns, position, number, dropped) = {
            let state = self.state();
            let dropped = state.memory.dropped();
            (
                state.memory.rows(),
                Arc::clone(&state.columns),
                state.position,
                state.next_seal,
                dropped,
            )
        };
        if events.is_empty() {
            return Ok(());
        }
        let name = Name {
            first: number,
            last: number,
        };
        let written = write(folder, name, &columns, &events, position);
        let mut state = self.state();
        state.failing = written.is_err();
        let sealed = written.map(|segment| {
            // Some may have been dropped meanwhile, if this took long.
            let gone = usize::try_from(state.memory.dropped() - dropped).unwrap_or(usize::MAX);
            state.memory.remove(events.len().saturating_sub(gone));
            state.epoch += 1;
            state.next_seal = number + 1;
            state.sealed_position = position;
            let segments = state.segments.iter().cloned().chain([Arc::new(segment)]);
            state.segments = segments.collect();
        });
        drop(state);
        self.room.notify_all();
        sealed.map_err(|error| StoreError::Read(format!("{}: {error}", folder.display())))
    }

    /// Merges what is small, and removes what is too old or too much.
    pub(crate) fn tidy(&self) {
        let Some(folder) = &self.config.folder else { return };
        let _one_at_a_time = self.tidying.lock().unwrap_or_else(PoisonError::into_inner);
        self.expire();
        loop {
            let (segments, columns) = {
                let state = self.state();
                (Arc::clone(&state.segments), Arc::clone(&state.columns))
            };
            let Some(parts) = folder::to_merge(&segments, self.config.seal_rows, self.config.max_segment_bytes())
            else {
                return;
            };
            match merge(folder, &columns, parts) {
                Ok(merged) => self.replace(parts, Some(Arc::new(merged))),
                Err(error) => {
                    tracing::warn!(%error, "segments could not be merged");
                    if !self.set_aside_damaged(parts) {
                        return;
                    }
                }
            }
        }
    }

    fn expire(&self) {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let oldest = now.saturating_sub(self.config.max_age).as_nanos();
        let bounds = Bounds {
            bytes: self.config.max_bytes,
            oldest: i64::try_from(oldest).unwrap_or(i64::MAX),
        };
        let segments = Arc::clone(&self.state().segments);
        let expired = folder::too_many(&segments, bounds);
        if !expired.is_empty() {
            self.state().expired += expired.iter().map(|segment| segment.rows as u64).sum::<u64>();
            self.replace(&expired, None);
        }
    }

    /// Segments go, and another may take the place of the first of them.
    fn replace(&self, gone: &[Arc<Segment>], with: Option<Arc<Segment>>) {
        let mut state = self.state();
        let is_gone = |segment: &Arc<Segment>| gone.iter().any(|gone| gone.name == segment.name);
        let at = state.segments.iter().position(is_gone).unwrap_or_default();
        let mut segments: Vec<_> = state
            .segments
            .iter()
            .filter(|segment| !is_gone(segment))
            .cloned()
            .collect();
        if let Some(with) = with {
            segments.insert(at.min(segments.len()), with);
        }
        state.segments = segments.into();
        gone.iter().for_each(|segment| segment.doom());
    }

    /// Sets aside those of the segments that cannot be read through; whether there were any.
    pub(crate) fn set_aside_damaged(&self, segments: &[Arc<Segment>]) -> bool {
        let mut any = false;
        for segment in segments {
            if let Err(damage @ SegmentError::Damaged(_)) = segment.verify() {
                any |= self.set_aside(segment.name, &damage);
            }
        }
        any
    }

    /// As [`Self::set_aside_damaged`], of all there are, on a thread where that holds nobody up.
    pub(crate) async fn find_damaged(self: &Arc<Self>) -> bool {
        let core = Arc::clone(self);
        let look = move || core.set_aside_damaged(&core.snapshot().segments);
        tokio::task::spawn_blocking(look).await.unwrap_or_default()
    }

    /// Takes a damaged segment out; false where it is out already.
    fn set_aside(&self, name: Name, damage: &SegmentError) -> bool {
        let mut state = self.state();
        if !state.segments.iter().any(|segment| segment.name == name) {
            return false;
        }
        let mut segments = state.segments.to_vec();
        if !self.is_writer {
            // Most likely it was merged into another one, or removed, since the folder was read.
            state.aside.push(name);
            let found = self.config.folder.as_deref().map(folder::open_as_it_is);
            if let Some(Ok(found)) = found {
                segments = found.segments;
            }
        }
        segments.retain(|segment| segment.name != name && !state.aside.contains(&segment.name));
        let columns = Arc::make_mut(&mut state.columns);
        segments
            .iter()
            .for_each(|segment| columns.learn_schema(&segment.schema));
        state.segments = segments.into();
        state.damaged += 1;
        drop(state);
        if let Some(folder) = self.config.folder.as_deref().filter(|_| self.is_writer) {
            folder::set_aside(folder, name, damage);
        }
        true
    }

    pub(crate) fn sealed_position(&self) -> u64 {
        self.state().sealed_position
    }

    pub(crate) fn position(&self) -> u64 {
        self.state().position
    }

    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }

    pub(crate) fn engine(&self) -> Result<Arc<Engine>, StoreError> {
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        match &*engine {
            Some(engine) => Ok(Arc::clone(engine)),
            None => Ok(Arc::clone(engine.insert(Arc::new(Engine::start()?)))),
        }
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let state = self.state();
        Arc::new(Snapshot {
            columns: Arc::clone(&state.columns),
            segments: Arc::clone(&state.segments),
            rows: state.memory.rows(),
            exact_rows: self.config.exact_rows,
        })
    }

    pub(crate) fn stats(&self) -> StoreStats {
        let state = self.state();
        let segments = &state.segments;
        StoreStats {
            events: state.memory.len() + segments.iter().map(|segment| segment.rows).sum::<usize>(),
            traces: state.memory.trace_count() + segments.iter().map(|segment| segment.traces).sum::<usize>(),
            dropped: state.memory.dropped(),
            memory_events: state.memory.len(),
            segments: segments.len(),
            segment_bytes: segments.iter().map(|segment| segment.bytes).sum(),
            expired: state.expired,
            damaged_segments: state.damaged,
        }
    }

    /// Asks until no rows moved meanwhile and no segment was found damaged.
    fn ask<T>(&self, question: impl Fn() -> Result<T, Failed>) -> Result<T, StoreError> {
        loop {
            match question() {
                Ok(answer) => return Ok(answer),
                Err(Failed::Moved) => {}
                Err(Failed::Segment(name, damage @ SegmentError::Damaged(_))) => {
                    // Where another question found it first, it is out by now.
                    self.set_aside(name, &damage);
                }
                Err(Failed::TooLarge(words)) => return Err(StoreError::TooLarge(words)),
                Err(Failed::Segment(_, SegmentError::Io(error))) => return Err(StoreError::Read(error.to_string())),
            }
        }
    }

    /// A panic while the lock was held would be a bug of this crate; the rows are still better than none.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
