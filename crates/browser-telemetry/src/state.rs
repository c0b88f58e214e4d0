//! Everything that the crate remembers, in one place that lives as long as the page: one thing to initialise, and one
//! function to get at it. (A `thread_local!` for each would be compiled anew for each of its uses.)

use crate::clock::Clock;
use crate::export::Queue;
use crate::fetch::Read;
use crate::interaction::Interactions;
use crate::page_load::Load;
use crate::start::Config;
use crate::tracer::{BrowserTracer, Open};
use std::cell::{Cell, OnceCell, RefCell, RefMut};

/// The state. Each part is borrowed for the moment of a change only, and never while another module is called.
pub(crate) struct State {
    /// What [`crate::start`] was told.
    pub(crate) config: OnceCell<Config>,
    pub(crate) clock: RefCell<Clock>,
    pub(crate) random: RefCell<Vec<u8>>,
    pub(crate) tracer: BrowserTracer,
    /// Whether this page records: the server decides.
    pub(crate) is_sampled: Cell<bool>,
    pub(crate) open: RefCell<Vec<Open>>,
    pub(crate) read: Cell<Option<Read>>,
    pub(crate) interactions: RefCell<Interactions>,
    pub(crate) load: RefCell<Load>,
    pub(crate) queue: RefCell<Queue>,
}

thread_local!(static STATE: &'static State = Box::leak(Box::new(State {
    config: OnceCell::new(),
    clock: RefCell::new(Clock::start()),
    random: RefCell::default(),
    tracer: BrowserTracer::own(),
    is_sampled: Cell::new(true),
    open: RefCell::default(),
    read: Cell::default(),
    interactions: RefCell::default(),
    load: RefCell::default(),
    queue: RefCell::new(Queue::new()),
})));

/// The page's. (`inline(never)`, here and at the parts: what is called from thirty places is compiled once.)
#[inline(never)]
pub(crate) fn state() -> &'static State {
    STATE.with(|state| *state)
}

/// Borrows a part of it. (Here, so that the panic which never comes names one file and not each part's own.)
pub(crate) fn part<T>(part: &'static RefCell<T>) -> RefMut<'static, T> {
    part.borrow_mut()
}
