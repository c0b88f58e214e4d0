//! The pieces that pages are made of.
//!
//! The larger ones are erased (`into_any`): the type of a whole page, written out, is more than the compiler lays out within its
//! limits, and the server and the browser's program would each have to raise them.

#![expect(
    unreachable_pub,
    reason = "the component macro makes items that are `pub` whatever the function is"
)]

pub(crate) mod avatar;
pub(crate) mod compose;
pub(crate) mod crud;
pub(crate) mod failure;
pub(crate) mod feed;
pub(crate) mod form;
pub(crate) mod icons;
pub(crate) mod join_section;
pub(crate) mod layout;
pub(crate) mod navigation;
pub(crate) mod trace_links;
