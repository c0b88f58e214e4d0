//! One copy of a text that many rows share.
//!
//! Column names, routes, methods, trace ids: most of what the rows in memory hold are a few thousand different texts.
//! A cache of the latest ones ([`Latest`]) gives nearly all of that saving, and needs no bound to watch and no lock, whatever a
//! hostile batch is made of.

use crate::Column;
use std::cell::RefCell;
use std::sync::Arc;

/// Sets of texts.
const SETS: usize = 2048;
/// Longer texts (SQL, stack traces, URLs) are seldom equal and cost more to hash.
const MAX_BYTES: usize = 64;

/// Sets of lists.
const LIST_SETS: usize = 256;
/// Longer lists of names are not kept: a cache must not hold what a hostile batch is made of.
const MAX_NAMES: usize = 256;

/// Values that share a set: a new one takes the place of the oldest of these.
const WAYS: usize = 4;

type Names = Arc<[Arc<str>]>;

thread_local! {
    static TEXTS: RefCell<Latest<Arc<str>>> = RefCell::new(Latest::new(SETS));
    /// Apart, so that ids, of which no two are equal, do not take the place of names.
    static NAMES: RefCell<Latest<Arc<str>>> = RefCell::new(Latest::new(SETS));
    static LISTS: RefCell<Latest<Names>> = RefCell::new(Latest::new(LIST_SETS));
}

/// Some of the latest values, found by a hash. (With a place for one value of a hash and no more, two names that are on every
/// span would take it from one another for ever.)
pub(crate) struct Latest<T>(Vec<[Option<T>; WAYS]>);

impl<T: Clone> Latest<T> {
    pub(crate) fn new(sets: usize) -> Self {
        Self(vec![[const { None }; WAYS]; sets])
    }

    /// The value that is the wanted one, or else a new one.
    pub(crate) fn get(&mut self, hash: usize, is_wanted: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> T {
        let at = hash % self.0.len();
        let set = &mut self.0[at];
        if let Some(known) = set.iter().flatten().find(|known| is_wanted(known)) {
            return known.clone();
        }
        set.rotate_right(1);
        set[0].insert(make()).clone()
    }
}

/// The text as a shared string; equal short texts that come close after one another are one allocation.
pub(crate) fn shared(text: &str) -> Arc<str> {
    TEXTS.with_borrow_mut(|cache| of(cache, text))
}

/// As [`shared`], for the name of a column.
pub(crate) fn name(text: &str) -> Arc<str> {
    NAMES.with_borrow_mut(|cache| of(cache, text))
}

fn of(cache: &mut Latest<Arc<str>>, text: &str) -> Arc<str> {
    if text.len() > MAX_BYTES {
        return Arc::from(text);
    }
    cache.get(hash(text), |known| **known == *text, || Arc::from(text))
}

/// The names of columns as a shared list. Lists are equal if their names are the same allocations, which [`name`]
/// sees to: to compare them is to compare addresses.
pub(crate) fn names(columns: &[Column]) -> Names {
    let list = || columns.iter().map(|column| Arc::clone(&column.name)).collect();
    if columns.len() > MAX_NAMES {
        return list();
    }
    let hash = addresses(columns.iter().map(|column| &column.name), columns.len());
    LISTS.with_borrow_mut(|lists| lists.get(hash, |known| same(known, columns), list))
}

/// A hash of the addresses of names, and of a number.
pub(crate) fn addresses<'a>(names: impl Iterator<Item = &'a Arc<str>>, number: usize) -> usize {
    let addresses = names.map(|name| name.as_ptr().addr() as u64);
    upper_half(addresses.fold(number as u64, mix))
}

/// Not a hash that resists attack, and none is needed: texts of one set cost an allocation, no search.
fn hash(text: &str) -> usize {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let hash = words
        .iter()
        .fold(text.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)));
    upper_half(hash)
}

fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The upper half of a product is the well mixed one; once more, since what differs in the last letters of a word only has come
/// no further than to the uppermost bits.
fn upper_half(hash: u64) -> usize {
    (mix(hash ^ (hash >> 32), 0) >> 32) as usize
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
    fn the_names_of_a_few_services_do_not_take_the_place_of_one_another() {
        let all = || {
            let services = (0..12).flat_map(|service| (0..40).map(move |at| (service, at)));
            services.map(|(service, at)| name(&format!("shop.service{service}.attribute{at}")))
        };
        let first: Vec<_> = all().collect();
        let again = all().zip(&first).filter(|(again, first)| Arc::ptr_eq(again, first));
        assert_eq!(again.count(), first.len());
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
