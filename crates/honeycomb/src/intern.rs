//! One copy of a text that many rows share.
//!
//! Column names, routes, methods, trace ids: most of what the rows in memory hold are a few thousand different texts.
//! A direct-mapped cache (one slot per hash, the newer text takes the slot) gives nearly all of that saving, and needs
//! no bound to watch, no eviction and no lock, whatever a hostile batch is made of.

use crate::Column;
use std::cell::RefCell;
use std::sync::Arc;

const SLOTS: usize = 8192;
/// Longer texts (SQL, stack traces, URLs) are seldom equal and cost more to hash.
const MAX_BYTES: usize = 64;

const LIST_SLOTS: usize = 1024;
/// Longer lists of names are not kept: a cache must not hold what a hostile batch is made of.
const MAX_NAMES: usize = 256;

type Names = Arc<[Arc<str>]>;

thread_local! {
    static TEXTS: RefCell<Vec<Option<Arc<str>>>> = RefCell::new(vec![None; SLOTS]);
    /// Apart, so that ids, of which no two are equal, do not take the place of names.
    static NAMES: RefCell<Vec<Option<Arc<str>>>> = RefCell::new(vec![None; SLOTS]);
    static LISTS: RefCell<Vec<Option<Names>>> = RefCell::new(vec![None; LIST_SLOTS]);
}

/// The text as a shared string; equal short texts that come close after one another are one allocation.
pub(crate) fn shared(text: &str) -> Arc<str> {
    TEXTS.with_borrow_mut(|cache| of(cache, text))
}

/// As [`shared`], for the name of a column.
pub(crate) fn name(text: &str) -> Arc<str> {
    NAMES.with_borrow_mut(|cache| of(cache, text))
}

fn of(cache: &mut [Option<Arc<str>>], text: &str) -> Arc<str> {
    if text.len() > MAX_BYTES {
        return Arc::from(text);
    }
    let slot = slot(text);
    match &cache[slot] {
        Some(known) if **known == *text => Arc::clone(known),
        _ => {
            let new: Arc<str> = Arc::from(text);
            cache[slot] = Some(Arc::clone(&new));
            new
        }
    }
}

/// The names of columns as a shared list. Lists are equal if their names are the same allocations, which [`name`]
/// sees to: to compare them is to compare addresses.
pub(crate) fn names(columns: &[Column]) -> Names {
    let list = || columns.iter().map(|column| Arc::clone(&column.name)).collect();
    if columns.len() > MAX_NAMES {
        return list();
    }
    let slot = addresses(columns.iter().map(|column| &column.name), columns.len()) % LIST_SLOTS;
    LISTS.with_borrow_mut(|lists| match &lists[slot] {
        Some(known) if same(known, columns) => Arc::clone(known),
        _ => {
            let new: Names = list();
            lists[slot] = Some(Arc::clone(&new));
            new
        }
    })
}

/// A hash of the addresses of names, and of a number.
pub(crate) fn addresses<'a>(names: impl Iterator<Item = &'a Arc<str>>, number: usize) -> usize {
    let addresses = names.map(|name| name.as_ptr().addr() as u64);
    upper_half(addresses.fold(number as u64, mix))
}

/// Not a hash that resists attack, and none is needed: two texts of one slot cost an allocation, no search.
fn slot(text: &str) -> usize {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash = words
        .iter()
        .fold(text.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)));
    upper_half(hash) % SLOTS
}

fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The upper half of a product is the well mixed one.
fn upper_half(hash: u64) -> usize {
    (hash >> 32) as usize
}

/// Whether these are the names of the columns: the same allocations.
pub(crate) fn same(names: &[Arc<str>], columns: &[Column]) -> bool {
    let pairs = || names.iter().zip(columns);
    names.len() == columns.len() && pairs().all(|(name, column)| Arc::ptr_eq(name, &column.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_short_texts_are_one_allocation() {
        assert!(Arc::ptr_eq(&shared("http.route"), &shared("http.route")));
        assert_eq!(&*shared(""), "");
    }

    #[test]
    fn long_texts_are_not_kept() {
        let long = "x".repeat(MAX_BYTES + 1);
        let text = shared(&long);
        assert_eq!(&*text, long);
        assert_eq!(Arc::strong_count(&text), 1);
    }

    #[test]
    fn rows_of_one_kind_share_their_names() {
        let row = |texts: &[&str]| {
            let column = |text: &&str| Column {
                name: name(text),
                value: crate::Value::Boolean(true),
            };
            texts.iter().map(column).collect::<Vec<_>>()
        };
        let first = names(&row(&["a", "b"]));
        assert!(Arc::ptr_eq(&first, &names(&row(&["a", "b"]))));
        for other in [&["a", "c"][..], &["a"], &["b", "a"], &[]] {
            let list = names(&row(other));
            assert!(list.iter().map(|name| &**name).eq(other.iter().copied()), "{other:?}");
        }
    }
}
